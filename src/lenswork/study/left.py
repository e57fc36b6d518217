"""How long a study still takes, as far as its record tells."""

from collections.abc import Sequence
from statistics import fmean

from lenswork.record.run import Run
from lenswork.study.folder import TrialRecord


def seconds_left(records: Sequence[TrialRecord]) -> float | None:
    """The time until all trials are done, from those that are done and the epochs of the others.

    As many trials go on as are running now. None while nothing says how long one takes.
    """
    took = _seconds_by_setting(records)
    if not took:
        return None
    usual = fmean(took.values())
    left = [
        max(0.0, took.get(record.trial.setting, usual) - _spent(record))
        for record in records
        if record.state in ("running", "missing")
    ]
    at_once = max(1, sum(record.state == "running" for record in records))
    return max(sum(left) / at_once, max(left, default=0.0))


def _seconds_by_setting(records: Sequence[TrialRecord]) -> dict[str, float]:
    """What one trial of a setting takes: as long as those that are done, or else as foretold."""
    done: dict[str, list[float]] = {}
    foretold: dict[str, list[float]] = {}
    for record in records:
        run = record.run
        if run is None or not run.history:
            continue
        if record.state == "done":
            done.setdefault(record.trial.setting, []).append(_seconds(run))
        elif record.state == "running" and run.recipe.epochs:
            whole = _seconds(run) / len(run.history) * run.recipe.epochs
            foretold.setdefault(record.trial.setting, []).append(whole)
    return {name: fmean(values) for name, values in {**foretold, **done}.items()}


def _spent(record: TrialRecord) -> float:
    """What a running trial has behind it; what an interrupted one had is done again."""
    return _seconds(record.run) if record.state == "running" and record.run else 0.0


def _seconds(run: Run) -> float:
    return float(sum(row["train_seconds"] + row["evaluate_seconds"] for row in run.history))
