"""The layers of a net: what each is called, what shape it makes, what it costs.

Multiply-adds count one multiplication with its addition; costs are for one picture.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from lenswork.errors import NetError
from lenswork.model.shapes import Shape, format_shape
from lenswork.model.window import Window

ACTIVATIONS = ("relu", "leaky-relu", "elu", "gelu", "silu", "sigmoid", "tanh")
EPSILON, SLOPE = 1e-5, 0.01  # those of torch: of batch normalisation, of leaky-relu
THREE_BY_THREE, HALVING = Window(3, 3), Window(2, 2, stride=2)


@dataclass(frozen=True)
class Layer:
    """One word of a net."""

    kind: ClassVar[str]

    def output_shape(self, shape: Shape) -> Shape:
        """The shape this layer makes of `shape`; raises `NetError` if it cannot."""
        raise TypeError(f"{type(self).__name__} does not say its output shape for {shape}")

    def parameters(self, shape: Shape) -> int:  # noqa: ARG002
        """The number of trained numbers, for an input of `shape`."""
        return 0

    def multiply_adds(self, shape: Shape) -> int:  # noqa: ARG002
        """The work for one picture, for an input of `shape`."""
        return 0

    def reason(self, shape: Shape) -> str:  # noqa: ARG002
        """Why the output has its size, as arithmetic; empty where nothing shrinks."""
        return ""

    def text(self) -> str:
        """The layer as it is written in a net."""
        return self.kind


@dataclass(frozen=True)
class Conv(Layer):
    """A convolution, with its activation; `filters` is None for one filter a class."""

    kind: ClassVar[str] = "conv"
    filters: int | None
    window: Window = THREE_BY_THREE
    activation: str | None = "relu"
    bias: bool = True

    def output_shape(self, shape: Shape) -> Shape:
        """(height, width, filters)."""
        _need_map(self.text(), shape)
        _need_place(self.text(), self.window, shape)
        return (*self.window.output_size(shape), self._filters())

    def parameters(self, shape: Shape) -> int:
        """Weights and biases."""
        return (self._weights(shape) + int(self.bias)) * self._filters()

    def multiply_adds(self, shape: Shape) -> int:
        """One a weight and place."""
        height, width = self.window.output_size(shape)
        return self._weights(shape) * self._filters() * height * width

    def reason(self, shape: Shape) -> str:
        """Why the map shrinks."""
        return self.window.reason(shape)

    def text(self) -> str:
        """As written in a net, defaults left out."""
        words = [self.kind, "classes" if self.filters is None else str(self.filters)]
        if (self.window.height, self.window.width) != (3, 3):
            words.append(f"{self.window.height}x{self.window.width}")
        words += _window_words(self.window, default_stride=1)
        words += _ending(self.activation, self.bias, plain=self.filters is None)
        return " ".join(words)

    def _weights(self, shape: Shape) -> int:
        return self.window.height * self.window.width * shape[2]

    def _filters(self) -> int:
        if self.filters is None:
            raise TypeError("the number of classes has not been filled in")
        return self.filters


@dataclass(frozen=True)
class Depthwise(Layer):
    """A convolution of each channel by itself, `times` filters a channel, with its activation.

    Output channel c * times + i is filter i over input channel c, as in TensorFlow.
    """

    kind: ClassVar[str] = "depthwise"
    window: Window = THREE_BY_THREE
    times: int = 1
    activation: str | None = "relu"
    bias: bool = True

    def output_shape(self, shape: Shape) -> Shape:
        """(height, width, channels x times)."""
        _need_map(self.text(), shape)
        _need_place(self.text(), self.window, shape)
        return (*self.window.output_size(shape), shape[2] * self.times)

    def parameters(self, shape: Shape) -> int:
        """Weights and biases."""
        each = self.window.height * self.window.width + int(self.bias)
        return each * shape[2] * self.times

    def multiply_adds(self, shape: Shape) -> int:
        """One a weight and place."""
        height, width = self.window.output_size(shape)
        each = self.window.height * self.window.width
        return each * shape[2] * self.times * height * width

    def reason(self, shape: Shape) -> str:
        """Why the map shrinks."""
        return self.window.reason(shape)

    def text(self) -> str:
        """As written in a net, defaults left out."""
        words = [self.kind]
        if (self.window.height, self.window.width) != (3, 3):
            words.append(f"{self.window.height}x{self.window.width}")
        words += _window_words(self.window, default_stride=1)
        words += [] if self.times == 1 else [f"times {self.times}"]
        return " ".join(words + _ending(self.activation, self.bias, plain=False))


@dataclass(frozen=True)
class Pool(Layer):
    """Maximum or average of each window; `window` is None for the whole map."""

    kind: ClassVar[str] = "pool"
    method: Literal["max", "avg"] = "max"
    window: Window | None = HALVING

    def output_shape(self, shape: Shape) -> Shape:
        """A smaller map of as many channels, or (channels,) when global."""
        _need_map(self.text(), shape)
        if self.window is None:
            return (shape[2],)
        if self.window.padding != "same" and self.window.padding >= self.window.smaller_side:
            raise NetError(
                f"{self.text()!r} would pool windows that lie wholly in the padding of a map of "
                f"{format_shape(shape)}. Use padding {self.window.smaller_side - 1} at most"
            )
        if not self.window.fits(shape):
            raise NetError(
                f"{self.text()!r} cannot pool a map of {format_shape(shape)}: nothing would be "
                "left of it. Remove this pool or use a larger input"
            )
        return (*self.window.output_size(shape), shape[2])

    def reason(self, shape: Shape) -> str:
        """Why the map shrinks."""
        return "the whole map" if self.window is None else self.window.reason(shape)

    def text(self) -> str:
        """As written in a net, defaults left out."""
        if self.window is None:
            return f"pool {self.method} global"
        words = [self.kind] + (["avg"] if self.method == "avg" else [])
        height, width = self.window.height, self.window.width
        if (height, width) != (2, 2):
            words.append(f"{height}x{width}")
        return " ".join(words + _window_words(self.window, default_stride=height))


@dataclass(frozen=True)
class Flatten(Layer):
    """A map as one vector, row by row."""

    kind: ClassVar[str] = "flatten"

    def output_shape(self, shape: Shape) -> Shape:
        """(height x width x channels,)."""
        _need_map(self.text(), shape)
        return (shape[0] * shape[1] * shape[2],)

    def reason(self, shape: Shape) -> str:
        """The product."""
        return f"{shape[0]} x {shape[1]} x {shape[2]} = {shape[0] * shape[1] * shape[2]:,}"


@dataclass(frozen=True)
class Dense(Layer):
    """Every unit sees the whole vector; `units` is None for one unit a class."""

    kind: ClassVar[str] = "dense"
    units: int | None
    activation: str | None = "relu"
    bias: bool = True

    def output_shape(self, shape: Shape) -> Shape:
        """(units,)."""
        _need_vector(self.text(), shape)
        return (self._units(),)

    def parameters(self, shape: Shape) -> int:
        """Weights and biases."""
        return (shape[0] + int(self.bias)) * self._units()

    def multiply_adds(self, shape: Shape) -> int:
        """One a weight."""
        return shape[0] * self._units()

    def text(self) -> str:
        """As written in a net, defaults left out."""
        words = [self.kind, "classes" if self.units is None else str(self.units)]
        return " ".join(words + _ending(self.activation, self.bias, plain=self.units is None))

    def _units(self) -> int:
        if self.units is None:
            raise TypeError("the number of classes has not been filled in")
        return self.units


@dataclass(frozen=True)
class Dropout(Layer):
    """Sets a fraction of the numbers to zero, while training only."""

    kind: ClassVar[str] = "dropout"
    fraction: float = 0.5

    def output_shape(self, shape: Shape) -> Shape:
        """Unchanged."""
        return shape

    def text(self) -> str:
        """With its fraction."""
        return f"{self.kind} {plain_number(self.fraction)}"


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Brings each channel to mean 0 and variance 1 over the batch, then scales and shifts it.

    Ioffe and Szegedy 2015, "Batch normalization", algorithm 1; `epsilon` is added to the variance.
    """

    kind: ClassVar[str] = "batchnorm"
    epsilon: float = EPSILON

    def output_shape(self, shape: Shape) -> Shape:
        """Unchanged."""
        return shape

    def parameters(self, shape: Shape) -> int:
        """A scale and a shift a channel."""
        return 2 * shape[-1]

    def text(self) -> str:
        """With its epsilon, unless that is the usual one."""
        if self.epsilon == EPSILON:
            return self.kind
        return f"{self.kind} epsilon {plain_number(self.epsilon)}"


