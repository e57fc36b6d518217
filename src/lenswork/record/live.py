"""What a run shows of itself while it is trained, and how it is asked to stop.

.live.json      how far it is, written about twice a second
.mistakes.json  the held-out pictures that it gets wrong most surely, after an epoch
.stop           put there by whoever wants it to end: it then does, with everything recorded

They are there only while a run is trained, or after it was killed; a record is whole without them.
Nothing here loads torch.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from lenswork.errors import UsageError
from lenswork.kinds import SplitName
from lenswork.record.checked import checked_mistakes, checked_now
from lenswork.record.run import Run

LIVE, MISTAKES, STOP = ".live.json", ".mistakes.json", ".stop"
MOST_BYTES = 1_000_000  # of such a file: what is longer was not written by a run


@dataclass(frozen=True)
class Live:
    """How far a run is; `written` is in seconds since 1970.

    `epoch` is the one that runs, `step` and `pictures` count within it, `loss` is its mean so far.
    `pictures_a_second` is that of the last seconds. `evaluating` says that all its steps are done.
    """

    epoch: int
    epochs: int
    step: int
    steps_per_epoch: int
    pictures: int
    pictures_a_second: float
    loss: float | None
    seconds_left: float
    written: float

    @property
    def evaluating(self) -> bool:
        """Whether the epoch's steps are done and the held-out pictures are answered."""
        return self.step >= self.steps_per_epoch

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "evaluating": self.evaluating}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Self:
        """What `as_dict` gave; raises `ValueError` for what cannot be, or is another version's."""
        said = checked_now(content)
        return cls(**{name: said[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class LiveMistake:
    """A picture with a wrong answer: its row in the part, its id, the names of both classes."""

    row: int
    id: str
    truth: str
    said: str
    confidence: float


@dataclass(frozen=True)
class LiveMistakes:
    """The held-out pictures that a run got wrong most surely after `epoch`, surest first."""

    epoch: int
    part: SplitName
    pictures: tuple[LiveMistake, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Self:
        """What `as_dict` gave; raises `ValueError` for what cannot be, or is another version's."""
        said = checked_mistakes(content)
        names = LiveMistake.__dataclass_fields__
        pictures = (LiveMistake(**{name: one[name] for name in names}) for one in said["pictures"])
        return cls(said["epoch"], said["part"], tuple(pictures))


def read_live(folder: Path) -> Live | None:
    """How far the run in `folder` is, None where it does not say."""
    try:
        return Live.from_dict(_content(folder / LIVE))
    except (OSError, ValueError, RecursionError):
        return None


def read_mistakes(folder: Path) -> LiveMistakes | None:
    """What the run in `folder` gets wrong most surely, None where it does not say."""
    try:
        return LiveMistakes.from_dict(_content(folder / MISTAKES))
    except (OSError, ValueError, RecursionError):
        return None


def ask_to_stop(run: Run) -> None:
    """Have a run that is trained end after its step, with everything recorded.

    Whoever trains it need not be known: it looks for this a few times a second. Raises
    `UsageError` for a run that nobody trains, or whose folder cannot be written to.
    """
    if run.status != "running":
        raise UsageError(f"run {run.name} is not being trained: it is {run.status}")
    wish = run.path / STOP
    try:
        wish.touch()
        if Run(run.path).status != "running":  # it ended meanwhile, and has tidied up before
            wish.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot ask run {run.name} to stop: {wish} cannot be written "
            f"({error.strerror or error}); stop it where it is trained, by Ctrl-C"
        ) from error


def is_asked_to_stop(folder: Path) -> bool:
    """Whether the run in `folder` has been asked to stop."""
    return (folder / STOP).exists()


def _content(path: Path) -> Any:
    """What a small file says as JSON; raises `OSError` or `ValueError` where it is none."""
    if not path.is_file():  # a pipe would be waited for
        raise FileNotFoundError(path)
    with path.open("rb") as file:
        return json.loads(file.read(MOST_BYTES))
