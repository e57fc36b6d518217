"""Numbers as coloured fields and bars, for the drawings that a template makes of one number."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenswork.look.arithmetic import Doubles
from lenswork.look.arithmetic_text import number
from lenswork.web.inside_colours import ink_on, signed_colour_of

CELL, LINE = 36, 26  # units of a drawn field
BAR = 60  # units to either side of a bar's middle


@dataclass(frozen=True)
class Cell:
    """One number in a drawn grid; `chosen` is the one that a maximum took."""

    x: int
    y: int
    fill: str
    ink: str
    text: str
    full: str
    chosen: bool


@dataclass(frozen=True)
class Grid:
    """Numbers in rows and columns as coloured fields."""

    title: str
    width: int
    height: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Bar:
    """What one input adds to a sum: from `x` on, `length` long; the middle is 0."""

    title: str
    text: str
    x: float
    length: float
    lowers: bool


def signed_grid(title: str, values: Doubles, most: float) -> Grid:
    """Numbers from -`most` to `most` in the colours of what has a sign."""
    return grid(title, values, [signed_colour_of(float(one), most) for one in values.ravel()])


def grid(
    title: str, values: Doubles, fills: Sequence[str], taken: NDArray[np.float64] | None = None
) -> Grid:
    """Numbers (rows, columns) as fields: without a colour it is padding, `taken` are chosen."""
    height, width = values.shape
    cells = tuple(
        Cell(
            x=index % width * CELL,
            y=index // width * LINE,
            fill=fill,
            ink=ink_on(fill) if fill else "",
            text=short(float(value)) if fill else "·",
            full=number(float(value)) if fill else "padding",
            chosen=taken is not None and bool(taken.ravel()[index]),
        )
        for index, (value, fill) in enumerate(zip(values.ravel(), fills, strict=True))
    )
    return Grid(title, width * CELL, height * LINE, cells)


def bar(title: str, value: float, most: float) -> Bar:
    """A bar from the middle to the left for what lowers a sum; the longest is of `most`."""
    length = BAR * abs(value) / most if most > 0 else 0.0
    start = BAR - length if value < 0 else BAR
    return Bar(title, number(value), round(start, 2), round(length, 2), value < 0)


def short(value: float) -> str:
    """At most six letters, such as -0.123, 12.3 or 1234; a field's title has the whole number."""
    if value == 0:
        return "0"
    size = abs(value)
    if size < 1e5:
        return f"{value:.{3 if size < 10 else 2 if size < 100 else 1 if size < 1000 else 0}f}"
    return f"{value:.0e}"
