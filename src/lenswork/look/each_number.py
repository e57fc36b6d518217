"""How one number comes about in a layer that works on each number by itself, or only moves it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import nn

from lenswork.errors import UsageError
from lenswork.kinds import Picture
from lenswork.look.activations import LayerOutput, activations, check_channel
from lenswork.look.arithmetic import (
    Arithmetic,
    Doubles,
    arithmetic,
    given_to,
    tolerance_of,
    wanted_position,
)
from lenswork.look.places import find_place
from lenswork.model.classifier import Classifier
from lenswork.model.layers import (
    Activation,
    BatchNorm,
    Conv,
    Dense,
    Depthwise,
    Dropout,
    Flatten,
    Pool,
)
from lenswork.model.network import Network, activate

Step = Literal["batchnorm", "activation", "passed on"]


@dataclass(frozen=True)
class Normalised:
    """A channel's trained numbers of a batch normalisation, in float64."""

    mean: float
    variance: float
    eps: float
    gamma: float
    beta: float

    @property
    def spread(self) -> float:
        """What a number that has lost the mean is divided by."""
        return math.sqrt(self.variance + self.eps)

    def of(self, number: float) -> float:
        """The normalised number (Ioffe and Szegedy 2015, "Batch normalization", algorithm 2)."""
        return (number - self.mean) / self.spread * self.gamma + self.beta


@dataclass(frozen=True)
class EachNumber:
    """One output value that one input value makes alone, in float64.

    `place` is (row, column), or () in a vector, and `channel` the channel or unit. `source` names
    the layer before, `source_place` and `source_channel` where in it the number is from. `given`
    and `output` are the layer's whole input and output, (height, width, channels) or (units,).
    `value` is worked out here, `network` is the network's own, in float32.
    """

    name: str
    step: Step
    place: tuple[int, ...]
    channel: int
    source: str
    source_place: tuple[int, ...]
    source_channel: int
    given: Doubles
    output: Doubles
    number: float
    normalised: Normalised | None
    activation: str | None
    value: float
    network: float

    @property
    def size(self) -> float:
        """The sum of the magnitudes of what was added: what rounding errors grow with."""
        if self.normalised is None:
            return abs(self.value)
        norm = self.normalised
        moved = (abs(self.number) + abs(norm.mean)) / norm.spread * abs(norm.gamma)
        return moved + abs(norm.beta)

    @property
    def difference(self) -> float:
        """How far the network's own value is from the one made here."""
        return abs(self.network - self.value)

    @property
    def tolerance(self) -> float:
        """What is allowed: see `Arithmetic.tolerance`."""
        return tolerance_of(self.size)

    @property
    def agrees(self) -> bool:
        """Whether the network's value is this one, within the tolerance."""
        return self.difference <= self.tolerance

    def as_dict(self) -> dict[str, object]:
        """The numbers for JSON, without the layer's whole input and output."""
        plain = ("name", "step", "place", "channel", "source", "source_place", "source_channel")
        more = ("number", "activation", "value", "network", "difference", "tolerance", "agrees")
        norm = self.normalised
        return {key: getattr(self, key) for key in (*plain, *more)} | {
            "normalised": None if norm is None else vars(norm)
        }


def work_out(
    classifier: Classifier,
    picture: Picture,
    layer: str,
    channel: int = 0,
    position: Sequence[int] | None = None,
    *,
    outputs: Sequence[LayerOutput] | None = None,
) -> Arithmetic | EachNumber:
    """How one output value of any layer comes about.

    Takes and raises what `arithmetic` does; a batch normalisation, activation, dropout or
    flatten gives an `EachNumber`.
    """
    network = classifier.network
    if not isinstance(network, Network):
        return arithmetic(classifier, picture, layer, channel, position)  # which says why not
    outputs = outputs or activations(classifier, [picture])
    place = find_place([output.name for output in outputs], layer)
    if isinstance(network.spec.layers[place], Conv | Depthwise | Pool | Dense):
        return arithmetic(classifier, picture, layer, channel, position, outputs=outputs)
    output = outputs[place]
    check_channel(output, channel)
    at = wanted_position(output, channel, position)
    given = given_to(classifier, picture, outputs, place)
    source = outputs[place - 1].name if place else "the network's input"
    return _worked(network, place, output, channel, at, given, source)


def _worked(
    network: Network,
    place: int,
    output: LayerOutput,
    channel: int,
    at: tuple[int, ...],
    given: Doubles,
    source: str,
) -> EachNumber:
    layer, module = network.spec.layers[place], network.layers[place]
    source_place, source_channel = at, channel
    if isinstance(layer, Flatten):
        row, column, source_channel = map(int, np.unravel_index(channel, given.shape))
        source_place = (row, column)
    number = float(given[(*(source_place or (0, 0)), source_channel)])
    step, normalised, activation, value = _made(layer, module, channel, number)
    return EachNumber(
        name=output.name,
        step=step,
        place=at,
        channel=channel,
        source=source,
        source_place=source_place,
        source_channel=source_channel,
        given=given if source_place else given[0, 0],
        output=output.values[0].astype(np.float64),
        number=number,
        normalised=normalised,
        activation=activation,
        value=value,
        network=float(output.values[(0, *at, channel)]),
    )


def _made(
    layer: object, module: nn.Module, channel: int, number: float
) -> tuple[Step, Normalised | None, str | None, float]:
    """(what is done, with which trained numbers, which function, the value)."""
    match layer:
        case BatchNorm():
            norm = _normalised(module, channel)
            return "batchnorm", norm, None, norm.of(number)
        case Activation():
            double = torch.tensor(number, dtype=torch.float64)
            value = float(activate(layer.name, double, layer.slope))
            return "activation", None, layer.text(), value
        case Dropout() | Flatten():
            return "passed on", None, None, number
        case _:
            raise UsageError(f"nothing is known of the numbers of a {type(layer).__name__} layer")


def _normalised(module: nn.Module, channel: int) -> Normalised:
    def number(name: str) -> float:
        tensor = getattr(module, name)
        return float(tensor[channel].detach().double())

    return Normalised(
        mean=number("running_mean"),
        variance=number("running_var"),
        eps=float(getattr(module, "eps", 0.0)),
        gamma=number("weight"),
        beta=number("bias"),
    )
