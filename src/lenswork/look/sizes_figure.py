"""The receptive field of one number, drawn on the picture."""

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lenswork.errors import UsageError
from lenswork.kinds import Picture
from lenswork.look.activations import Numbers
from lenswork.look.sizes import Sight, Span
from lenswork.model.shapes import format_shape
from lenswork.record.style import (
    NORMAL,
    PRINT_WIDTH,
    SKY,
    SMALL,
    VERMILION,
    bare,
    new_figure,
    written,
)

LETTERS_AN_INCH = 13  # of the title's size


def sight_figure(seen: Sight, picture: Picture, feature_map: Numbers | None = None) -> Figure:
    """The field drawn on the picture, what lies in it, and the unit in its map where one is given.

    `picture` is (height, width, channels) uint8 as the network sees it; `feature_map` is one
    channel of the layer, (height, width). Raises `UsageError` for a picture of another size.
    """
    if picture.shape[:2] != seen.picture:
        raise UsageError(
            f"expected a picture of {format_shape(seen.picture)} pixels as the network sees it, "
            f"got {format_shape(picture.shape[:2])}"
        )
    columns = 2 if feature_map is None else 3
    width = min(2.9 * columns, PRINT_WIDTH)
    words = written(str(seen)).replace("; padding", " (hatched); padding")
    title = textwrap.fill(words, int(LETTERS_AN_INCH * width))
    figure = new_figure(width, width / columns + 0.4 + 0.18 * (title.count("\n") + 1))
    panels = figure.subplots(1, columns)
    _draw_field(panels[0], seen, picture)
    _draw_seen(panels[1], seen, picture)
    if feature_map is not None:
        _draw_unit(panels[2], seen, feature_map)
    for axes in panels:
        axes.set_anchor("N")  # level with one another
    figure.suptitle(title, fontsize=NORMAL)
    return figure


def _draw_field(axes: Axes, seen: Sight, picture: Picture) -> None:
    _show(axes, picture)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.add_patch(_box((0, seen.picture[0]), (0, seen.picture[1]), "#888888", 0.6))
    if seen.whole_size != seen.size:
        whole = _box(seen.whole_rows, seen.whole_columns, SKY, 1.2)
        whole.set(hatch="////", linestyle="--", zorder=0.5)
        axes.add_patch(whole)
    if min(seen.size):
        axes.add_patch(_box(seen.rows, seen.columns, "white", 3.2))
        axes.add_patch(_box(seen.rows, seen.columns, VERMILION, 1.8))
    top, bottom = _view(seen.whole_rows, seen.picture[0])
    left, right = _view(seen.whole_columns, seen.picture[1])
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_xlabel(f"the picture, {format_shape(seen.picture)}", fontsize=SMALL)


def _view(whole: Span, side: int) -> tuple[float, float]:
    """What is shown of one side: the picture and as much of the field as is outside, with air."""
    air = side * 0.02
    return min(whole[0], 0) - 0.5 - air, max(whole[1], side) - 0.5 + air


def _draw_seen(axes: Axes, seen: Sight, picture: Picture) -> None:
    crop = picture[slice(*seen.rows), slice(*seen.columns)]
    bare(axes)
    if crop.size:
        _show(axes, crop)
        frame = _box((0, seen.size[0]), (0, seen.size[1]), VERMILION, 1.8)
        frame.set_clip_on(False)
        axes.add_patch(frame)
        for spine in axes.spines.values():
            spine.set_visible(False)
        left, right = _view((0, seen.size[1]), seen.size[1])  # as much air as the picture has
        top, bottom = _view((0, seen.size[0]), seen.size[0])
        axes.set(xlim=(left, right), ylim=(bottom, top))
    else:
        axes.text(0.5, 0.5, "nothing but padding", ha="center", va="center", fontsize=SMALL)
        axes.set_box_aspect(1)
    axes.set_xlabel(f"what it sees, {format_shape(seen.size)}", fontsize=SMALL)


def _draw_unit(axes: Axes, seen: Sight, feature_map: Numbers) -> None:
    bare(axes).imshow(feature_map, cmap="viridis")
    row, column = seen.position
    axes.add_patch(_box((row, row + 1), (column, column + 1), "white", 3.2))
    axes.add_patch(_box((row, row + 1), (column, column + 1), VERMILION, 1.8))
    value = feature_map[row, column]
    axes.set_xlabel(
        f"its map, {format_shape(feature_map.shape)}:\n{value:.4g} in row {row}, column {column}",
        fontsize=SMALL,
    )


def _show(axes: Axes, picture: Picture) -> None:
    grey = picture.shape[2] == 1
    shown = picture[:, :, 0] if grey else picture
    bare(axes).imshow(np.asarray(shown), cmap="gray" if grey else None, vmin=0, vmax=255)


def _box(rows: Span, columns: Span, colour: str, width: float) -> Rectangle:
    """A rectangle around whole pixels, whose centres are at whole numbers."""
    return Rectangle(
        (columns[0] - 0.5, rows[0] - 0.5),
        columns[1] - columns[0],
        rows[1] - rows[0],
        fill=False,
        edgecolor=colour,
        linewidth=width,
    )
