"""A study as a document: one HTML file that holds everything, or Markdown with its figures."""

import base64
import io
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from matplotlib.figure import Figure

from lenswork.errors import UsageError
from lenswork.files import write_bytes
from lenswork.record.run import Run
from lenswork.study.amounts import rate_text, seconds_text
from lenswork.study.folder import Study
from lenswork.study.intervals import Interval
from lenswork.study.summary import Summary, pair_sentences, summarise
from lenswork.study.summary_figure import accuracy_figure, cost_figure, way_figure
from lenswork.study.words import notes

DPI = 150
MARKS = re.compile(r"[\\`*_\[\]<>#|~&$]")
AT_THE_START = re.compile(r"^(\d*)([-+.)])(?= |$)")  # of a list's entry
CAPTIONS = {
    "accuracy": "Every trial (dots), its setting's mean (mark), and what that mean could be: 95% "
    "for other seeds (thick), 95% for other seeds and new pictures (thin).",
    "cost": "Accuracy against training time.",
    "way": "The way there, epoch by epoch.",
}


def _percent(value: float) -> str:
    return f"{value:.2%}"


def _range(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.low:.2%} to {interval.high:.2%}"


def markdown_text(text: str) -> str:
    """A name or a sentence on one line of Markdown, of which nothing is read as its marks."""
    escaped = MARKS.sub(r"\\\g<0>", " ".join(text.split()))
    return AT_THE_START.sub(r"\1\\\2", escaped)


FILTERS = {
    "percent": _percent,
    "range": _range,
    "time": seconds_text,
    "rate": rate_text,
    "md": markdown_text,
}


def write_report(study: Study, path: Path) -> list[Path]:
    """Write the report of a study to `path`, .html or .md; returns the files.

    HTML holds its figures; Markdown has them beside it. Raises `UsageError` for another suffix
    and `RunError` when no trial is finished.
    """
    summary = summarise(study)
    figures = figures_of(study, summary)
    if path.suffix == ".html":
        pictures = {name: _data_uri(figure) for name, figure in figures.items()}
        write_bytes(path, _filled("report.html", study, summary, pictures).encode())
        return [path]
    if path.suffix != ".md":
        raise UsageError(f"a report is written as .html or .md, got {path.name!r}")
    beside = {name: path.with_name(f"{path.stem}-{name}.png") for name in figures}
    for name, figure in figures.items():
        write_bytes(beside[name], _png(figure))
    names = {name: file.name for name, file in beside.items()}
    write_bytes(path, _filled("report.md", study, summary, names).encode())
    return [path, *beside.values()]


def figures_of(study: Study, summary: Summary) -> dict[str, Figure]:
    """The report's figures by name; none of times where none are known, nor of a single epoch."""
    runs = {name: study.runs(name) for name in summary.results.settings}
    prefix = "val" if summary.results.part == "validation" else "test"
    figures = {"accuracy": accuracy_figure(summary)}
    if summary.front:
        figures["cost"] = cost_figure(summary)
    if any(len(run.history) > 1 for ones in runs.values() for run in ones):
        figures["way"] = way_figure(runs, f"{prefix}_accuracy")
    return figures


def conditions_of(runs: Mapping[str, tuple[Run, ...]]) -> list[str]:
    """What a figure's reader must know: machine, versions and dates, each once."""
    found = [run.environment for ones in runs.values() for run in ones]
    started = sorted(str(one["started"]) for one in found)
    machines = sorted(
        {f"{one['processor']}, {one['threads']} of {one['cores']} cores a trial" for one in found}
    )
    versions = sorted(
        {
            f"lenswork {one['lenswork']}, "
            + ", ".join(f"{name} {version}" for name, version in one["packages"].items())
            for one in found
        }
    )
    days = list(dict.fromkeys((started[0][:10], started[-1][:10])))
    return [f"Trained {' to '.join(days)}", *machines, *versions]


def _filled(template: str, study: Study, summary: Summary, pictures: Mapping[str, str]) -> str:
    environment = Environment(
        autoescape=template.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= FILTERS
    text = files("lenswork.study").joinpath(template).read_text("utf-8")
    runs = {name: study.runs(name) for name in summary.results.settings}
    content: dict[str, Any] = {
        "summary": summary,
        "plan": summary.plan,
        "answers": [
            (pair, pair_sentences(pair, summary.results)) for pair in summary.verdict.pairs
        ],
        "notes": notes(summary.verdict),
        "pictures": pictures,
        "captions": CAPTIONS,
        "conditions": conditions_of(runs),
        "toml": summary.plan.to_toml(),
    }
    return environment.from_string(text).render(content)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()


def _data_uri(figure: Figure) -> str:
    return "data:image/png;base64," + base64.b64encode(_png(figure)).decode("ascii")
