"""What every layer of a network makes of pictures."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lenswork.errors import UsageError
from lenswork.kinds import Picture
from lenswork.model.classifier import Classifier
from lenswork.model.network import Network, to_input

Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class LayerOutput:
    """One layer's output for some pictures.

    `values` is (pictures, height, width, channels) for maps and (pictures, units) for vectors;
    `name` is the layer's place from 1 and its words, such as "3 conv 32".
    """

    name: str
    values: Numbers

    @property
    def is_map(self) -> bool:
        """Whether the layer keeps places: height, width, channels."""
        return self.values.ndim == 4

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
    in which they are called.
    """
    if not pictures:
        raise UsageError("give at least one picture to look at")
    preprocess = classifier.contract.preprocess
    stacked = np.stack([preprocess.apply(picture) for picture in pictures])
    network = classifier.network.eval()
    device = next(iter(network.parameters()), torch.empty(0)).device
    inputs = to_input(torch.from_numpy(stacked).to(device), preprocess.scale)
    with torch.inference_mode():
        outputs = list(_outputs(network, inputs))
    return [LayerOutput(name, _to_numpy(tensor)) for name, tensor in outputs]


def find_layer(layers: Sequence[LayerOutput], wanted: str) -> LayerOutput:
    """A layer by its number from 1, its whole name, or its words; lists all where it is not."""
    for place, layer in enumerate(layers, start=1):
        if wanted in (str(place), layer.name):
            return layer
    names = "; ".join(layer.name for layer in layers)
    raise UsageError(f"there is no layer {wanted!r}; the layers are: {names}")


def channel_of(layer: LayerOutput, channel: int) -> Numbers:
    """One channel of a layer, (pictures, height, width); raises `UsageError` if it has no such."""
    if not 0 <= channel < layer.channels:
        raise UsageError(
            f"layer {layer.name!r} has no channel {channel}: it has {layer.channels}, "
            f"numbered 0 to {layer.channels - 1}"
        )
    return layer.values[..., channel]


def _outputs(network: nn.Module, inputs: Tensor) -> Iterator[tuple[str, Tensor]]:
    if isinstance(network, Network):
        texts = [layer.text() for layer in network.spec.layers]
        tensors = network.activations(inputs)
        for place, (text, tensor) in enumerate(zip(texts, tensors, strict=True), start=1):
            yield f"{place} {text}", tensor
        return
    with _watched(network) as seen:
        network(inputs)
    for place, (name, tensor) in enumerate(seen, start=1):
        yield f"{place} {name}", tensor


@contextmanager
def _watched(network: nn.Module) -> Iterator[list[tuple[str, Tensor]]]:
    """Collect what the innermost modules give, in the order in which they are called."""
    seen: list[tuple[str, Tensor]] = []

    def watch(name: str, module: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def keep(_module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, Tensor) and output.ndim in (2, 4):
                seen.append((name, output.clone()))  # a later layer may work in place

        return module.register_forward_hook(keep)

    leaves = [(name, module) for name, module in network.named_modules() if _is_leaf(module)]
    handles = [watch(name or type(module).__name__, module) for name, module in leaves]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _is_leaf(module: nn.Module) -> bool:
    return next(module.children(), None) is None


def _to_numpy(tensor: Tensor) -> Numbers:
    if tensor.ndim == 4:
        tensor = tensor.permute(0, 2, 3, 1)
    values: Numbers = tensor.float().cpu().numpy()
    return np.ascontiguousarray(values)
