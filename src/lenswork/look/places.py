"""The one table of a network's layers: what each is called, its module, what it gives."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lenswork.errors import UsageError
from lenswork.model.network import Network, PoolLayer
from lenswork.model.shapes import Shape, format_shape
from lenswork.model.spec import NetSpec

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
class Place:
    """One layer: its name, its module, its output's shape, and what kind of layer it is.

    `name` is the layer's number from 1 and its words, such as "3 conv 32"; of a torch module its
    path and type, such as "3 features.2 Conv2d". `output_shape` is (height, width, channels) for
    maps and (units,) for vectors. `kind` is the word that begins a layer (conv, pool, dense,
    ...), or the type of a module that has no such word.
    """

    name: str
    module: nn.Module
    output_shape: Shape
    kind: str

    @property
    def is_map(self) -> bool:
        """Whether the layer keeps places: height, width, channels."""
        return len(self.output_shape) == 3

    @property
    def is_convolution(self) -> bool:
        """Whether the layer has filters that move over a map."""
        return isinstance(self.module, nn.Conv2d)


class _Reached(Exception):  # noqa: N818  # no error: it ends a forward pass early
    """The output of the layer that a forward pass was run for."""

    def __init__(self, output: Tensor) -> None:
        super().__init__()
        self.output = output


def layer_names(spec: NetSpec) -> list[str]:
    """The names of a net's layers: their place from 1 and their words."""
    return [f"{number} {layer.text()}" for number, layer in enumerate(spec.layers, start=1)]


def places_of(network: nn.Module, input_shape: Shape) -> list[Place]:
    """Every layer in the order of work, for pictures of (height, width, channels).

    For a net these are the layers of its line of text; for a torch module of one's own, its
    innermost modules in the order in which they are called for a black picture. Raises
    `UsageError` for a module that cannot take such a picture.
    """
    if isinstance(network, Network):
        return _places_of_net(network)
    height, width, channels = input_shape
    black = torch.zeros(1, channels, height, width, device=device_of(network))
    try:
        with torch.inference_mode():
            return [place for place, _ in outputs_of(network.eval(), black)]
    except RuntimeError as error:
        raise UsageError(
            f"{type(network).__name__} cannot take a picture of {format_shape(input_shape)}: "
            f"{error}"
        ) from error


def outputs_of(network: nn.Module, inputs: Tensor) -> list[tuple[Place, Tensor]]:
    """Every layer and what it makes of inputs (batch, channels, height, width), in order."""
    if isinstance(network, Network):
        return list(zip(_places_of_net(network), network.activations(inputs), strict=True))
    with _watched(network, len(inputs)) as seen:
        network(inputs)
    return [
        (Place(f"{number} {name}", module, _shape_of(output), _kind(module)), output)
        for number, (name, module, output) in enumerate(seen, start=1)
    ]


def output_at(network: nn.Module, place: Place, inputs: Tensor) -> Tensor:
    """What a layer makes of inputs (batch, channels, height, width); later layers do not run."""
    if isinstance(network, Network):
        for layer in network.layers:
            inputs = layer(inputs)
            if layer is place.module:
                return inputs
        raise ValueError(f"{place.name} is no layer of this network")

    def stop(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        raise _Reached(output)

    handle = place.module.register_forward_hook(stop)
    try:
        network(inputs)
    except _Reached as reached:
        return reached.output
    finally:
        handle.remove()
    raise ValueError(f"{place.name} was not called for an input of {tuple(inputs.shape)}")


def find(places: Sequence[Place], wanted: str, *, only: Sequence[Place] | None = None) -> Place:
    """A layer by its number from 1, its whole name, or its words where no other has them.

    Raises `UsageError` that lists the layers there are, or those of `only` where the layer is
    none of them.
    """
    found = places[find_place([place.name for place in places], wanted)]
    if only is not None and found not in only:
        raise UsageError(
            f"layer {found.name!r} will not do here; these will: "
            f"{'; '.join(place.name for place in only)}"
        )
    return found


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


def last_convolution(places: Sequence[Place]) -> Place | None:
    """The convolution that is called last, if there is one."""
    return next((place for place in reversed(places) if place.is_convolution), None)


def device_of(network: nn.Module) -> torch.device:
    """Where a network's numbers are."""
    return next(iter(network.parameters()), torch.empty(0)).device


def _places_of_net(network: Network) -> list[Place]:
    spec = network.spec
    shapes = spec.shapes(network.input_shape)[1:]
    return [
        Place(name, module, shape, layer.kind)
        for name, module, shape, layer in zip(
            layer_names(spec), network.layers, shapes, spec.layers, strict=True
        )
    ]


@contextmanager
def _watched(network: nn.Module, count: int) -> Iterator[list[tuple[str, nn.Module, Tensor]]]:
    """Collect what the innermost modules give, in the order in which they are called."""
    seen: list[tuple[str, nn.Module, Tensor]] = []

    def watch(name: str, module: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def keep(_module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, Tensor) and output.ndim in (2, 4) and len(output) == count:
                seen.append((name, module, output.clone()))  # a later one may overwrite it

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


def _shape_of(output: Tensor) -> Shape:
    _, *sides = output.shape
    return (*sides[1:], sides[0])


def _kind(module: nn.Module) -> str:
    if isinstance(module, _CONVOLUTIONS):
        return "conv"
    if isinstance(module, _POOLS):
        return "pool"
    return "dense" if isinstance(module, nn.Linear) else type(module).__name__.lower()
