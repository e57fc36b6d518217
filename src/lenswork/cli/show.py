"""`lenswork show`: one run in full."""

import math
from pathlib import Path

import click
import numpy as np
from rich.markup import escape
from rich.table import Table

from lenswork.amounts import counted
from lenswork.cli.options import home_option, json_option, print_json, table_console
from lenswork.data.shards.names import shown_source
from lenswork.errors import LensworkError
from lenswork.record.accuracy import confusion_matrix
from lenswork.record.curves import save_curves, sparkline
from lenswork.record.durations import format_seconds
from lenswork.record.home import home_folder
from lenswork.record.index import open_run
from lenswork.record.left import what_helps
from lenswork.record.run import PREDICTIONS, Run
from lenswork.visible import visible

MOST_CLASSES = 20  # a wider matrix fits no terminal


@click.command()
@click.argument("run", default="last")
@click.option(
    "--png",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write the curves [default: curves.png in the run's folder].",
)
@home_option
@json_option
def command(run: str, png: Path | None, home: Path | None, as_json: bool) -> None:
    """Show a RUN: its recipe, net, curves, confusion matrix, and accuracy with its interval.

    RUN is a name, the path of a run's folder, or `last`.
    """
    opened = open_run(run, home_folder(home))
    if as_json:
        print_json(as_dict(opened))
        return
    _print_head(opened)
    if opened.history:
        _print_curves(opened)
    if (opened.path / PREDICTIONS).is_file() and opened.answers:
        _print_answers(opened)
    if opened.history:
        _draw_curves(opened, png)


def as_dict(run: Run) -> dict[str, object]:
    """Everything that is shown, for JSON."""
    content: dict[str, object] = {
        "summary": run.summary().as_dict(),
        "recipe": run.recipe.model_dump(mode="json"),
        "environment": run.environment,
        "classes": run.classes,
        "history": run.history,
        "metrics": run.metrics,
    }
    if (run.path / PREDICTIONS).is_file():
        content["accuracy"] = {
            part: {"correct": a.correct, "n": a.n, "fraction": a.fraction, "95%": [a.low, a.high]}
            for part in run.answers
            for a in [run.accuracy(part)]
        }
        content["confusion"] = {
            part: confusion_matrix(answers.truth, answers.probabilities).tolist()
            for part, answers in run.answers.items()
        }
    return content


def _draw_curves(run: Run, png: Path | None) -> None:
    target = png or run.path / "curves.png"
    try:
        save_curves(run.history, target)
    except OSError as error:
        if png is not None:
            raise LensworkError(f"cannot write {target}: {error.strerror}") from error
        click.echo(f"\ncurves not drawn: {error.strerror}; --png FILE writes elsewhere", err=True)
    else:
        click.echo(f"\ncurves drawn in {target}")


def _print_head(run: Run) -> None:
    console = table_console()
    row = run.summary()
    reason = visible(f" ({row.reason})") if row.reason else ""
    console.print(
        f"[bold]{escape(visible(run.name))}[/]: {row.status} after {counted(row.epochs, 'epoch')}, "
        f"{format_seconds(row.train_seconds)} of training{escape(reason)}"
    )
    if run.resumable:
        console.print(f"  {escape(what_helps(run))}", soft_wrap=True)
    if unread := run.unread:
        console.print(
            f"  it ended before {counted(unread, 'training picture')} had been read, so nothing "
            "tells whether another run has the same ones"
        )
    if kept := run.end.get("kept_epoch"):
        console.print(f"  its weights are those after epoch {kept}, of the lowest val_loss")
    pictures = ", ".join(f"{n:,} {part}" for part, n in run.start.get("pictures", {}).items())
    said = run.recipe.model_dump(exclude_none=True, exclude={"data", "net"})
    shown = ", ".join(f"{key} {value}" for key, value in said.items() if value != ())
    where = run.environment
    lines = (
        f"  data    {shown_source(row.data)}: {pictures}",
        f"  net     {row.net} ({row.parameters:,} parameters)",
        f"  recipe  {shown}",
        (
            f"  made    {where['started']} on {where['processor']}, {where['cores']} cores, "
            f"torch {where['packages'].get('torch', 'unsaid')}, lenswork {where['lenswork']}"
        ),
    )
    for line in lines:
        console.print(visible(line), markup=False)


def _print_curves(run: Run) -> None:
    click.echo("\ncurves, first to last epoch")
    for name in run.history[-1]["metrics"]:
        values = [row["metrics"].get(name, math.nan) for row in run.history]
        said = f"{visible(name):<13} {sparkline(values)}  {values[0]:.4f} to {values[-1]:.4f}"
        click.echo(f"  {said}")


def _print_answers(run: Run) -> None:
    for part, answers in run.answers.items():
        if not np.isfinite(answers.probabilities).all():
            click.echo(f"\n{part}: the answers are no numbers, so none is right: it has diverged")
            continue
        click.echo(f"\n{part} accuracy {run.accuracy(part)}")
        if len(run.classes) > MOST_CLASSES:
            click.echo(f"  confusion matrix of {len(run.classes)} classes: lenswork show --json")
            continue
        matrix = confusion_matrix(answers.truth, answers.probabilities)
        table = Table(box=None, header_style="bold", pad_edge=False, title_justify="left")
        table.add_column("truth \\ answer", no_wrap=True)
        for name in run.classes:
            table.add_column(escape(name), justify="right")
        for label, name in enumerate(run.classes):
            cells = [
                f"[bold]{count:,}[/]" if column == label else (f"{count:,}" if count else "·")
                for column, count in enumerate(matrix[label])
            ]
            table.add_row(escape(name), *cells)
        table_console().print(table)
