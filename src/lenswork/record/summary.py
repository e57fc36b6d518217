"""A run in one row: what a list of runs shows, and the index remembers."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

Status = Literal["running", "finished", "stopped", "failed", "killed"]
Curve = tuple[float | None, ...]
CURVE_POINTS = 40  # of a drawing in miniature


@dataclass(frozen=True)
class RunSummary:
    """A run in one row; accuracies are fractions of the final network, None where unknown.

    The curves are the accuracies of the training and of the held-out pictures by epoch, thinned
    out to what a drawing in miniature needs.
    """

    name: str
    status: Status
    data: str
    recipe: str
    net: str
    parameters: int
    seed: int
    epochs: int
    accuracy: float | None
    val_accuracy: float | None
    test_accuracy: float | None
    train_seconds: float
    started: str
    recipe_hash: str
    reason: str
    planned_epochs: int | None
    train_curve: Curve
    held_out_curve: Curve

    def as_dict(self) -> dict[str, Any]:
        """The row for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Self:
        """What `as_dict` gave, come back from JSON.

        Raises `KeyError` or `TypeError` for a row of another version.
        """
        curves = {name: tuple(row[name]) for name in ("train_curve", "held_out_curve")}
        return cls(**{**row, **curves})


def curve_of(history: list[dict[str, Any]], *metrics: str) -> Curve:
    """The first of `metrics` that any epoch has, in at most CURVE_POINTS points, the ends kept."""
    rows = [row["metrics"] for row in history]
    metric = next((name for name in metrics if any(name in row for row in rows)), None)
    if metric is None:
        return ()
    last = len(rows) - 1
    if last >= CURVE_POINTS:
        rows = [rows[round(place * last / (CURVE_POINTS - 1))] for place in range(CURVE_POINTS)]
    values = [row.get(metric, math.nan) for row in rows]
    return tuple(round(value, 4) if math.isfinite(value) else None for value in values)
