"""The arithmetic of one output value as a figure: window x filter = products, and their sum."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from lenswork.amounts import counted
from lenswork.look.arithmetic import Arithmetic, Doubles
from lenswork.look.arithmetic_text import closing, heading
from lenswork.record.style import (
    BLUE,
    NORMAL,
    PRINT_WIDTH,
    SMALL,
    VERMILION,
    axes_at,
    bare,
    filled,
    from_top,
    new_figure,
    new_page,
    written,
)

ROWS_SHOWN, WIDE_ROWS_SHOWN = 3, 2  # input channels, of usual and of wide windows
BARS_SHOWN = 15
NUMBERED = 8  # the widest window whose numbers may be written
SMALLEST = 6  # points, of those numbers
GAP, HEAD, OVER, UNDER = 0.3, 0.4, 0.36, 0.36  # inches: between panels, titles, labels
FOOT_LINE = 0.17
SIGNED = "PuOr_r"  # ColorBrewer: orange above 0, purple below, told apart by all eyes
PLAIN = "viridis"

Ends = tuple[float, float]


def arithmetic_figure(worked: Arithmetic) -> Figure:
    """The input with the window marked, then window, filter and products, and the sum in words.

    Of many input channels (or of a dense layer's inputs) those that move the sum most. The
    window's colours are those of the input beside it.
    """
    if worked.method == "dense":
        return _dense_figure(worked)
    pooled = worked.method in ("max", "avg")
    wide = 3 < max(worked.inside.shape) <= NUMBERED  # its numbers need panels twice as wide
    across = 2 if pooled or wide else 4
    most = WIDE_ROWS_SHOWN if wide else ROWS_SHOWN
    channels = [worked.channel] if pooled else worked.strongest[:most].tolist()
    left = GAP if wide and not pooled else 0.1  # room for a sign before a row
    side = (PRINT_WIDTH - left - 0.1 - GAP * (across - 1)) / across
    rows = len(channels) * (1 if pooled else 4 // across)
    words = _words(worked, _left_out(worked, len(channels)))
    foot = FOOT_LINE * (words.count("\n") + 1) + 0.1
    figure = new_page(PRINT_WIDTH, HEAD + rows * (OVER + side + UNDER) + foot)
    figure.suptitle(_headline(worked), fontsize=NORMAL + 1, fontweight="bold", va="top",
                    y=from_top(figure, 0.08))  # fmt: skip
    count = 2 if pooled else 4
    for index, channel in enumerate(channels):
        places = [divmod(index * count + one, across) for one in range(count)]
        panels = [
            axes_at(figure, left + column * (side + GAP), HEAD + OVER + row * (OVER + side + UNDER),
                    side, side)
            for row, column in places
        ]  # fmt: skip
        _draw_channel(panels, worked, channel, side)
    figure.text(0.5, from_top(figure, HEAD + rows * (OVER + side + UNDER)), words, ha="center",
                va="top", fontsize=SMALL + 1, linespacing=1.4)  # fmt: skip
    return figure


def _draw_channel(panels: Sequence[Axes], worked: Arithmetic, channel: int, side: float) -> None:
    """One input channel: the input and its window, and of a convolution filter and products."""
    pooled = len(panels) == 2
    part = 0 if pooled else channel
    values = worked.inputs[:, :, channel]
    ends = _ends(values)
    _draw_input(panels[0], worked, channel, ends)
    _draw_numbers(panels[1], worked.window[:, :, part], worked.inside, side, ends)
    panels[1].set_title("window, in the\ninput's colours", fontsize=SMALL + 1)
    if pooled:
        _mark_taken(panels[1], worked)
        return
    _draw_numbers(panels[2], worked.weights[:, :, part], worked.inside, side)
    panels[2].set_title("filter", fontsize=SMALL + 1)
    _draw_numbers(panels[3], worked.products[:, :, part], worked.inside, side)
    panels[3].set_title(f"products,\nsum {worked.channel_totals[part]:.4g}", fontsize=SMALL + 1)
    for axes, sign in zip(panels[2:], "×=", strict=True):
        axes.text(-GAP / side / 2, 0.5, sign, fontsize=14, ha="center", va="center",
                  transform=axes.transAxes)  # fmt: skip


def _dense_figure(worked: Arithmetic) -> Figure:
    """A bar for each of the products that move the sum most, and one for all others."""
    products = worked.products.ravel()
    order = np.argsort(-np.abs(products), kind="stable")[:BARS_SHOWN]
    figure = new_figure(PRINT_WIDTH, 0.24 * len(order) + 2.6)
    axes = figure.subplots()
    values, weights = worked.window.ravel()[order], worked.weights.ravel()[order]
    labels = [
        f"input {index}:  {value:.3g} × {weight:.3g}"
        for index, value, weight in zip(order, values, weights, strict=True)
    ]
    lengths = products[order].tolist()
    if len(order) < products.size:
        lengths.append(float(products.sum() - products[order].sum()))
        labels.append(_others(products.size - len(order)))
    places = np.arange(len(lengths))
    axes.barh(places, lengths, color=[BLUE if length >= 0 else VERMILION for length in lengths])
    for place, length in zip(places, lengths, strict=True):
        side = "left" if length >= 0 else "right"
        axes.annotate(
            f"{length:.3g}", (length, place), (3 if length >= 0 else -3, 0),
            textcoords="offset points", ha=side, va="center", fontsize=SMALL,
        )  # fmt: skip
    axes.set_yticks(places, labels, fontsize=SMALL)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.axvline(0, color="black", linewidth=0.6)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=SMALL)
    axes.set_xlabel("product of input and weight", fontsize=SMALL)
    figure.suptitle(_headline(worked), fontsize=NORMAL + 1, fontweight="bold")
    figure.supxlabel(_words(worked, ""), fontsize=SMALL + 1, linespacing=1.4)
    return figure


def _headline(worked: Arithmetic) -> str:
    return filled([written(heading(worked))], PRINT_WIDTH, NORMAL + 1)


def _words(worked: Arithmetic, left_out: str) -> str:
    lines = [left_out] if left_out else []
    return filled([*lines, *closing(worked)], PRINT_WIDTH, SMALL + 1)


def _left_out(worked: Arithmetic, shown: int) -> str:
    if worked.method in ("max", "avg"):
        return ""
    others = worked.strongest[shown:]
    if not len(others):
        return ""
    rest = float(worked.channel_totals[others].sum())
    return f"products of the other {counted(len(others), 'input channel')}: {rest:.6g}"


def _others(count: int) -> str:
    return "the other one" if count == 1 else f"the {count:,} others together"


def _draw_input(axes: Axes, worked: Arithmetic, channel: int, ends: Ends) -> None:
    """One channel of the layer's input, with the window on it."""
    values = worked.inputs[:, :, channel]
    bare(axes).imshow(values, cmap=PLAIN, vmin=ends[0], vmax=ends[1])
    top, left = worked.corner
    height, width = worked.inside.shape
    for colour, line in (("white", 3.0), (VERMILION, 1.6)):
        frame = Rectangle(
            (left - 0.5, top - 0.5), width, height, fill=False, edgecolor=colour, linewidth=line
        )
        frame.set_clip_on(False)
        axes.add_patch(frame)
    down, across = values.shape  # a window that begins in the padding keeps clear of the title
    axes.set_xlim(min(0, left) - 0.5, max(across, left + width) - 0.5)
    axes.set_ylim(max(down, top + height) - 0.5, min(0, top) - 0.5)
    size = f"{values.shape[0]}x{values.shape[1]}"
    axes.set_title(f"input, channel {channel}\n{size}", fontsize=SMALL + 1)
    axes.set_xlabel(f"{values.min():.3g} to {values.max():.3g}, dark to bright", fontsize=SMALL)


def _draw_numbers(
    axes: Axes,
    values: Doubles,
    inside: NDArray[np.bool_],
    side: float,
    ends: Ends | None = None,
) -> None:
    """Numbers as colours, between `ends` or about 0, and as numbers where there is room."""
    reach = float(np.abs(values).max()) or 1.0
    low, high = ends or (-reach, reach)
    shown = np.where(inside, values, np.nan) if ends else values
    bare(axes).imshow(shown, cmap=PLAIN if ends else SIGNED, vmin=low, vmax=high)
    cells = [
        f"{value + 0.0:.2g}" if there else "pad"
        for value, there in zip(values.flat, inside.flat, strict=True)
    ]
    room = 0.88 * side * 72 / max(values.shape)  # points
    points = min(10.0, room / max(map(_ems, cells)))
    if points < SMALLEST:
        span = f"{values.min():.3g} to {values.max():.3g}"
        axes.set_xlabel(f"{span};\n{values.size:,} numbers are not written", fontsize=SMALL)
        return
    for (row, column), text in zip(np.ndindex(values.shape), cells, strict=True):
        bright = (values[row, column] - low) / ((high - low) or 1)
        dark_ink = bright > 0.55 if ends else 0.2 < bright < 0.85
        ink = "black" if dark_ink or not inside[row, column] else "white"
        axes.text(column, row, text, ha="center", va="center", fontsize=points, color=ink)


def _ems(text: str) -> float:
    """How wide a number is in DejaVu Sans, in parts of its size."""
    return sum({".": 0.32, "-": 0.37}.get(letter, 0.64) for letter in text)


def _ends(values: Doubles) -> tuple[float, float]:
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    return (low, high) if low < high else (low, low + 1.0)


def _mark_taken(axes: Axes, worked: Arithmetic) -> None:
    """A frame around the number that a maximum takes."""
    if worked.method == "max":
        row, column = np.unravel_index(int(worked.weights.argmax()), worked.inside.shape)
        corner = (float(column) - 0.47, float(row) - 0.47)
        axes.add_patch(
            Rectangle(corner, 0.94, 0.94, fill=False, edgecolor=VERMILION, linewidth=2.5)
        )
