"""`lenswork look`: what a network makes of pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import click
from matplotlib.figure import Figure

from lenswork.cli.options import data_home_option, home_option, json_option, print_json
from lenswork.cli.outputs import check_output
from lenswork.data.dataset import Part
from lenswork.errors import UsageError
from lenswork.kinds import SPLIT_NAMES, SplitName
from lenswork.look.arithmetic import arithmetic
from lenswork.look.arithmetic_figure import arithmetic_figure
from lenswork.look.arithmetic_text import arithmetic_text
from lenswork.look.attribution import attribute
from lenswork.look.attribution_figure import attribution_figure
from lenswork.look.attribution_methods import METHODS, Method
from lenswork.look.filters import look_at_filters
from lenswork.look.filters_figure import patches_figure, weights_figure
from lenswork.look.forgot import WHATS, What, forget, forget_part, slip
from lenswork.look.forgot_figure import forgot_figure
from lenswork.look.grid import Scale, all_channel_maps, channel_maps
from lenswork.look.grid_figure import channel_figure, sheet_figure
from lenswork.look.pictures import Shown, part_of, picture_file, some_pictures
from lenswork.look.sizes import sight, size_steps
from lenswork.look.sizes_figure import sight_figure
from lenswork.look.style import COLOUR_MAPS, ColourMap, save_figure
from lenswork.model.classifier import Classifier, load
from lenswork.record.index import open_run
from lenswork.record.run import Run

FIRST_PICTURES = "0,7,26"  # those of the notes


@dataclass(frozen=True)
class Subject:
    """What is looked at: a classifier, some pictures, and the run they are from, if any."""

    name: str
    classifier: Classifier
    shown: list[Shown]
    run: Run | None
    data_home: Path | None

    def part(self, name: SplitName | None) -> Part:
        """A part of the run's data; a classifier's file alone has none."""
        if self.run is None:
            raise UsageError(
                "this needs the data of a run: give a run's name, not a classifier's file"
            )
        return part_of(self.run, name, self.data_home)


@dataclass(frozen=True)
class View:
    """What a look gives: lines for the terminal, the same for JSON, and figures by their name."""

    lines: list[str]
    content: object
    figures: dict[str, Figure]


@click.command()
@click.argument("run", default="last")
@click.option("--pictures", metavar="N,N", help=f"Numbers in the part [default: {FIRST_PICTURES}].")
@click.option("--image", type=click.Path(path_type=Path), help="A picture of your own instead.")
@click.option("--part", type=click.Choice(SPLIT_NAMES), help="Where the pictures are from.")
@click.option(
    "--channel", type=int, default=0, show_default=True, help="Which channel of each layer."
)
@click.option("--all-channels", is_flag=True, help="Every channel of every layer, first picture.")
@click.option("--layers", metavar="L,L", help="Which layers, by number from 1 or by their words.")
@click.option("--colours", type=click.Choice(list(COLOUR_MAPS)), help="Colours of the maps.")
@click.option("--scale", type=click.Choice(get_args(Scale)), help="One scale a layer, or a map.")
@click.option("--filters", is_flag=True, help="A layer's filters and their strongest patches.")
@click.option("--attribution", type=click.Choice(METHODS), help="The pixels that decided.")
@click.option("--class", "class_name", help="For --attribution: which class, not the answer.")
@click.option("--forgot", type=click.Choice(WHATS), help="The answers with a wrong preprocessing.")
@click.option("--sizes", is_flag=True, help="Each layer's output size, derived in words.")
@click.option("--sees", metavar="LAYER:ROW,COLUMN", help="The receptive field of one number.")
@click.option("--value", metavar="LAYER:CHANNEL,ROW,COLUMN", help="The arithmetic of one number.")
@click.option("--out", type=click.Path(path_type=Path), help="Where the figure goes.")
@home_option
@data_home_option
@json_option
def command(
    run: str,
    home: Path | None,
    data_home: Path | None,
    out: Path | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Look inside RUN (a name, a folder, `last`, or a classifier's file).

    Without another word: the maps of one channel, pictures by layers, as in the notes.
    """
    name, make = _chosen(asked)
    if out is not None:
        check_output(out, "--out", spared=asked["image"])
    subject = open_subject(run, home, data_home, asked)
    view = make(subject, asked)
    files = _save(view, out or Path(f"{subject.name}-{name}.png"))
    if as_json:
        print_json({"view": name, "content": view.content, "figures": [str(f) for f in files]})
        return
    for line in view.lines:
        click.echo(line)
    for file in files:
        click.echo(f"drawn in {file}")


