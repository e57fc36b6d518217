"""What is told of a study while it is carried out: trials that ended, and the time foretold."""

from dataclasses import dataclass

from lenswork.record.run import Run
from lenswork.study.plan import Trial

TRIAL_SECONDS = 1.0  # beside the training: reading, recording


@dataclass(frozen=True)
class TrialDone:
    """A trial has ended: `run` is its record, or `reason` says why it failed.

    `taken_over` is one that another study had done already.
    """

    trial: Trial
    run: Run | None
    reason: str | None = None
    taken_over: bool = False


@dataclass(frozen=True)
class Foretold:
    """The seconds that trials will take: the training of one of each setting, and all in all.

    `seconds` has the starting of processes, reading and recording in it, with `at_once` trials at
    the same time.
    """

    settings: dict[str, float]
    seconds: float
    at_once: int = 1
