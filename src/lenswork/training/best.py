"""The weights after the epoch with the lowest val_loss, for a recipe that keeps those."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn


@dataclass
class Best:
    """Copies of a network's tensors, taken whenever an epoch is better than all before it."""

    loss: float = field(default=math.inf, init=False)
    epoch: int = field(default=0, init=False)
    tensors: dict[str, Tensor] = field(default_factory=dict, init=False)

    def note(self, epoch: int, metrics: Mapping[str, float], network: nn.Module) -> None:
        """Keep the weights after `epoch` if its val_loss is the lowest so far."""
        if metrics["val_loss"] < self.loss:
            self.loss, self.epoch = metrics["val_loss"], epoch
            self.tensors = {
                name: tensor.detach().clone() for name, tensor in tensors_of(network).items()
            }

    def put_back(self, network: nn.Module) -> None:
        """Give the network the weights that were kept, if any epoch had a val_loss at all."""
        fill(tensors_of(network), self.tensors)


def tensors_of(network: nn.Module) -> dict[str, Tensor]:
    """Everything that a step may change: parameters and buffers, also those no file keeps."""
    return {**dict(network.named_parameters()), **dict(network.named_buffers())}


@torch.no_grad()
def fill(tensors: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> None:
    """Write `values` into the tensors of the same names, which keep their order in memory."""
    for name, value in values.items():
        tensors[name].copy_(value)
