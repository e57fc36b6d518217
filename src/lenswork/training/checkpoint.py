"""From a training to its state and back: whoever goes on from a state does the same steps.

The order of the pictures needs nothing here: it is a function of seed and step alone
(`data/batches.py`). What a step changes, and what it draws from, is all in the state.
"""

import math
import time
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from lenswork.errors import RunError
from lenswork.model.weights import unlike
from lenswork.training.best import fill, tensors_of
from lenswork.training.evaluate import Totals
from lenswork.training.session import Session
from lenswork.training.state import State, conditions

FORMAT = 1
NETWORK, OPTIMIZER, TOTALS, BEST = "network.", "optimizer.", "totals.", "best."
AVERAGE = "average."
GENERATOR, GLOBAL = "generator.", "torch"


class StateError(RunError):
    """A state that belongs to another training; the text says in what they differ."""


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
        return State(facts, dict(_tensors(session, self.totals)))


def place_in(session: Session, state: State | None) -> Place:
    """Where the session begins: at its start, or where `state` was taken.

    Raises `StateError` when the state belongs to another recipe, other data or another network.
    """
    place = Place(session)
    if state is None:
        return place
    _refuse_other(session, state.facts)
    _put_back(session, place.totals, state.tensors)
    facts = state.facts
    session.go_to(state.step)
    session.compute_in(facts["precision"])  # measured anew it could be another
    place.epochs, place.reason = state.epochs, facts["reason"]
    place.began -= facts["seconds"]
    session.stops.best = _or_infinite(facts["lowest_loss"])
    session.stops.epochs_since_best = facts["epochs_since_lowest"]
    if session.best:
        session.best.loss = _or_infinite(facts["best_loss"])
        session.best.epoch = facts["best_epoch"]
    return place


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
    for what, ours in _belonging(session).items():
        theirs = facts.get(what)
        if ours != theirs:
            other = "other" if what.endswith("s") else "another"
            raise StateError(
                f"expected a state of {what} {_in_words(ours)}, got one of {other} {what}, "
                f"{_in_words(theirs)}: go on with those it was begun with, or begin anew"
            )


def _tensors(session: Session, totals: Totals) -> Iterator[tuple[str, Tensor]]:
    for name, tensor in tensors_of(session.network).items():
        yield NETWORK + name, tensor.detach()
    for number, parameter in enumerate(_optimized(session)):
        for name, tensor in session.optimizer.state[parameter].items():
            yield f"{OPTIMIZER}{number}.{name}", tensor
    for name, tensor in totals.state().items():
        yield TOTALS + name, tensor
    for name, tensor in session.average.state().items() if session.average else ():
        yield AVERAGE + name, tensor
    for name, tensor in session.best.tensors.items() if session.best else ():
        yield BEST + name, tensor
    for module, attribute, generator in _generators(session.network):
        yield f"{GENERATOR}{module}.{attribute}", generator.get_state()
    yield GLOBAL, _global_state(session.device)


def _put_back(session: Session, totals: Totals, tensors: Mapping[str, Tensor]) -> None:
    own = {NETWORK + name: tensor for name, tensor in tensors_of(session.network).items()}
    theirs = {name: tensor for name, tensor in tensors.items() if name.startswith(NETWORK)}
    problem = unlike(own, theirs, "the state")
    if problem is not None:
        raise StateError(f"the state was taken with another network: {problem}; begin anew")
    fill(own, theirs)
    for number, parameter in enumerate(_optimized(session)):
        kept = session.optimizer.state[parameter]
        for name, value in _below(f"{OPTIMIZER}{number}.", tensors).items():
            like = torch.zeros_like(parameter) if value.shape == parameter.shape else value
            kept.setdefault(name, like.to(parameter.device))
            fill(kept, {name: value})
    totals.restore(_below(TOTALS, tensors))
    if session.average:
        session.average.restore(_below(AVERAGE, tensors))
    if session.best:
        session.best.tensors = {
            name: torch.empty_like(tensors_of(session.network)[name]).copy_(value)
            for name, value in _below(BEST, tensors).items()
        }
    for name, value in _below(GENERATOR, tensors).items():
        module, _, attribute = name.rpartition(".")
        _put_back_generator(session.network.get_submodule(module), attribute, value, session.device)
    _set_global_state(session.device, tensors[GLOBAL])


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def _optimized(session: Session) -> list[Tensor]:
    return [one for group in session.optimizer.param_groups for one in group["params"]]


def _generators(network: nn.Module) -> Iterator[tuple[str, str, torch.Generator]]:
    """Every generator that a module holds, with the module's and the attribute's name."""
    for name, module in network.named_modules():
        for attribute, value in vars(module).items():
            if isinstance(value, torch.Generator):
                yield name, attribute, value


def _put_back_generator(
    module: nn.Module, attribute: str, state: Tensor, device: torch.device
) -> None:
    there = getattr(module, attribute, None)
    generator = there if isinstance(there, torch.Generator) else torch.Generator(device)
    generator.set_state(state.cpu())
    setattr(module, attribute, generator)


def _global_state(device: torch.device) -> Tensor:
    """Of the generator that torch's own layers draw from."""
    if device.type == "cuda":
        return torch.cuda.get_rng_state(device)
    if device.type == "mps":
        return torch.mps.get_rng_state()
    return torch.get_rng_state()


def _set_global_state(device: torch.device, state: Tensor) -> None:
    if device.type == "cuda":
        torch.cuda.set_rng_state(state.cpu(), device)
    elif device.type == "mps":
        torch.mps.set_rng_state(state.cpu())
    else:
        torch.set_rng_state(state.cpu())


def _in_words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {one}" for name, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _or_infinite(number: float | None) -> float:
    return math.inf if number is None else number
