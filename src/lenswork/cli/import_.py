"""`lenswork import`: a Keras model as a classifier of ours."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import click

from lenswork.cli.options import data_home_option
from lenswork.cli.outputs import check_output
from lenswork.data.dataset import Dataset
from lenswork.data.open import open_data
from lenswork.data.sources import KNOWN
from lenswork.errors import UsageError
from lenswork.look.pictures import reported_part
from lenswork.model.classifier import Classifier
from lenswork.model.contract import golden_pictures
from lenswork.model.preprocess import Resize, parse_size
from lenswork.record.accuracy import accuracy_of
from lenswork.use.keras_import import Imported, Said, import_keras

OUT = ".safetensors"


@click.command(name="import")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--classes", help="Names in the outputs' order, a,b,c, or the folder of pictures.")
@click.option("--scale", help="What pixels were multiplied by: 1/255, 1, or '1/127.5 - 1'.")
@click.option("--size", help="Pictures' size, where the model takes any: 150x150.")
@click.option("--resize", type=click.Choice(get_args(Resize)),
              help="How the training resized.  [default: bilinear]")  # fmt: skip
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False),
              help="Where to.  [default: MODEL with .safetensors]")  # fmt: skip
@data_home_option
def command(
    model: Path,
    classes: str | None,
    scale: str | None,
    size: str | None,
    resize: Resize | None,
    to: Path | None,
    data_home: Path | None,
) -> None:
    """Make a classifier of a Keras MODEL: a .keras file, or an .h5 file of a whole model.

    Keras is not needed, and nothing in the file is run. What the file does not say is asked for,
    or given: the classes' names, and how pixels were scaled in training. The classifier is a file
    like any other: predict, look, export and serve take it.
    """
    out = check_output(to or _beside(model), "--to", (OUT,), spared=model)
    data = _data(classes, data_home)
    said = Said(
        classes=data.classes if data else _names(classes),
        scale=scale,
        size=parse_size(size) if size else None,
        resize=resize,
        golden=golden_pictures(data.train, len(data.classes)) if data else (),
    )
    imported = _imported(model, said)
    imported.classifier.save(out)
    _tell(imported, out)
    if data is not None:
        _tell_accuracy(imported.classifier, data)


def _beside(model: Path) -> Path:
    """The classifier's file beside its model, which another classifier must not be lost to."""
    path = model.with_suffix(OUT)
    if path.exists():
        raise UsageError(
            f"there is a {path} already, perhaps of another classifier: give --to and a name (that "
            "one, if it may be replaced)"
        )
    return path


def _data(classes: str | None, data_home: Path | None) -> Dataset | None:
    """The pictures that --classes names, if it is a folder or a known data set."""
    if classes is None or not (classes in KNOWN or Path(classes).expanduser().is_dir()):
        return None
    return open_data(classes, data_home=data_home)


def _names(classes: str | None) -> tuple[str, ...]:
    if classes is None:
        return ()
    names = tuple(name.strip() for name in classes.split(","))
    if len(names) == 1:
        raise UsageError(
            f"--classes: expected names with commas between them or a folder, got {classes!r}, "
            "which is no folder"
        )
    return names


def _imported(model: Path, said: Said) -> Imported:
    """The classifier; what is missing is asked for where somebody can answer."""
    try:
        return import_keras(model, said)
    except UsageError as error:
        if not (sys.stdin.isatty() and type(error) is UsageError):
            raise
        if not said.classes and "--classes" in str(error):
            click.echo(str(error), err=True)
            names = _names(click.prompt("classes, with commas between them", err=True))
            return _imported(model, _also(said, classes=names))
        if said.scale is None and "--scale 1/255" in str(error):
            click.echo(str(error), err=True)
            return _imported(model, _also(said, scale=click.prompt("scale", err=True)))
        raise


def _also(said: Said, classes: Sequence[str] = (), scale: str | None = None) -> Said:
    return Said(classes or said.classes, scale or said.scale, said.size, said.resize, said.golden)


def _tell_accuracy(classifier: Classifier, data: Dataset) -> None:
    """How right it is on the pictures given: a wrong scale or order of classes shows at once."""
    name = reported_part(data)
    part = data.parts[name]
    pictures = classifier.contract.preprocess.read_all(part.source, part.ids)
    accuracy = accuracy_of(part.labels, classifier.probabilities(pictures))
    click.echo(f"accuracy on the {name} part of {data.name}: {accuracy}")


def _tell(imported: Imported, out: Path) -> None:
    contract = imported.classifier.contract
    parameters = sum(one.numel() for one in imported.classifier.network.parameters())
    click.echo(f"net: {contract.net}")
    click.echo(f"parameters: {parameters:,}; pictures: {contract.preprocess.describe()}")
    click.echo(f"classes: {', '.join(contract.classes)}")
    for note in imported.notes:
        click.echo(f"note: {note}")
    click.echo(f"classifier: {out}")
