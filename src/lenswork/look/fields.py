"""Receptive fields: which pixels of a picture one place of a map can see."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from lenswork.look.places import Place, device_of, output_at
from lenswork.look.sizes import side_sight
from lenswork.model.network import Network
from lenswork.model.shapes import Shape

Bounds = NDArray[np.int64]  # (places, 2): first pixel and the one after the last
SWEPT_AT_ONCE = 16  # pictures


@dataclass(frozen=True)
class Field:
    """The pixels that one place sees: rows `top` to `bottom`, columns `left` to `right`.

    Ends are exclusive. All lie inside the picture; `frame` is (top, left, height, width) of the
    whole field, which reaches beyond the picture's edges where a layer pads.
    """

    top: int
    bottom: int
    left: int
    right: int
    frame: tuple[int, int, int, int]


@dataclass(frozen=True)
class Fields:
    """The fields of all places of a map.

    `rows` (map height, 2) and `columns` (map width, 2) are cut at the picture's edges, `tops`
    and `lefts` are where each whole field begins, and `height` x `width` is its size.
    """

    rows: Bounds
    columns: Bounds
    tops: NDArray[np.int64]
    lefts: NDArray[np.int64]
    height: int
    width: int

    def at(self, row: int, column: int) -> Field:
        """The field of the place at `row`, `column` of the map."""
        top, bottom = (int(pixel) for pixel in self.rows[row])
        left, right = (int(pixel) for pixel in self.columns[column])
        frame = (int(self.tops[row]), int(self.lefts[column]), self.height, self.width)
        return Field(top, bottom, left, right, frame)


def fields_of(network: nn.Module, place: Place, input_shape: Shape) -> Fields:
    """The receptive fields of a layer of maps.

    By arithmetic for a net; measured for a torch module of one's own, whose inner ways are not
    known, with one forward pass up to that layer for each row and column of the picture.
    """
    if isinstance(network, Network):
        rows, tops, height = _side(network, place, 0)
        columns, lefts, width = _side(network, place, 1)
        return Fields(rows, columns, tops, lefts, height, width)
    return measured_fields(network, place, input_shape)


def measured_fields(network: nn.Module, place: Place, input_shape: Shape) -> Fields:
    """Fields found by setting one row or column of a picture to NaN, which taints all it reaches.

    A number that is no number stays so through sums, maxima and functions, whatever the weights.
    """
    rows = _tainted(network, place, input_shape, axis=0)
    columns = _tainted(network, place, input_shape, axis=1)
    height, width = int(np.ptp(rows, axis=1).max()), int(np.ptp(columns, axis=1).max())
    tops = _frame_starts(rows, height, input_shape[0])
    lefts = _frame_starts(columns, width, input_shape[1])
    return Fields(rows, columns, tops, lefts, height, width)


def _side(network: Network, place: Place, axis: int) -> tuple[Bounds, NDArray[np.int64], int]:
    """Bounds, whole fields' starts and whole length along one side of the picture."""
    number = list(network.layers).index(place.module)
    shapes = network.spec.shapes(network.input_shape)
    sights = [
        side_sight(network.spec, shapes, number, (at, at), axis)
        for at in range(shapes[number + 1][axis])
    ]
    starts = np.array([whole[0] for _, whole in sights])
    return np.array([seen for seen, _ in sights]), starts, sights[0][1][1] - sights[0][1][0]


def _tainted(network: nn.Module, place: Place, input_shape: Shape, axis: int) -> Bounds:
    """(places, 2) bounds along one side: the pixels whose NaN reaches each place of the map."""
    reached = np.concatenate(list(_sweep(network, place, input_shape, axis)))  # (pixels, places)
    first = reached.argmax(axis=0)
    last = len(reached) - reached[::-1].argmax(axis=0)
    return np.stack([first, np.where(reached.any(axis=0), last, first)], axis=1)


def _sweep(
    network: nn.Module, place: Place, input_shape: Shape, axis: int
) -> Iterator[NDArray[np.bool_]]:
    height, width, channels = input_shape
    for start in range(0, input_shape[axis], SWEPT_AT_ONCE):
        count = min(SWEPT_AT_ONCE, input_shape[axis] - start)
        inputs = torch.zeros(count, channels, height, width, device=device_of(network))
        for number in range(count):
            inputs[number].select(axis + 1, start + number).fill_(float("nan"))
        with torch.inference_mode():
            maps = output_at(network.eval(), place, inputs)
        yield maps.isnan().any(dim=1).any(dim=2 - axis).cpu().numpy()


def _frame_starts(bounds: Bounds, length: int, pixels: int) -> NDArray[np.int64]:
    """Where whole fields of `length` begin, told from those that the edges cut."""
    first, end = bounds[:, 0], bounds[:, 1]
    missing = length - (end - first)
    before = np.where(end < pixels, missing, missing // 2)  # cut at both edges: centred
    starts: NDArray[np.int64] = first - np.where(first > 0, 0, before)
    return starts
