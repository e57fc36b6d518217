"""A vector drawn: bars for few units, a strip of fields in rows for many."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle

from lenswork.look.activations import Numbers
from lenswork.look.sheet import in_rows, strip_columns
from lenswork.record.style import (
    COLOUR_MAPS,
    PRINT_WIDTH,
    SMALL,
    VERMILION,
    ColourMap,
    bare,
    folded,
    letters_in,
)

MOST_BARS, LEAST_BARS = 32, 8  # that are drawn, that there is room for
BARS_INCHES = PRINT_WIDTH - 0.5
ROWS_APART = 40
SILENT_GREY = "#c8c8c8"


def strip_inches(units: int) -> float:
    """How tall a page-wide drawing of a vector has to be."""
    if units <= MOST_BARS:
        return 1.1
    rows = math.ceil(units / strip_columns(units))
    return max(0.22, rows * (0.16 if rows <= 20 else 0.1))


def draw_vector(
    axes: Axes,
    vector: Numbers,
    ends: tuple[float, float],
    colours: ColourMap,
    names: Sequence[str] | None = None,
) -> None:
    """All units (units,) as bars under their numbers or `names`, or as a strip in rows.

    In a strip the number at the left is that of the row's first unit, and units of 0 are grey.
    """
    if len(vector) <= MOST_BARS:
        draw_bars(axes, vector, ends, colormaps[COLOUR_MAPS[colours]](Normalize(*ends)(vector)))
        units = range(len(vector))
        letters = letters_in(BARS_INCHES / max(len(vector), LEAST_BARS))
        labels = map(str, units) if names is None else (folded(one, letters, 2) for one in names)
        axes.set_xticks(list(units), list(labels), fontsize=SMALL)
        return
    columns = strip_columns(len(vector))
    cells = in_rows(vector, columns)
    draw_strip(axes, cells, ends, colours)
    rows = range(0, len(cells), max(1, math.ceil(len(cells) / 8)))
    axes.set_yticks(list(rows), [f"{row * columns}" for row in rows], fontsize=SMALL)
    axes.tick_params(length=0, pad=2, labelcolor="#555555")


def draw_strip(axes: Axes, cells: Numbers, ends: tuple[float, float], colours: ColourMap) -> None:
    """Rows of fields (rows, columns) that touch one another, few rows a little apart."""
    palette = colormaps[COLOUR_MAPS[colours]].with_extremes(bad=SILENT_GREY)
    image = palette(Normalize(*ends)(np.ma.masked_where(cells == 0, cells)))
    image[np.isnan(cells)] = 1  # beyond the vector's end: the page
    bare(axes).imshow(image, aspect="auto", interpolation="nearest")
    for spine in axes.spines.values():
        spine.set_visible(False)
    for row in range(1, len(cells) if len(cells) <= ROWS_APART else 0):
        axes.axhline(row - 0.5, color="white", linewidth=1.0)


def frame_unit(axes: Axes, unit: int, columns: int) -> None:
    """A frame around one unit of a strip."""
    row, column = divmod(unit, columns)
    for colour, line in (("white", 3.0), (VERMILION, 1.6)):
        axes.add_patch(
            Rectangle(
                (column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=colour, linewidth=line,
                clip_on=False, zorder=3,
            )
        )  # fmt: skip


def draw_bars(
    axes: Axes, vector: Numbers, ends: tuple[float, float], shades: Sequence[object]
) -> None:
    """A bar a unit, in colours of their own, on a scale that holds 0."""
    axes.bar(np.arange(len(vector)), vector, color=shades, edgecolor="#555555", linewidth=0.4)
    axes.axhline(0, color="black", linewidth=0.6)
    low, high = min(ends[0], 0.0), max(ends[1], 0.0)
    air = 0.05 * (high - low) or 1.0
    axes.set_ylim(low - air, high + air)
    axes.set_xlim(-0.6, max(len(vector), LEAST_BARS) - 0.4)
    axes.tick_params(length=0, labelsize=SMALL)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.spines["left"].set_linewidth(0.4)