def open_subject(
    run: str, home: Path | None, data_home: Path | None, asked: dict[str, Any]
) -> Subject:
    """Open the run or classifier and the pictures that were asked for."""
    if asked["image"] is not None and asked["pictures"]:
        raise UsageError("give --pictures or --image, not both")
    path = Path(run)
    opened = None if path.is_file() else open_run(run, home)
    classifier = load(path) if opened is None else opened.classifier
    if asked["image"] is not None:
        shown = [picture_file(asked["image"])]
    elif opened is None:
        raise UsageError("a classifier's file has no pictures of its own: give --image FILE")
    else:
        part = part_of(opened, asked["part"], data_home)
        numbers = _numbers(asked["pictures"] or FIRST_PICTURES, "--pictures")
        if not asked["pictures"]:
            numbers = [number for number in numbers if number < len(part)]
        shown = some_pictures(part, numbers, classifier.classes)
    return Subject(
        path.stem if opened is None else opened.name, classifier, shown, opened, data_home
    )


def _chosen(asked: dict[str, Any]) -> tuple[str, Callable[[Subject, dict[str, Any]], View]]:
    chosen = [name for name in VIEWS if asked[name]]
    if len(chosen) > 1:
        flags = " and ".join(f"--{name.replace('_', '-')}" for name in chosen)
        raise UsageError(f"one look at a time: give {flags} in calls of their own")
    return (chosen[0].replace("_", "-"), VIEWS[chosen[0]]) if chosen else ("maps", _maps)


def _maps(subject: Subject, asked: dict[str, Any]) -> View:
    maps = channel_maps(
        subject.classifier,
        subject.shown,
        channel=asked["channel"],
        layers=_words(asked["layers"]),
        scale=asked["scale"] or "shared",
    )
    colours: ColourMap = asked["colours"] or "inferno"
    lines = [f"{layer.name}: {'x'.join(map(str, layer.shape))}" for layer in maps.layers]
    return View(lines, lines, {"": channel_figure(maps, colours)})


def _all_channels(subject: Subject, asked: dict[str, Any]) -> View:
    maps = all_channel_maps(
        subject.classifier,
        subject.shown[0],
        layers=_words(asked["layers"]),
        scale=asked["scale"] or "own",
    )
    lines = [
        f"{layer.name}: {'x'.join(map(str, layer.shape))}, {len(layer.dead)} dead"
        for layer in maps.layers
    ]
    return View(lines, lines, {"": sheet_figure(maps, asked["colours"] or "viridis")})


def _filters(subject: Subject, asked: dict[str, Any]) -> View:
    layers = _words(asked["layers"])
    part = subject.part(asked["part"] or "train")
    look = look_at_filters(subject.classifier, part, layers[0] if layers else None)
    first = look.weights.shape[3] in (1, 3)
    weights = weights_figure(look) if first else weights_figure(look, asked["channel"])
    return View(look.describe(), look.as_dict(), {"weights": weights, "": patches_figure(look)})


