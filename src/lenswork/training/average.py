"""A running mean of the weights: it answers better than the last weights, which still jump.

Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging"; with a decay,
as here, in Keras's `use_ema` and most vision recipes.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from lenswork.training.best import tensors_of


class Average:
    """The mean of a network's weights and statistics; each step the older ones count `decay` less.

    At first the mean is over all steps so far: the decay rises as (1 + n) / (10 + n) to its value.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        tensors = {name: one.detach() for name, one in tensors_of(network).items()}
        self._network = {name: one for name, one in tensors.items() if one.is_floating_point()}
        self._mean = {name: tensor.clone() for name, tensor in self._network.items()}

    @torch.no_grad()
    def add(self) -> None:
        """Take the weights of the step that was just made into the mean."""
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        self.steps += 1
        torch._foreach_lerp_(list(self._mean.values()), list(self._network.values()), 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Within, the network has the mean weights; after, its own again."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def put(self) -> None:
        """Leave the mean in the network."""
        self._swap()

    def state(self) -> dict[str, Tensor]:
        """The mean, as tensors that `restore` takes."""
        return {**self._mean, "steps": torch.tensor(self.steps)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what another's `state` said."""
        self.steps = int(state["steps"])
        for name, tensor in self._mean.items():
            tensor.copy_(state[name])

    @torch.no_grad()
    def _swap(self) -> None:
        for name, tensor in self._network.items():
            kept = tensor.clone()
            tensor.copy_(self._mean[name])
            self._mean[name].copy_(kept)
