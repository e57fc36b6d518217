"""A study's tables and verdicts on the terminal."""

from collections.abc import Iterator, Sequence

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lenswork.cli.options import table_console
from lenswork.study.amounts import rate_text, seconds_text
from lenswork.study.intervals import Interval
from lenswork.study.summary import Summary, pair_sentences
from lenswork.study.words import notes

ACCURACY_HEADS = (
    "setting", "seeds", "mean", "std.\ndev.", "other\nseeds", "other\npictures", "both\nnew",
)  # fmt: skip
BREAKABLE = ("setting", "training", "pictures/s")
COST_HEADS = ("setting", "training", "pictures/s", "parameters", "multiply-\nadds")


def show_verdict(summary: Summary) -> None:
    """Print the tables of settings, the verdict of each pair, and what failed or is missing."""
    console = table_console()
    console.print(f"[bold]{escape(summary.name)}[/]  {escape(summary.plan.question)}".rstrip())
    print_tables(console, summary)
    for pair in summary.verdict.pairs:
        for sentence in pair_sentences(pair, summary.results):
            click.echo(f"- {sentence}")
    for sentence in summary.without_verdict:
        click.echo(f"- {sentence}")
    for note in notes(summary.verdict):
        click.echo(note)
    if summary.front_sentence is not None:
        click.echo(summary.front_sentence)
    for failure in failure_lines(summary):
        click.echo(failure)
    if summary.failures:
        click.echo("Failed trials are in no mean; --retry-failed does them again.")
    if summary.missing:
        click.echo(f"{summary.missing_words}; the same command carries on.")


def print_tables(console: Console, summary: Summary) -> None:
    """Two tables, each narrow enough for a terminal of 80 columns: accuracies, then costs."""
    console.print(
        f"{summary.results.part} part, {len(summary.results.ids):,} pictures; accuracies in %, "
        "95% intervals"
    )
    console.print(accuracy_table(summary))
    console.print()
    console.print(cost_table(summary))


def failure_lines(summary: Summary) -> Iterator[str]:
    """A line for each trial that failed."""
    for failure in summary.failures:
        yield f"FAILED {failure.setting}, seed {failure.seed}: {failure.reason}"


def accuracy_table(summary: Summary) -> Table:
    """A row a setting: accuracy in percent with its intervals; unfinished settings at the end."""
    table = _table(ACCURACY_HEADS)
    for setting in summary.verdict.settings:
        table.add_row(
            escape(setting.name),
            str(setting.seeds),
            f"{100 * setting.mean:.2f}",
            "" if setting.deviation is None else f"{100 * setting.deviation:.2f}",
            _percents(setting.over_seeds),
            _percents(setting.over_pictures),
            _percents(setting.on_new_pictures),
        )
    for name, reason in summary.unfinished.items():
        word = "failed" if "failed" in reason else "not yet"
        table.add_row(escape(name), f"0 of {summary.plan.seeds}", word)
    return table


def cost_table(summary: Summary) -> Table:
    """A row a setting: what it costs."""
    table = _table(COST_HEADS)
    for name, cost in summary.costs.items():
        table.add_row(
            escape(name),
            seconds_text(cost.train_seconds),
            rate_text(cost.pictures_a_second),
            f"{cost.parameters:,}",
            "" if cost.multiply_adds is None else f"{cost.multiply_adds:,}",
        )
    return table


def _table(heads: Sequence[str]) -> Table:
    """A table of which names, times and rates are broken where the terminal is narrow."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in heads:
        left = head == "setting"
        table.add_column(
            head,
            justify="left" if left else "right",
            vertical="bottom",
            no_wrap=head not in BREAKABLE,
            overflow="fold",
        )
    return table


def _percents(interval: Interval | None) -> str:
    return "" if interval is None else f"{100 * interval.low:.2f} to {100 * interval.high:.2f}"