@dataclass(frozen=True)
class Activation(Layer):
    """A function of each number alone; `slope` is that of leaky-relu below zero."""

    kind: ClassVar[str] = "activation"
    name: str
    slope: float = SLOPE

    def output_shape(self, shape: Shape) -> Shape:
        """Unchanged."""
        return shape

    def text(self) -> str:
        """The function's name, and its slope unless that is the usual one."""
        return self.name if self.slope == SLOPE else f"{self.name} {plain_number(self.slope)}"


def plain_number(number: float) -> str:
    """A number without an exponent, which reads back as the same number."""
    return np.format_float_positional(number, trim="-")


def _need_map(text: str, shape: Shape) -> None:
    if len(shape) != 3:
        raise NetError(
            f"{text!r} needs a map (height x width x channels), but its input is a vector of "
            f"{shape[0]} numbers: move it before 'flatten'"
        )


def _need_place(text: str, window: Window, shape: Shape) -> None:
    if not window.fits(shape):
        raise NetError(
            f"{text!r} cannot be laid on a map of {format_shape(shape)}: its "
            f"{window.height}x{window.width} window is larger than the map. "
            "Use a larger input, fewer pools before it, or 'same'"
        )


def _need_vector(text: str, shape: Shape) -> None:
    if len(shape) != 1:
        raise NetError(
            f"{text!r} needs a vector, but its input is a map of {format_shape(shape)}: put "
            f"'flatten' or 'pool avg global' before it"
        )


def _window_words(window: Window, default_stride: int) -> list[str]:
    words = [] if window.stride == default_stride else [f"stride {window.stride}"]
    if window.padding:
        words.append("same" if window.padding == "same" else f"padding {window.padding}")
    return words


def _ending(activation: str | None, bias: bool, *, plain: bool) -> list[str]:
    """`plain`: the layer has no activation unless one is written."""
    default = None if plain else "relu"
    words = [] if activation == default else [activation or "linear"]
    return words if bias else [*words, "no-bias"]
