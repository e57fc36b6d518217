"""A study's table and verdicts on the terminal."""

import click
from rich.markup import escape
from rich.table import Table

from lenswork.cli.options import table_console
from lenswork.record.durations import format_seconds
from lenswork.study.intervals import Estimate, Interval
from lenswork.study.summary import Summary
from lenswork.study.words import sentences

HEADS = (
    "setting", "seeds", "mean", "deviation", "other seeds", "other pictures", "both new",
    "training", "pictures/s", "parameters", "multiply-adds",
)  # fmt: skip


def show_verdict(summary: Summary) -> None:
    """Print the table of settings, the verdict of each pair, and what failed or is missing."""
    console = table_console()
    console.print(f"[bold]{escape(summary.name)}[/]  {escape(summary.plan.question)}".rstrip())
    console.print(
        f"{summary.results.part} part, {len(summary.results.ids):,} pictures; 95% intervals"
    )
    console.print(settings_table(summary))
    for pair in summary.verdict.pairs:
        for sentence in sentences(pair):
            click.echo(f"- {sentence}")
    for caution in summary.verdict.cautions:
        click.echo(f"Take care: {caution}.")
    if len(summary.front) < len(summary.costs):
        click.echo(f"No other is both better and sooner trained than: {', '.join(summary.front)}.")
    for name, reason in summary.failures.items():
        click.echo(f"FAILED {name}: {reason}")
    if summary.failures:
        click.echo("Failed trials are in no mean; --retry-failed does them again.")
    if summary.missing:
        click.echo(f"{summary.missing} trials are not done yet; the same command carries on.")


def settings_table(summary: Summary) -> Table:
    """A row a setting: accuracy with its intervals, and what it costs."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in HEADS:
        table.add_column(head, justify="left" if head == "setting" else "right", no_wrap=True)
    for setting in summary.verdict.settings:
        cost = summary.costs[setting.name]
        table.add_row(
            escape(setting.name),
            str(setting.seeds),
            f"{setting.mean:.2%}",
            "" if setting.deviation is None else f"{100 * setting.deviation:.2f}",
            _percents(setting.over_seeds),
            _percents(setting.over_pictures),
            _percents(setting.on_new_pictures),
            _seconds(cost.train_seconds),
            _rate(cost.pictures_a_second),
            f"{cost.parameters:,}",
            "" if cost.multiply_adds is None else f"{cost.multiply_adds:,}",
        )
    return table


def _percents(interval: Interval | None) -> str:
    return "" if interval is None else f"{100 * interval.low:.2f} to {100 * interval.high:.2f}"


def _seconds(estimate: Estimate) -> str:
    if estimate.interval is None or estimate.mean >= 600:
        return format_seconds(estimate.mean)
    half = (estimate.interval.high - estimate.interval.low) / 2
    return f"{estimate.mean:.1f} s ± {half:.1f}"


def _rate(estimate: Estimate) -> str:
    if estimate.interval is None:
        return f"{estimate.mean:,.0f}"
    half = (estimate.interval.high - estimate.interval.low) / 2
    return f"{estimate.mean:,.0f} ± {half:,.0f}"
