"""Pictures in, predictions out, by a contract; without torch, so that others can compute."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from lenswork.cores import available_cores
from lenswork.errors import UsageError
from lenswork.kinds import Picture, Pictures, Probabilities
from lenswork.model.contract import Contract
from lenswork.model.preprocess import Preprocess

AT_ONCE = 512  # pictures that `predict` has in memory: a folder of photographs may have any number
PREPARED_BYTES = 64 * 2**20  # of pictures at the input's size that are in memory together


@dataclass(frozen=True)
class Prediction:
    """What one picture shows: the likeliest class and all classes' probabilities."""

    class_name: str
    probability: float
    probabilities: dict[str, float]


class Answering(ABC):
    """A contract with its golden pictures, and something that computes as it says."""

    def __init__(self, contract: Contract, golden: Sequence[Picture]) -> None:
        self.contract = contract
        self.golden = list(golden)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in the order of the probabilities."""
        return self.contract.classes

    def predict(self, pictures: object) -> list[Prediction]:
        """Say what pictures show.

        `pictures` is one picture or a sequence of them, each a path or a uint8 array of
        (height, width, 1 or 3) or (height, width), of any size. Raises `UsageError` for arrays
        of other kinds, `PictureError` for a file that cannot be read.
        """
        given = [pictures] if _is_one(pictures) else pictures
        remaining: Iterator[object] = iter(given)  # type: ignore[call-overload]
        said: list[Prediction] = []
        while some := list(islice(remaining, AT_ONCE)):
            said += self.predictions(self.probabilities(self._prepared(some)))
        return said

    def _prepared(self, given: Sequence[object]) -> Pictures:
        """Paths and arrays at the contract's size: of each file only that is kept."""
        preprocess = self.contract.preprocess
        prepared = np.empty((len(given), *preprocess.input_shape), np.uint8)

        def prepare(place: int) -> None:
            prepared[place] = _prepared_one(given[place], preprocess)

        if sum(isinstance(item, str | Path) for item in given) > 1:
            with ThreadPoolExecutor(max_workers=available_cores()) as pool:
                list(pool.map(prepare, range(len(given))))
        else:
            for place in range(len(given)):
                prepare(place)
        return prepared

    def probabilities_of(self, pictures: Sequence[Picture]) -> Probabilities:
        """Class probabilities, (count, classes), of opened pictures of any size."""
        preprocess = self.contract.preprocess
        at_once = max(1, PREPARED_BYTES // math.prod(preprocess.input_shape))
        tables = [np.empty((0, len(self.classes)), np.float32)]
        for start in range(0, len(pictures), at_once):
            some = pictures[start : start + at_once]
            prepared = np.empty((len(some), *preprocess.input_shape), np.uint8)
            for index, picture in enumerate(some):
                prepared[index] = preprocess.apply(picture)
            tables.append(self.probabilities(prepared))
        return np.concatenate(tables)

    def probabilities(self, pictures: Pictures) -> Probabilities:
        """Class probabilities, (count, classes), of pictures already at the contract's size.

        `pictures` is (count, height, width, channels) uint8.
        """
        expected = self.contract.preprocess.input_shape
        if pictures.dtype != np.uint8 or pictures.shape[1:] != expected:
            raise UsageError(
                f"expected uint8 pictures of shape (count, {', '.join(map(str, expected))}), got "
                f"{pictures.dtype} of shape {pictures.shape}; predict() takes any size"
            )
        return self._answers(pictures)

    @abstractmethod
    def _answers(self, pictures: Pictures) -> Probabilities:
        """Class probabilities, (count, classes), of pictures that fit the contract."""

    def predictions(self, probabilities: Probabilities) -> list[Prediction]:
        """Rows of probabilities as predictions."""
        return [
            Prediction(
                class_name=self.classes[int(row.argmax())],
                probability=float(row.max()),
                probabilities={
                    name: float(value) for name, value in zip(self.classes, row, strict=True)
                },
            )
            for row in probabilities
        ]

    def golden_answers(self) -> Probabilities:
        """The golden pictures' probabilities, (pictures, classes)."""
        return self.probabilities_of([checked_picture(picture) for picture in self.golden])


def _prepared_one(item: object, preprocess: Preprocess) -> Picture:
    """A path or an array as the network sees it; arrays that were scaled already are refused."""
    if isinstance(item, str | Path):
        return preprocess.read_file(Path(item))
    if not isinstance(item, np.ndarray):
        raise UsageError(
            f"expected a path or a uint8 array of height x width x channels, got "
            f"{type(item).__name__}"
        )
    picture = checked_picture(item)
    if picture.max() == 1:
        raise UsageError(
            "expected a uint8 picture with values 0 to 255, got values 0 and 1 only: it seems "
            "to have been divided by 255 already; give the picture as it was read"
        )
    return preprocess.apply(picture)


def checked_picture(item: np.ndarray) -> Picture:
    """An array as a picture, (height, width, 1 or 3) uint8; raises `UsageError` for others."""
    if item.dtype != np.uint8:
        raise UsageError(
            f"expected a uint8 picture with values 0 to 255, got {item.dtype}: give the picture "
            "as it was read; the classifier scales it by itself, as in training"
        )
    picture = item[:, :, np.newaxis] if item.ndim == 2 else item
    if picture.ndim != 3 or picture.shape[2] not in (1, 3) or 0 in picture.shape:
        raise UsageError(f"expected a picture of shape (height, width, 1 or 3), got {item.shape}")
    return picture


def _is_one(pictures: object) -> bool:
    if isinstance(pictures, np.ndarray):
        return pictures.ndim <= 3
    return isinstance(pictures, str | Path) or not hasattr(pictures, "__iter__")
