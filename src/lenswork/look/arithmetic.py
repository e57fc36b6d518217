"""How one number of a layer comes about: window, filter, products, sum, bias, activation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from lenswork.errors import UsageError
from lenswork.kinds import Picture
from lenswork.look.activations import (
    LayerOutput,
    activations,
    check_channel,
    network_input,
    prepared,
)
from lenswork.look.places import find_place
from lenswork.look.sizes import check_position
from lenswork.model.classifier import Classifier
from lenswork.model.layers import Conv, Dense, Depthwise, Pool
from lenswork.model.network import (
    ACTIVATION_FUNCTIONS,
    ConvLayer,
    DenseLayer,
    DepthwiseLayer,
    Network,
)
from lenswork.model.window import Window

Doubles = NDArray[np.float64]
Method = Literal["conv", "dense", "max", "avg"]

TOLERANCE = 1e-6  # of the larger of 1 and `Arithmetic.size`; float32 rounds at 6e-8


@dataclass(frozen=True)
class Arithmetic:
    """Everything that one output value is made of, in float64.

    `method` is "conv", "dense", "max" or "avg" (pooling). `window`, `weights` and `products` are
    (height, width, channels); a pooling has the one channel that it looks at, a dense layer is a
    window of (1, 1, inputs). Of an average the weights are 1 / count, of a maximum they are 1 at
    the first place of the maximum and 0 elsewhere. `inside`, (height, width), is False where the
    window lies in the padding, whose numbers are 0 and count in no pooling. `inputs` is the whole
    input of the layer, (height, width, channels), and `corner` (row, column) the place in it
    where the window begins, below 0 in the padding. Of a depthwise convolution `inputs` is the one
    channel that the filter sees. `place` is (row, column), or () where the output is a vector;
    `channel` its channel or unit.

    `total` is the sum of the products, `before` that and the bias, `value` what the activation
    makes of it, and `network` the same number as the network has it, in float32. `network_before`
    is the network's own sum before the activation; None where the layer has none.
    """

    name: str
    method: Method
    place: tuple[int, ...]
    channel: int
    corner: tuple[int, int]
    inputs: Doubles
    inside: NDArray[np.bool_]
    window: Doubles
    weights: Doubles
    products: Doubles
    total: float
    bias: float | None
    before: float
    activation: str | None
    value: float
    network: float
    network_before: float | None = None

    @property
    def size(self) -> float:
        """The sum of the products' and the bias's sizes: what rounding errors grow with."""
        return float(np.abs(self.products).sum()) + abs(self.bias or 0.0)

    @property
    def difference(self) -> float:
        """How far the network's own value is from the sum made here.

        Before the activation or after it, whichever is further: a ReLU hides any negative sum.
        """
        after = abs(self.network - self.value)
        if self.network_before is None:
            return after
        return max(after, abs(self.network_before - self.before))

    @property
    def tolerance(self) -> float:
        """What is allowed: 1e-6, or 1e-6 of `size` where that is more than 1.

        The network adds in float32, whose error grows with the products' sizes and not with
        their sum (Higham 2002, "Accuracy and Stability of Numerical Algorithms", section 4.2).
        """
        return tolerance_of(self.size)

    @property
    def agrees(self) -> bool:
        """Whether the network's value is the sum's, within the tolerance."""
        return self.difference <= self.tolerance

    @property
    def channel_totals(self) -> Doubles:
        """The sum of the products of each input channel, (channels,)."""
        totals: Doubles = self.products.sum(axis=(0, 1))
        return totals

    @property
    def strongest(self) -> NDArray[np.int64]:
        """The input channels from the one that moves the sum most, (channels,)."""
        order: NDArray[np.int64] = np.argsort(-np.abs(self.channel_totals), kind="stable")
        return order

    def as_dict(self) -> dict[str, object]:
        """The numbers for JSON, without the layer's whole input."""
        arrays = ("inside", "window", "weights", "products")
        plain = ("name", "method", "place", "channel", "corner", "total", "bias", "before")
        more = ("activation", "value", "network", "network_before")
        check = ("difference", "tolerance", "agrees")
        numbers: dict[str, object] = {key: getattr(self, key) for key in (*plain, *more, *check)}
        return numbers | {key: getattr(self, key).tolist() for key in arrays}


