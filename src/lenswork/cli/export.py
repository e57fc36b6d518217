"""`lenswork export`: a classifier for other programs, in a file that answers as it does here."""

import importlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

import lenswork
from lenswork.cli.model_files import model_file
from lenswork.cli.options import data_home_option, home_option, json_option, print_json
from lenswork.cli.outputs import check_output
from lenswork.errors import UsageError
from lenswork.model.classifier import Classifier
from lenswork.record.extras import needed_by
from lenswork.record.home import home_folder
from lenswork.record.run import Run
from lenswork.use.agreement import Exported


@dataclass(frozen=True)
class Form:
    """What writes a form, how its files end, and the packages and the extra that it needs."""

    module: str
    function: str
    suffix: str
    package: str
    extra: str


FORMS = {
    "onnx": Form(
        "lenswork.use.onnx_export", "export_onnx", ".onnx", "onnx and onnxruntime", "onnx"
    ),
    "page": Form("lenswork.use.webpage", "export_page", ".html", "onnx and onnxruntime", "onnx"),
    "keras": Form("lenswork.use.keras_export", "export_keras", ".keras", "Keras", "keras"),
}
INT8 = "lenswork.use.onnx_int8"


@click.command()
@click.argument("model")
@click.option("--to", "form", type=click.Choice(list(FORMS)), required=True, help="What to write.")
@click.option("--out", type=click.Path(path_type=Path), help="Where (default: MODEL's name here).")
@click.option(
    "--int8",
    is_flag=True,
    help="With --to onnx and a run: 8-bit integers, and what that costs on the held-out pictures.",
)
@data_home_option
@json_option
@home_option
def command(
    model: str,
    form: str,
    out: Path | None,
    int8: bool,
    data_home: Path | None,
    as_json: bool,
    home: Path | None,
) -> None:
    """Write MODEL, a classifier file or a run, for other programs.

    onnx: raw 8-bit pictures in, probabilities out, for any runtime of ONNX. page: one web page that
    classifies dropped, pasted, drawn or camera pictures without a server. keras: a .keras file.
    What was written is opened again and must answer the golden pictures as MODEL does, to 1e-4, or
    no file is left.
    """
    if int8 and form != "onnx":
        raise UsageError("--int8 is for --to onnx only")
    chosen = FORMS[form]
    opened = _opened(model, home)
    name = opened.name if isinstance(opened, Run) else Path(model).stem
    suffix = f".int8{chosen.suffix}" if int8 else chosen.suffix
    path = check_output(out or Path(f"{name}{suffix}"), "--out", (chosen.suffix,))
    with needed_by(f"--to {form}", chosen.package, chosen.extra):
        module: Any = importlib.import_module(INT8 if int8 else chosen.module)
    if int8:
        _int8(module, opened, path, data_home, as_json=as_json)
        return
    classifier = opened.classifier if isinstance(opened, Run) else opened
    _tell(getattr(module, chosen.function)(classifier, path), [], as_json=as_json)


def _opened(model: str, home: Path | None) -> Run | Classifier:
    path = model_file(model)
    return lenswork.load(path) if path else lenswork.open_run(model, home_folder(home))


def _int8(
    module: Any, opened: Run | Classifier, path: Path, data_home: Path | None, *, as_json: bool
) -> None:
    if not isinstance(opened, Run):
        raise UsageError(
            "--int8 takes the ranges of the feature maps from training pictures, and its verdict "
            "from held-out ones: name a run, whose data can be opened"
        )
    exported, lines = module.export_run_int8(opened, path, data_home)
    _tell(exported, lines, as_json=as_json)


def _tell(exported: Exported, lines: list[str], *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(exported) | ({"verdict": lines} if lines else {}))
        return
    for line in (str(exported), *lines):
        click.echo(line)
