"""What a demonstration shows: sentences, panels of pictures, tables, curves, a filter at work.

One form for all thirteen, so that a page and a terminal each need one way to draw them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Normalize

from lenswork.kinds import Picture
from lenswork.look.activations import Numbers

MAP_COLOURS, SIGNED_COLOURS = "inferno", "PuOr_r"  # signed: told apart by all colour vision
Span = tuple[int, int, int, int]  # row, column, height, width in the panel's pixels


@dataclass(frozen=True)
class Panel:
    """One picture with its title and words; `frame` marks a place in it.

    `crisp` keeps its pixels as squares where it is drawn larger.
    """

    title: str
    picture: Picture
    words: str = ""
    crisp: bool = True
    frame: Span | None = None


@dataclass(frozen=True)
class Panels:
    """Pictures side by side; `small` where there are many."""

    title: str
    panels: tuple[Panel, ...]
    small: bool = False
    kind: Literal["panels"] = "panels"


@dataclass(frozen=True)
class Table:
    """Rows of text under their headings; `numbers` are the columns that are set right."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    marked: tuple[int, ...] = ()
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Curve:
    """One line of a plot; None where there is no value."""

    label: str
    values: tuple[float | None, ...]
    colour: int
    dash: bool = False


@dataclass(frozen=True)
class Curves:
    """Lines over the same x."""

    title: str
    xlabel: str
    x: tuple[float, ...]
    curves: tuple[Curve, ...]
    percent: bool = False
    kind: Literal["curves"] = "curves"


@dataclass(frozen=True)
class Sweep:
    """A filter on its way over a picture, and the map that its sums make.

    `window` is (height, width), `corner` how far above and left of the picture it begins (0
    without padding), `stride` pixels from place to place. `values` is the map, (rows, columns),
    as the network has it; `map` the same in colours.
    """

    title: str
    picture: Picture
    map: Picture
    values: Numbers
    window: tuple[int, int]
    stride: int
    corner: tuple[int, int]
    start: int
    kind: Literal["sweep"] = "sweep"


@dataclass(frozen=True)
class Bars:
    """Probabilities by class, one set a column: (name, values in the order of the columns)."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float, ...]], ...]
    kind: Literal["bars"] = "bars"


Part = Panels | Table | Curves | Sweep | Bars


@dataclass(frozen=True)
class Control:
    """What the reader can change: a number from `low` to `high`, or one of `choices`."""

    name: str
    label: str
    value: str
    low: int = 0
    high: int = 0
    step: int = 1
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Demonstration:
    """Sentences with the numbers that were computed, what to look at, and what can be changed."""

    said: tuple[str, ...]
    parts: tuple[Part, ...]
    controls: tuple[Control, ...] = field(default=())


def coloured(values: Numbers, low: float | None = None, high: float | None = None) -> Picture:
    """A map, (rows, columns), in the colours of a flame: from `low` to `high`, or its own ends."""
    least = float(values.min()) if low is None else low
    most = float(values.max()) if high is None else high
    return _through(MAP_COLOURS, values, least, most)


def signed(values: Numbers) -> Picture:
    """Numbers of both signs, (rows, columns): orange above 0, purple below, white at 0."""
    most = float(np.abs(values).max())
    return _through(SIGNED_COLOURS, values, -most, most)


def number(value: float) -> str:
    """Such as 1.73, -0.04 or 0, with a minus sign that is as wide as a plus."""
    text = f"{value + 0.0:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return "0" if text in ("-0", "0") else text.replace("-", "\N{MINUS SIGN}")


def percent(fraction: float, digits: int = 1) -> str:
    """Such as 98.8%."""
    return f"{100 * fraction:.{digits}f}%"


def few(count: int, one: str, many: str = "") -> str:
    """Such as "1 answer" and "2 answers"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def answers_beside(title: str, columns: Sequence[str], answers: Sequence[dict[str, float]]) -> Bars:
    """Several answers to the same question, class by class, at most the five likeliest."""
    names = sorted(answers[0], key=lambda name: -max(one[name] for one in answers))[:5]
    rows = tuple((name, tuple(one[name] for one in answers)) for name in names)
    return Bars(title, tuple(columns), rows)


def _through(colours: str, values: Numbers, low: float, high: float) -> Picture:
    if not high > low:  # one number everywhere: the lowest colour
        high = low + 1.0
    shade = colormaps[colours](Normalize(low, high)(values), bytes=True)
    picture: Picture = np.ascontiguousarray(shade[..., :3])
    return picture
