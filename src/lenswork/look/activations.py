"""What every layer of a network makes of pictures."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lenswork.errors import UsageError
from lenswork.kinds import Picture, Pictures
from lenswork.model.classifier import Classifier
from lenswork.model.network import Network, PoolLayer, to_input

Numbers = NDArray[np.float32]

_CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)
_POOLS = (
    PoolLayer,
    nn.MaxPool2d,
    nn.AvgPool2d,
    nn.AdaptiveMaxPool2d,
    nn.AdaptiveAvgPool2d,
    nn.LPPool2d,
    nn.FractionalMaxPool2d,
)
_PARAMETRIZATIONS = "parametrizations"  # torch's own: they make weights, not feature maps


@dataclass(frozen=True)
class LayerOutput:
    """One layer's output for some pictures.

    `values` is (pictures, height, width, channels) for maps and (pictures, units) for vectors;
    `name` is the layer's place from 1 and its words, such as "3 conv 32"; of a torch module its
    path and type, such as "3 features.2 Conv2d". `kind` is the word that begins a layer (conv,
    pool, dense, ...), or the type of a module that has no such word.
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
            LayerOutput(name, _to_numpy(tensor), kind)
            for name, kind, tensor in _outputs(classifier.network.eval(), inputs)
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
    device = next(iter(classifier.network.parameters()), torch.empty(0)).device
    return to_input(torch.from_numpy(pictures).to(device), classifier.contract.preprocess.scale)


def find_layer(layers: Sequence[LayerOutput], wanted: str) -> LayerOutput:
    """A layer by its number from 1, its whole name, or its words where no other has them.

    Raises `UsageError` that lists the layers there are.
    """
    return layers[find_place([layer.name for layer in layers], wanted)]


def find_place(names: Sequence[str], wanted: str) -> int:
    """The index of the name that `wanted` stands for: its number from 1, all of it, or its words.

    The first word alone will do, too ("flatten", "features.2"). Raises `UsageError` that lists
    the names when there is none or more than one.
    """
    asked = " ".join(str(wanted).lower().split())
    for place, name in enumerate(names):
        if asked in (str(place + 1), name.lower()):
            return place
    words = [name.lower().split(" ", 1)[-1] for name in names]
    for choices in (words, [text.split(" ", 1)[0] for text in words]):
        found = [place for place, text in enumerate(choices) if text == asked]
        if len(found) == 1:
            return found[0]
        if found:
            meant = "; ".join(names[place] for place in found)
            raise UsageError(f"{wanted!r} is more than one layer, say its number: {meant}")
    raise UsageError(f"there is no layer {wanted!r}; the layers are: {'; '.join(names)}")


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


def _outputs(network: nn.Module, inputs: Tensor) -> Iterator[tuple[str, str, Tensor]]:
    """(name, kind, output) of every layer."""
    if isinstance(network, Network):
        tensors = network.activations(inputs)
        for place, (layer, tensor) in enumerate(
            zip(network.spec.layers, tensors, strict=True), start=1
        ):
            yield f"{place} {layer.text()}", layer.kind, tensor
        return
    with _watched(network, len(inputs)) as seen:
        network(inputs)
    for place, (name, kind, tensor) in enumerate(seen, start=1):
        yield f"{place} {name}", kind, tensor


@contextmanager
def _watched(network: nn.Module, count: int) -> Iterator[list[tuple[str, str, Tensor]]]:
    """Collect what the innermost modules give, in the order in which they are called."""
    seen: list[tuple[str, str, Tensor]] = []

    def watch(name: str, module: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def keep(_module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, Tensor) and output.ndim in (2, 4) and len(output) == count:
                seen.append((name, _kind(module), output.clone()))  # a later one may overwrite it

        return module.register_forward_hook(keep)

    handles = [
        watch(f"{name} {type(module).__name__}".strip(), module)
        for name, module in network.named_modules()
        if _is_innermost(name, module)
    ]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _is_innermost(name: str, module: nn.Module) -> bool:
    inside = {child for child, _ in module.named_children()} - {_PARAMETRIZATIONS}
    return not inside and _PARAMETRIZATIONS not in name.split(".")


def _kind(module: nn.Module) -> str:
    if isinstance(module, _CONVOLUTIONS):
        return "conv"
    if isinstance(module, _POOLS):
        return "pool"
    return "dense" if isinstance(module, nn.Linear) else type(module).__name__.lower()


def _to_numpy(tensor: Tensor) -> Numbers:
    if tensor.ndim == 4:
        tensor = tensor.permute(0, 2, 3, 1)
    values: Numbers = tensor.float().cpu().numpy()
    return np.ascontiguousarray(values)
