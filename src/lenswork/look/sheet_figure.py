"""A sheet a layer: every channel of it for one picture, vectors as strips."""

import math
import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lenswork.errors import UsageError
from lenswork.look.feature_maps import FeatureMaps, LayerMaps, Scale, listed, unit_count
from lenswork.look.grid_figure import add_scale, draw_picture
from lenswork.look.sheet import sheet, sheet_columns, strip_columns
from lenswork.look.strip_figure import MOST_BARS, SILENT_GREY, draw_vector, strip_inches
from lenswork.model.shapes import format_shape
from lenswork.record.style import (
    COLOUR_MAPS,
    PRINT_DPI,
    PRINT_WIDTH,
    SMALL,
    ColourMap,
    bare,
    letters_in,
    new_figure,
    written,
)

LABEL_INCHES = 0.5  # beside a sheet: which channels a row has
HEAD_INCHES = 0.11  # above each row: the channels' numbers
LINE_INCHES, AIR_INCHES = 0.16, 0.2  # a line of a sheet's title, what is left around it
NUMBER_POINTS = 6
ROOM_FOR_NUMBER = 0.24  # inches; narrower maps have every eighth numbered
TALLEST_INCHES = 300.0  # 45,000 pixels in print; PNG writers stop at 65,536


def sheet_figure(maps: FeatureMaps, colours: ColourMap = "viridis") -> Figure:
    """Every channel of each layer tiled, for one picture: a sheet a layer, the picture first.

    Raises `UsageError` for so many layers that no picture file could hold them.
    """
    titles = [_title(layer, maps.scale) for layer in maps.layers]
    heights = [2.0, *map(_sheet_height, maps.layers, titles)]
    if sum(heights) > TALLEST_INCHES:
        raise UsageError(
            f"{len(maps.layers)} layers on one sheet would be {sum(heights):,.0f} inches tall: "
            f"choose fewer layers; the layers are: {'; '.join(x.name for x in maps.layers)}"
        )
    figure = new_figure(PRINT_WIDTH, sum(heights) + 0.6)
    panels = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    draw_picture(panels[0], maps, 0)
    panels[0].set_anchor("W")
    for axes, layer, title in zip(panels[1:], maps.layers, titles, strict=True):
        if layer.vector is None:
            _draw_sheet(axes, layer, colours)
        else:
            ends = float(layer.low[0, 0]), float(layer.high[0, 0])
            draw_vector(axes, layer.vector[0], ends, colours, _class_names(maps, layer))
        axes.set_title(title, fontsize=SMALL + 1, loc="left", pad=3)
    add_scale(figure, list(panels), maps, colours)
    return figure


def _class_names(maps: FeatureMaps, layer: LayerMaps) -> Sequence[str] | None:
    """The last layer's units are the classes; a sigmoid's one unit is not."""
    last = layer is maps.layers[-1] and layer.shape == (len(maps.classes),)
    return maps.classes if last and len(maps.classes) <= 12 else None


def _sheet_height(layer: LayerMaps, title: str) -> float:
    words = LINE_INCHES * (title.count("\n") + 1) + AIR_INCHES
    if layer.vector is not None:
        return strip_inches(layer.shape[0]) + words
    rows = math.ceil(len(layer.numbers) / sheet_columns(len(layer.numbers)))
    height, width = layer.side
    return rows * (_cell_inches(layer) * height / width + HEAD_INCHES) + words


def _cell_inches(layer: LayerMaps) -> float:
    """The width of a map on the page."""
    columns = sheet_columns(len(layer.numbers))
    height, width = layer.side
    fits_upright = 3.0 * width / height
    return min((PRINT_WIDTH - LABEL_INCHES) / columns, 1.1, fits_upright)


