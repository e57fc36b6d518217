"""From a net's layers to a torch module.

Feature maps are kept channels last, as numpy and Keras have them, so that flattening a map
needs no copy and weights cross over to Keras unchanged in order.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lenswork.model.layers import (
    SLOPE,
    Activation,
    BatchNorm,
    Conv,
    Dense,
    Depthwise,
    Dropout,
    Flatten,
    Layer,
    Pool,
)
from lenswork.model.shapes import Shape
from lenswork.model.spec import NetSpec
from lenswork.model.window import Window

InitialWeights = Literal["glorot-uniform", "he-normal"]

ACTIVATION_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "leaky-relu": F.leaky_relu,
    "elu": F.elu,
    "gelu": F.gelu,
    "silu": F.silu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
}
# The maximum commutes with a function that never falls, so pooling may come first.
RISING = frozenset({"relu", "leaky-relu", "elu", "sigmoid", "tanh"})


class Network(nn.Module):
    """A net that can be trained: (batch, channels, height, width) float to (batch, outputs).

    The outputs are logits. `layers` has one module a layer of the line of text, each giving
    what the text says; `forward` computes the same function in a cheaper order, which differs
    from theirs by rounding only.
    """

    def __init__(self, spec: NetSpec, input_shape: Shape) -> None:
        super().__init__()
        self.spec = spec
        self.input_shape = input_shape
        shapes = spec.shapes(input_shape)
        self.layers = nn.ModuleList(
            _module(layer, shape) for layer, shape in zip(spec.layers, shapes, strict=False)
        )
        self.plan = _plan(self.layers)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, inputs: Tensor) -> Tensor:
        """The logits of a batch."""
        for place, pool in self.plan:
            layer = self.layers[place]
            if pool is not None and isinstance(layer, ConvLayer):
                inputs = layer.pooled(inputs, self.layers[pool])
            else:
                inputs = layer(inputs)
        return inputs

    def activations(self, inputs: Tensor) -> list[Tensor]:
        """Each layer's output as the line of text orders them, first layer first."""
        outputs = []
        for layer in self.layers:
            inputs = layer(inputs)
            outputs.append(inputs)
        return outputs

    def initialise(self, how: InitialWeights, seed: int) -> None:
        """Draw the weights of every convolution and dense layer; biases are zero.

        glorot-uniform: Glorot and Bengio 2010, equation 16. he-normal: He et al. 2015,
        equation 10.
        """
        chance = torch.Generator().manual_seed(seed)
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d | nn.Linear):
                if isinstance(layer, DepthwiseLayer):
                    _draw_depthwise(layer, how, chance)
                elif how == "glorot-uniform":
                    nn.init.xavier_uniform_(layer.weight, generator=chance)
                else:
                    nn.init.kaiming_normal_(layer.weight, generator=chance)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def seed_dropout(self, seed: int) -> None:
        """Start the dropout layers' own random numbers."""
        for place, layer in enumerate(self.layers):
            if isinstance(layer, DropoutLayer):
                layer.start(seed + place)


def to_input(pictures: Tensor, scale: float) -> Tensor:
    """8-bit pictures, (batch, height, width, channels), as a network's scaled float input.

    The result is (batch, channels, height, width), channels last in memory, which costs no copy.
    """
    return pictures.to(torch.float32).mul_(scale).permute(0, 3, 1, 2)


