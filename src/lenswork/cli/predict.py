"""`lenswork predict`: what pictures show."""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

import lenswork
from lenswork.cli.model_files import model_file
from lenswork.cli.options import home_option, json_option
from lenswork.errors import UsageError
from lenswork.model.answering import Answering
from lenswork.record.home import home_folder
from lenswork.use.answers_csv import csv_header, csv_line
from lenswork.use.fast import load_fast
from lenswork.use.predict import Answer, Upload, answer_files, find_pictures
from lenswork.visible import visible


@click.command()
@click.argument("model")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, one column a class.")
@json_option
@home_option
@click.pass_context
def command(
    ctx: click.Context,
    model: str,
    files: tuple[Path, ...],
    as_csv: bool,
    as_json: bool,
    home: Path | None,
) -> None:
    """Say what the pictures in FILES show, with MODEL: a classifier file, an ONNX file or a run.

    Folders are searched for pictures. `-` or no FILES at all reads standard input: one picture,
    or the names of files, one a line. With the extra `onnx` onnxruntime answers, in a fraction of
    the time that PyTorch takes to start. A picture that cannot be read gets a line of its own, and
    the command ends with 1 when all others have been answered.
    """
    if as_csv and as_json:
        raise UsageError("give --csv or --json, not both")
    classifier = open_classifier(model, home)
    answers = _Counted(answer_files(classifier, list(_given(files))))
    if as_json:
        _print_json(answers)
    elif as_csv:
        _print_csv(answers, classifier)
    else:
        _print_lines(answers)
    if answers.failed:
        ctx.exit(1)


def open_classifier(model: str, home: Path | None) -> Answering:
    """The classifier in a file, or of a run by its name or folder, opened by what is fastest."""
    path = model_file(model, takes_onnx=True)
    if path is not None:
        return load_fast(path)
    run = lenswork.open_run(model, home_folder(home))
    return load_fast(run.classifier_path) if run.classifier_path.is_file() else run.classifier


class _Counted:
    """Passes answers on and remembers how many failed."""

    def __init__(self, answers: Iterator[Answer]) -> None:
        self.answers = answers
        self.failed = 0

    def __iter__(self) -> Iterator[Answer]:
        for answer in self.answers:
            self.failed += answer.prediction is None
            yield answer


def _given(files: tuple[Path, ...]) -> Iterator[Path | Upload]:
    for file in files or (Path("-"),):
        if str(file) == "-":
            yield from _standard_input()
        else:
            yield from find_pictures([file])


def _standard_input() -> Iterator[Path | Upload]:
    if sys.stdin.isatty():
        click.echo("no FILES given: type the names of pictures, one a line, then Ctrl-D", err=True)
    content = sys.stdin.buffer.read()
    if b"\0" in content:  # every picture file has zero bytes, and no name of a file has
        yield Upload("standard input", content)
        return
    names = [os.fsdecode(line) for line in content.splitlines() if line.strip()]
    if not names:
        raise UsageError("standard input is empty: expected a picture, or file names one a line")
    yield from find_pictures([Path(name) for name in names])


def _print_lines(answers: Iterable[Answer]) -> None:
    for answer in answers:
        if answer.prediction is None:
            click.echo(f"error: {visible(answer.error)}", err=True)
        else:
            prediction = answer.prediction
            name = visible(answer.file, lines=False)
            click.echo(f"{name}: {prediction.class_name} {prediction.probability:.2%}")


def _print_json(answers: Iterable[Answer]) -> None:
    rows = []
    for answer in answers:
        if answer.prediction is None:
            rows.append({"file": answer.file, "error": answer.error})
        else:
            rows.append({"file": answer.file, **vars(answer.prediction)})
    click.echo(json.dumps(rows, indent=2))


def _print_csv(answers: Iterable[Answer], classifier: Answering) -> None:
    sys.stdout.write(f"{csv_header(classifier.classes)}\n")
    for answer in answers:
        sys.stdout.write(f"{csv_line(answer, classifier.classes)}\n")
