"""A run's epochs as rows, and its curves as `plots.js` draws them."""

from collections.abc import Collection
from typing import Any

from lenswork.kinds import SplitName
from lenswork.record.json_ready import json_ready
from lenswork.record.predictions import HELD_OUT
from lenswork.record.run import Run

PREFIX: dict[SplitName, str] = {"validation": "val_", "test": "test_"}

Rows = tuple[dict[str, Any], ...]  # one an epoch


def epochs_of(run: Run) -> Rows:
    """A row an epoch: its number and its metrics, None for what is no number."""
    return tuple(json_ready({"epoch": row["epoch"], **row["metrics"]}) for row in run.history)


def curves_of(epochs: Rows, parts: Collection[SplitName]) -> dict[str, Any]:
    """Loss and accuracy by epoch as `plots.js` draws them, of the training and the held-out parts.

    Each series also names its `metric`, so that a page can add rows to it.
    """
    kinds = [("", "training, as met", 1)]
    kinds += [
        (f"{PREFIX[part]}", part, 1 + place)
        for place, part in enumerate(HELD_OUT, 1)
        if part in parts
    ]
    x = [row["epoch"] for row in epochs]
    return {
        metric: {
            "x": x,
            "series": [
                {
                    "label": label,
                    "metric": f"{prefix}{metric}",
                    "values": [row.get(f"{prefix}{metric}") for row in epochs],
                    "colour": colour,
                    "dash": prefix == "",
                }
                for prefix, label, colour in kinds
            ],
            "percent": metric == "accuracy",
            "xlabel": "epoch",
        }
        for metric in ("accuracy", "loss")
    }