class ConvLayer(nn.Conv2d):
    """A convolution with its activation."""

    def __init__(self, layer: Conv, shape: Shape) -> None:
        self.zeros = layer.window.same_padding(shape) if layer.window.padding == "same" else None
        filters = layer.filters or 0
        left, right, top, bottom = self.zeros or (0, 0, 0, 0)
        if self.zeros and left == right and top == bottom:  # an even frame needs no extra copy
            padding, self.zeros = (top, left), None
        elif isinstance(layer.window.padding, int):
            padding = (layer.window.padding, layer.window.padding)
        else:
            padding = (0, 0)
        window = (layer.window.height, layer.window.width)
        super().__init__(shape[2], filters, window, layer.window.stride, padding, bias=layer.bias)
        self.activation = layer.activation

    def forward(self, inputs: Tensor) -> Tensor:
        """The convolution, its bias, its activation."""
        return _activate_own(self.activation, super().forward(self._framed(inputs)))

    def pooled(self, inputs: Tensor, pool: nn.Module) -> Tensor:
        """`pool(self(inputs))` for a maximum pool, with bias and activation after it.

        The maximum commutes with adding a bias and with a rising activation. On a map a quarter
        as large both cost a quarter, and so does the bias's gradient, which oneDNN sums over the
        whole map: a third of a first layer's backward pass (docs/benchmarks.md).
        """
        maps: Tensor = pool(self._conv_forward(self._framed(inputs), self.weight, None))
        if self.bias is not None:
            maps = maps + self.bias.view(1, -1, 1, 1)
        return _activate_own(self.activation, maps)

    def _framed(self, inputs: Tensor) -> Tensor:
        return inputs if self.zeros is None else F.pad(inputs, self.zeros)


class DepthwiseLayer(nn.Conv2d):
    """A convolution of each channel by itself, with its activation."""

    def __init__(self, layer: Depthwise, shape: Shape) -> None:
        window, channels = layer.window, shape[2]
        self.zeros = window.same_padding(shape) if window.padding == "same" else None
        padding = window.padding if isinstance(window.padding, int) else 0
        super().__init__(
            channels,
            channels * layer.times,
            (window.height, window.width),
            window.stride,
            (padding, padding),
            groups=channels,
            bias=layer.bias,
        )
        self.activation = layer.activation

    def forward(self, inputs: Tensor) -> Tensor:
        """The convolutions, their biases, their activation."""
        framed = inputs if self.zeros is None else F.pad(inputs, self.zeros)
        return _activate_own(self.activation, super().forward(framed))


class PoolLayer(nn.Module):
    """Maximum or average over a moving window, or over the whole map."""

    def __init__(self, layer: Pool, shape: Shape) -> None:
        super().__init__()
        self.method = layer.method
        self.window = layer.window
        same = layer.window is not None and layer.window.padding == "same"
        self.frame = layer.window.same_padding(shape) if same and layer.window else None

    def forward(self, inputs: Tensor) -> Tensor:
        """Pool each channel by itself."""
        if self.window is None:
            return inputs.amax((2, 3)) if self.method == "max" else inputs.mean((2, 3))
        size = (self.window.height, self.window.width)
        if self.method == "max":
            return _max_pool(inputs, self.window, size, self.frame)
        return _average_pool(inputs, self.window, size, self.frame)


def _max_pool(
    inputs: Tensor, window: Window, size: tuple[int, int], frame: tuple[int, ...] | None
) -> Tensor:
    border = frame or (window.padding if isinstance(window.padding, int) else 0,) * 4
    if any(border):
        inputs = F.pad(inputs, border, value=float("-inf"))
    return F.max_pool2d(inputs, size, window.stride)


def _average_pool(
    inputs: Tensor, window: Window, size: tuple[int, int], frame: tuple[int, ...] | None
) -> Tensor:
    """The average of the pixels that are there: padding does not count."""
    border = frame or (window.padding if isinstance(window.padding, int) else 0,) * 4
    if not any(border):
        return F.avg_pool2d(inputs, size, window.stride)
    there = torch.ones_like(inputs[:1, :1])
    total = F.avg_pool2d(F.pad(inputs, border), size, window.stride)
    return total / F.avg_pool2d(F.pad(there, border), size, window.stride)


