"""The arithmetic of one output value as a figure: window x filter = products, and their sum."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lenswork.look.arithmetic import Arithmetic, Doubles
from lenswork.look.arithmetic_text import closing, heading
from lenswork.record.style import BLUE, NORMAL, SMALL, VERMILION, bare, new_figure, written

ROWS_SHOWN = 3  # input channels
BARS_SHOWN = 15
NUMBERED = 8  # the widest window whose numbers are written
SIGNED = "PuOr_r"  # ColorBrewer: orange above 0, purple below, told apart by all eyes
PLAIN = "viridis"


def arithmetic_figure(worked: Arithmetic) -> Figure:
    """The input with the window marked, then window, filter and products, and the sum in words.

    Of many input channels (or of a dense layer's inputs) those that move the sum most.
    """
    if worked.method == "dense":
        return _dense_figure(worked)
    pooled = worked.method in ("max", "avg")
    channels = [worked.channel] if pooled else worked.strongest[:ROWS_SHOWN].tolist()
    columns = 2 if pooled else 4
    figure = new_figure(max(2.35 * columns, 6.5), 2.45 * len(channels) + 1.45)
    panels = figure.subplots(len(channels), columns, squeeze=False)
    for row, channel in zip(panels, channels, strict=True):
        _draw_input(row[0], worked, channel)
        part = 0 if pooled else channel
        _draw_numbers(row[1], worked.window[:, :, part], worked.inside, PLAIN, "window")
        if pooled:
            continue
        _draw_numbers(row[2], worked.weights[:, :, part], worked.inside, SIGNED, "filter")
        total = f"products, sum {worked.channel_totals[part]:.4g}"
        _draw_numbers(row[3], worked.products[:, :, part], worked.inside, SIGNED, total)
        for axes, sign in zip(row[2:], "×=", strict=True):
            axes.set_ylabel(sign, rotation=0, fontsize=14, labelpad=9, va="center")
    if pooled:
        _mark_taken(panels[0, 1], worked)
    _add_words(figure, worked, _left_out(worked, len(channels)))
    return figure


def _dense_figure(worked: Arithmetic) -> Figure:
    """A bar for each of the products that move the sum most, and one for all others."""
    products = worked.products.ravel()
    order = np.argsort(-np.abs(products), kind="stable")[:BARS_SHOWN]
    figure = new_figure(7.0, 0.24 * len(order) + 2.6)
    axes = figure.subplots()
    values, weights = worked.window.ravel()[order], worked.weights.ravel()[order]
    labels = [
        f"input {index}:  {value:.3g} × {weight:.3g}"
        for index, value, weight in zip(order, values, weights, strict=True)
    ]
    lengths = products[order].tolist()
    if len(order) < products.size:
        lengths.append(float(products.sum() - products[order].sum()))
        labels.append(f"the {products.size - len(order):,} others together")
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
    _add_words(figure, worked, "")
    return figure


def _add_words(figure: Figure, worked: Arithmetic, left_out: str) -> None:
    lines = [left_out] if left_out else []
    figure.suptitle(written(heading(worked)), fontsize=NORMAL + 1, fontweight="bold")
    figure.supxlabel("\n".join([*lines, *closing(worked)]), fontsize=NORMAL, linespacing=1.5)


def _left_out(worked: Arithmetic, shown: int) -> str:
    if worked.method in ("max", "avg"):
        return ""
    others = worked.strongest[shown:]
    if not len(others):
        return ""
    rest = float(worked.channel_totals[others].sum())
    return f"products of the other {len(others)} input channels: {rest:.6g}"


def _draw_input(axes: Axes, worked: Arithmetic, channel: int) -> None:
    """One channel of the layer's input, with the window on it."""
    values = worked.inputs[:, :, channel]
    bare(axes).imshow(values, cmap=PLAIN)
    top, left = worked.corner
    height, width = worked.inside.shape
    for colour, line in (("white", 3.0), (VERMILION, 1.6)):
        frame = Rectangle(
            (left - 0.5, top - 0.5), width, height, fill=False, edgecolor=colour, linewidth=line
        )
        frame.set_clip_on(False)
        axes.add_patch(frame)
    axes.set_title(f"input, channel {channel}", fontsize=SMALL + 1)
    axes.set_xlabel(f"{values.shape[0]}x{values.shape[1]}", fontsize=SMALL)


def _draw_numbers(
    axes: Axes, values: Doubles, inside: np.ndarray, colours: str, title: str
) -> None:
    """Numbers as colours and, in a window that is not too wide, as numbers."""
    shown = np.where(inside, values, np.nan) if colours == PLAIN else values
    reach = float(np.abs(values).max()) or 1.0
    low, high = (-reach, reach) if colours == SIGNED else _ends(values[inside])
    bare(axes).imshow(shown, cmap=colours, vmin=low, vmax=high)
    axes.set_title(title, fontsize=SMALL + 1)
    if max(values.shape) > NUMBERED:
        axes.set_xlabel(
            f"{low:.3g} to {high:.3g}; {values.size:,} numbers\nare too many to write",
            fontsize=SMALL,
        )
        return
    size = {1: 12, 2: 11, 3: 9, 4: 8, 5: 7, 6: 6, 7: 6}.get(max(values.shape), 5)
    for row, column in np.ndindex(values.shape):
        text = f"{values[row, column] + 0.0:.2g}" if inside[row, column] else "pad"
        bright = (values[row, column] - low) / ((high - low) or 1)
        dark_ink = bright > 0.55 if colours == PLAIN else 0.2 < bright < 0.85
        ink = "black" if dark_ink or not inside[row, column] else "white"
        axes.text(column, row, text, ha="center", va="center", fontsize=size, color=ink)


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
