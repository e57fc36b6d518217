"""`lenswork runs`: what has been recorded."""

import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from lenswork.cli.options import home_option, json_option, print_json, table_console
from lenswork.record.durations import format_seconds
from lenswork.record.home import home_folder
from lenswork.record.index import list_runs
from lenswork.record.left import broke, is_own_module, place_of, what_helps
from lenswork.record.listing import matches, sorted_runs
from lenswork.record.run import Run, RunSummary
from lenswork.visible import visible

SORTS = (
    "started", "name", "accuracy", "val_accuracy", "test_accuracy", "train_seconds", "parameters",
)  # fmt: skip

LONGEST_NET = 60  # characters
LONGEST_REASON = 200  # characters
MOST_TOLD = 3  # runs of which the reason is said
LEFT = ("killed", "failed")


@click.command()
@click.argument("words", nargs=-1)
@click.option("--sort", type=click.Choice(SORTS), default="started", show_default=True)
@click.option("--reverse", is_flag=True, help="Lowest, oldest or first letter first.")
@click.option(
    "--status",
    type=click.Choice(["running", "finished", "stopped", "failed", "killed"]),
    help="Only runs in this state.",
)
@click.option("--limit", type=click.IntRange(min=1), help="At most this many rows.")
@home_option
@json_option
def command(
    words: tuple[str, ...],
    sort: str,
    reverse: bool,
    status: str | None,
    limit: int | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """List the recorded runs, newest first.

    With WORDS, only those runs in whose name, data, recipe or net every word is found.
    """
    folder = home_folder(home)
    rows, problems = list_runs(folder)
    chosen = [
        row for row in rows if matches(row, words) and (status is None or row.status == status)
    ]
    chosen = sorted_runs(chosen, sort, reverse=reverse)[:limit]
    if as_json:
        print_json([row.as_dict() for row in chosen])
    elif chosen:
        table_console().print(_table(chosen))
        for line in _left(Run(folder / row.name) for row in chosen if row.status in LEFT):
            click.echo(f"\n{visible(line)}")
    else:
        click.echo(f"no runs{' like that' if rows else ''} in {folder}: lenswork train makes one")
    for problem in problems:
        click.echo(visible(f"cannot read {problem}"), err=True)


def _left(runs: Iterable[Run]) -> Iterator[str]:
    """What can be done with runs that were left before their end."""
    left = [run for run in runs if run.resumable]
    apart = [run for run in left if broke(run) or is_own_module(run)]
    others = [run for run in left if run not in apart]
    if others:
        names = ", ".join(run.name for run in others)
        yield f"left unfinished: {names}; lenswork train --resume {place_of(others[0])} goes on"
    for run in apart[:MOST_TOLD]:
        reason = textwrap.shorten(run.end.get("reason", ""), LONGEST_REASON, placeholder=" …")
        yield f"{run.name}{f' failed ({reason})' if reason else ''}: {what_helps(run)}"
    if len(apart) > MOST_TOLD:
        yield f"and {len(apart) - MOST_TOLD:,} more: lenswork show RUN says of each what helps"


def _table(rows: list[RunSummary]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("run", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for name in ("epochs", "train", "val", "test", "parameters", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("net", overflow="fold")
    for row in rows:
        accuracies = (row.accuracy, row.val_accuracy, row.test_accuracy)
        table.add_row(
            escape(visible(row.name)),
            row.status,
            str(row.epochs),
            *("" if value is None else f"{value:.2%}" for value in accuracies),
            f"{row.parameters:,}",
            format_seconds(row.train_seconds),
            escape(visible(textwrap.shorten(row.net, LONGEST_NET, placeholder=" …"))),
        )
    return table
