"""A net as a line of text: `conv 32, pool, conv 32, pool, flatten, dense 128, dense classes`.

The words of the grammar, defaults in brackets:

    conv FILTERS [3x3] [stride 1] [same | padding N] [ACTIVATION: relu] [no-bias]
    pool [max | avg] [2x2] [stride: the window's height] [same | padding N]
    pool max global, pool avg global
    depthwise [3x3] [stride 1] [same | padding N] [times 1] [ACTIVATION: relu] [no-bias]
    flatten
    dense UNITS [ACTIVATION: relu] [no-bias]
    dropout [FRACTION: 0.5]
    batchnorm [epsilon 0.00001]
    relu, elu, gelu, silu, sigmoid, tanh      an activation of its own
    leaky-relu [SLOPE: 0.01]

The words of a layer stand in this order, in small or capital letters. FILTERS or UNITS may be
`classes`, which stands for one a class (one in all for a sigmoid) and has no activation. An
ACTIVATION may be `linear`: none.
"""

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from lenswork.errors import NetError
from lenswork.model.layers import (
    ACTIVATIONS,
    EPSILON,
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
from lenswork.model.presets import PRESETS
from lenswork.model.shapes import Shape, format_shape
from lenswork.model.window import Padding, Window

LARGEST_SIZE = 100_000  # filters, units, window: beyond it, a slip of the keyboard
LONGEST_LINE = 100_000  # letters; a stranger's file may have millions
FORMS = {
    "conv": "'conv FILTERS [3x3] [stride 1] [same | padding N] [ACTIVATION] [no-bias]'",
    "pool": "'pool [max | avg] [2x2] [stride 2] [same | padding N]' or 'pool max|avg global'",
    "depthwise": (
        "'depthwise [3x3] [stride 1] [same | padding N] [times 1] [ACTIVATION] [no-bias]'"
    ),
    "flatten": "'flatten' alone",
    "dense": "'dense UNITS [ACTIVATION] [no-bias]'",
    "dropout": "'dropout [0.5]'",
    "batchnorm": "'batchnorm' alone or 'batchnorm epsilon 0.001'",
} | {name: f"{name!r} alone" for name in ACTIVATIONS}
FORMS["leaky-relu"] = "'leaky-relu' alone or 'leaky-relu 0.2'"
SHOWN_BEFORE, SHOWN_AFTER = 40, 36  # characters around the word that an error points at


@dataclass(frozen=True)
class NetSpec:
    """The layers of a net, in order; `str()` gives the line of text back."""

    layers: tuple[Layer, ...]

    def __str__(self) -> str:
        return ", ".join(layer.text() for layer in self.layers)

    def with_outputs(self, outputs: int) -> "NetSpec":
        """The same net with `classes` filled in as `outputs` units or filters."""
        return NetSpec(tuple(_fill(layer, outputs) for layer in self.layers))

    def shapes(self, input_shape: Shape) -> list[Shape]:
        """The input's shape and each layer's output shape, `len(layers) + 1` in all.

        The net must have been given its outputs. Raises `NetError` naming the layer, its
        place and its input shape when a layer cannot be built.
        """
        shapes = [input_shape]
        for place, layer in enumerate(self.layers, start=1):
            try:
                shapes.append(layer.output_shape(shapes[-1]))
            except NetError as error:
                raise NetError(f"layer {place} of {len(self.layers)}: {error}") from error
        return shapes


def parse_net(text: str) -> NetSpec:
    """Read a net from its line of text or from a preset's name.

    Raises `NetError` that shows the line and points at the word that is wrong.
    """
    if len(text) > LONGEST_LINE:
        raise NetError(f"expected a net of at most {LONGEST_LINE:,} letters, got {len(text):,}")
    layers = tuple(parse_layers(line_of(text)))
    if not layers:
        raise NetError(
            "the net is empty: expected layers such as "
            "'conv 32, pool, flatten, dense 128, dense classes' or a preset's name "
            f"({', '.join(PRESETS)})"
        )
    spec = NetSpec(layers)
    _need_classes(spec)
    return spec


def line_of(text: str) -> str:
    """The line of a preset's name; any other text as it is."""
    preset = PRESETS.get(text.strip().lower())
    return preset.net if preset else text


def parse_layers(line: str) -> Iterator[Layer]:
    """The layers of a line one by one; raises `NetError` when it comes to one that is wrong."""
    for words in _split(line):
        yield _parse_layer(line, words)


def check_net(spec: NetSpec, input_shape: Shape, outputs: int) -> None:
    """Raise `NetError` unless the net makes one vector of `outputs` numbers of its input."""
    if len(input_shape) != 3 or min(input_shape) < 1:
        raise NetError(
            "expected an input of height x width x channels such as 28x28x1, got "
            f"{format_shape(input_shape)}"
        )
    shapes = spec.with_outputs(outputs).shapes(input_shape)
    if shapes[-1] != (outputs,):
        kind = "map" if len(shapes[-1]) == 3 else "vector"
        raise NetError(
            f"the net must end in a vector of {outputs} numbers, one a class (one in all for a "
            f"sigmoid); it ends in a {kind} of {format_shape(shapes[-1])}: end it with "
            "'flatten, dense classes' or 'pool avg global, dense classes'"
        )


@dataclass(frozen=True)
class _Word:
    """A word in small letters, and where it stands in the line."""

    text: str
    start: int
    end: int


def _split(line: str) -> Iterator[list[_Word]]:
    """The words of each layer, with their places in the line."""
    if not line.strip():
        return
    start = 0
    for piece in line.split(","):
        words = [
            _Word(found.group().lower(), start + found.start(), start + found.end())
            for found in re.finditer(r"\S+", piece)
        ]
        if not words:
            place = min(start, len(line) - 1)
            raise _at(line, _Word("", place, place + 1), "a layer is missing here")
        yield words
        start += len(piece) + 1


def _parse_layer(line: str, words: list[_Word]) -> Layer:
    head = words[0].text
    if head not in _LAYERS:
        raise _at(line, words[0], f"no layer is called {_said(head)}.{_nearest(head, line)}")
    reader = _Reader(line, words)
    layer = _LAYERS[head](reader)
    reader.finish()
    return layer


def _conv(reader: "_Reader") -> Conv:
    filters = reader.count_or_classes("filters")
    height, width = reader.window(default=(3, 3))
    stride = reader.named("stride", default=1)
    padding = reader.padding()
    activation, bias = reader.ending(plain=filters is None)
    return Conv(filters, Window(height, width, stride, padding), activation, bias)


def _dense(reader: "_Reader") -> Dense:
    units = reader.count_or_classes("units")
    return Dense(units, *reader.ending(plain=units is None))


def _depthwise(reader: "_Reader") -> Depthwise:
    height, width = reader.window(default=(3, 3))
    window = Window(height, width, reader.named("stride", default=1), reader.padding())
    times = reader.named("times", default=1)
    return Depthwise(window, times, *reader.ending(plain=False))


def _activation(name: str, _: "_Reader") -> Activation:
    return Activation(name)


def _pool(reader: "_Reader") -> Pool:
    method: Literal["max", "avg"] = "avg" if reader.take("avg", "average") else "max"
    stated = method == "avg" or reader.take("max")
    if reader.take("global"):
        if not stated:
            raise reader.error("say which: 'pool max global' or 'pool avg global'")
        return Pool(method, None)
    height, width = reader.window(default=(2, 2))
    window = Window(height, width, reader.named("stride", default=height), reader.padding())
    return Pool(method, window)


_LAYERS: dict[str, Callable[["_Reader"], Layer]] = {
    **{name: partial(_activation, name) for name in ACTIVATIONS},
    "leaky-relu": lambda reader: Activation("leaky-relu", reader.fraction(default=SLOPE)),
    "conv": _conv,
    "pool": _pool,
    "depthwise": _depthwise,
    "flatten": lambda _: Flatten(),
    "dense": _dense,
    "dropout": lambda reader: Dropout(reader.fraction(default=0.5)),
    "batchnorm": lambda reader: BatchNorm(reader.small("epsilon", default=EPSILON)),
}


class _Reader:
    """Takes the words of one layer from left to right."""

    def __init__(self, line: str, words: list[_Word]) -> None:
        self.line = line
        self.head = words[0]
        self.rest = words[1:]

    def take(self, *texts: str) -> bool:
        """Take the next word if it is one of `texts`."""
        if self.rest and self.rest[0].text in texts:
            self.rest.pop(0)
            return True
        return False

    def count_or_classes(self, what: str) -> int | None:
        """A number, or None for `classes`."""
        if self.take("classes"):
            return None
        if not self.rest:
            raise self.error(f"{self.head.text!r} needs a number of {what}, or 'classes'")
        return self._number(self.rest.pop(0), f"a number of {what}, or 'classes'")

    def window(self, default: tuple[int, int]) -> tuple[int, int]:
        """`3x3`, or a bare `3` for a square."""
        if not self.rest or not re.fullmatch(r"[0-9]+(x[0-9]+)?", self.rest[0].text):
            return default
        word = self.rest.pop(0)
        sides = [self._number(replace(word, text=side), "a window's side") for side in _sides(word)]
        return sides[0], sides[1]

    def named(self, name: str, default: int, smallest: int = 1) -> int:
        """The number after the word `name`."""
        if not self.take(name):
            return default
        if not self.rest:
            raise self.error(f"{name!r} needs a number after it")
        return self._number(self.rest.pop(0), f"a number after {name!r}", smallest)

    def padding(self) -> Padding:
        """`same`, `valid` or `padding N`."""
        if self.take("same"):
            return "same"
        return 0 if self.take("valid") else self.named("padding", default=0, smallest=0)

    def ending(self, *, plain: bool) -> tuple[str | None, bool]:
        """The activation and whether there is a bias, in either order."""
        before = not self.take("no-bias")
        activation = self._activation(plain=plain)
        bias = before and not self.take("no-bias")
        return activation, bias

    def _activation(self, *, plain: bool) -> str | None:
        if plain and self.rest and self.rest[0].text in (*ACTIVATIONS, "softmax"):
            problem = "'classes' has no activation: its softmax or sigmoid is added by itself"
            raise _at(self.line, self.rest[0], problem)
        if self.take("linear"):
            return None
        if self.rest and self.rest[0].text in ACTIVATIONS:
            return self.rest.pop(0).text
        return None if plain else "relu"

    def fraction(self, default: float) -> float:
        """A number of at least 0 and less than 1."""
        if not self.rest:
            return default
        word = self.rest.pop(0)
        if not re.fullmatch(r"0?\.[0-9]+|0", word.text) or float(word.text) >= 1:
            problem = "expected a fraction of at least 0 and less than 1 such as 0.5"
            raise _at(self.line, word, f"{problem}, got {_said(word.text)}")
        return float(word.text)

    def small(self, name: str, default: float) -> float:
        """The fraction after the word `name`, which is above 0."""
        if not self.take(name):
            return default
        if not self.rest:
            raise self.error(f"{name!r} needs a number after it")
        word = self.rest[0]
        fraction = self.fraction(default)
        if fraction == 0:
            raise _at(self.line, word, f"expected a number above 0 after {name!r}, got 0")
        return fraction

    def finish(self) -> None:
        """Complain of a word that is left over."""
        if self.rest:
            word, head = self.rest[0], self.head.text
            cure = f"write {FORMS[head]}"
            if word.text in FORMS:
                cure = "is a comma missing before it?"
            problem = f"{head!r} does not know {_said(word.text)} in this place: {cure}"
            raise _at(self.line, word, problem)

    def error(self, problem: str) -> NetError:
        """An error that points at the layer's first word."""
        return _at(self.line, self.head, problem)

    def _number(self, word: _Word, what: str, smallest: int = 1) -> int:
        # Six digits at most: Python refuses to read thousands of them
        number = int(word.text) if re.fullmatch(r"[0-9]{1,6}", word.text) else -1
        if not smallest <= number <= LARGEST_SIZE:
            limits = f"{what} from {smallest} to {LARGEST_SIZE:,}"
            raise _at(self.line, word, f"expected {limits}, got {_said(word.text)}")
        return number


def _sides(word: _Word) -> list[str]:
    sides = word.text.split("x")
    return sides * 2 if len(sides) == 1 else sides


def _fill(layer: Layer, outputs: int) -> Layer:
    if isinstance(layer, Dense) and layer.units is None:
        return replace(layer, units=outputs)
    if isinstance(layer, Conv) and layer.filters is None:
        return replace(layer, filters=outputs)
    return layer


def _need_classes(spec: NetSpec) -> None:
    last = spec.layers[-1]
    if any(
        (isinstance(layer, Dense) and layer.units is None)
        or (isinstance(layer, Conv) and layer.filters is None)
        for layer in spec.layers
    ):
        return
    raise NetError(
        f"the net must end in one unit a class, but ends in {last.text()!r}: end it with "
        "'dense classes'"
    )


def _nearest(word: str, line: str) -> str:
    alone = word == line.strip().lower()  # a single word may be meant as a preset's name
    near = difflib.get_close_matches(word[:SHOWN_AFTER], [*FORMS, *(PRESETS if alone else ())], n=1)
    if near:
        return f" Did you mean {near[0]!r}?"
    presets = f"; presets are {', '.join(PRESETS)}" if alone else ""
    return f" Layers are {', '.join(FORMS)}{presets}"


def _said(word: str) -> str:
    """The word in quotes, cut when it is longer than any word of a net."""
    return repr(word if len(word) <= SHOWN_AFTER else f"{word[:SHOWN_AFTER]}…")


def _at(line: str, word: _Word, problem: str) -> NetError:
    """An error with the line and a mark under the word; of a long line, the part around it."""
    first = max(word.start - SHOWN_BEFORE, 0)
    last = first + SHOWN_BEFORE + SHOWN_AFTER
    shown = "".join(c if c.isprintable() else " " for c in line[first:last])
    before, after = "…" if first else "", "…" if last < len(line) else ""
    mark = " " * (len(before) + word.start - first) + "^" * (min(word.end, last) - word.start)
    error = NetError(f"{problem}\n  {before}{shown}{after}\n  {mark}")
    error.span = (word.start, word.end)
    return error
