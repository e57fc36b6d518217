"""A training as it stands between two steps: what has to be kept to go on from there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


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
