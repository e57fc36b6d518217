"""Feature maps to be laid side by side: some pictures by layers, or every channel for one."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lenswork.errors import UsageError
from lenswork.kinds import Pictures
from lenswork.look.activations import (
    LayerOutput,
    Numbers,
    activations,
    check_channel,
    find_layer,
    prepared,
)
from lenswork.look.pictures import Shown
from lenswork.model.classifier import Classifier, Prediction

Scale = Literal["shared", "own"]
FIRST_LAYERS = 4  # as many as the notes show


@dataclass(frozen=True)
class LayerMaps:
    """Chosen channels of one layer as they are shown, with their scales.

    `maps` is (pictures, channels, height, width); a vector's units are maps of 1 x 1. `numbers`
    are the channels' numbers in the layer. `low` and `high`, (pictures, channels), are the
    values at the ends of each map's colours. `shape` is the layer's, (height, width, channels)
    or (units,).
    """

    name: str
    shape: tuple[int, ...]
    numbers: tuple[int, ...]
    maps: Numbers
    low: Numbers
    high: Numbers

    @property
    def silent(self) -> NDArray[np.bool_]:
        """Which maps are 0 everywhere, (pictures, channels)."""
        zero: NDArray[np.bool_] = ~np.any(self.maps != 0, axis=(2, 3))
        return zero

    @property
    def dead(self) -> tuple[int, ...]:
        """The numbers of the channels that are 0 everywhere for all these pictures."""
        chosen = np.flatnonzero(self.silent.all(axis=0))
        return tuple(self.numbers[index] for index in chosen)

    @property
    def flat(self) -> tuple[int, ...]:
        """The numbers of the channels that are one number, not 0, all over each picture's map."""
        if self.side == (1, 1):
            return ()
        same = np.all(self.maps == self.maps[:, :, :1, :1], axis=(2, 3)) & ~self.silent
        return tuple(self.numbers[index] for index in np.flatnonzero(same.all(axis=0)))

    @property
    def side(self) -> tuple[int, int]:
        """(height, width) of a map."""
        return int(self.maps.shape[2]), int(self.maps.shape[3])


@dataclass(frozen=True)
class FeatureMaps:
    """Layers' maps for some pictures, and what the network answered.

    `inputs` is (pictures, height, width, channels) uint8, the pictures as the network sees them.
    """

    shown: tuple[Shown, ...]
    inputs: Pictures
    preprocess: str
    predictions: tuple[Prediction, ...]
    layers: tuple[LayerMaps, ...]
    scale: Scale


def channel_maps(
    classifier: Classifier,
    shown: Sequence[Shown],
    *,
    channel: int = 0,
    layers: Sequence[str] | None = None,
    scale: Scale = "shared",
) -> FeatureMaps:
    """One channel of some layers for some pictures: the grid of the notes.

    `layers` are numbers, names or words of layers; left out, the first four convolution and
    pooling layers (of a net with neither, the first four of all). `scale` "shared" gives all
    maps of a layer the same ends of the colours, "own" each map its own. Raises `UsageError`
    for a layer or channel that does not exist, naming those that do.
    """
    outputs = activations(classifier, [one.picture for one in shown])
    chosen = chosen_layers(outputs, layers)
    chosen = chosen if layers is not None else chosen[:FIRST_LAYERS]
    for output in chosen:
        check_channel(output, channel)
    return _feature_maps(classifier, shown, chosen, (channel,), scale)


def all_channel_maps(
    classifier: Classifier,
    shown: Shown,
    *,
    layers: Sequence[str] | None = None,
    scale: Scale = "own",
) -> FeatureMaps:
    """Every channel of some layers for one picture.

    `layers` left out are all convolution and pooling layers (of a net with neither, all layers).
    Raises as `channel_maps` does.
    """
    outputs = activations(classifier, [shown.picture])
    return _feature_maps(classifier, [shown], chosen_layers(outputs, layers), None, scale)


def chosen_layers(
    outputs: Sequence[LayerOutput], wanted: Sequence[str] | None
) -> list[LayerOutput]:
    """The layers that are asked for; left out, all convolution and pooling layers, or else all."""
    if wanted is not None:
        if not wanted:
            names = "; ".join(output.name for output in outputs)
            raise UsageError(f"give at least one layer; the layers are: {names}")
        return [find_layer(outputs, one) for one in wanted]
    windows = [output for output in outputs if output.kind in ("conv", "pool")]
    return windows or list(outputs)


def _feature_maps(
    classifier: Classifier,
    shown: Sequence[Shown],
    outputs: Sequence[LayerOutput],
    channels: tuple[int, ...] | None,
    scale: Scale,
) -> FeatureMaps:
    inputs = prepared(classifier, [one.picture for one in shown])
    return FeatureMaps(
        shown=tuple(shown),
        inputs=inputs,
        preprocess=classifier.contract.preprocess.describe(),
        predictions=tuple(classifier.predictions(classifier.probabilities(inputs))),
        layers=tuple(_layer_maps(output, channels, scale) for output in outputs),
        scale=scale,
    )


def _layer_maps(output: LayerOutput, channels: tuple[int, ...] | None, scale: Scale) -> LayerMaps:
    numbers = tuple(range(output.channels)) if channels is None else channels
    values = output.values[..., list(numbers)]
    if not output.is_map:
        values = values[:, np.newaxis, np.newaxis, :]  # (pictures, 1, 1, channels)
    maps = np.ascontiguousarray(values.transpose(0, 3, 1, 2))
    finite = np.where(np.isfinite(maps), maps, np.nan)
    one_number = maps.shape[2:] == (1, 1)  # its own scale would have no length
    axes = (0, 1, 2, 3) if scale == "shared" or one_number else (2, 3)
    low, high = _ends(finite, axes)
    return LayerMaps(output.name, output.shape, numbers, maps, low, high)


def _ends(finite: Numbers, axes: tuple[int, ...]) -> tuple[Numbers, Numbers]:
    """The least and greatest finite value over `axes`, (pictures, channels); 0 where none is."""
    shape = finite.shape[:2]
    missing = np.isnan(finite)
    low = np.where(missing, np.inf, finite).min(axis=axes, keepdims=True)
    high = np.where(missing, -np.inf, finite).max(axis=axes, keepdims=True)
    found = low <= high
    return tuple(
        np.broadcast_to(np.where(found, end, 0)[:, :, 0, 0], shape).astype(np.float32)
        for end in (low, high)
    )  # type: ignore[return-value]


def sheet(layer: LayerMaps, gap: int = 1, larger: int = 1) -> tuple[Numbers, int]:
    """All maps of a layer for one picture in one array, each on its scale from 0 to 1.

    Every number becomes a square of `larger` x `larger`. Returns (rows x (height x larger + gap) -
    gap, columns x (width x larger + gap) - gap), and the columns; what is no map (gaps, dead
    channels, numbers that are not finite) is NaN.
    """
    columns = sheet_columns(len(layer.numbers))
    rows = math.ceil(len(layer.numbers) / columns)
    height, width = (side * larger for side in layer.side)
    tiled = np.full((rows * (height + gap), columns * (width + gap)), np.nan, np.float32)
    for index, values in enumerate(_scaled(layer)):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        squares = values.repeat(larger, axis=0).repeat(larger, axis=1)
        tiled[top : top + height, left : left + width] = squares
    return tiled[: rows * (height + gap) - gap, : columns * (width + gap) - gap], columns


def sheet_columns(channels: int) -> int:
    """Maps in a row of a sheet: about four times as many as rows, in eights."""
    return min(channels, max(8, 8 * math.ceil(math.sqrt(4 * channels) / 8)))


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
