"""A study's summary as a notebook shows it: the table, the verdicts in words, the picture."""

import base64
import io
from collections.abc import Iterator
from html import escape

from lenswork.study.amounts import seconds_text
from lenswork.study.intervals import Interval
from lenswork.study.summary import Summary
from lenswork.study.summary_figure import accuracy_figure
from lenswork.study.words import notes

DPI = 80
HEADS = (
    "setting", "seeds", "mean", "std. dev.", "other seeds", "other pictures", "both new",
    "training",
)  # fmt: skip


def summary_html(summary: Summary) -> str:
    """One piece of HTML with its figure in it, that asks no host."""
    part, pictures = summary.results.part, len(summary.results.ids)
    head = "".join(f"<th style='text-align:left'>{name}</th>" for name in HEADS)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
        for cells in _rows(summary)
    )
    said = "".join(f"<li>{escape(line)}</li>" for line in verdict_lines(summary))
    return (
        f"<div><strong>{escape(summary.name)}</strong> {escape(summary.plan.question)}<br>"
        f"{part} part, {pictures:,} pictures; accuracies in %, 95% intervals"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<ul>{said}</ul>"
        f"<img alt='accuracies of {escape(summary.name)}' src='{_figure(summary)}'></div>"
    )


def verdict_lines(summary: Summary) -> Iterator[str]:
    """What is said of each pair, the cautions, and what is missing or has failed."""
    yield from summary.sentences()
    yield from summary.without_verdict
    yield from notes(summary.verdict)
    for failure in summary.failures:
        yield f"FAILED {failure.setting}, seed {failure.seed}: {failure.reason}"
    if summary.missing:
        yield f"{summary.missing_words}; the same plan run again carries on."


def _rows(summary: Summary) -> Iterator[tuple[str, ...]]:
    for setting in summary.verdict.settings:
        yield (
            setting.name,
            str(setting.seeds),
            f"{100 * setting.mean:.2f}",
            "" if setting.deviation is None else f"{100 * setting.deviation:.2f}",
            _percents(setting.over_seeds),
            _percents(setting.over_pictures),
            _percents(setting.on_new_pictures),
            seconds_text(summary.costs[setting.name].train_seconds),
        )


def _percents(interval: Interval | None) -> str:
    return "" if interval is None else f"{100 * interval.low:.2f} to {100 * interval.high:.2f}"


def _figure(summary: Summary) -> str:
    buffer = io.BytesIO()
    accuracy_figure(summary).savefig(buffer, format="png", dpi=DPI)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