class FlattenLayer(nn.Module):
    """A map as a vector: row by row, the channels of a place together."""

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, height x width x channels)."""
        return inputs.permute(0, 2, 3, 1).flatten(1)


class DenseLayer(nn.Linear):
    """A dense layer with its activation."""

    def __init__(self, layer: Dense, shape: Shape) -> None:
        super().__init__(shape[0], layer.units or 0, bias=layer.bias)
        self.activation = layer.activation

    def forward(self, inputs: Tensor) -> Tensor:
        """Weights, bias, activation."""
        return _activate_own(self.activation, super().forward(inputs))


class DropoutLayer(nn.Module):
    """Dropout with its own random numbers, so that a run repeats whatever else draws some."""

    def __init__(self, fraction: float) -> None:
        super().__init__()
        self.fraction = fraction
        self.start(0)

    def start(self, seed: int) -> None:
        """Begin the random numbers anew from `seed`."""
        self.seed = seed
        self._chance: torch.Generator | None = None

    def forward(self, inputs: Tensor) -> Tensor:
        """Drop a fraction and scale up the rest, in training only."""
        mask = self.mask(inputs)
        return inputs if mask is None else inputs * mask

    def mask(self, inputs: Tensor) -> Tensor | None:
        """What to multiply the inputs by: 0 for the dropped; None where nothing is dropped."""
        if not self.training or self.fraction == 0:
            return None
        if self._chance is None or self._chance.device != inputs.device:
            self._chance = torch.Generator(inputs.device).manual_seed(self.seed)
        keep = 1 - self.fraction
        return torch.empty_like(inputs).bernoulli_(keep, generator=self._chance).mul_(1 / keep)


class ActivationLayer(nn.Module):
    """A function of each number."""

    def __init__(self, name: str, slope: float = SLOPE) -> None:
        super().__init__()
        self.name = name
        self.slope = slope

    def forward(self, inputs: Tensor) -> Tensor:
        """Apply it."""
        return activate(self.name, inputs, self.slope)


def activate(name: str | None, inputs: Tensor, slope: float = SLOPE) -> Tensor:
    """The activation called `name`, or nothing for None; `slope` is that of leaky-relu."""
    if name == "leaky-relu":
        return F.leaky_relu(inputs, slope)
    return inputs if name is None else ACTIVATION_FUNCTIONS[name](inputs)


def _activate_own(name: str | None, inputs: Tensor) -> Tensor:
    """The same for numbers that nobody else will read: a ReLU then needs no memory of its own."""
    return F.relu_(inputs) if name == "relu" else activate(name, inputs)


def _draw_depthwise(layer: DepthwiseLayer, how: InitialWeights, chance: torch.Generator) -> None:
    """As above, with the fans of one channel: torch counts the filters of all of them."""
    one = layer.weight[0, 0].numel()
    if how == "glorot-uniform":
        times = layer.out_channels // layer.in_channels
        bound = (6 / (one + one * times)) ** 0.5
        nn.init.uniform_(layer.weight, -bound, bound, generator=chance)
    else:
        nn.init.normal_(layer.weight, 0.0, (2 / one) ** 0.5, generator=chance)


def _module(layer: Layer, shape: Shape) -> nn.Module:
    match layer:
        case Conv():
            return ConvLayer(layer, shape)
        case Depthwise():
            return DepthwiseLayer(layer, shape)
        case Pool():
            return PoolLayer(layer, shape)
        case Flatten():
            return FlattenLayer()
        case Dense():
            return DenseLayer(layer, shape)
        case Dropout():
            return DropoutLayer(layer.fraction)
        case BatchNorm():
            norm = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
            return norm(shape[-1], layer.epsilon)
        case Activation():
            return ActivationLayer(layer.name, layer.slope)
        case _:
            raise TypeError(f"no module is known for {layer.text()!r}")


def _plan(layers: nn.ModuleList) -> list[tuple[int, int | None]]:
    """The places of the layers in the order in which they are computed.

    A pair is a convolution and the maximum pooling that comes before its activation: the same
    function of the input, on a map a quarter as large.
    """
    plan: list[tuple[int, int | None]] = []
    place = 0
    while place < len(layers):
        following = place + 1 if place + 1 < len(layers) else None
        if following is not None and _commutes(layers[place], layers[following]):
            plan.append((place, following))
            place += 2
        else:
            plan.append((place, None))
            place += 1
    return plan


def _commutes(layer: nn.Module, following: nn.Module) -> bool:
    return (
        isinstance(layer, ConvLayer)
        and layer.activation in RISING
        and isinstance(following, PoolLayer)
        and following.method == "max"
        and following.window is not None  # a global pool makes vectors
    )
