"""The filters of a convolution: their weights, what excites them most, and the useless ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from lenswork.data.dataset import Part
from lenswork.errors import UsageError
from lenswork.look.places import Place, find, places_of
from lenswork.look.strongest import PATCHES, Patch, Progress, see_all, strongest_patches
from lenswork.model.classifier import Classifier
from lenswork.model.layers import Activation, BatchNorm, Conv, Depthwise, Layer
from lenswork.model.network import Network

Numbers = NDArray[np.float32]
ALIKE = 0.99  # cosine of two filters' weights from which on they are called duplicates
RARELY = 0.01  # of the pictures: a filter that fires on fewer is called nearly dead
SAME_ANSWERS = 0.01  # relative difference of two filters' answers up to which they are the same


@dataclass(frozen=True)
class Duplicate:
    """Two filters that do one filter's work, and how alike they are.

    `weights` is the cosine of their weights (1: the same direction); `answers` is the root mean
    square of the difference of their answers, relative to the larger one's (0: the same), None
    where both are dead.
    """

    first: int
    second: int
    weights: float
    answers: float | None


@dataclass(frozen=True)
class FilterLook:
    """The filters of one convolution and what they make of some pictures.

    `weights` is (filters, height, width, channels), `biases` (filters,) or None. `highest` and
    `lowest` are each filter's extreme answers, (filters,). `similarity` and `difference` are
    (filters, filters): see `Duplicate`; NaN where a filter has no weights or no answers.
    `strongest` has up to nine patches a filter, strongest first, from as many pictures.
    `fired` counts the pictures for which each filter answers above 0 somewhere, (filters,).
    `rectified` says that a dead filter is one whose answer is nowhere above 0; otherwise it is
    one that answers the same everywhere.
    """

    layer: str
    weights: Numbers
    biases: Numbers | None
    pictures: int
    highest: Numbers
    lowest: Numbers
    fired: NDArray[np.int64]
    rectified: bool
    strongest: tuple[tuple[Patch, ...], ...]
    similarity: Numbers
    difference: Numbers

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def dead(self) -> tuple[int, ...]:
        """The filters that tell nothing about any of these pictures."""
        silent = self.highest <= 0 if self.rectified else self.highest == self.lowest
        return tuple(np.flatnonzero(silent).tolist())

    @property
    def nearly_dead(self) -> tuple[int, ...]:
        """The rectified filters that answer above 0 for 1% of the pictures at most, not dead."""
        rare = (self.fired > 0) & (self.fired <= RARELY * self.pictures) & self.rectified
        return tuple(np.flatnonzero(rare).tolist())

    @property
    def duplicates(self) -> tuple[Duplicate, ...]:
        """Pairs of filters with nearly the same weights or the same answers."""
        alike = (self.similarity >= ALIKE) | (self.difference <= SAME_ANSWERS)  # NaN is neither
        return tuple(
            Duplicate(
                int(first),
                int(second),
                float(self.similarity[first, second]),
                None
                if np.isnan(self.difference[first, second])
                else float(self.difference[first, second]),
            )
            for first, second in np.argwhere(np.triu(alike, k=1))
        )

    def trouble(self, number: int) -> str:
        """What is wrong with a filter in a word or two: dead, nearly dead, like 3; or nothing."""
        if number in self.dead:
            return "dead"
        if number in self.nearly_dead:
            return "nearly dead"
        twins = [
            pair.second if pair.first == number else pair.first
            for pair in self.duplicates
            if number in (pair.first, pair.second)
        ]
        return f"like {twins[0]}" if twins else ""

    def describe(self) -> list[str]:
        """Lines for a reader: how many filters, which are dead, which are duplicates."""
        rule = "answer nowhere above 0" if self.rectified else "the same answer everywhere"
        dead = ", ".join(map(str, self.dead)) or "none"
        rare = [f"{one} fires on {self.fired[one]:,}" for one in self.nearly_dead]
        nearly = f"nearly dead: {', '.join(rare)} of {self.pictures:,} pictures"
        return [
            f"layer {self.layer}: {len(self)} filters, seen on {self.pictures:,} pictures",
            f"dead ({rule}): {dead}",
            *([nearly] if rare else []),
            (
                f"duplicates (cosine of weights at least {ALIKE}, or answers that differ by at "
                f"most {SAME_ANSWERS:.0%}): {'; '.join(map(_pair, self.duplicates)) or 'none'}"
            ),
        ]

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "layer": self.layer,
            "filters": len(self),
            "pictures": self.pictures,
            "weights": self.weights.tolist(),
            "biases": None if self.biases is None else self.biases.tolist(),
            "highest": self.highest.tolist(),
            "fired": self.fired.tolist(),
            "dead": list(self.dead),
            "nearly_dead": list(self.nearly_dead),
            "duplicates": [
                {
                    "filters": [pair.first, pair.second],
                    "weights": None if np.isnan(pair.weights) else pair.weights,
                    "answers": pair.answers,
                }
                for pair in self.duplicates
            ],
            "strongest": [[patch.as_dict() for patch in row] for row in self.strongest],
        }


def look_at_filters(
    classifier: Classifier,
    part: Part,
    layer: str | None = None,
    *,
    patches: int = PATCHES,
    progress: Progress | None = None,
) -> FilterLook:
    """The filters of a convolution (the first one, if none is named) and what excites them most.

    `layer` is a number or name as `activations` gives it. Pictures are read in batches, so the
    memory does not grow with their number; `progress` is told how many have been seen, and of
    how many. Raises `UsageError` for a layer that is no
    convolution, a net without one, and a part without pictures.
    """
    network = classifier.network.eval()
    places = places_of(network, classifier.contract.preprocess.input_shape)
    place = _convolution(places, layer)
    seen = see_all(classifier, part, places, place, patches, progress)
    weights = _to_numpy(place.module.get_parameter("weight").permute(0, 2, 3, 1))
    bias = dict(place.module.named_parameters()).get("bias")
    return FilterLook(
        layer=place.name,
        weights=weights,
        biases=None if bias is None else _to_numpy(bias),
        pictures=len(part),
        highest=_to_numpy(seen.values[0]),
        lowest=_to_numpy(seen.lowest),
        fired=seen.fired.cpu().numpy(),
        rectified=_is_rectified(network, places, place),
        strongest=strongest_patches(classifier, part, place, seen),
        similarity=_cosines(weights),
        difference=_differences(seen.products.cpu().numpy()),
    )


def _convolution(places: list[Place], layer: str | None) -> Place:
    convolutions = [place for place in places if place.is_convolution]
    if not convolutions:
        names = "; ".join(place.name for place in places)
        raise UsageError(
            f"this net has no convolution, so it has no filters to show; its layers are: {names}"
        )
    if layer is None:
        return convolutions[0]
    return find(places, layer, only=convolutions)


def _is_rectified(network: nn.Module, places: list[Place], place: Place) -> bool:
    """Whether an answer of 0 or less is lost for the layers after it."""
    number = places.index(place)
    following = [type(one.module) for one in places[number + 1 : number + 2]]
    if isinstance(network, Network):
        layer = network.spec.layers[number]
        own = layer.activation if isinstance(layer, Conv | Depthwise) else None
        return own == "relu" or (own is None and _next_is_relu(network.spec.layers[number + 1 :]))
    return not following or not issubclass(following[0], nn.BatchNorm2d)


def _next_is_relu(layers: tuple[Layer, ...]) -> bool:
    deciding = next((layer for layer in layers if isinstance(layer, Activation | BatchNorm)), None)
    return isinstance(deciding, Activation) and deciding.name == "relu"


def _cosines(weights: Numbers) -> Numbers:
    """(filters, filters) cosines between filters' weights; NaN for a filter of zeros."""
    flat = weights.reshape(len(weights), -1).astype(np.float64)
    lengths = np.linalg.norm(flat, axis=1)
    lengths[lengths == 0] = np.nan
    flat = flat / lengths[:, np.newaxis]
    return np.asarray(flat @ flat.T, dtype=np.float32)


def _differences(products: NDArray[np.float64]) -> Numbers:
    """(filters, filters) relative differences of answers from their sums of products."""
    squares = np.diag(products)
    squared = np.maximum(squares[:, np.newaxis] + squares - 2 * products, 0)
    larger = np.maximum(squares[:, np.newaxis], squares)
    larger[larger == 0] = np.nan  # two filters that never answer
    return np.asarray(np.sqrt(squared / larger), dtype=np.float32)


def _pair(pair: Duplicate) -> str:
    answers = "both dead" if pair.answers is None else f"answers differ by {pair.answers:.1%}"
    return f"{pair.first} and {pair.second} (cosine {pair.weights:.3f}, {answers})"


def _to_numpy(tensor: Tensor) -> Numbers:
    return np.ascontiguousarray(tensor.detach().float().cpu().numpy(), dtype=np.float32)
