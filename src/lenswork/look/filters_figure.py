"""Figures of a convolution's filters: their weights, and what excites each of them most."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from lenswork.errors import UsageError
from lenswork.look.filters import FilterLook
from lenswork.look.strongest import Patch
from lenswork.model.shapes import format_shape
from lenswork.record.style import NORMAL, PRINT_WIDTH, SMALL, VERMILION, bare, new_figure

SIGNED = "PuOr_r"  # orange above 0, white at 0, purple below: told apart by every kind of eye
MOST_FILTERS = 64  # in one figure
TILES_ACROSS = 8
ROW_INCHES = 0.36
GAP = 0.12  # of a patch's side, between patches
SHADES = (0.82, 0.92)  # the chequers that stand for what lies outside the picture

Image = NDArray[np.float64]  # (height, width, 3), 0 to 1


def weights_figure(
    look: FilterLook, channel: int | None = None, filters: Sequence[int] | None = None
) -> Figure:
    """Filters as pictures, all on one scale: grey filters in orange and purple, RGB in colours.

    Filters over other maps are shown for one input `channel` at a time. Raises `UsageError` for
    a channel or filter that does not exist, or when a channel must be said.
    """
    shown = chosen_filters(look, filters)
    values, what = _slice(look, channel)
    largest = float(np.abs(values).max()) or 1.0
    across = min(TILES_ACROSS, len(shown))
    down = -(-len(shown) // across)
    width = max(4.5, 0.72 * across + 0.5)
    figure = new_figure(width, 0.9 * down + 1.2)
    figure.suptitle(
        f"Weights of layer {look.layer}\n{len(look)} filters of "
        f"{format_shape(look.weights.shape[1:])}; {what}",
        fontsize=NORMAL,
    )
    grid = figure.add_gridspec(down, across)
    for place, number in enumerate(shown):
        axes = bare(figure.add_subplot(grid[divmod(place, across)]))
        image = draw_weights(axes, values[number], largest)
        _title_filter(axes, look, number)
    if values.shape[-1] == 1:
        bar = figure.colorbar(
            image, ax=figure.axes, orientation="horizontal", shrink=0.6, aspect=40
        )
        bar.set_label("weight, one scale for all filters; white is 0", fontsize=SMALL)
        bar.ax.tick_params(labelsize=SMALL)
    else:
        figure.supxlabel(
            f"red, green and blue weights as those colours, one scale for all filters: mid grey "
            f"is 0,\nblack {-largest:.2g}, full colour {largest:+.2g}",
            fontsize=SMALL,
        )
    return figure


def patches_figure(look: FilterLook, filters: Sequence[int] | None = None) -> Figure:
    """Each filter's weights, where they are a picture, beside the patches that excite it most."""
    shown = chosen_filters(look, filters)
    columns = 1 if len(shown) <= 8 else 2
    rows = -(-len(shown) // columns)
    figure = new_figure(PRINT_WIDTH if columns == 2 else 5.2, ROW_INCHES * rows + 1.0)
    field = _field_text(look)
    figure.suptitle(
        f"What excites the filters of layer {look.layer} most\n"
        f"strongest patch of each picture, the strongest first, of {look.pictures:,} pictures; "
        f"{field}",
        fontsize=SMALL + 1,
    )
    outer = figure.add_gridspec(1, columns, wspace=0.06)
    for column in range(columns):
        part = shown[column * rows : (column + 1) * rows]
        _draw_column(figure, look, part, outer[0, column], rows)
    figure.supxlabel(
        "Left of each row: the filter's number and its range of answers"
        + (", then its weights. " if _is_picture(look) else ". ")
        + ("Chequered: outside the picture." if _any_outside(look, shown) else ""),
        fontsize=SMALL,
    )
    return figure


def chosen_filters(look: FilterLook, filters: Sequence[int] | None) -> list[int]:
    """The filters to show, the first 64 if none are named; raises `UsageError` for wrong ones."""
    if filters is None:
        return list(range(min(len(look), MOST_FILTERS)))
    for number in filters:
        if not 0 <= number < len(look):
            raise UsageError(
                f"layer {look.layer!r} has no filter {number}: it has {len(look)}, numbered 0 to "
                f"{len(look) - 1}"
            )
    if not 0 < len(filters) <= MOST_FILTERS:
        raise UsageError(f"expected 1 to {MOST_FILTERS} filters in a figure, got {len(filters)}")
    return list(filters)


def framed(patch: Patch) -> Image:
    """A patch in its whole receptive field, (height, width, 3), chequered outside the picture."""
    top, left, height, width = patch.field.frame
    rows, columns = np.indices((height, width))
    image = np.repeat(np.take(SHADES, (rows + columns) % 2)[:, :, np.newaxis], 3, axis=2)
    field = patch.field
    inside = image[field.top - top : field.bottom - top, field.left - left : field.right - left]
    inside[:] = patch.pixels / 255  # a grey patch fills all three colours
    return image


def draw_weights(axes: Axes, values: NDArray[np.float32], largest: float) -> AxesImage:
    """One filter's (height, width, 1 or 3) weights on a scale of -largest to largest."""
    if values.shape[-1] == 3:
        return axes.imshow(np.clip(0.5 + values / (2 * largest), 0, 1), interpolation="nearest")
    return axes.imshow(
        values[..., 0], cmap=SIGNED, norm=Normalize(-largest, largest), interpolation="nearest"
    )


def _slice(look: FilterLook, channel: int | None) -> tuple[NDArray[np.float32], str]:
    """(filters, height, width, 1 or 3) weights to draw, and what they are."""
    channels = look.weights.shape[-1]
    if channel is None and channels not in (1, 3):
        raise UsageError(
            f"the filters of layer {look.layer!r} lie over {channels} maps: say which input "
            f"channel to show, 0 to {channels - 1}"
        )
    if channel is None:
        return look.weights, "grey" if channels == 1 else "red, green and blue together"
    if not 0 <= channel < channels:
        raise UsageError(
            f"the filters of layer {look.layer!r} have no input channel {channel}: they have "
            f"{channels}, numbered 0 to {channels - 1}"
        )
    return look.weights[..., channel : channel + 1], f"input channel {channel} of {channels}"


def _title_filter(axes: Axes, look: FilterLook, number: int) -> None:
    """The filter's number; dead ones and duplicates are said, too."""
    said = look.trouble(number)
    axes.set_title(
        f"{number}" + (f"\n{said}" if said else ""),
        fontsize=SMALL,
        pad=2,
        color=VERMILION if said else "black",
    )


def _draw_column(
    figure: Figure, look: FilterLook, numbers: Sequence[int], spec: SubplotSpec, rows: int
) -> None:
    with_weights = _is_picture(look)
    most = max((len(row) for row in look.strongest), default=0) or 1
    ratios = [1.9] + ([1.0] if with_weights else []) + [most * (1 + GAP)]
    grid = spec.subgridspec(rows, len(ratios), width_ratios=ratios, wspace=0.05, hspace=0.08)
    largest = float(np.abs(look.weights).max()) or 1.0
    for row, number in enumerate(numbers):
        label = figure.add_subplot(grid[row, 0])
        label.set_axis_off()
        label.text(
            1, 0.5, _label(look, number), ha="right", va="center", fontsize=SMALL,
            color=VERMILION if look.trouble(number) else "black",
        )  # fmt: skip
        if with_weights:
            draw_weights(bare(figure.add_subplot(grid[row, 1])), look.weights[number], largest)
        strip = figure.add_subplot(grid[row, len(ratios) - 1])
        strip.set_axis_off()
        _draw_strip(strip, look.strongest[number], most)


def _draw_strip(axes: Axes, patches: Sequence[Patch], most: int) -> None:
    """Patches side by side in one axes: hundreds of axes would take a minute to lay out."""
    if not patches:
        axes.text(0, 0.5, "no picture excites it", fontsize=SMALL, color=VERMILION, va="center")
        return
    height, width = patches[0].field.frame[2:]
    for place, patch in enumerate(patches):
        left = place * width * (1 + GAP)
        axes.imshow(
            framed(patch), extent=(left, left + width, height, 0), interpolation="nearest",
        )  # fmt: skip
        frame = Rectangle((left, 0), width, height, fill=False, linewidth=0.3, edgecolor="#888888")
        axes.add_patch(frame)
    axes.set_xlim(-0.02 * width, most * width * (1 + GAP))
    axes.set_ylim(height * 1.05, -0.05 * height)
    axes.set_aspect("equal", anchor="W")


def _label(look: FilterLook, number: int) -> str:
    trouble = look.trouble(number)
    patches = look.strongest[number]
    if trouble == "dead" or not patches:
        return f"{number}  {trouble or 'never above 0'}"
    answers = f"{patches[0].answer:.2g} to {patches[-1].answer:.2g}"
    if len(patches) == 1:
        answers = f"{patches[0].answer:.2g}"
    if trouble == "nearly dead":
        trouble = f"nearly dead: fires on\n{look.fired[number]:,} of {look.pictures:,} pictures"
    return f"{number}  {answers}" + (f"\n{trouble}" if trouble else "")


def _is_picture(look: FilterLook) -> bool:
    return look.weights.shape[-1] in (1, 3)


def _field_text(look: FilterLook) -> str:
    frames = [patch.field.frame for row in look.strongest for patch in row]
    return f"receptive field {frames[0][2]}x{frames[0][3]} pixels" if frames else "no answers"


def _any_outside(look: FilterLook, shown: Sequence[int]) -> bool:
    return any(
        patch.pixels.shape[:2] != patch.field.frame[2:]
        for number in shown
        for patch in look.strongest[number]
    )
