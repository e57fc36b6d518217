"""A net drawn as the shapes that it makes of a picture: boxes for maps, bars for vectors."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from lenswork.errors import UsageError
from lenswork.look.sizes import SizeStep
from lenswork.model.shapes import Shape, format_shape
from lenswork.record.style import BLUE, NORMAL, SKY, SMALL, YELLOW, bare, new_figure, written

ACROSS = 4  # shapes in a row of the page
CELL, LINE = 1.55, 0.135  # inches: a shape's width, a line of small letters
FACE, DEPTH = 0.95, 0.32  # inches: the widest map's side, the most channels
BAR, TALLEST = 0.12, 1.25  # inches: a vector's width, the longest vector's height
ROOM, HEAD = 1.4, 0.55  # inches: a shape's height, the page's title
LETTERS = 25  # in a line under a shape
TALLEST_INCHES = 300.0  # PNG writers stop at 65,536 pixels


@dataclass(frozen=True)
class Scales:
    """What the largest shapes are: a map's side, its channels, a vector's units."""

    side: int
    channels: int
    units: int

    @classmethod
    def of(cls, shapes: Sequence[Shape]) -> "Scales":
        """The largest of each among shapes."""
        maps = [shape for shape in shapes if len(shape) == 3]
        return cls(
            side=max((max(shape[:2]) for shape in maps), default=1),
            channels=max((shape[2] for shape in maps), default=1),
            units=max((shape[0] for shape in shapes if len(shape) == 1), default=1),
        )


def sizes_figure(steps: Sequence[SizeStep]) -> Figure:
    """The picture and each layer's output as shapes to scale, each with its size's reason.

    Maps are boxes: their sides have one scale, their depths (channels) another; vectors are bars,
    whose lengths have a third. Raises `UsageError` for more layers than a picture file can hold.
    """
    shapes = [steps[0].before, *(step.after for step in steps)]
    titles = ["the picture", *(step.name for step in steps)]
    reasons = ["as the contract says", *(step.words for step in steps)]
    words = [
        [*textwrap.wrap(title, LETTERS), format_shape(shape), *textwrap.wrap(reason, LETTERS)]
        for title, shape, reason in zip(titles, shapes, reasons, strict=True)
    ]
    count = len(shapes)
    rows = [range(start, min(start + ACROSS, count)) for start in range(0, count, ACROSS)]
    heights = [ROOM + LINE * (max(len(words[cell]) for cell in row) + 2) for row in rows]
    if sum(heights) > TALLEST_INCHES:
        raise UsageError(
            f"{len(steps)} layers would be a figure {sum(heights):,.0f} inches tall: the net is "
            "too long to draw"
        )
    width, height = CELL * min(ACROSS, count) + 0.1, sum(heights) + HEAD
    axes = _page(width, height)
    top = height - HEAD
    scales = Scales.of(shapes)
    for row, tall in zip(rows, heights, strict=True):
        for place, cell in enumerate(row):
            left = 0.1 + place * CELL
            _draw_shape(axes, shapes[cell], (left, top - ROOM), scales)
            _write(axes, words[cell], (left, top - ROOM - 0.08))
            if cell + 1 < count:
                _arrow(axes, (left + CELL - 0.2, top - ROOM + FACE / 2))
        top -= tall
    figure = axes.get_figure(root=True)
    if figure is None:
        raise TypeError("axes without a figure")
    return figure


def _page(width: float, height: float) -> Axes:
    """Axes all over a figure, in inches."""
    figure = new_figure(width, height)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    bare(axes).patch.set_visible(False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.text(
        width / 2, height - 0.1, "What each layer makes of a picture",
        ha="center", va="top", fontsize=NORMAL + 1, fontweight="bold",
    )  # fmt: skip
    axes.text(
        width / 2, height - 0.29,
        "sides of maps to one scale, depths (channels) to another, lengths of vectors to a third",
        ha="center", va="top", fontsize=SMALL,
    )  # fmt: skip
    return axes


def _draw_shape(axes: Axes, shape: Shape, corner: tuple[float, float], scales: Scales) -> None:
    """A shape that stands on a line: `corner` is the left end of it."""
    left, bottom = corner
    if len(shape) == 1:
        tall = max(TALLEST * shape[0] / scales.units, 0.02)
        axes.add_patch(
            Rectangle((left + 0.1, bottom), BAR, tall, facecolor=BLUE, linewidth=0.5, edgecolor="k")
        )
        return
    height, width = (max(FACE * side / scales.side, 0.02) for side in shape[:2])
    deep = max(DEPTH * shape[2] / scales.channels, 0.02)
    right, top = left + width, bottom + height
    front = [(left, bottom), (right, bottom), (right, top), (left, top)]
    above = [(left, top), (right, top), (right + deep, top + deep), (left + deep, top + deep)]
    beside = [(right, bottom), (right + deep, bottom + deep), (right + deep, top + deep),
              (right, top)]  # fmt: skip
    for corners, colour in ((front, SKY), (above, YELLOW), (beside, BLUE)):
        axes.add_patch(Polygon(corners, facecolor=colour, edgecolor="black", linewidth=0.5))


def _write(axes: Axes, lines: Sequence[str], corner: tuple[float, float]) -> None:
    left, top = corner
    for place, line in enumerate(lines):
        weight = "bold" if place == 0 else "normal"
        axes.text(
            left, top - place * LINE, written(line), va="top", fontsize=SMALL, fontweight=weight
        )


def _arrow(axes: Axes, middle: tuple[float, float]) -> None:
    left, height = middle
    axes.annotate(
        "", (left + 0.17, height), (left - 0.03, height),
        arrowprops={"arrowstyle": "->", "linewidth": 0.8, "color": "#555555"},
    )  # fmt: skip
