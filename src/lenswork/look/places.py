"""The layers of a network by name, and what one of them makes of an input."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lenswork.errors import UsageError
from lenswork.look.activations import find_place
from lenswork.model.layers import Shape, format_shape
from lenswork.model.network import Network


@dataclass(frozen=True)
class Place:
    """One layer: its number and words such as "3 conv 32", its module, and its output's shape.

    `output_shape` is (height, width, channels) for maps and (units,) for vectors.
    """

    name: str
    module: nn.Module
    output_shape: Shape

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


def places_of(network: nn.Module, input_shape: Shape) -> list[Place]:
    """Every layer in the order of work, for pictures of (height, width, channels).

    For a net these are the layers of its line of text; for a torch module of one's own, its
    innermost modules in the order in which they are called.
    """
    if isinstance(network, Network):
        shapes = network.spec.shapes(network.input_shape)[1:]
        texts = [layer.text() for layer in network.spec.layers]
        called = list(zip(texts, network.layers, shapes, strict=True))
    else:
        called = _called(network, input_shape)
    return [
        Place(f"{number} {name}", module, shape)
        for number, (name, module, shape) in enumerate(called, start=1)
    ]


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


def last_convolution(places: Sequence[Place]) -> Place | None:
    """The convolution that is called last, if there is one."""
    return next((place for place in reversed(places) if place.is_convolution), None)


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


def device_of(network: nn.Module) -> torch.device:
    """Where a network's numbers are."""
    return next(iter(network.parameters()), torch.empty(0)).device


def _called(network: nn.Module, input_shape: Shape) -> list[tuple[str, nn.Module, Shape]]:
    """The innermost modules that are called for one black picture, with their output shapes."""
    seen: list[tuple[str, nn.Module, Shape]] = []

    def watch(name: str, module: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def keep(_module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, Tensor) and output.ndim in (2, 4):
                _, *sides = output.shape
                seen.append((name, module, (*sides[1:], sides[0])))

        return module.register_forward_hook(keep)

    height, width, channels = input_shape
    handles = [
        watch(f"{name} {type(module).__name__}".strip(), module)
        for name, module in network.named_modules()
        if _is_innermost(name, module)
    ]
    try:
        with torch.inference_mode():
            network.eval()(torch.zeros(1, channels, height, width, device=device_of(network)))
    except RuntimeError as error:
        raise UsageError(
            f"{type(network).__name__} cannot take a picture of {format_shape(input_shape)}: "
            f"{error}"
        ) from error
    finally:
        for handle in handles:
            handle.remove()
    return seen


def _is_innermost(name: str, module: nn.Module) -> bool:
    """As `activations` takes them: torch's parametrizations make weights, not feature maps."""
    inside = {child for child, _ in module.named_children()} - {"parametrizations"}
    return not inside and "parametrizations" not in name.split(".")
