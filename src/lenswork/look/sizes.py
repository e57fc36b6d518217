"""Why each layer's output has its size, and which pixels one number of it can see.

For nets that are a line of text: the words come from their layers.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from lenswork.errors import UsageError
from lenswork.look.places import find_place, layer_names
from lenswork.model.describe import moving_window
from lenswork.model.layers import (
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
from lenswork.model.shapes import Shape, format_shape
from lenswork.model.spec import NetSpec, parse_net
from lenswork.model.window import Window

Indices = NDArray[np.int64]
Span = tuple[int, int]  # first and one after the last


@dataclass(frozen=True)
class SizeStep:
    """One layer: its name, the shapes before and after it, and why, in words."""

    name: str
    before: Shape
    after: Shape
    words: str

    def as_dict(self) -> dict[str, object]:
        """The step for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"{self.name}: {format_shape(self.before)} to {format_shape(self.after)}. {self.words}"
        )


@dataclass(frozen=True)
class Sight:
    """What one number of a layer can see of a picture.

    `rows` and `columns` are the pixels, first and one after the last, that lie in the picture;
    `whole_rows` and `whole_columns` are the same of the whole field, which goes on into the
    zeros around the picture and may begin below 0. `position` is (row, column) in a map (all
    channels see the same) or (unit,) in a vector; `picture` is (height, width). Both spans are
    empty for a number that sees nothing but padding.
    """

    name: str
    position: tuple[int, ...]
    picture: tuple[int, int]
    rows: Span
    columns: Span
    whole_rows: Span
    whole_columns: Span

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of what is seen, in pixels."""
        return self.rows[1] - self.rows[0], self.columns[1] - self.columns[0]

    @property
    def whole_size(self) -> tuple[int, int]:
        """(height, width) of the whole field, in pixels."""
        return (
            self.whole_rows[1] - self.whole_rows[0],
            self.whole_columns[1] - self.whole_columns[0],
        )

    def as_dict(self) -> dict[str, object]:
        """The field for JSON."""
        return {**asdict(self), "size": self.size, "words": str(self)}

    def __str__(self) -> str:
        who = f"{_place_words(self.position)} of {self.name}"
        height, width = self.size
        if height == 0 or width == 0:
            return f"{who} sees no pixel: its whole window lies in the padding"
        seen = (
            f"{who} sees {height} x {width} of {self.picture[0]} x {self.picture[1]} pixels: "
            f"{_span_words('row', self.rows)}, {_span_words('column', self.columns)}"
        )
        return f"{seen}. {self._cut_words()}" if self.whole_size != self.size else seen

    def _cut_words(self) -> str:
        sides = {
            "row above": self.rows[0] - self.whole_rows[0],
            "row below": self.whole_rows[1] - self.rows[1],
            "column to the left": self.columns[0] - self.whole_columns[0],
            "column to the right": self.whole_columns[1] - self.columns[1],
        }
        height, width = self.whole_size
        over = ", ".join(
            f"{count} {side if count == 1 else side.replace(' ', 's ', 1)}"
            for side, count in sides.items()
            if count
        )
        return f"The whole field is {height} x {width}; padding stands in for {over}"


def size_steps(net: str | NetSpec, input_shape: Shape, outputs: int = 10) -> list[SizeStep]:
    """Every layer's output size derived in words, such as "28 - 3 + 1 = 26".

    `outputs` is what `classes` stands for. Raises `NetError` for a net that cannot be built.
    """
    spec = _filled(net, outputs)
    shapes = spec.shapes(input_shape)
    return [
        SizeStep(name, before, after, _size_words(layer, before, after))
        for name, layer, before, after in zip(
            layer_names(spec), spec.layers, shapes, shapes[1:], strict=False
        )
    ]


def sight(
    net: str | NetSpec,
    input_shape: Shape,
    layer: str,
    position: Sequence[int],
    outputs: int = 10,
) -> Sight:
    """The receptive field of one number of a layer, exactly: what its gradient can reach.

    `position` is (row, column) in a map, (unit,) in a vector. The field of a pooled or strided
    window with gaps is the rectangle around all that it sees. Raises `NetError` for a net that
    cannot be built, `UsageError` for a layer or position that does not exist.
    """
    spec = _filled(net, outputs)
    names = layer_names(spec)
    place = find_place(names, layer)
    shapes = spec.shapes(input_shape)
    at = check_position(names[place], shapes[place + 1], position)
    rows, whole_rows = side_sight(spec, shapes, place, at, 0)
    columns, whole_columns = side_sight(spec, shapes, place, at, 1)
    picture = (input_shape[0], input_shape[1])
    if rows[0] == rows[1] or columns[0] == columns[1]:
        rows = columns = (0, 0)
    return Sight(names[place], at, picture, rows, columns, whole_rows, whole_columns)


def check_position(name: str, shape: Shape, position: Sequence[int]) -> tuple[int, ...]:
    """The position as (row, column) of a map or (unit,); raises `UsageError` if there is none."""
    sides = shape[:2] if len(shape) == 3 else shape
    words = ("row", "column") if len(shape) == 3 else ("unit",)
    ranges = " and ".join(
        f"{word} 0 to {side - 1}" for word, side in zip(words, sides, strict=True)
    )
    given = ", ".join(map(str, position))
    if len(position) != len(sides):
        raise UsageError(
            f"a position in layer {name!r} is a {' and a '.join(words)}, {ranges}; got {given!r}"
        )
    if not all(0 <= at < side for at, side in zip(position, sides, strict=True)):
        raise UsageError(f"layer {name!r} has no place {given}: it has {ranges}")
    return tuple(int(at) for at in position)


def _filled(net: str | NetSpec, outputs: int) -> NetSpec:
    spec = parse_net(net) if isinstance(net, str) else net
    return spec.with_outputs(outputs)


def side_sight(
    spec: NetSpec, shapes: list[Shape], place: int, position: tuple[int, ...], axis: int
) -> tuple[Span, Span]:
    """(seen, whole) spans along one side of the picture, going back from the layer to it.

    The number at r of a window's output is made of r * stride - padding + 0 to window - 1 of its
    input (Dumoulin and Visin 2016, "A guide to convolution arithmetic"). What lies in a map's
    padding sees nothing, so those that are seen are counted one by one and cut at every map (a
    stride wider than its window leaves gaps); the whole field never is.
    """
    after = shapes[place + 1]
    at = position[axis] if len(after) == 3 else position[0]
    seen, whole = np.array([at]), (at, at + 1)
    layers = list(zip(spec.layers[: place + 1], shapes, shapes[1:], strict=False))
    for layer, before, _ in reversed(layers):
        window = moving_window(layer)
        if window is not None:
            seen = _made_of(window, before, seen, axis)
            whole = _covered(window, before, whole, axis)
        elif isinstance(layer, Flatten):
            seen = np.unique(_unflattened(before, seen, axis))
            whole = int(seen[0]), int(seen[-1]) + 1
        elif isinstance(layer, Dense | Pool):  # sees all there is
            whole = (0, before[axis] if len(before) == 3 else before[0])
            seen = np.arange(whole[1])
    if not len(seen):
        return (0, 0), whole
    return (int(seen[0]), int(seen[-1]) + 1), whole


def _made_of(window: Window, before: Shape, places: Indices, axis: int) -> Indices:
    """The rows or columns of a map that the window's outputs at `places` are made of."""
    first = places * window.stride - window.corner(before)[axis]
    made = np.unique(first[:, np.newaxis] + np.arange((window.height, window.width)[axis]))
    return made[(made >= 0) & (made < before[axis])]


