"""Curves by epoch of several settings, as `plots.js` draws them."""

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from lenswork.record.run import Run

COLOURS = 4
HELD_OUT = {"val_": "validation", "test_": "test", "": "training"}  # by their metrics' prefix
Group = tuple[str, Sequence[Run]]


def lines_of(groups: Sequence[Group], metric: str) -> dict[str, Any]:
    """One line a setting, the mean of its runs; epochs from 1, None where there is no number."""
    curves = [_mean_curve(runs, metric) for _, runs in groups]
    epochs = max(map(len, curves), default=0)
    return {
        "x": list(range(1, epochs + 1)),
        "series": [
            {
                "label": name if len(runs) == 1 else f"{name}, mean of {len(runs)}",
                "values": curve + [None] * (epochs - len(curve)),
                "colour": 1 + place % COLOURS,
                "dash": place // COLOURS % 2 == 1,
            }
            for place, ((name, runs), curve) in enumerate(zip(groups, curves, strict=True))
        ],
        "percent": metric.endswith("accuracy"),
        "xlabel": "epoch",
    }


def held_out_prefix(groups: Sequence[Group]) -> str:
    """What the metrics begin with that every run has of each epoch: val_, test_, or nothing."""
    histories = [run.history for _, runs in groups for run in runs]
    for prefix in ("val_", "test_"):
        if all(any(f"{prefix}accuracy" in row["metrics"] for row in one) for one in histories):
            return prefix
    return ""


def _mean_curve(runs: Sequence[Run], metric: str) -> list[float | None]:
    rows = [[row["metrics"].get(metric, math.nan) for row in run.history] for run in runs]
    return [
        _mean([row[epoch] for row in rows if epoch < len(row)])
        for epoch in range(max(map(len, rows), default=0))
    ]


def _mean(values: Sequence[float]) -> float | None:
    known = [value for value in values if math.isfinite(value)]
    return fmean(known) if known else None
