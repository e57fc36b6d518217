"""All maps of a layer for one picture laid out in one array."""

import math
from collections.abc import Iterator

import numpy as np

from lenswork.look.activations import Numbers
from lenswork.look.feature_maps import LayerMaps

LONGEST_STRIP = 40  # rows, before they become longer
SHORTEST_ROW, LONGEST_ROW = 64, 1024  # units in a row of a strip


def sheet(layer: LayerMaps, gap: int = 1, larger: int = 1, head: int = 0) -> tuple[Numbers, int]:
    """All maps of a layer for one picture in one array, each on its scale from 0 to 1.

    Every number becomes a square of `larger` x `larger`, and every row of maps has `head` empty
    rows above it, for words. Returns (rows x (head + height x larger + gap) - gap, columns x
    (width x larger + gap) - gap), and the columns; what is no map (gaps, dead channels, numbers
    that are not finite) is NaN.
    """
    columns = sheet_columns(len(layer.numbers))
    rows = math.ceil(len(layer.numbers) / columns)
    height, width = (side * larger for side in layer.side)
    tiled = np.full((rows * (head + height + gap), columns * (width + gap)), np.nan, np.float32)
    for index, values in enumerate(_scaled(layer)):
        top = index // columns * (head + height + gap) + head
        left = index % columns * (width + gap)
        squares = values.repeat(larger, axis=0).repeat(larger, axis=1)
        tiled[top : top + height, left : left + width] = squares
    return tiled[: len(tiled) - gap, : columns * (width + gap) - gap], columns


def sheet_columns(channels: int) -> int:
    """Maps in a row of a sheet: about four times as many as rows, in eights."""
    return min(channels, max(8, 8 * math.ceil(math.sqrt(4 * channels) / 8)))


def strip_columns(units: int) -> int:
    """Units in a row of a vector's strip: the fewest of 64, 128, ... 1,024 that make it low."""
    columns = SHORTEST_ROW
    while columns < LONGEST_ROW and math.ceil(units / columns) > LONGEST_STRIP:
        columns *= 2
    return min(columns, units)


def in_rows(vector: Numbers, columns: int) -> Numbers:
    """A vector (units,) as rows (rows, columns), NaN after its end."""
    rows = math.ceil(len(vector) / columns)
    cells = np.full(rows * columns, np.nan, np.float32)
    cells[: len(vector)] = vector
    return cells.reshape(rows, columns)


def _scaled(layer: LayerMaps) -> Iterator[Numbers]:
    """The first picture's maps from 0 to 1; NaN for a dead one."""
    for values, low, high, silent in zip(
        layer.maps[0], layer.low[0], layer.high[0], layer.silent[0], strict=True
    ):
        if silent:
            yield np.full_like(values, np.nan)
        else:
            span = high - low
            yield (values - low) / span if span > 0 else np.zeros_like(values)