def _attribution(subject: Subject, asked: dict[str, Any]) -> View:
    method: Method = asked["attribution"]
    layers = _words(asked["layers"])
    found = attribute(
        subject.classifier,
        subject.shown,
        method,
        class_name=asked["class_name"],
        layer=layers[0] if layers else None,
    )
    lines = []
    for one in found:
        lines.append(f"{one.id}: {one.prediction.class_name} {one.prediction.probability:.1%}")
        lines += [] if one.sanity is None else [f"  {line}" for line in one.sanity.lines()]
    return View(lines, [one.as_dict() for one in found], {"": attribution_figure(found)})


def _forgot(subject: Subject, asked: dict[str, Any]) -> View:
    what: What = asked["forgot"]
    forgotten = slip(subject.classifier, what)
    pictures = forget(subject.classifier, subject.shown, what)
    part = None if subject.run is None else subject.part(asked["part"])
    whole = None if part is None else forget_part(subject.classifier, part, what)
    lines = [forgotten.said, *([forgotten.harmless] if forgotten.harmless else [])]
    lines += [
        f"{one.id}: {one.right.class_name} {one.right.probability:.1%}, so "
        f"{one.wrong.class_name} {one.wrong.probability:.1%}"
        for one in pictures
    ]
    lines += [] if whole is None else [whole.describe()]
    content = {
        "pictures": [one.as_dict() for one in pictures],
        "part": None if whole is None else whole.as_dict(),
    }
    return View(lines, content, {"": forgot_figure(forgotten, pictures, whole)})


def _sizes(subject: Subject, asked: dict[str, Any]) -> View:  # noqa: ARG001
    contract = subject.classifier.contract
    steps = size_steps(_net(subject), contract.preprocess.input_shape, contract.outputs)
    return View([str(step) for step in steps], [step.as_dict() for step in steps], {})


def _sees(subject: Subject, asked: dict[str, Any]) -> View:
    layer, position = _address(asked["sees"], "--sees LAYER:ROW,COLUMN")
    contract = subject.classifier.contract
    seen = sight(_net(subject), contract.preprocess.input_shape, layer, position, contract.outputs)
    picture = contract.preprocess.apply(subject.shown[0].picture)
    return View([str(seen)], seen.as_dict(), {"": sight_figure(seen, picture)})


def _value(subject: Subject, asked: dict[str, Any]) -> View:
    layer, numbers = _address(asked["value"], "--value LAYER:CHANNEL,ROW,COLUMN")
    picture = subject.shown[0].picture
    worked = arithmetic(subject.classifier, picture, layer, numbers[0], numbers[1:] or None)
    text = arithmetic_text(worked)
    return View(text.splitlines(), worked.as_dict(), {"": arithmetic_figure(worked)})


VIEWS: dict[str, Callable[[Subject, dict[str, Any]], View]] = {
    "all_channels": _all_channels,
    "filters": _filters,
    "attribution": _attribution,
    "forgot": _forgot,
    "sizes": _sizes,
    "sees": _sees,
    "value": _value,
}


def _net(subject: Subject) -> str:
    net = subject.classifier.contract.net
    if net is None:
        raise UsageError("this needs a net of text; a torch module of one's own does not tell its")
    return net


def _words(text: str | None) -> list[str] | None:
    return None if text is None else [word.strip() for word in text.split(",")]


def _numbers(text: str, option: str) -> list[int]:
    words = [word.strip() for word in text.split(",")]
    if not all(word.isascii() and word.isdigit() and len(word) < 10 for word in words):
        raise UsageError(f"{option}: expected whole numbers such as 0,7,26, got {text!r}")
    return [int(word) for word in words]


def _address(text: str, form: str) -> tuple[str, list[int]]:
    layer, colon, numbers = text.rpartition(":")
    if not colon or not layer.strip():
        raise UsageError(f"expected {form}, such as 1:0,5,5, got {text!r}")
    return layer.strip(), _numbers(numbers, form)


def _save(view: View, out: Path) -> list[Path]:
    files = []
    for name, figure in view.figures.items():
        file = out.with_stem(f"{out.stem}-{name}") if name else out
        save_figure(figure, file)
        files.append(file)
    return files
