"""Accuracy from counted pictures, with the interval that their number allows."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from lenswork.kinds import Labels, Probabilities

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Accuracy:
    """`correct` of `n` pictures, as a fraction, and its 95% interval over pictures."""

    correct: int
    n: int
    low: float
    high: float

    @property
    def fraction(self) -> float:
        """The accuracy, 0 to 1."""
        return self.correct / self.n

    def __str__(self) -> str:
        return (
            f"{self.fraction:.2%} ({self.low:.2%} to {self.high:.2%}, "
            f"95% interval, n={self.n:,} pictures)"
        )


def accuracy_of(truth: Labels, probabilities: Probabilities) -> Accuracy:
    """Accuracy of (count, classes) probabilities against (count,) labels."""
    correct = int((probabilities.argmax(axis=1) == truth).sum())
    return accuracy_interval(correct, len(truth))


def accuracy_interval(correct: int, n: int) -> Accuracy:
    """The 95% interval of Wilson 1927 ("Probable inference", JASA 22), as scipy has it.

    It holds for new pictures drawn like these, for this one trained network.
    """
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    share, spread = correct / n, z**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    low = 0.0 if correct == 0 else middle - half  # at the ends it is exact
    high = 1.0 if correct == n else middle + half
    return Accuracy(correct, n, low, high)


def confusion_matrix(truth: Labels, probabilities: Probabilities) -> NDArray[np.int64]:
    """Counts, (classes, classes): row the truth, column the answer."""
    classes = probabilities.shape[1]
    pairs = truth * classes + probabilities.argmax(axis=1)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)