def _covered(window: Window, before: Shape, span: Span, axis: int) -> Span:
    """What windows over a span of outputs cover of their input, padding and gaps included."""
    padding = window.corner(before)[axis]
    length = (window.height, window.width)[axis]
    return span[0] * window.stride - padding, (span[1] - 1) * window.stride - padding + length


def _unflattened(shape: Shape, units: Indices, axis: int) -> Indices:
    """The rows or columns of the map that units of its vector came from: places, then channels."""
    row, rest = np.divmod(units, shape[1] * shape[2])
    return row if axis == 0 else rest // shape[2]


def _size_words(layer: Layer, before: Shape, after: Shape) -> str:
    match layer:
        case Conv():
            return f"{_window_words(layer.window, layer, before)}; one map a filter, {after[2]}"
        case Depthwise():
            words = _window_words(layer.window, layer, before)
            each = "one filter" if layer.times == 1 else f"{layer.times} filters"
            return f"{words}; {each} a channel, {after[2]} maps"
        case Pool(window=None):
            each = "the one map" if before[2] == 1 else f"each of {before[2]} maps"
            return f"one number for {each}: its whole {_greatest(layer)}"
        case Pool(window=Window() as window):
            words = _window_words(window, layer, before)
            return f"{words}; each of {before[2]} maps by itself" if before[2] > 1 else words
        case Flatten():
            numbers = "number" if after[0] == 1 else "numbers in one row"
            return f"{layer.reason(before)} {numbers}"
        case Dense():
            seen = f"all {before[0]:,}" if before[0] > 1 else "the one"
            return f"one number a unit, {after[0]:,}; each sees {seen} before it"
        case Dropout():
            return "unchanged: numbers are dropped in training only"
        case BatchNorm():
            return "unchanged: each channel is moved and stretched"
        case Activation():
            return f"unchanged: {layer.text()} of each number"
        case _:
            return layer.reason(before) or "unchanged"


def _greatest(layer: Pool) -> str:
    return "maximum" if layer.method == "max" else "average"


def _window_words(window: Window, layer: Layer, before: Shape) -> str:
    reason = layer.reason(before)
    if not reason:
        return f"unchanged: zeros around the map make room for the {window.height}x{window.width}"
    left = [_left_out(window, before, axis) for axis in (0, 1)]
    words = [
        f"the last {f'{name}' if count == 1 else f'{count} {name}s'}"
        for name, count in zip(("row", "column"), left, strict=True)
        if count
    ]
    if not words:
        return reason
    verb = "is" if len(words) == 1 and sum(left) == 1 else "are"
    return f"{reason}, {' and '.join(words)} {verb} left out"


def _left_out(window: Window, before: Shape, axis: int) -> int:
    """Rows or columns of the map at its end that no window reaches."""
    places = window.output_size(before)[axis]
    _, end = _covered(window, before, (0, places), axis)
    return max(before[axis] - end, 0)


def _place_words(position: tuple[int, ...]) -> str:
    if len(position) == 1:
        return f"Unit {position[0]}"
    return f"The place in row {position[0]}, column {position[1]}"


def _span_words(word: str, span: Span) -> str:
    if span[1] - span[0] == 1:
        return f"{word} {span[0]}"
    return f"{word}s {span[0]} to {span[1] - 1}"