def _draw_sheet(axes: Axes, layer: LayerMaps, colours: ColourMap) -> None:
    cell = _cell_inches(layer)
    larger = math.ceil(cell * PRINT_DPI / layer.side[1])  # hard squares, never blurred
    height, width = (side * larger for side in layer.side)
    gap = max(1, round(min(height, width) / 20))
    head = round(HEAD_INCHES * width / cell)
    tiled, columns = sheet(layer, gap, larger, head)
    bare(axes).imshow(tiled, cmap=COLOUR_MAPS[colours], vmin=0, vmax=1)
    numbered = 1 if cell >= ROOM_FOR_NUMBER else 8
    for index, number in enumerate(layer.numbers):
        row, column = divmod(index, columns)
        top, left = row * (head + height + gap) + head, column * (width + gap)
        if column % numbered == 0:
            axes.text(left, top - 1, str(number), fontsize=NUMBER_POINTS, va="bottom",
                      color="#333333")  # fmt: skip
        if layer.silent[0, index]:
            _mark_dead(axes, (top, left), (height, width), named=cell >= 0.3)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_anchor("W")


def _mark_dead(axes: Axes, corner: tuple[int, int], size: tuple[int, int], *, named: bool) -> None:
    """A grey field with the word, or a cross where there is no room for it."""
    (top, left), (height, width) = corner, size
    across = (left - 0.5, left + width - 0.5)
    down = (top - 0.5, top + height - 0.5)
    axes.fill_between(across, *down, color=SILENT_GREY, linewidth=0)
    if named:
        axes.text(sum(across) / 2, sum(down) / 2, "dead", ha="center", va="center",
                  fontsize=NUMBER_POINTS)  # fmt: skip
    else:
        axes.plot(across, down, color="black", linewidth=0.5)
        axes.plot(across, down[::-1], color="black", linewidth=0.5)


def _title(layer: LayerMaps, scale: Scale) -> str:
    first, last = f"{layer.low.min():.3g}", f"{layer.high.max():.3g}"
    head = written(layer.name, 40)
    if layer.vector is not None:
        line = f"{head}  ·  {_vector_words(layer)}  ·  one scale: {first} to {last}"
        return _on_lines([line, *_notes(layer)])
    numbers = "each channel's number above it"
    if _cell_inches(layer) < ROOM_FOR_NUMBER:
        numbers = f"{sheet_columns(len(layer.numbers))} channels a row, every eighth numbered"
    one = scale == "shared" or layer.side == (1, 1)
    said = f"one scale: {first} to {last}" if one else f"own scales, all within {first} to {last}"
    line = f"{head}  ·  {format_shape(layer.shape)}  ·  {numbers}  ·  {said}"
    return _on_lines([line, *_notes(layer)])


def _on_lines(lines: Sequence[str]) -> str:
    letters = letters_in(PRINT_WIDTH - LABEL_INCHES, SMALL + 1) + 16  # few of these are wide
    return "\n".join("\n".join(_broken(line, letters)) for line in lines)


def _broken(line: str, letters: int) -> list[str]:
    """A line of parts with points between them, broken at one where it is too long."""
    if len(line) <= letters:
        return [line]
    before, point, after = line.rpartition("  ·  ")
    if point:
        return [*_broken(before, letters), *_broken(after, letters)]
    return textwrap.wrap(line, letters)


def _vector_words(layer: LayerMaps) -> str:
    units = layer.shape[0]
    if units <= MOST_BARS:
        return unit_count(units)
    columns = strip_columns(units)
    if units <= columns:
        return f"units 0 to {units - 1}, left to right"
    return f"units 0 to {units - 1:,}, {columns} a row, first number at the left"


def _notes(layer: LayerMaps) -> list[str]:
    """The channels that show nothing, in words."""
    count = len(layer.numbers)
    notes = []
    if layer.dead and layer.vector is not None:
        grey = "" if count <= MOST_BARS else ", grey"
        return [f"{len(layer.dead):,} of {count:,} units are 0 for this picture{grey}"]
    if layer.dead:
        dead = listed(layer.dead)
        notes.append(f"{len(layer.dead)} of {count} dead (0 everywhere for this picture): {dead}")
    if layer.flat:
        flat = listed(layer.flat)
        notes.append(f"{len(layer.flat)} of {count} flat (one number, not 0, everywhere): {flat}")
    return notes
