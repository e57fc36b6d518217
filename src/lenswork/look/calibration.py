"""Whether a classifier is right as often as it says it is.

Guo, Pleiss, Sun and Weinberger 2017, "On calibration of modern neural networks", ICML.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lenswork.errors import UsageError
from lenswork.kinds import Labels, Probabilities
from lenswork.record.accuracy import CONFIDENCE, Accuracy, accuracy_interval
from lenswork.seeds import generator

Binning = Literal["equal-mass", "equal-width"]
Numbers = NDArray[np.float64]
BINS = 15
RESAMPLES = 1000
OUTSIDE = (1 - CONFIDENCE) / 2


@dataclass(frozen=True)
class Bin:
    """Pictures of like confidence: their mean confidence, and how many were answered rightly."""

    confidence: float
    accuracy: Accuracy

    @property
    def gap(self) -> float:
        """Confidence less accuracy: above 0 it is too sure."""
        return self.confidence - self.accuracy.fraction


@dataclass(frozen=True)
class Calibration:
    """The reliability diagram's bins and the expected calibration error, all as fractions.

    `low` and `high` are the error's 95% interval; `chance` is the error that a perfectly
    calibrated classifier with these confidences stays under 97.5% of the time: an error below
    it may be nothing. `mean_gap` is mean confidence less accuracy.
    """

    bins: tuple[Bin, ...]
    binning: Binning
    pictures: int
    error: float
    low: float
    high: float
    chance: float
    mean_gap: float

    @property
    def words(self) -> str:
        """What the numbers say, in words."""
        if self.error <= self.chance:
            return (
                "no miscalibration shown: a perfectly calibrated classifier would often show as "
                "much by chance"
            )
        if abs(self.mean_gap) < self.error / 3:
            return "too sure of some answers and not sure enough of others"
        return "too sure of its answers" if self.mean_gap > 0 else "not sure enough of its answers"

    def __str__(self) -> str:
        return (
            f"{self.error:.2%} ({self.low:.2%} to {self.high:.2%}, 95% interval, "
            f"n={self.pictures:,} pictures, {len(self.bins)} {self.binning} bins)"
        )


def calibration_of(
    truth: Labels,
    probabilities: Probabilities,
    *,
    bins: int = BINS,
    binning: Binning = "equal-mass",
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Calibration:
    """Expected calibration error of (count, classes) probabilities for (count,) labels.

    The mean over pictures of |accuracy - confidence| of their bin (Naeini, Cooper and
    Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning", section
    2; Guo et al. 2017, equation 3). Bins hold equally many pictures unless told otherwise: a
    good network puts nearly all into the last of 15 equally wide ones, the others are noise, and
    the error comes out less biased (Nixon et al. 2019, "Measuring calibration in deep
    learning"; Roelofs et al. 2022). Equally sure pictures stay in one bin, so there may be fewer.

    The interval is a bootstrap over pictures that held the true error 88 to 98 times in 100
    simulations. Raises `UsageError` without pictures.
    """
    if not len(truth):
        raise UsageError("calibration needs at least one picture with its answer, got none")
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = (probabilities.argmax(axis=1) == truth).astype(np.float64)
    place = _places(confidence, bins, binning)
    made = tuple(
        Bin(float(confidence[here].mean()), accuracy_interval(int(right[here].sum()), here.sum()))
        for here in (place == number for number in range(int(place.max()) + 1))
    )
    gap = right - confidence
    error = _error(gap, place, len(made))
    chance = generator(seed, "calibration")
    resampled = _resampled_errors(gap, place, len(made), resamples, chance)
    perfect = _perfect_errors(confidence, place, len(made), resamples, chance)
    bound = float(np.quantile(perfect, 1 - OUTSIDE))
    low, high = _interval(error, resampled, bound)
    return Calibration(
        bins=made,
        binning=binning,
        pictures=len(truth),
        error=error,
        low=low,
        high=high,
        chance=bound,
        mean_gap=float(-gap.mean()),
    )


def _interval(error: float, resampled: Numbers, chance: float) -> tuple[float, float]:
    """The error's interval from the errors of resampled pictures, (resamples,).

    A resampled error is too large by about what the error itself is too large by, so the low end
    is the basic bootstrap's, 2 error - quantile, and 0 where perfect calibration is not refuted
    (`chance`); the high end is the larger of the basic and the percentile one.
    """
    smallest, largest = np.quantile(resampled, [OUTSIDE, 1 - OUTSIDE])
    low = 0.0 if error <= chance else 2 * error - largest
    high = max(2 * error - smallest, largest)
    return float(np.clip(low, 0, error)), float(max(high, error))


def _places(confidence: Numbers, bins: int, binning: Binning) -> NDArray[np.int64]:
    """Each picture's bin, (count,), numbered without gaps."""
    if binning == "equal-width":
        edges = np.linspace(0, 1, bins + 1)[1:-1]
        place = np.digitize(confidence, edges, right=True)  # (low, high], as the papers have it
    else:
        edges = np.quantile(confidence, np.linspace(0, 1, bins + 1)[1:-1], method="higher")
        place = np.digitize(confidence, np.unique(edges), right=False)
    return np.unique(place, return_inverse=True)[1]


def _error(gap: Numbers, place: NDArray[np.int64], bins: int) -> float:
    return float(np.abs(np.bincount(place, gap, bins)).sum() / len(gap))


def _resampled_errors(
    gap: Numbers, place: NDArray[np.int64], bins: int, resamples: int, chance: np.random.Generator
) -> Numbers:
    """The errors of `resamples` draws with replacement, (resamples,)."""
    errors = np.empty(resamples)
    for number in range(resamples):
        drawn = chance.integers(0, len(gap), len(gap))
        errors[number] = _error(gap[drawn], place[drawn], bins)
    return errors


def _perfect_errors(
    confidence: Numbers,
    place: NDArray[np.int64],
    bins: int,
    resamples: int,
    chance: np.random.Generator,
) -> Numbers:
    """The errors of a classifier that is right with the probability it says, (resamples,).

    Consistency resampling: Bröcker and Smith 2007, "Increasing the reliability of reliability
    diagrams".
    """
    errors = np.empty(resamples)
    for number in range(resamples):
        right = chance.random(len(confidence)) < confidence
        errors[number] = _error(right - confidence, place, bins)
    return errors
