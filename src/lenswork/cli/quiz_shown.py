"""A demonstration in a terminal: its sentences and tables as text, what is drawn as one PNG file.

This loads PyTorch, so it is imported when the first demonstration is given.
"""

import math
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table as RichTable
from rich.text import Text

from lenswork.cli.options import table_console
from lenswork.cli.quiz_asking import say
from lenswork.cli.quiz_stage import Asked
from lenswork.data.known import KNOWN
from lenswork.data.open import open_data
from lenswork.errors import UsageError
from lenswork.look.quiz.demonstrate import demonstrate
from lenswork.look.quiz.figure import demonstration_figure
from lenswork.look.quiz.first_network import first_network
from lenswork.look.quiz.questions import Question
from lenswork.look.quiz.shown import Bars, Control, Curves, Demonstration, Table, percent
from lenswork.look.quiz.subject import Subject
from lenswork.look.quiz.subject import subject_of as subject_of
from lenswork.record.curves import sparkline
from lenswork.record.run import Run
from lenswork.record.style import save_figure
from lenswork.record.train import train
from lenswork.visible import visible

PATIENT = {"train": "yes"}  # here every demonstration is given once, so it may train as well
BAR = 16  # letters of a certain answer


def train_first(name: str, home: Path, data_home: Path | None) -> Run:
    """Train a first network on these pictures and record it; raises as `open_data` does."""
    data = open_data(name, data_home=data_home)
    fields = first_network(data).model_dump(exclude={"data"}, exclude_defaults=True)
    return train(data, home=home, **fields)


def show(one: Question, subject: Subject, asked: Asked) -> None:
    """Print a demonstration and draw its pictures.

    What the network has nothing to show for is said; raises `UsageError` for settings that are
    not the demonstration's.
    """
    click.echo()
    click.secho(f"Shown by {visible(subject.run.name, lines=False)}", bold=True)
    try:
        shown = _demonstrated(one, subject, asked)
    except UsageError as error:
        if asked.wanted:
            raise
        say(str(error))
        return
    for sentence in (*_foreword(subject), *shown.said):
        say(sentence, indent="- ", hanging="  ")
    for part in shown.parts:
        match part:
            case Table():
                _print(part.title, _table(part))
            case Bars():
                _print(part.title, _bars(part))
            case Curves():
                _print(part.title, _curves(part))
    file = _drawn(one, subject, shown, asked.out)
    if file is not None:
        click.echo(f"\ndrawn in {file}")
    if asked.alone and shown.controls:
        limits = ", ".join(map(_limits, shown.controls))
        say(f"to change with --set NAME=VALUE: {limits}")


def told(one: Question, subject: Subject, asked: Asked) -> dict[str, object]:
    """The demonstration for JSON, its pictures drawn as by `show`."""
    run = {"run": subject.run.name}
    try:
        shown = _demonstrated(one, subject, asked)
    except UsageError as error:
        if asked.wanted:
            raise
        return {**run, "problem": str(error)}
    file = _drawn(one, subject, shown, asked.out)
    numbers = [asdict(part) for part in shown.parts if isinstance(part, Table | Bars | Curves)]
    return {
        **run,
        "said": [*_foreword(subject), *shown.said],
        "parts": numbers,
        "settings": [asdict(control) for control in shown.controls],
        "drawn": None if file is None else str(file),
    }


def _demonstrated(one: Question, subject: Subject, asked: Asked) -> Demonstration:
    shown = demonstrate(one.number, subject, {**PATIENT, **asked.wanted})
    known = [control.name for control in shown.controls]
    if unknown := [name for name in asked.wanted if name not in known]:
        can = f"it has {', '.join(known)}" if known else "it has none"
        raise UsageError(f"--set: question {one.number} has no setting {unknown[0]!r}; {can}")
    return shown


def _foreword(subject: Subject) -> tuple[str, ...]:
    if subject.data is not None:
        return ()
    name = subject.run.recipe.data
    fetched = f": lenswork data get {name} fetches it" if name in KNOWN else ""
    return (
        (
            f"The data of {subject.run.name}, {name}, cannot be opened here, so its classifier's "
            f"golden pictures stand in{fetched}."
        ),
    )


def _drawn(one: Question, subject: Subject, shown: Demonstration, folder: Path) -> Path | None:
    """Where the demonstration's pictures were drawn, if it has any."""
    title = f"{one.number}. {one.idea}: {subject.run.name}"
    figure = demonstration_figure(title, shown)
    if figure is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"question-{one.number:02d}.png"
    save_figure(figure, file)
    return file


def _print(title: str, table: RichTable) -> None:
    click.echo(f"\n{visible(title, lines=False)}")
    table_console().print(table)


def _plain_table() -> RichTable:
    return RichTable(box=None, header_style="bold", pad_edge=False)


def _table(part: Table) -> RichTable:
    """The rows, with a star before those that are marked."""
    table = _plain_table()
    if part.marked:
        table.add_column("")
    for place, heading in enumerate(part.headings):
        right = place in part.numbers
        table.add_column(_text(heading), justify="right" if right else "left", overflow="fold")
    for place, cells in enumerate(part.rows):
        mark = [Text("*" if place in part.marked else "")] if part.marked else []
        table.add_row(*mark, *map(_text, cells))
    return table


def _bars(part: Bars) -> RichTable:
    table = _plain_table()
    for heading in ("class", *part.columns):
        table.add_column(heading, no_wrap=True)
    for name, values in part.rows:
        table.add_row(_text(name), *(f"{percent(v):>6} {'█' * round(BAR * v)}" for v in values))
    return table


def _curves(part: Curves) -> RichTable:
    """Each curve in bars, and its first and last value."""
    table = _plain_table()
    for heading in (f"by {part.xlabel}", ""):
        table.add_column(heading)
    for heading in ("first", "last"):
        table.add_column(heading, justify="right")
    for curve in part.curves:
        values = [math.nan if value is None else value for value in curve.values]
        ends = [percent(end) if part.percent else f"{end:.4f}" for end in (values[0], values[-1])]
        table.add_row(_text(curve.label), sparkline(values), *ends)
    return table


def _text(cell: str) -> Text:
    """Words as they are: no part of them is markup, and none steers the terminal."""
    return Text(visible(cell, lines=False))


def _limits(control: Control) -> str:
    if control.choices:
        return f"{control.name} ({' or '.join(value for value, _ in control.choices)})"
    return f"{control.name} ({control.low:,} to {control.high:,})"
