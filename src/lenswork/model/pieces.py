"""The pieces of a net: what each gives forward, and how a gradient comes back through it."""

import functools
import math
from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from lenswork.model.layers import SLOPE
from lenswork.model.network import ConvLayer, DenseLayer, DropoutLayer, PoolLayer, activate

aten = torch.ops.aten
AT_ONCE_BYTES = 32 << 20  # of maps; fewer make a step no shorter, more make it need more memory
CHANNELS_AT_ONCE = 16  # torch's kernel of batch normalisation takes 3 times as long for others
Saved = Any  # what a piece keeps from its way forward for its way back

# From the gradient of the output, the input and the output to the gradient of the input.
ACTIVATION_GRADIENTS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "relu": lambda gradient, _, output: aten.threshold_backward(gradient, output, 0),
    "leaky-relu": lambda gradient, _, output: aten.leaky_relu_backward(
        gradient, output, SLOPE, True
    ),
    "elu": lambda gradient, _, output: aten.elu_backward(gradient, 1, 1, 1, True, output),
    "gelu": lambda gradient, inputs, _: aten.gelu_backward(gradient, inputs),
    "silu": lambda gradient, inputs, _: aten.silu_backward(gradient, inputs),
    "sigmoid": lambda gradient, _, output: aten.sigmoid_backward(gradient, output),
    "tanh": lambda gradient, _, output: aten.tanh_backward(gradient, output),
}


class Piece(Protocol):
    """One or two layers: what goes forward, and how a gradient comes back."""

    def forward(self, inputs: Tensor) -> tuple[Tensor, Saved]:
        """The output, and what `backward` needs."""
        ...

    def backward(self, gradient: Tensor, saved: Saved, *, to_input: bool) -> Tensor:
        """Set the parameters' gradients; the input's gradient, of no meaning if not `to_input`."""
        ...


def _activated(name: str | None, maps: Tensor) -> tuple[Tensor, Tensor]:
    """(what the activation was given, what it gave); the same tensor for ReLU, which needs one."""
    if name is None:
        return maps, maps
    if name == "relu":
        output = maps.relu_()
        return output, output
    return maps, activate(name, maps)


def _through(name: str | None, gradient: Tensor, around: tuple[Tensor, Tensor]) -> Tensor:
    return gradient if name is None else ACTIVATION_GRADIENTS[name](gradient, *around)


class ConvPiece:
    """A convolution with its activation."""

    def __init__(self, layer: ConvLayer) -> None:
        self.layer = layer
        self.sizes = None if layer.bias is None else [layer.out_channels]
        self.how: tuple[Any, ...] = (
            list(layer.stride),
            list(layer.padding),
            [1, 1],
            False,
            [0, 0],
            1,
        )

    def forward(self, inputs: Tensor) -> tuple[Tensor, Saved]:
        layer = self.layer
        maps = aten.convolution(inputs, layer.weight, layer.bias, *self.how)
        around = _activated(layer.activation, maps)
        return around[1], (inputs, around)

    def backward(self, gradient: Tensor, saved: Saved, *, to_input: bool) -> Tensor:
        inputs, around = saved
        gradient = _through(self.layer.activation, gradient, around)
        wanted = [to_input, True, self.sizes is not None]
        back, weight, bias = aten.convolution_backward(
            gradient, inputs, self.layer.weight, self.sizes, *self.how, wanted
        )
        self.layer.weight.grad = weight
        if self.layer.bias is not None:
            self.layer.bias.grad = bias
        return back if to_input else gradient