def tolerance_of(size: float) -> float:
    """What sums of numbers whose magnitudes add up to `size` may differ by."""
    return TOLERANCE * max(1.0, size)


def arithmetic(
    classifier: Classifier,
    picture: Picture,
    layer: str,
    channel: int = 0,
    position: Sequence[int] | None = None,
    *,
    outputs: Sequence[LayerOutput] | None = None,
) -> Arithmetic:
    """The arithmetic of one output value of a convolution, pooling or dense layer.

    `picture` is (height, width, 1 or 3) uint8 of any size. `layer` is a number from 1, a name or
    words; `channel` one of its channels or units; `position` (row, column) in its map, left out
    the place where that channel is strongest. `outputs` is what `activations`
    gives of this picture, where that is known already. Raises `UsageError` for a network that is
    no line of text, and for a layer, channel or position that does not exist or has no such
    arithmetic.
    """
    network = classifier.network
    if not isinstance(network, Network):
        raise UsageError(
            f"the arithmetic needs a net that is a line of text, got {type(network).__name__}: "
            "the sums inside a torch module of your own are not known"
        )
    outputs = outputs or activations(classifier, [picture])
    place = find_place([output.name for output in outputs], layer)
    output = outputs[place]
    _need_arithmetic(network, outputs, place)
    check_channel(output, channel)
    at = wanted_position(output, channel, position)
    inputs = given_to(classifier, picture, outputs, place)
    return _worked(network, place, output, channel, at, inputs)


def _need_arithmetic(network: Network, outputs: Sequence[LayerOutput], place: int) -> None:
    kinds = [isinstance(layer, Conv | Depthwise | Pool | Dense) for layer in network.spec.layers]
    if not kinds[place]:
        able = "; ".join(output.name for output, able in zip(outputs, kinds, strict=True) if able)
        raise UsageError(
            f"layer {outputs[place].name!r} has no window and no weights to show; choose one of: "
            f"{able}"
        )


def wanted_position(
    output: LayerOutput, channel: int, position: Sequence[int] | None
) -> tuple[int, ...]:
    """(row, column) of a map, the strongest if none is given, or () of a vector.

    Raises `UsageError` for a position that does not exist.
    """
    if not output.is_map:
        if position:
            raise UsageError(
                f"layer {output.name!r} gives a vector, which has no rows and columns: say the "
                "unit only"
            )
        return ()
    if position is None:
        values = output.values[0, :, :, channel]
        row, column = np.unravel_index(int(np.nanargmax(values)), values.shape)
        return int(row), int(column)
    return check_position(output.name, output.shape, position)


def given_to(
    classifier: Classifier, picture: Picture, outputs: Sequence[LayerOutput], place: int
) -> Doubles:
    """What the layer is given, (height, width, channels); a vector is (1, 1, units)."""
    if place == 0:
        scaled = network_input(classifier, prepared(classifier, [picture]))
        given = scaled.permute(0, 2, 3, 1).cpu().numpy()[0]
    else:
        given = outputs[place - 1].values[0]
    values: Doubles = given.astype(np.float64)
    return values if values.ndim == 3 else values[np.newaxis, np.newaxis, :]


