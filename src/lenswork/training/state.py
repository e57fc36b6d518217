"""A training as it stands between two steps: what has to be kept to go on from there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from lenswork import __version__
from lenswork.errors import RunError
from lenswork.kinds import SplitName


class StateError(RunError):
    """A state that belongs to another training; the text says in what they differ."""


class OtherPicturesError(StateError):
    """A state, or a run, of other pictures: those of `parts` differ."""

    def __init__(self, text: str, parts: Sequence[SplitName]) -> None:
        super().__init__(text)
        self.parts = tuple(parts)


def conditions() -> dict[str, Any]:
    """What the last digits of every step depend on, beside the recipe and the data."""
    return {
        "threads": torch.get_num_threads(),
        "torch": str(torch.__version__),
        "lenswork": __version__,
    }


@dataclass(frozen=True)
class State:
    """Named `tensors`, and `facts` that are plain enough for JSON.

    The tensors are the training's own: they change with its next step.
    """

    facts: Mapping[str, Any]
    tensors: Mapping[str, Tensor] = field(repr=False)

    @property
    def epochs(self) -> int:
        """Whole epochs."""
        return int(self.facts["epochs"])

    @property
    def step(self) -> int:
        """Steps of all epochs."""
        return int(self.facts["step"])

    def changed_conditions(self) -> list[str]:
        """What it was computed with that is another now, a few words each.

        Threads count on a CPU only; what a state of an older version does not say is passed over.
        """
        now = conditions()
        names = [name for name in now if self.facts.get(name, now[name]) != now[name]]
        return [
            f"with {_counted(name, self.facts[name])} and goes on with {now[name]}"
            for name in names
            if name != "threads" or self.facts.get("device") == "cpu"
        ]


def _counted(name: str, value: Any) -> str:
    if name == "threads":
        return f"{value} thread" if value == 1 else f"{value} threads"
    return f"{name} {value}"
