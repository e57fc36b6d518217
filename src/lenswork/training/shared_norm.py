"""Batch normalisation over the whole of a batch that several processes share.

torch's own SyncBatchNorm does the same on GPUs only.
"""

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F

Norm = nn.BatchNorm1d | nn.BatchNorm2d


class SumOfAll(torch.autograd.Function):
    """The sum of a tensor over all processes; its gradient is the sum of theirs."""

    @staticmethod
    def forward(context: Any, values: Tensor) -> Tensor:  # noqa: ARG004
        """Sum (any shape)."""
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:  # noqa: ARG004
        """Each process's loss depends on each process's values."""
        total = gradients[0].clone()
        dist.all_reduce(total)
        return total


class SharedNorms:
    """The batch normalisations of a network; `counted` says if this process's pictures count."""

    def __init__(self, norms: Sequence[Norm]) -> None:
        self.norms = norms
        self.counted = True

    def forward(self, norm: Norm, inputs: Tensor) -> Tensor:
        """What `norm` gives for this process's part of the batch, (part, channels, ...)."""
        if not norm.training:
            return F.batch_norm(
                inputs, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps
            )
        counted = float(self.counted)
        over = [axis for axis in range(inputs.ndim) if axis != 1]
        shape = [1, -1, *[1] * (inputs.ndim - 2)]
        count = inputs.new_full((1,), counted * inputs.numel() / inputs.shape[1])
        sums = _sum_of_all(torch.cat([inputs.sum(over) * counted, count]))
        mean, count = sums[:-1] / sums[-1], sums[-1].detach()
        centred = inputs - mean.view(shape)
        variance = _sum_of_all(centred.square().sum(over) * counted) / count
        _keep(norm, mean.detach(), variance.detach() * count / (count - 1))
        scale = torch.rsqrt(variance + norm.eps) * norm.weight
        return torch.addcmul(norm.bias.view(shape), centred, scale.view(shape))


@contextmanager
def shared_norms(network: nn.Module) -> Iterator[SharedNorms]:
    """Have the batch normalisations of `network` share their statistics within the block."""
    norms = SharedNorms([part for part in network.modules() if isinstance(part, Norm)])
    for norm in norms.norms:
        setattr(norm, "forward", functools.partial(norms.forward, norm))  # noqa: B010
    try:
        yield norms
    finally:
        for norm in norms.norms:
            delattr(norm, "forward")


def _sum_of_all(values: Tensor) -> Tensor:
    total: Tensor = SumOfAll.apply(values)  # type: ignore[no-untyped-call]
    return total


@torch.no_grad()
def _keep(norm: Norm, mean: Tensor, variance: Tensor) -> None:
    """Move the running statistics, the variance without bias, as torch does."""
    for kept, now in ((norm.running_mean, mean), (norm.running_var, variance)):
        if kept is not None:
            kept.lerp_(now, norm.momentum or 0.0)
    if norm.num_batches_tracked is not None:
        norm.num_batches_tracked.add_(1)
