"""Figures of feature maps: the notes' grid, and a sheet of every channel."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from lenswork.errors import UsageError
from lenswork.look.grid import FeatureMaps, LayerMaps, Scale, sheet, sheet_columns
from lenswork.look.style import (
    COLOUR_MAPS,
    NORMAL,
    PRINT_DPI,
    SMALL,
    ColourMap,
    bare,
    new_figure,
    written,
)
from lenswork.model.layers import format_shape

COLUMNS = 5  # maps beside a picture before a further block begins
PAGE_INCHES = 8.0
LABEL_INCHES = 0.5  # beside a sheet: which channels a row has
TALLEST_INCHES = 300.0  # 45,000 pixels in print; PNG writers stop at 65,536
LISTED = 12  # channels named before "and 3 more"
DEAD_GREY = "#c8c8c8"


def channel_figure(maps: FeatureMaps, colours: ColourMap = "inferno") -> Figure:
    """The grid: a row a picture, the picture itself first, then its map in each layer.

    More layers than fit beside one another go on in further rows.
    """
    blocks = [maps.layers[start : start + COLUMNS] for start in range(0, len(maps.layers), COLUMNS)]
    columns = 1 + len(blocks[0])
    rows = len(maps.shown) * len(blocks)
    widths = [1.6] * columns
    figure = new_figure(max(sum(widths), 5.0), 2.15 * rows + 0.9)
    panels = figure.subplots(rows, columns, squeeze=False)
    for block, layers in enumerate(blocks):
        for index in range(len(maps.shown)):
            row = panels[block * len(maps.shown) + index]
            _draw_picture(row[0], maps, index)
            for axes, layer in zip(row[1:], layers, strict=False):
                _draw_map(axes, layer, index, colours)
            for axes in row[1 + len(layers) :]:
                axes.set_axis_off()
    channel = maps.layers[0].numbers[0]
    figure.suptitle(f"Channel {channel} of each layer", fontsize=NORMAL + 1, fontweight="bold")
    _add_scale(figure, panels.ravel().tolist(), maps, colours)
    return figure


def sheet_figure(maps: FeatureMaps, colours: ColourMap = "viridis") -> Figure:
    """Every channel of each layer tiled, for one picture: a sheet a layer, the picture first.

    Raises `UsageError` for so many layers that no picture file could hold them.
    """
    heights = [2.0, *(_sheet_height(layer) for layer in maps.layers)]
    if sum(heights) > TALLEST_INCHES:
        raise UsageError(
            f"{len(maps.layers)} layers on one sheet would be {sum(heights):,.0f} inches tall: "
            f"choose fewer layers; the layers are: {'; '.join(x.name for x in maps.layers)}"
        )
    figure = new_figure(PAGE_INCHES, sum(heights) + 0.6)
    panels = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    _draw_picture(panels[0], maps, 0)
    panels[0].set_anchor("W")
    for axes, layer in zip(panels[1:], maps.layers, strict=True):
        _draw_sheet(axes, layer, maps.scale, colours)
    _add_scale(figure, list(panels), maps, colours)
    return figure


def _sheet_height(layer: LayerMaps) -> float:
    columns = sheet_columns(len(layer.numbers))
    rows = math.ceil(len(layer.numbers) / columns)
    height, width = layer.side
    return rows * _cell_inches(layer) * height / width + 0.17 * len(_notes(layer)) + 0.36


def _cell_inches(layer: LayerMaps) -> float:
    """The width of a map on the page; maps of one number need no more than a square."""
    columns = sheet_columns(len(layer.numbers))
    height, width = layer.side
    widest = 0.3 if (height, width) == (1, 1) else 1.1
    fits_upright = 3.0 * width / height
    return min((PAGE_INCHES - LABEL_INCHES) / columns, widest, fits_upright)


def _draw_sheet(axes: Axes, layer: LayerMaps, scale: Scale, colours: ColourMap) -> None:
    pixels = _cell_inches(layer) * PRINT_DPI
    larger = math.ceil(pixels / layer.side[1])  # hard squares, never blurred
    height, width = (side * larger for side in layer.side)
    gap = max(1, round(min(height, width) / 20))
    tiled, columns = sheet(layer, gap, larger)
    axes.imshow(tiled, cmap=COLOUR_MAPS[colours], vmin=0, vmax=1)
    for index in np.flatnonzero(layer.silent[0]):
        row, column = divmod(int(index), columns)
        corner = (row * (height + gap), column * (width + gap))
        _mark_dead(axes, corner, (height, width), named=_cell_inches(layer) >= 0.3)
    bare(axes)
    for spine in axes.spines.values():
        spine.set_visible(False)
    rows = math.ceil(len(layer.numbers) / columns)
    starts = range(0, rows, max(1, rows // 8))
    axes.set_yticks(
        [row * (height + gap) + (height - 1) / 2 for row in starts],
        [str(layer.numbers[row * columns]) for row in starts],
        fontsize=SMALL,
        color="#555555",
    )
    axes.tick_params(length=0, pad=2)
    axes.set_anchor("W")
    axes.set_title(_sheet_title(layer, scale), fontsize=NORMAL, loc="left", pad=3)


def _mark_dead(axes: Axes, corner: tuple[int, int], size: tuple[int, int], *, named: bool) -> None:
    """A grey field with the word, or a cross where there is no room for it."""
    (top, left), (height, width) = corner, size
    across = (left - 0.5, left + width - 0.5)
    down = (top - 0.5, top + height - 0.5)
    axes.fill_between(across, *down, color=DEAD_GREY, linewidth=0)
    if named:
        axes.text(sum(across) / 2, sum(down) / 2, "dead", ha="center", va="center", fontsize=6)
    else:
        axes.plot(across, down, color="black", linewidth=0.5)
        axes.plot(across, down[::-1], color="black", linewidth=0.5)


def _sheet_title(layer: LayerMaps, scale: Scale) -> str:
    count = len(layer.numbers)
    what = "units" if len(layer.shape) == 1 else "channels"
    head = f"{written(layer.name, 40)}  ·  {format_shape(layer.shape)}"
    numbers = f"{what} 0 to {count - 1}, left to right"
    first, last = _number(layer.low.min()), _number(layer.high.max())
    if scale == "shared" or layer.side == (1, 1):
        said = f"one scale: {first} to {last}"
    else:
        said = f"own scales, all within {first} to {last}"
    return "\n".join([f"{head}  ·  {numbers}  ·  {said}", *_notes(layer)])


def _notes(layer: LayerMaps) -> list[str]:
    """The channels that show nothing, in words."""
    count = len(layer.numbers)
    notes = []
    if layer.dead:
        dead = _listed(layer.dead)
        notes.append(f"{len(layer.dead)} of {count} dead (0 everywhere for this picture): {dead}")
    if layer.flat:
        flat = _listed(layer.flat)
        notes.append(f"{len(layer.flat)} of {count} flat (one number, not 0, everywhere): {flat}")
    return notes


def _draw_picture(axes: Axes, maps: FeatureMaps, index: int) -> None:
    one, picture = maps.shown[index], maps.inputs[index]
    grey = picture.shape[2] == 1
    bare(axes).imshow(
        picture[:, :, 0] if grey else picture, cmap="gray" if grey else None, vmin=0, vmax=255
    )
    said = maps.predictions[index]
    size = f"{picture.shape[0]}x{picture.shape[1]}"
    if one.picture.shape != picture.shape:
        size = f"{format_shape(one.picture.shape)} to {format_shape(picture.shape)}"
    axes.set_title(f"{written(one.id, 24)}\n{size}", fontsize=SMALL)
    answer = f"answer {written(said.class_name, 16)} {said.probability:.1%}"
    truth = "" if one.truth is None else f"truth {written(one.truth, 18)}\n"
    axes.set_xlabel(truth + answer, fontsize=SMALL)


def _draw_map(axes: Axes, layer: LayerMaps, index: int, colours: ColourMap) -> None:
    values, low, high = layer.maps[index, 0], layer.low[index, 0], layer.high[index, 0]
    bare(axes).set_title(f"{written(layer.name, 24)}\n{format_shape(layer.shape)}", fontsize=SMALL)
    if layer.silent[index, 0]:
        axes.imshow(np.zeros_like(values), cmap=COLOUR_MAPS["grey"], vmin=-3.6, vmax=1)
        dead = bool(layer.dead)
        note = (
            "dead:\n0 everywhere for\nall these pictures"
            if dead
            else "0 everywhere\nfor this picture"
        )
        middle = ((values.shape[1] - 1) / 2, (values.shape[0] - 1) / 2)
        axes.text(*middle, note, ha="center", va="center", fontsize=SMALL)
    else:
        axes.imshow(values, cmap=COLOUR_MAPS[colours], vmin=low, vmax=high)
    label = f"{_number(low)} to {_number(high)}"
    if values.size == 1:
        label = f"{_number(values[0, 0])}  (colours: {label})"
    axes.set_xlabel(label, fontsize=SMALL)


def _add_scale(figure: Figure, panels: list[Axes], maps: FeatureMaps, colours: ColourMap) -> None:
    """One bar for all maps, and words that say what its ends mean."""
    shown = ScalarMappable(Normalize(0, 1), COLOUR_MAPS[colours])
    bar = figure.colorbar(
        shown,
        ax=panels,
        location="bottom",
        shrink=0.5,
        aspect=40,
        fraction=0.02,
        pad=0.02,
        panchor=False,  # the panels stay where they are anchored
    )
    whose = "layer" if maps.scale == "shared" else "map"
    bar.set_ticks([0, 1], labels=[f"least of the {whose}", f"greatest of the {whose}"])
    bar.ax.tick_params(length=0, labelsize=SMALL)
    bar.outline.set_linewidth(0.4)
    scales = "one scale a layer" if maps.scale == "shared" else "each map on its own scale"
    bar.set_label(f"colours: {colours}, {scales}; input: {maps.preprocess}", fontsize=SMALL)


def _listed(channels: Sequence[int]) -> str:
    named = ", ".join(map(str, channels[:LISTED]))
    more = len(channels) - LISTED
    return f"{named} and {more} more" if more > 0 else named


def _number(value: float) -> str:
    return f"{value:.3g}"
