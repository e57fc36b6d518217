"""The curves of a run, as a figure and as text."""

import base64
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lenswork.files import written_whole
from lenswork.record.style import new_figure

BARS = "▁▂▃▄▅▆▇█"
# Okabe and Ito 2008, "Color universal design": told apart by all kinds of colour vision
COLOURS = {"": "#0072B2", "val_": "#D55E00", "test_": "#009E73"}
NAMES = {"": "training, as met", "val_": "validation", "test_": "test"}


def sparkline(values: Sequence[float]) -> str:
    """One bar a value, from the lowest to the highest of them; × for what is no number."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    span = (high - low) or 1.0
    return "".join(
        BARS[round((value - low) / span * (len(BARS) - 1))] if math.isfinite(value) else "×"
        for value in values
    )


def curves_figure(history: Sequence[Mapping[str, Any]]) -> Figure:
    """Loss and accuracy by epoch; `history` is `Run.history`."""
    figure = new_figure(9, 3.4)
    loss, accuracy = figure.subplots(1, 2)
    for prefix in COLOURS:
        _draw(loss, history, f"{prefix}loss", prefix)
        _draw(accuracy, history, f"{prefix}accuracy", prefix)
    loss.set_ylabel("loss (nats)")
    loss.set_ylim(bottom=0)
    accuracy.set_ylabel("accuracy")
    accuracy.legend(frameon=False)
    for axes in (loss, accuracy):
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    return figure


def save_curves(history: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write the curves as a PNG file."""
    with written_whole(path) as temporary:
        curves_figure(history).savefig(temporary, format="png", dpi=150)


def curves_data_uri(history: Sequence[Mapping[str, Any]]) -> str:
    """The curves as a PNG inside a `data:` address, for a notebook or a page."""
    buffer = io.BytesIO()
    curves_figure(history).savefig(buffer, format="png", dpi=80)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _draw(axes: Axes, history: Sequence[Mapping[str, Any]], metric: str, prefix: str) -> None:
    rows = [row for row in history if metric in row["metrics"]]
    if rows:
        axes.plot(
            [row["epoch"] for row in rows],
            [row["metrics"][metric] for row in rows],
            color=COLOURS[prefix],
            label=NAMES[prefix],
            marker="o" if len(rows) < 20 else None,
            markersize=3,
        )
