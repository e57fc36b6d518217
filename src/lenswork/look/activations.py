"""What every layer of a network makes of pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lenswork.errors import UsageError
from lenswork.kinds import Picture, Pictures
from lenswork.look.places import device_of, find_place, outputs_of
from lenswork.model.classifier import Classifier
from lenswork.model.network import to_input

Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class LayerOutput:
    """One layer's output for some pictures.

    `values` is (pictures, height, width, channels) for maps and (pictures, units) for vectors;
    `name` and `kind` are those of its `Place`.
    """

    name: str
    values: Numbers
    kind: str = ""

    @property
    def is_map(self) -> bool:
        """Whether the layer keeps places: height, width, channels."""
        return self.values.ndim == 4

    @property
    def shape(self) -> tuple[int, ...]:
        """(height, width, channels) of a map, (units,) of a vector."""
        return tuple(self.values.shape[1:])

    @property
    def channels(self) -> int:
        """Channels of a map, units of a vector."""
        return int(self.values.shape[-1])

    @property
    def dead(self) -> NDArray[np.bool_]:
        """Which channels are 0 everywhere for all these pictures, (channels,)."""
        axes = tuple(range(self.values.ndim - 1))
        silent: NDArray[np.bool_] = ~np.any(self.values != 0, axis=axes)
        return silent


def activations(classifier: Classifier, pictures: Sequence[Picture]) -> list[LayerOutput]:
    """Every layer's output for pictures of any size, first layer first.

    The contract's preprocessing is applied. For a net these are the layers of its line of text,
    each with its activation; for a torch module of one's own, its innermost modules in the order
    in which they are called (what it does between them, such as `F.relu`, is not seen). Raises
    `UsageError` for something else than uint8 pictures of (height, width, 1 or 3).
    """
    inputs = network_input(classifier, prepared(classifier, pictures))
    with torch.inference_mode():
        layers = [
            LayerOutput(place.name, _to_numpy(tensor), place.kind)
            for place, tensor in outputs_of(classifier.network.eval(), inputs)
        ]
    if not layers:
        raise UsageError(
            f"{type(classifier.network).__name__} calls no module that gives a map or a vector: "
            "there is nothing to look at"
        )
    return layers


def prepared(classifier: Classifier, pictures: Sequence[Picture]) -> Pictures:
    """Pictures of any size as the network sees them before scaling, (count, h, w, c) uint8."""
    if not len(pictures):
        raise UsageError("give at least one picture to look at")
    for picture in pictures:
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] not in (1, 3):
            raise UsageError(
                "expected uint8 pictures of shape (height, width, 1 or 3) with values 0 to 255, "
                f"got {picture.dtype} of shape {picture.shape}: give them as they were read"
            )
    return np.stack([classifier.contract.preprocess.apply(picture) for picture in pictures])


def network_input(classifier: Classifier, pictures: Pictures) -> Tensor:
    """Prepared pictures as the network's scaled input, (count, c, h, w), on its device."""
    given = torch.from_numpy(pictures).to(device_of(classifier.network))
    return to_input(given, classifier.contract.preprocess.scale)


def find_layer(layers: Sequence[LayerOutput], wanted: str) -> LayerOutput:
    """A layer by its number from 1, its whole name, or its words where no other has them.

    Raises `UsageError` that lists the layers there are.
    """
    return layers[find_place([layer.name for layer in layers], wanted)]


def channel_of(layer: LayerOutput, channel: int) -> Numbers:
    """One channel of a layer, (pictures, height, width), or one unit, (pictures,).

    Raises `UsageError` if it has no such channel.
    """
    check_channel(layer, channel)
    return layer.values[..., channel]


def check_channel(layer: LayerOutput, channel: int) -> None:
    """Raise `UsageError` that says which channels there are unless `channel` is one of them."""
    if not 0 <= channel < layer.channels:
        what = "channel" if layer.is_map else "unit"
        has = f"{layer.channels}, numbered 0 to {layer.channels - 1}"
        if layer.channels == 1:
            has = "one only, number 0"
        raise UsageError(f"layer {layer.name!r} has no {what} {channel}: it has {has}")


def _to_numpy(tensor: Tensor) -> Numbers:
    if tensor.ndim == 4:
        tensor = tensor.permute(0, 2, 3, 1)
    values: Numbers = tensor.float().cpu().numpy()
    return np.ascontiguousarray(values)
