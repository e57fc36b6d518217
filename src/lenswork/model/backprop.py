"""Forward and backward through a straight net, without recording a graph.

The layers of a net stand in one line, so the way back is the same line in reverse, and nothing
has to be found out anew in every step. Autograd records and walks a graph instead, which takes a
tenth of the step of a small network (docs/benchmarks.md); the kernels are the same, and so are
the gradients. What this file does not know, autograd does.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from lenswork.model.layers import SLOPE
from lenswork.model.network import (
    ActivationLayer,
    ConvLayer,
    DenseLayer,
    DropoutLayer,
    FlattenLayer,
    Network,
    PoolLayer,
    activate,
)

aten = torch.ops.aten
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


class Backprop:
    """A network's way forward and back in training mode."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = pieces
        self._saved: list[Saved] = []

    @torch.no_grad()
    def forward(self, inputs: Tensor) -> Tensor:
        """The logits, (batch, outputs), of inputs (batch, channels, height, width)."""
        self._saved = []
        for piece in self.pieces:
            inputs, saved = piece.forward(inputs)
            self._saved.append(saved)
        return inputs

    @torch.no_grad()
    def backward(self, gradient: Tensor) -> None:
        """Set `grad` of every parameter from the loss's gradient by the logits of `forward`."""
        for place in range(len(self.pieces) - 1, -1, -1):
            saved = self._saved.pop()  # so that its memory is free for what comes next
            gradient = self.pieces[place].backward(gradient, saved, to_input=place > 0)


def backprop_of(network: nn.Module) -> Backprop | None:
    """How to go through `network` by hand, or None where autograd must."""
    if not isinstance(network, Network) or not all(p.requires_grad for p in network.parameters()):
        return None
    pieces: list[Piece] = []
    for place, following in network.plan:
        layer = network.layers[place]
        if isinstance(layer, ActivationLayer) and layer.slope == SLOPE:
            own = bool(pieces) and isinstance(pieces[-1], _BatchNorm)
            piece: Piece | None = _Activation(layer.name, own=own)
        else:
            piece = _piece(layer, network.layers[following] if following is not None else None)
        if piece is None:
            return None
        pieces.append(piece)
    return Backprop(pieces)


def _piece(layer: nn.Module, pool: nn.Module | None) -> Piece | None:
    match layer:
        case ConvLayer() if layer.zeros is None:
            return _conv_piece(layer, pool)
        case PoolLayer() if _is_plain(layer):
            return _MaxPool(layer) if layer.method == "max" else _AveragePool(layer)
        case PoolLayer() if layer.window is None and layer.method == "avg":
            return _GlobalAverage()
        case FlattenLayer():
            return _Flatten()
        case DenseLayer():
            return _Dense(layer)
        case nn.BatchNorm1d() | nn.BatchNorm2d() if layer.momentum is not None:
            return _BatchNorm(layer)
        case DropoutLayer():
            return _Dropout(layer)
        case _:
            return None


def _conv_piece(layer: ConvLayer, pool: nn.Module | None) -> Piece | None:
    if pool is None:
        return _Conv(layer)
    if isinstance(pool, PoolLayer) and _is_plain(pool):
        return _ConvPool(layer, pool)
    return None


def _is_plain(pool: PoolLayer) -> bool:
    """Whether its windows stay within the map."""
    return pool.window is not None and pool.frame is None and pool.window.padding in (0, "same")


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


class _Conv:
    def __init__(self, layer: ConvLayer) -> None:
        self.layer = layer
        self.sizes = None if layer.bias is None else [layer.out_channels]
        self.how = (list(layer.stride), list(layer.padding), [1, 1], False, [0, 0], 1)

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


class _ConvPool:
    """A convolution whose bias and activation come after the pooling, as in `ConvLayer.pooled`."""

    def __init__(self, layer: ConvLayer, pool: PoolLayer) -> None:
        self.layer = layer
        self.pool = _MaxPool(pool)
        self.how = _Conv(layer).how

    def forward(self, inputs: Tensor) -> tuple[Tensor, Saved]:
        maps = aten.convolution(inputs, self.layer.weight, None, *self.how)
        pooled, of_pool = self.pool.forward(maps)
        if self.layer.bias is not None:
            pooled.add_(self.layer.bias.view(1, -1, 1, 1))
        around = _activated(self.layer.activation, pooled)
        return around[1], (inputs, around, of_pool)

    def backward(self, gradient: Tensor, saved: Saved, *, to_input: bool) -> Tensor:
        inputs, around, of_pool = saved
        gradient = _through(self.layer.activation, gradient, around)
        if self.layer.bias is not None:
            self.layer.bias.grad = gradient.sum((0, 2, 3))
        gradient = self.pool.backward(gradient, of_pool, to_input=True)
        back, self.layer.weight.grad, _ = aten.convolution_backward(
            gradient, inputs, self.layer.weight, None, *self.how, [to_input, True, False]
        )
        return back if to_input else gradient


class _MaxPool:
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


class _AveragePool:
    def __init__(self, layer: PoolLayer) -> None:
        self.how = (*_window(layer), False, True, None)

    def forward(self, inputs: Tensor) -> tuple[Tensor, Saved]:
        return aten.avg_pool2d(inputs, *self.how), inputs

    def backward(self, gradient: Tensor, saved: Saved, *, to_input: bool) -> Tensor:
        if to_input:
            gradient = aten.avg_pool2d_backward(gradient, saved, *self.how)
        return gradient


class _GlobalAverage:
    def forward(self, inputs: Tensor) -> tuple[Tensor, Saved]:
        return inputs.mean((2, 3)), inputs.shape

    def backward(self, gradient: Tensor, saved: Saved, *, to_input: bool) -> Tensor:
        if not to_input:
            return gradient
        spread: Tensor = (gradient / (saved[2] * saved[3]))[:, :, None, None].expand(saved)
        return spread.contiguous(memory_format=torch.channels_last)


class _Flatten:
    def forward(self, inputs: Tensor) -> tuple[Tensor, Saved]:
        return inputs.permute(0, 2, 3, 1).flatten(1), inputs.shape

    def backward(self, gradient: Tensor, saved: Saved, *, to_input: bool) -> Tensor:
        if not to_input:
            return gradient
        batch, channels, height, width = saved
        return gradient.view(batch, height, width, channels).permute(0, 3, 1, 2)


class _Dense:
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


class _BatchNorm:
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


class _Activation:
    """`own`: nobody else will read the input, so that ReLU may write over it."""

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


class _Dropout:
    def __init__(self, layer: DropoutLayer) -> None:
        self.layer = layer

    def forward(self, inputs: Tensor) -> tuple[Tensor, Saved]:
        mask = self.layer.mask(inputs)
        return (inputs, None) if mask is None else (inputs * mask, mask)

    def backward(self, gradient: Tensor, saved: Saved, *, to_input: bool) -> Tensor:
        return gradient if saved is None or not to_input else gradient * saved


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
