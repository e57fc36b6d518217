"""What each of several settings costs: its net's size, its file's, and its training's time."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from lenswork.look.settings import Setting
from lenswork.record.run import Run


@dataclass(frozen=True)
class Cost:
    """One setting's cost; epochs and seconds are means over its runs, the rest is the first's.

    `classifier_bytes` is None for a run without a classifier, `epoch_seconds` for one without an
    epoch.
    """

    name: str
    parameters: int
    classifier_bytes: int | None
    epochs: float
    train_seconds: float
    epoch_seconds: float | None


def costs_of(settings: Sequence[Setting]) -> list[Cost]:
    """The settings' costs, in their order."""
    return [_cost(setting) for setting in settings]


def _cost(setting: Setting) -> Cost:
    first = setting.runs[0]
    epochs = fmean(len(run.history) for run in setting.runs)
    seconds = fmean(_seconds(run) for run in setting.runs)
    return Cost(
        name=setting.name,
        parameters=int(first.start.get("parameters", 0)),
        classifier_bytes=_size(first),
        epochs=epochs,
        train_seconds=seconds,
        epoch_seconds=seconds / epochs if epochs else None,
    )


def _seconds(run: Run) -> float:
    return float(sum(row["train_seconds"] for row in run.history))


def _size(run: Run) -> int | None:
    try:
        return run.classifier_path.stat().st_size
    except OSError:
        return None