def _worked(
    network: Network,
    place: int,
    output: LayerOutput,
    channel: int,
    at: tuple[int, ...],
    inputs: Doubles,
) -> Arithmetic:
    layer, module = network.spec.layers[place], network.layers[place]
    height, width, _ = inputs.shape
    whole = inputs
    if isinstance(layer, Depthwise):
        source = channel // layer.times
        inputs = inputs[:, :, source : source + 1]
    moving = getattr(layer, "window", None) or Window(height, width)  # all of it: dense, global
    top, left = moving.corner(inputs.shape)
    row, column = at or (0, 0)
    corner = (row * moving.stride - top, column * moving.stride - left)
    looked_at = inputs[:, :, channel : channel + 1] if isinstance(layer, Pool) else inputs
    window, inside = _cut_window(looked_at, corner, (moving.height, moving.width))
    bias: float | None = None
    if isinstance(module, ConvLayer | DepthwiseLayer | DenseLayer):
        weights = _weights_of(module, channel, window.shape)
        method: Method = "dense" if isinstance(module, DenseLayer) else "conv"
        bias = None if module.bias is None else float(module.bias[channel].detach().double())
    else:
        method = layer.method  # type: ignore[attr-defined]  # the only layer left is a pooling
        weights = _pooling_weights(method, window, inside)
    products = window * weights
    total = float(products.sum())
    before = total + (bias or 0.0)
    activation: str | None = getattr(layer, "activation", None)
    return Arithmetic(
        name=output.name,
        method=method,
        place=at,
        channel=channel,
        corner=corner,
        inputs=inputs,
        inside=inside,
        window=window,
        weights=weights,
        products=products,
        total=total,
        bias=bias,
        before=before,
        activation=activation,
        value=_activated(activation, before),
        network=float(output.values[(0, *at, channel)]),
        network_before=None if activation is None else _own_sum(module, whole, at, channel),
    )


def _own_sum(module: nn.Module, inputs: Doubles, at: tuple[int, ...], channel: int) -> float:
    """The layer's own output without its activation, in float32, at one place."""
    given = torch.from_numpy(inputs.astype(np.float32)).to(next(module.parameters()).device)
    with torch.inference_mode():
        if isinstance(module, ConvLayer | DepthwiseLayer):
            framed = given.permute(2, 0, 1)[None]
            framed = framed if module.zeros is None else functional.pad(framed, module.zeros)
            return float(nn.Conv2d.forward(module, framed)[(0, channel, *at)])
        if isinstance(module, DenseLayer):
            return float(nn.Linear.forward(module, given.flatten())[channel])
    raise TypeError(f"a {type(module).__name__} has no sum before an activation")


def _cut_window(
    inputs: Doubles, corner: tuple[int, int], size: tuple[int, int]
) -> tuple[Doubles, NDArray[np.bool_]]:
    """The numbers under a window, 0 in the padding, and where they lie inside the map."""
    rows = corner[0] + np.arange(size[0])
    columns = corner[1] + np.arange(size[1])
    inside = ((rows >= 0) & (rows < inputs.shape[0]))[:, np.newaxis] & (
        (columns >= 0) & (columns < inputs.shape[1])
    )
    near = np.ix_(rows.clip(0, inputs.shape[0] - 1), columns.clip(0, inputs.shape[1] - 1))
    return np.where(inside[:, :, np.newaxis], inputs[near], 0.0), inside


def _weights_of(
    module: ConvLayer | DepthwiseLayer | DenseLayer, channel: int, shape: tuple[int, ...]
) -> Doubles:
    weights = module.weight[channel].detach().double().cpu()
    if weights.ndim == 3:
        weights = weights.permute(1, 2, 0)  # (height, width, channels)
    values: Doubles = weights.numpy().reshape(shape)
    return values


def _pooling_weights(method: Method, window: Doubles, inside: NDArray[np.bool_]) -> Doubles:
    if method == "avg":
        shares: Doubles = (inside / inside.sum())[:, :, np.newaxis]
        return shares
    candidates = np.where(inside, window[:, :, 0], -np.inf)
    weights = np.zeros(window.shape)
    weights[np.unravel_index(int(candidates.argmax()), candidates.shape)] = 1.0
    return weights


def _activated(name: str | None, before: float) -> float:
    if name is None:
        return before
    return float(ACTIVATION_FUNCTIONS[name](torch.tensor(before, dtype=torch.float64)))
