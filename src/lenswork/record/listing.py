"""Rows of runs, chosen and sorted as a reader asks."""

import math
from collections.abc import Sequence
from typing import Any

from lenswork.kinds import SplitName
from lenswork.record.run import RunSummary

WORDS = frozenset({"name", "data", "net", "status"})  # columns that begin with the first letter


def matches(row: RunSummary, words: Sequence[str]) -> bool:
    """Whether every word is found in the run's name, data, recipe or net."""
    text = f"{row.name} {row.data} {row.recipe} {row.net}".lower()
    return all(word.lower() in text for word in words)


def sorted_runs(rows: Sequence[RunSummary], key: str, *, reverse: bool = False) -> list[RunSummary]:
    """Rows by one column, highest first (words: first letter first); unknown values last.

    `key` is a field of the summary, or `reported` for the accuracy that `reported` gives.
    """
    values = [(_value(row, key), row) for row in rows]
    known = [(value, row) for value, row in values if value is not None]
    unknown = [row for value, row in values if value is None]
    downwards = (key not in WORDS) != reverse
    known.sort(key=lambda pair: pair[0], reverse=downwards)
    return [row for _, row in known] + unknown


def reported(row: RunSummary) -> tuple[SplitName, float] | None:
    """The accuracy that speaks for a run, and of which pictures: test, validation or training."""
    parts: tuple[tuple[SplitName, float | None], ...] = (
        ("test", row.test_accuracy),
        ("validation", row.val_accuracy),
        ("train", row.accuracy),
    )
    return next(((part, value) for part, value in parts if value is not None), None)


def _value(row: RunSummary, key: str) -> Any:
    """What to sort by; None where it is unknown or no number."""
    found = reported(row)
    value = (found and found[1]) if key == "reported" else getattr(row, key)
    if isinstance(value, float) and math.isnan(value):
        return None
    return value.lower() if isinstance(value, str) else value
