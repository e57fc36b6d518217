"""Feature maps as they are shown: their values, scales, what is dead, and words about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lenswork.files import written_whole
from lenswork.kinds import Pictures
from lenswork.look.activations import Numbers
from lenswork.look.pictures import Shown
from lenswork.model.classifier import Prediction
from lenswork.model.shapes import format_shape

Scale = Literal["shared", "own"]
DEAD_NAMED = 12  # in a line
LEVELS = 255


@dataclass(frozen=True)
class LayerMaps:
    """Chosen channels of one layer as they are shown, with their scales.

    `maps` is (pictures, channels, height, width); a vector's units are maps of 1 x 1. `numbers`
    are the channels' numbers in the layer. `low` and `high`, (pictures, channels), are the
    values at the ends of each map's colours. `shape` is the layer's, (height, width, channels)
    or (units,). `vector` is all of a vector, (pictures, units), whichever units were chosen;
    None for maps.
    """

    name: str
    shape: tuple[int, ...]
    numbers: tuple[int, ...]
    maps: Numbers
    low: Numbers
    high: Numbers
    vector: Numbers | None = None

    @property
    def what(self) -> str:
        """What one of `numbers` is: a channel of a map, a unit of a vector."""
        return "channel" if self.vector is None else "unit"

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

    def levels(self, most: int | None = None) -> NDArray[np.uint8]:
        """Each value between the ends of its colours in 256 steps, shaped as `maps`.

        Of the first `most` channels, or of all. What is no number is 0, and so is all of a map
        whose ends are one.
        """
        low = self.low[:, :most, np.newaxis, np.newaxis]
        length = self.high[:, :most, np.newaxis, np.newaxis] - low
        with np.errstate(over="ignore", invalid="ignore"):  # ends that nearly are one
            steps = np.divide(LEVELS, length, out=np.zeros_like(length), where=length > 0)
            share = (self.maps[:, :most] - low) * steps
        known = np.nan_to_num(share, nan=0.0, posinf=LEVELS, neginf=0.0)
        levels: NDArray[np.uint8] = np.rint(known.clip(0, LEVELS)).astype(np.uint8)
        return levels

    def line(self) -> str:
        """One line: the layer's shape, the least and greatest value shown, what is dead."""
        is_map = self.vector is None
        said = f"{self.name}: {format_shape(self.shape) if is_map else unit_count(self.shape[0])}"
        values = f"values {self.maps.min():.3g} to {self.maps.max():.3g}"
        count, silent = len(self.numbers), len(self.dead)
        if count == 1 < self.shape[-1]:
            dead = ", dead: 0 everywhere" if silent else ""
            dead += ", flat: one number, not 0, everywhere" if self.flat else ""
            return f"{said}, {self.what} {self.numbers[0]}: {values}{dead}"
        if not is_map:
            return f"{said}, {values}" + (f", {silent:,} of {count:,} are 0" if count > 1 else "")
        named = f": {listed(self.dead)}" if silent else ""
        flat = f", {len(self.flat)} of {count} flat: {listed(self.flat)}" if self.flat else ""
        return f"{said}, {values}, {silent} of {count} dead{named}{flat}"

    def as_dict(self) -> dict[str, object]:
        """For JSON: statistics, each a list of pictures of lists of channels; not the values."""
        return {
            "layer": self.name,
            "shape": list(self.shape),
            f"{self.what}s": list(self.numbers),
            "scale_low": self.low.tolist(),
            "scale_high": self.high.tolist(),
            "min": self.maps.min(axis=(2, 3)).tolist(),
            "max": self.maps.max(axis=(2, 3)).tolist(),
            "mean": self.maps.mean(axis=(2, 3), dtype=np.float64).tolist(),
            "dead": list(self.dead),
            "flat": list(self.flat),
        }


@dataclass(frozen=True)
class FeatureMaps:
    """Layers' maps for some pictures, and what the network answered.

    `inputs` is (pictures, height, width, channels) uint8, the pictures as the network sees them.
    `left_out` names the layers that are not shown because nobody asked for them.
    """

    shown: tuple[Shown, ...]
    inputs: Pictures
    preprocess: str
    classes: tuple[str, ...]
    predictions: tuple[Prediction, ...]
    layers: tuple[LayerMaps, ...]
    scale: Scale
    left_out: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """What the chosen numbers are: "channel", "unit", or both where layers differ."""
        return " or ".join(sorted({layer.what for layer in self.layers}))

    def lines(self) -> list[str]:
        """A line a layer, and a line a picture with its answer."""
        answers = [
            f"{one.id}: {said.class_name} {said.probability:.1%}"
            + ("" if one.truth is None else f", truth {one.truth}")
            for one, said in zip(self.shown, self.predictions, strict=True)
        ]
        return [*(layer.line() for layer in self.layers), *answers]

    def as_dict(self) -> dict[str, object]:
        """For JSON: statistics of every layer and the answers; `save_arrays` has the values."""
        return {
            "scale": self.scale,
            "input": self.preprocess,
            "layers": [layer.as_dict() for layer in self.layers],
            "left_out": list(self.left_out),
            "pictures": [
                {
                    "id": one.id,
                    "truth": one.truth,
                    "answer": said.class_name,
                    "probability": said.probability,
                }
                for one, said in zip(self.shown, self.predictions, strict=True)
            ],
        }


def save_arrays(maps: FeatureMaps, path: Path) -> None:
    """Write every shown number to an .npz file without pickle, whole or not at all.

    A layer's key is its name; maps are (pictures, height, width, channels), vectors (pictures,
    units), float32. `pictures` is what the network saw, uint8, `ids` are their names, and
    `probabilities` (pictures, classes) go with `classes`.
    """
    arrays: dict[str, Any] = {
        layer.name: layer.maps.transpose(0, 2, 3, 1)
        if layer.vector is None
        else layer.maps[:, :, 0, 0]
        for layer in maps.layers
    }
    probabilities = [[said.probabilities[name] for name in maps.classes]
                     for said in maps.predictions]  # fmt: skip
    arrays |= {
        "pictures": maps.inputs,
        "ids": np.array([one.id for one in maps.shown], dtype=np.str_),
        "classes": np.array(maps.classes, dtype=np.str_),
        "probabilities": np.array(probabilities, dtype=np.float32),
    }
    with written_whole(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def unit_count(units: int) -> str:
    """Such as "18,496 units"."""
    return f"{units:,} unit{'' if units == 1 else 's'}"


def listed(numbers: Sequence[int]) -> str:
    """The first twelve numbers and how many more there are."""
    named = ", ".join(map(str, numbers[:DEAD_NAMED]))
    more = len(numbers) - DEAD_NAMED
    return f"{named} and {more:,} more" if more > 0 else named