class ConvPoolPiece:
    """A convolution whose bias and activation come after the pooling, as in `ConvLayer.pooled`.

    The maps before the pooling are the largest of a step. Large ones are made and pooled for a few
    pictures at a time, and none are kept, since the way back asks only where the maxima were: half
    the memory of a step of 128 pictures of 300x300, in the same time (docs/benchmarks.md).
    """

    def __init__(self, layer: ConvLayer, pool: PoolLayer) -> None:
        self.layer = layer
        self.pool = MaxPoolPiece(pool)
        self.how = ConvPiece(layer).how

    def forward(self, inputs: Tensor) -> tuple[Tensor, Saved]:
        layer = self.layer
        parts = torch.split(inputs, self._at_once(inputs))
        pooled, places = [], []
        for part in parts:
            maps = aten.convolution(part, layer.weight, None, *self.how)
            output, (_, of_maxima) = self.pool.forward(maps)
            pooled.append(output)
            places.append(of_maxima)
        output = _joined(pooled)
        if layer.bias is not None:
            output.add_(layer.bias.view(1, -1, 1, 1))
        around = _activated(layer.activation, output)
        return around[1], (parts, around, maps.shape[1:], places)

    def backward(self, gradient: Tensor, saved: Saved, *, to_input: bool) -> Tensor:
        layer = self.layer
        parts, around, shape, places = saved
        gradient = _through(layer.activation, gradient, around)
        if layer.bias is not None:
            layer.bias.grad = gradient.sum((0, 2, 3))
        backs, weights = [], []
        gradients = torch.split(gradient, len(parts[0]))
        for part, given, of_maxima in zip(parts, gradients, places, strict=True):
            maps = self.pool.backward(given, (_like(part, shape), of_maxima), to_input=True)
            back, weight, _ = aten.convolution_backward(
                maps, part, layer.weight, None, *self.how, [to_input, True, False]
            )
            backs.append(back)
            weights.append(weight)
        layer.weight.grad = functools.reduce(torch.add, weights)
        return _joined(backs) if to_input else gradient

    def _at_once(self, inputs: Tensor) -> int:
        """For how many pictures maps are made at once."""
        if inputs.device.type != "cpu":
            return len(inputs)
        filters, _, *window = self.layer.weight.shape
        sides = zip(inputs.shape[2:], window, *self.how[:2], strict=True)
        places: int = math.prod(
            (size + 2 * pad - wide) // step + 1 for size, wide, step, pad in sides
        )
        return max(1, AT_ONCE_BYTES // (inputs.element_size() * filters * places))


class MaxPoolPiece:
    """The largest of each window."""

    def __init__(self, layer: PoolLayer) -> None:
        self.how = (*_window(layer), [1, 1], False)

    def forward(self, inputs: Tensor) -> tuple[Tensor, Saved]:
        output, places = aten.max_pool2d_with_indices(inputs, *self.how)
        return output, (inputs, places)

    def backward(self, gradient: Tensor, saved: Saved, *, to_input: bool) -> Tensor:
        if not to_input:
            return gradient
        inputs, places = saved
        back: Tensor = aten.max_pool2d_with_indices_backward(gradient, inputs, *self.how, places)
        return back


class AveragePoolPiece:
    """The mean of each window."""

    def __init__(self, layer: PoolLayer) -> None:
        self.how = (*_window(layer), False, True, None)

    def forward(self, inputs: Tensor) -> tuple[Tensor, Saved]:
        return aten.avg_pool2d(inputs, *self.how), inputs

    def backward(self, gradient: Tensor, saved: Saved, *, to_input: bool) -> Tensor:
        if to_input:
            gradient = aten.avg_pool2d_backward(gradient, saved, *self.how)
        return gradient


class GlobalAveragePiece:
    """The mean of each whole map."""

    def forward(self, inputs: Tensor) -> tuple[Tensor, Saved]:
        return inputs.mean((2, 3)), inputs.shape

    def backward(self, gradient: Tensor, saved: Saved, *, to_input: bool) -> Tensor:
        if not to_input:
            return gradient
        spread: Tensor = (gradient / (saved[2] * saved[3]))[:, :, None, None].expand(saved)
        return spread.contiguous(memory_format=torch.channels_last)


class FlattenPiece:
    """Maps as rows of numbers, channels last."""

    def forward(self, inputs: Tensor) -> tuple[Tensor, Saved]:
        return inputs.permute(0, 2, 3, 1).flatten(1), inputs.shape

    def backward(self, gradient: Tensor, saved: Saved, *, to_input: bool) -> Tensor:
        if not to_input:
            return gradient
        batch, channels, height, width = saved
        return gradient.view(batch, height, width, channels).permute(0, 3, 1, 2)


class DensePiece:
    """A dense layer with its activation."""

    def __init__(self, layer: DenseLayer) -> None:
        self.layer = layer

    def forward(self, inputs: Tensor) -> tuple[Tensor, Saved]:
        output = nn.functional.linear(inputs, self.layer.weight, self.layer.bias)
        around = _activated(self.layer.activation, output)
        return around[1], (inputs, around)

    def backward(self, gradient: Tensor, saved: Saved, *, to_input: bool) -> Tensor:
        inputs, around = saved
        gradient = _through(self.layer.activation, gradient, around)
        self.layer.weight.grad = gradient.t() @ inputs
        if self.layer.bias is not None:
            self.layer.bias.grad = gradient.sum(0)
        return gradient @ self.layer.weight if to_input else gradient


class BatchNormPiece:
    """Batch normalisation by the batch's own statistics."""

    def __init__(self, layer: nn.BatchNorm1d | nn.BatchNorm2d) -> None:
        self.layer = layer

    def forward(self, inputs: Tensor) -> tuple[Tensor, Saved]:
        layer = self.layer
        if layer.num_batches_tracked is not None:
            layer.num_batches_tracked.add_(1)
        output, mean, spread = aten.native_batch_norm(
            inputs, layer.weight, layer.bias, layer.running_mean, layer.running_var,
            True, layer.momentum, layer.eps,
        )  # fmt: skip
        return output, (inputs, mean, spread)

    def backward(self, gradient: Tensor, saved: Saved, *, to_input: bool) -> Tensor:
        inputs, mean, spread = saved
        layer = self.layer
        if inputs.device.type == "cpu" and inputs.shape[1] % CHANNELS_AT_ONCE:
            return self._odd_backward(gradient, saved)
        back, layer.weight.grad, layer.bias.grad = aten.native_batch_norm_backward(
            gradient, inputs, layer.weight, layer.running_mean, layer.running_var,
            mean, spread, True, layer.eps, [to_input, True, True],
        )  # fmt: skip
        return back if to_input else gradient

    def _odd_backward(self, gradient: Tensor, saved: Saved) -> Tensor:
        """The same in sums over rows of (places, channels).

        With n places and x' the normalised input: weight' = sum g x', bias' = sum g, and
        input' = weight / deviation (g - bias' / n - x' weight' / n); Ioffe and Szegedy 2015,
        section 3.
        """
        inputs, mean, inverse = saved
        layer = self.layer
        given, centred = _rows(gradient), _rows(inputs) - mean
        bias = given.sum(0)
        weight = (given * centred).sum(0).mul_(inverse)
        layer.weight.grad, layer.bias.grad = weight, bias
        slope = layer.weight * inverse
        by_centred = slope * inverse * weight / -len(centred)
        back = centred.mul_(by_centred).sub_(slope * bias / len(centred)).addcmul_(given, slope)
        return _maps(back, inputs.shape)


class ActivationPiece:
    """An activation by itself.

    `own`: nobody else will read the input, so that ReLU may write over it.
    """

    def __init__(self, name: str, *, own: bool) -> None:
        self.name = name
        self.own = own

    def forward(self, inputs: Tensor) -> tuple[Tensor, Saved]:
        if self.own:
            around = _activated(self.name, inputs)
            return around[1], around
        output = activate(self.name, inputs)
        return output, (inputs, output)

    def backward(self, gradient: Tensor, saved: Saved, *, to_input: bool) -> Tensor:
        return _through(self.name, gradient, saved) if to_input else gradient


class DropoutPiece:
    """Dropout, with the network's own random numbers."""

    def __init__(self, layer: DropoutLayer) -> None:
        self.layer = layer

    def forward(self, inputs: Tensor) -> tuple[Tensor, Saved]:
        mask = self.layer.mask(inputs)
        return (inputs, None) if mask is None else (inputs * mask, mask)

    def backward(self, gradient: Tensor, saved: Saved, *, to_input: bool) -> Tensor:
        return gradient if saved is None or not to_input else gradient * saved


def _like(inputs: Tensor, shape: torch.Size) -> Tensor:
    """Unwritten maps of as many pictures."""
    return torch.empty(
        (len(inputs), *shape),
        dtype=inputs.dtype, device=inputs.device, memory_format=torch.channels_last,
    )  # fmt: skip


def _joined(parts: list[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def _rows(maps: Tensor) -> Tensor:
    """Maps (batch, channels, height, width) as (places, channels); vectors as they are."""
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1]) if maps.ndim == 4 else maps


def _maps(rows: Tensor, shape: torch.Size) -> Tensor:
    """What `_rows` was given."""
    if len(shape) == 2:
        return rows
    batch, channels, height, width = shape
    return rows.view(batch, height, width, channels).permute(0, 3, 1, 2)


def _window(layer: PoolLayer) -> tuple[list[int], list[int], list[int]]:
    """(size, stride, padding) of a pool that stays within the map."""
    window = layer.window
    if window is None:
        raise TypeError("a global pool has no window")
    return [window.height, window.width], [window.stride, window.stride], [0, 0]
