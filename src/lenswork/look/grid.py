"""Feature maps to be laid side by side: some pictures by layers, or every channel for one."""

from collections.abc import Sequence

import numpy as np

from lenswork.errors import UsageError
from lenswork.look.activations import (
    LayerOutput,
    Numbers,
    activations,
    check_channel,
    find_layer,
    prepared,
)
from lenswork.look.feature_maps import FeatureMaps, LayerMaps, Scale
from lenswork.look.pictures import Shown
from lenswork.model.classifier import Classifier

FIRST_LAYERS = 4  # as many as the notes show


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
    chosen = _windows(outputs)[:FIRST_LAYERS] if layers is None else asked_for(outputs, layers)
    for output in chosen:
        check_channel(output, channel)
    maps = [_layer_maps(output, (channel,), scale) for output in chosen]
    names = {output.name for output in chosen}
    left_out = [] if layers is not None else [x.name for x in outputs if x.name not in names]
    return _feature_maps(classifier, shown, maps, scale, left_out)


def all_channel_maps(
    classifier: Classifier,
    shown: Shown,
    *,
    layers: Sequence[str] | None = None,
    scale: Scale = "own",
    outputs: Sequence[LayerOutput] | None = None,
) -> FeatureMaps:
    """Every channel of some layers, or of all that there are, for one picture.

    `outputs` is what `activations` gives of the picture, where that is known already.
    Raises as `channel_maps` does.
    """
    outputs = outputs or activations(classifier, [shown.picture])
    chosen = outputs if layers is None else asked_for(outputs, layers)
    maps = [_layer_maps(output, tuple(range(output.channels)), scale) for output in chosen]
    return _feature_maps(classifier, [shown], maps, scale, [])


def asked_for(outputs: Sequence[LayerOutput], wanted: Sequence[str]) -> list[LayerOutput]:
    """The layers that are asked for, in that order.

    Raises `UsageError` for none, for one that does not exist and for one asked for twice.
    """
    if not wanted:
        names = "; ".join(output.name for output in outputs)
        raise UsageError(f"give at least one layer; the layers are: {names}")
    found: dict[str, tuple[str, LayerOutput]] = {}  # by name: how it was asked for, the layer
    for one in wanted:
        layer = find_layer(outputs, one)
        if layer.name in found:
            raise UsageError(
                f"layer {layer.name!r} is asked for twice, as {found[layer.name][0]!r} and as "
                f"{one!r}: name each layer once"
            )
        found[layer.name] = one, layer
    return [layer for _, layer in found.values()]


def _windows(outputs: Sequence[LayerOutput]) -> list[LayerOutput]:
    """All convolution and pooling layers, or else all layers."""
    kinds = ("conv", "depthwise", "pool")
    return [output for output in outputs if output.kind in kinds] or list(outputs)


def _feature_maps(
    classifier: Classifier,
    shown: Sequence[Shown],
    maps: Sequence[LayerMaps],
    scale: Scale,
    left_out: Sequence[str],
) -> FeatureMaps:
    inputs = prepared(classifier, [one.picture for one in shown])
    return FeatureMaps(
        shown=tuple(shown),
        inputs=inputs,
        preprocess=classifier.contract.preprocess.describe(),
        classes=classifier.classes,
        predictions=tuple(classifier.predictions(classifier.probabilities(inputs))),
        layers=tuple(maps),
        scale=scale,
        left_out=tuple(left_out),
    )


def _layer_maps(output: LayerOutput, numbers: tuple[int, ...], scale: Scale) -> LayerMaps:
    values = output.values[..., list(numbers)]
    if not output.is_map:
        values = values[:, np.newaxis, np.newaxis, :]  # (pictures, 1, 1, channels)
    maps = np.ascontiguousarray(values.transpose(0, 3, 1, 2))
    if output.is_map:
        low, high = _map_ends(maps, scale)
        return LayerMaps(output.name, output.shape, numbers, maps, low, high)
    # a vector has one scale for its units: a number's own scale would have no length
    each = output.values[:, :, np.newaxis, np.newaxis]
    low, high = _ends(each, (0, 1, 2, 3) if scale == "shared" else (1, 2, 3))
    low, high = low[:, : len(numbers)], high[:, : len(numbers)]
    return LayerMaps(output.name, output.shape, numbers, maps, low, high, output.values)


def _map_ends(maps: Numbers, scale: Scale) -> tuple[Numbers, Numbers]:
    one_number = maps.shape[2:] == (1, 1)
    return _ends(maps, (0, 1, 2, 3) if scale == "shared" or one_number else (2, 3))


def _ends(values: Numbers, axes: tuple[int, ...]) -> tuple[Numbers, Numbers]:
    """The least and greatest finite value over `axes`, (pictures, channels); 0 where none is."""
    missing = ~np.isfinite(values)
    low = np.where(missing, np.inf, values).min(axis=axes, keepdims=True)
    high = np.where(missing, -np.inf, values).max(axis=axes, keepdims=True)
    found = low <= high
    return tuple(
        np.broadcast_to(np.where(found, end, 0)[:, :, 0, 0], values.shape[:2]).astype(np.float32)
        for end in (low, high)
    )  # type: ignore[return-value]
