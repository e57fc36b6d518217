"""The filter lab as figures: original, kernel, filtered, pooled; and all presets on one sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from lenswork.errors import UsageError
from lenswork.kinds import Picture
from lenswork.look.kernels import Kernel, format_number
from lenswork.look.lab import Filtered, FilterLab, format_size
from lenswork.record.style import (
    LARGE,
    NORMAL,
    PRINT_WIDTH,
    SMALL,
    axes_at,
    bare,
    from_top,
    letters_in,
    new_page,
)

WIDTH = 10.0  # inches
TITLE, TICK = 10, 10  # points: a page's column shows four panels at 0.63 of their size
TICK_INCHES = 0.4  # that a number on an axis takes
KERNEL_SHARE = 0.72  # of a picture's width
GAP, NARROW = 0.42, 0.15  # inches between panels, with and without the numbers of an axis
HEAD, LINE, FOOT = 0.45, 0.185, 0.95  # inches: headline, a line of a title, axis and two lines
SMALLEST = 9.6  # points, of the numbers in a kernel
SIGNS = "PuOr_r"  # orange above 0, purple below: told apart by all kinds of colour vision
ACROSS = 4  # presets in one row of a sheet, which is as wide as a page's column
LONGEST = 3.0  # a picture's panel is at most so many times as high as it is wide


def lab_figure(result: Filtered) -> Figure:
    """Original, kernel, filtered and pooled side by side in panels of one width.

    The axes count pixels, so that pooling is seen to halve them; each title has the size and how
    it comes about, and the foot says what the kernel did and that networks correlate.
    """
    panels = _panels(result)
    between = GAP * len(panels) + 2 * NARROW
    inches = (WIDTH - between) / (len(panels) + KERNEL_SHARE)
    height, width = result.original.shape[:2]
    high = max(inches * min(LONGEST, height / width), inches * KERNEL_SHARE)
    kernel_title = _kernel_title(result.lab)
    titles = LINE * max(len(kernel_title), *(1 + len(panel.words) for panel in panels))
    figure = new_page(WIDTH, HEAD + titles + high + FOOT)
    figure.suptitle(_headline(result.lab.kernel), y=from_top(figure, 0.08), fontsize=LARGE,
                    fontweight="bold", va="top")  # fmt: skip
    top, left = HEAD + titles, GAP
    for panel in panels:
        _draw_picture(axes_at(figure, left, top, inches, high), panel, inches, high)
        if panel is panels[0]:
            side = inches * KERNEL_SHARE
            kernel_axes = axes_at(figure, left + inches + NARROW, top, side, side)
            _draw_kernel(kernel_axes, result.lab, side, kernel_title)
            left += NARROW + side
        left += inches + GAP
    effect = result.effect.replace(" -", " \N{MINUS SIGN}")
    _write_foot(figure, f"{effect}\n{result.lab.manner}", TITLE)
    return figure


def sheet_figure(results: Sequence[Filtered]) -> Figure:
    """One picture under many kernels: what each makes of it, after pooling.

    Raises `UsageError` where there is none.
    """
    if not results:
        raise UsageError("give at least one filtered picture to make a sheet of")
    inches = (PRINT_WIDTH - 0.1) / ACROSS - 0.1
    height, width = results[0].original.shape[:2]
    high = inches * min(LONGEST, height / width)
    row = high + 2 * LINE + 0.1
    headline = fill(_sheet_headline(results), letters_in(PRINT_WIDTH, NORMAL))
    manner = fill(results[0].lab.manner, letters_in(PRINT_WIDTH))
    head = 0.15 + LINE * (headline.count("\n") + 1)
    figure = new_page(PRINT_WIDTH, head + row * -(-len(results) // ACROSS) + 0.5)
    figure.suptitle(headline, y=from_top(figure, 0.08), fontsize=NORMAL, va="top")
    for place, result in enumerate(results):
        down, across = divmod(place, ACROSS)
        left, top = 0.1 + across * (inches + 0.1), head + down * row + 2 * LINE
        axes = bare(axes_at(figure, left, top, inches, high))
        axes.imshow(_image(result.pooled), cmap="gray", vmin=0, vmax=255)
        kernel = result.lab.kernel
        weight = "" if kernel.weight == 1 else f" × {_weight(kernel)}"
        words = f"{kernel.size}x{kernel.size}{weight}, {format_size(result.pooled)}"
        axes.set_title(f"{kernel.name}\n{words}", fontsize=SMALL, pad=3)
    _write_foot(figure, manner, SMALL)
    return figure


def _write_foot(figure: Figure, text: str, points: float) -> None:
    place = 0.1 / float(figure.get_figheight())
    figure.supxlabel(text, y=place, fontsize=points, color="#444444")


@dataclass(frozen=True)
class _Panel:
    name: str
    picture: Picture
    words: tuple[str, ...]  # lines under the name: what was done, and how the size comes about


def _panels(result: Filtered) -> list[_Panel]:
    lab, sizes = result.lab, result.sizes

    def sums(name: str) -> tuple[str, ...]:
        return tuple(sizes[name].partition(": ")[2].split("; "))

    panels = [
        _Panel("original", result.original, (result.colours,)),
        _Panel("filtered", result.filtered, sums("filtered")),
    ]
    if "pooled" in sizes:
        panels.append(_Panel("pooled", result.pooled, (_pooling(lab), *sums("pooled"))))
    return panels


def _draw_picture(axes: Axes, panel: _Panel, across: float, down: float) -> None:
    axes.imshow(_image(panel.picture), cmap="gray", vmin=0, vmax=255)
    axes.tick_params(labelsize=TICK, length=2)
    height, width = panel.picture.shape[:2]
    inches = min(across, down * width / height), min(down, across * height / width)
    axes.set_xticks(_pixel_ticks(width, inches[0]))
    axes.set_yticks(_pixel_ticks(height, inches[1]))
    title = (f"{panel.name} {format_size(panel.picture)}", *panel.words)
    axes.set_title("\n".join(title), fontsize=TITLE)


def _pixel_ticks(side: int, inches: float) -> list[int]:
    """Pixels to number on an axis: the last alone where there is no room for two."""
    most = min(5, int(inches / TICK_INCHES))
    if side == 1 or most < 2:
        return [side - 1]
    ticks = MaxNLocator(nbins=most, integer=True).tick_values(0, side - 1)
    return [int(tick) for tick in ticks if 0 <= tick < side]


def _draw_kernel(axes: Axes, lab: FilterLab, inches: float, title: Sequence[str]) -> None:
    kernel = lab.kernel
    rows: NDArray[np.float64] = kernel.array[::-1, ::-1] if lab.flip else kernel.array
    most = float(np.abs(rows).max()) or 1.0
    bare(axes).imshow(rows, cmap=SIGNS, vmin=-most, vmax=most)
    axes.set_xticks(np.arange(kernel.size - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(kernel.size - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1)
    axes.tick_params(which="minor", length=0)
    axes.set_title("\n".join(title), fontsize=TITLE)
    texts = [_cell(number) for number in rows.flat]
    points = 0.9 * (inches - 0.1) * 72 / kernel.size / (0.64 * max(map(len, texts)))  # em a digit
    if points < SMALLEST:
        axes.set_xlabel(f"from {_cell(rows.min())} to {_cell(rows.max())}", fontsize=TITLE)
        return
    for (y, x), text in zip(np.ndindex(rows.shape), texts, strict=True):
        colour = "white" if abs(rows[y, x]) > 0.6 * most else "black"
        axes.text(x, y, text, ha="center", va="center", color=colour, fontsize=min(points, LARGE))


def _kernel_title(lab: FilterLab) -> list[str]:
    kernel = lab.kernel
    lines = [f"kernel {kernel.size}x{kernel.size}", f"weight {_weight(kernel)}"]
    if lab.flip:
        lines.append("turned by 180°")
    if lab.stride > 1:
        lines.append(f"stride {lab.stride}")
    if lab.padding != "none":
        lines.append(f"{lab.padding} padding")
    return lines


def _weight(kernel: Kernel) -> str:
    text = format_number(kernel.weight)
    return text if len(text) < 10 else f"{kernel.weight:.4g}"


def _headline(kernel: Kernel) -> str:
    return f"{kernel.name}: {kernel.meaning}" if kernel.meaning else kernel.name


def _sheet_headline(results: Sequence[Filtered]) -> str:
    first = results[0]
    words = [f"{len(results)} kernels on one picture of {format_size(first.original)}"]
    if first.lab.pool > 1:
        words.append(f"then {_pooling(first.lab)}")
    words.append("clipped to 0..255" if first.lab.clip else "not clipped, each on its own scale")
    return ", ".join(words)


def _pooling(lab: FilterLab) -> str:
    return f"{lab.pool}x{lab.pool} {'maximum' if lab.pool_method == 'max' else 'mean'} pooling"


def _cell(number: float) -> str:
    text = str(round(number)) if number == round(number) else f"{number:.3g}"
    return text.replace("-", "\N{MINUS SIGN}")


def _image(picture: Picture) -> Picture:
    return picture[:, :, 0] if picture.shape[2] == 1 else picture
