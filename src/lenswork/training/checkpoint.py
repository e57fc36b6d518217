"""From a training to its state and back: whoever goes on from a state does the same steps.

The order of the pictures needs nothing here: it is a function of seed and step alone
(`data/batches.py`). What a step changes, and what it draws from, is all in the state.
"""

import math
import time
from collections.abc import Mapping
from typing import Any

from lenswork.amounts import counted
from lenswork.kinds import SPLIT_NAMES
from lenswork.training.evaluate import Totals
from lenswork.training.kept_tensors import kept_tensors, put_back
from lenswork.training.session import Session
from lenswork.training.state import OtherPicturesError, State, StateError, conditions

FORMAT = 1


class Place:
    """How far a session is: whole epochs, the sums of the one that runs, why it ends if it does."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.epochs = 0
        self.reason: str | None = None  # to stop, found after an epoch
        self._begin_epoch()

    def next_epoch(self, metrics: Mapping[str, float]) -> None:
        """Count an epoch with these metrics as done, and begin to count the next."""
        self.epochs += 1
        self.reason = self.session.reason_to_stop(self.epochs, metrics)
        self._begin_epoch()

    def time_from_now(self) -> None:
        """Have the seconds of the epoch that runs begin here."""
        self.began = time.perf_counter()
        self.waited_before = self.session.reading.waited_seconds

    def _begin_epoch(self) -> None:
        self.totals = Totals(self.session.output, self.session.device)
        self.time_from_now()

    def _waited(self) -> float:
        """The seconds in which the epoch's steps waited for pictures to be read."""
        return self.session.reading.waited_seconds - self.waited_before

    @property
    def steps_done(self) -> int:
        """Steps of the epoch that runs."""
        return self.session.step - self.epochs * self.session.steps_per_epoch

    @property
    def seconds(self) -> float:
        """Since the epoch that runs began.

        Without the time between a kill and the resume, or in which it waited for its pictures.
        """
        return time.perf_counter() - self.began - self._waited()

    def all_read(self) -> bool:
        """Whether `state` is told at once: which pictures these are is known once all are there."""
        return self.session.reading.over

    def state(self) -> State:
        """Everything that the next step depends on; waits until all pictures have been read."""
        session = self.session
        facts = {
            "format": FORMAT,
            **_belonging(session),
            **conditions(),
            "epochs": self.epochs,
            "step": session.step,
            "reason": self.reason,
            "precision": session.precision,
            "seconds": self.seconds if self.steps_done else 0.0,
            "lowest_loss": _finite(session.stops.best),
            "epochs_since_lowest": session.stops.epochs_since_best,
            "best_loss": _finite(session.best.loss) if session.best else None,
            "best_epoch": session.best.epoch if session.best else 0,
        }
        return State(facts, dict(kept_tensors(session, self.totals)))


def place_in(session: Session, state: State | None) -> Place:
    """Where the session begins: at its start, or where `state` was taken.

    Raises `StateError` when the state belongs to another recipe, other data or another network,
    or is not whole.
    """
    place = Place(session)
    if state is None:
        return place
    _refuse_other(session, state.facts)
    try:
        _go_to(session, place, state)
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise StateError(
            f"the state is not whole ({type(error).__name__}: {error}): it was changed by hand or "
            "by another program; begin anew"
        ) from error
    if place.epochs > session.epochs or not 0 <= place.steps_done <= session.steps_per_epoch:
        raise StateError(
            f"expected a state within {counted(session.epochs, 'epoch')} of "
            f"{counted(session.steps_per_epoch, 'step')}, got one after "
            f"{counted(place.epochs, 'epoch')} and {counted(session.step, 'step')}: begin anew"
        )
    return place


def _go_to(session: Session, place: Place, state: State) -> None:
    facts = state.facts
    put_back(session, place.totals, state.tensors)
    session.go_to(state.step)
    session.compute_in(facts["precision"])  # measured anew it could be another
    place.epochs, place.reason = state.epochs, facts["reason"]
    place.began -= facts["seconds"]
    session.stops.best = _or_infinite(facts["lowest_loss"])
    session.stops.epochs_since_best = facts["epochs_since_lowest"]
    if session.best:
        session.best.loss = _or_infinite(facts["best_loss"])
        session.best.epoch = facts["best_epoch"]


def _belonging(session: Session) -> dict[str, Any]:
    return {
        "recipe": session.recipe.hash,
        "pictures": dict(session.digests),
        "classes": list(session.data.classes),
        "device": session.device.type,
    }


def _refuse_other(session: Session, facts: Mapping[str, Any]) -> None:
    if facts.get("format") != FORMAT:
        raise StateError(
            f"expected a state of format {FORMAT}, got {facts.get('format')}: it was written by "
            "another version of Lenswork; go on with that version, or begin anew"
        )
    ours = _belonging(session)
    for what in ours:
        if ours[what] != facts.get(what):
            raise _other(what, ours[what], facts.get(what))


def _other(what: str, ours: Any, theirs: Any) -> StateError:
    other = "other" if what.endswith("s") else "another"
    cure = f"with --device {theirs}" if what == "device" else "with those it was begun with"
    said = (
        f"expected a state of {what} {_in_words(ours)}, got one of {other} {what}, "
        f"{_in_words(theirs)}: go on {cure}, or begin anew"
    )
    if what == "pictures" and isinstance(theirs, dict):
        parts = [part for part in SPLIT_NAMES if ours.get(part) != theirs.get(part)]
        return OtherPicturesError(said, parts)
    return StateError(said)


def _in_words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {one}" for name, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _or_infinite(number: float | None) -> float:
    return math.inf if number is None else number
