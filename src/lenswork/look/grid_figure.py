"""The notes' grid of feature maps: a row a picture, a column a layer."""

import math
import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from lenswork.look.feature_maps import FeatureMaps, LayerMaps, unit_count
from lenswork.look.sheet import in_rows
from lenswork.look.strip_figure import MOST_BARS, SILENT_GREY, draw_bars, draw_strip, frame_unit
from lenswork.model.shapes import format_shape
from lenswork.record.style import (
    COLOUR_MAPS,
    LINE,
    NORMAL,
    PRINT_WIDTH,
    SMALL,
    VERMILION,
    ColourMap,
    bare,
    folded,
    letters_in,
    new_figure,
)

COLUMNS = 4  # maps beside a picture before a further block begins
CELL = PRINT_WIDTH / (COLUMNS + 1)  # inches: a map with its room
LETTERS = 20  # a line above or below a map


def channel_figure(maps: FeatureMaps, colours: ColourMap = "inferno") -> Figure:
    """The grid: a row a picture, the picture itself first, then its map in each layer.

    More layers than fit beside one another go on in further rows.
    """
    blocks = [maps.layers[start : start + COLUMNS] for start in range(0, len(maps.layers), COLUMNS)]
    columns = 1 + len(blocks[0])
    rows = len(maps.shown) * len(blocks)
    most = max(folded(one.id, LETTERS).count("\n") for one in maps.shown)
    names = max(folded(layer.name, LETTERS).count("\n") for layer in maps.layers)
    figure = new_figure(max(CELL * columns, 5.0), (2.1 + LINE * max(most, names)) * rows + 0.9)
    panels = figure.subplots(rows, columns, squeeze=False)
    for block, layers in enumerate(blocks):
        for index in range(len(maps.shown)):
            row = panels[block * len(maps.shown) + index]
            draw_picture(row[0], maps, index)
            for axes, layer in zip(row[1:], layers, strict=False):
                draw = _draw_map if layer.vector is None else _draw_unit
                draw(axes, layer, index, colours)
            for axes in row[1 + len(layers) :]:
                axes.set_axis_off()
    head = f"{maps.what.capitalize()} {maps.layers[0].numbers[0]} of each layer"
    figure.suptitle(head, fontsize=NORMAL + 1, fontweight="bold")
    add_scale(figure, panels.ravel().tolist(), maps, colours)
    return figure


def draw_picture(axes: Axes, maps: FeatureMaps, index: int) -> None:
    """A picture as the network sees it, with its id, size, truth and answer."""
    one, picture = maps.shown[index], maps.inputs[index]
    grey = picture.shape[2] == 1
    bare(axes).imshow(
        picture[:, :, 0] if grey else picture, cmap="gray" if grey else None, vmin=0, vmax=255
    )
    said = maps.predictions[index]
    size = f"{picture.shape[0]}x{picture.shape[1]}"
    if one.picture.shape != picture.shape:
        size = f"{format_shape(one.picture.shape)} to {format_shape(picture.shape)}"
    axes.set_title(f"{folded(one.id, LETTERS)}\n{folded(size, LETTERS)}", fontsize=SMALL)
    answer = folded(f"answer {said.class_name} {said.probability:.1%}", LETTERS, 3)
    truth = "" if one.truth is None else f"{folded(f'truth {one.truth}', LETTERS, 2)}\n"
    axes.set_xlabel(truth + answer, fontsize=SMALL)


def _draw_unit(axes: Axes, layer: LayerMaps, index: int, colours: ColourMap) -> None:
    """All of a vector, in_rows into rows, with the chosen unit framed and its value in words."""
    if layer.vector is None:
        raise TypeError(f"{layer.name} is no vector")
    vector, unit = layer.vector[index], layer.numbers[0]
    low, high = float(layer.low[index, 0]), float(layer.high[index, 0])
    if len(vector) <= MOST_BARS:
        shades = [VERMILION if place == unit else SILENT_GREY for place in range(len(vector))]
        draw_bars(axes, vector, (low, high), shades)
        axes.set_xticks([unit], [str(unit)])
        axes.set_box_aspect(1)
    else:
        columns = math.ceil(math.sqrt(len(vector)))
        draw_strip(axes, in_rows(vector, columns), (low, high), colours)
        axes.set_box_aspect(1)
        frame_unit(axes, unit, columns)
    axes.set_title(f"{folded(layer.name, LETTERS)}\n{unit_count(len(vector))}", fontsize=SMALL)
    said = f"unit {unit}: {_number(vector[unit])}"
    axes.set_xlabel(f"{said}\n(all: {_number(low)} to {_number(high)})", fontsize=SMALL)


def _draw_map(axes: Axes, layer: LayerMaps, index: int, colours: ColourMap) -> None:
    values, low, high = layer.maps[index, 0], layer.low[index, 0], layer.high[index, 0]
    bare(axes).set_title(
        f"{folded(layer.name, LETTERS)}\n{format_shape(layer.shape)}", fontsize=SMALL
    )
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
        label = f"{_number(values[0, 0])}\n(colours: {label})"
    axes.set_xlabel(label, fontsize=SMALL)


def add_scale(figure: Figure, panels: list[Axes], maps: FeatureMaps, colours: ColourMap) -> None:
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
    whose = "layer" if maps.scale == "shared" else "map or vector"
    bar.set_ticks([0, 1], labels=[f"least of the {whose}", f"greatest of the {whose}"])
    bar.ax.tick_params(length=0, labelsize=SMALL)
    bar.outline.set_linewidth(0.4)
    scales = "one scale a layer" if maps.scale == "shared" else "each map on its own scale"
    if any(layer.vector is not None and layer.shape[0] > MOST_BARS for layer in maps.layers):
        scales += ", units of 0 grey"
    said = f"colours: {colours}, {scales}; input: {maps.preprocess}"
    letters = letters_in(float(figure.get_figwidth()))
    bar.set_label(textwrap.fill(said, letters), fontsize=SMALL)


def _number(value: float) -> str:
    return f"{value:.3g}"
