"""95% intervals of means, of a ratio and of an accuracy, each with its source."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit

from lenswork.errors import UsageError

CONFIDENCE = 0.95
LEVEL = 1 - CONFIDENCE
NORMAL = float(ndtri(1 - LEVEL / 2))


@dataclass(frozen=True)
class Interval:
    """A 95% interval, in the unit of what it is of."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds; `deviation` and `interval` are None with one seed.

    `deviation` is that of the numbers themselves (n - 1), in their unit, whatever the mean is.
    """

    mean: float
    deviation: float | None
    interval: Interval | None


@dataclass(frozen=True)
class Ratio:
    """How many times as much; `interval` is None when either side has one seed."""

    ratio: float
    interval: Interval | None


def t_quantile(freedom: float, level: float = LEVEL) -> float:
    """What a t with `freedom` degrees stays below in size, all but `level` of the time."""
    return -float(stdtrit(freedom, level / 2))


def t_probability(t: float, freedom: float) -> float:
    """The chance of a t with `freedom` degrees at least as far from 0 as `t`, either way."""
    return float(2 * stdtr(freedom, -abs(t)))


def mean_of(values: Sequence[float]) -> Estimate:
    """Mean, standard deviation (n - 1) and t interval of one number a seed.

    Student 1908, "The probable error of a mean", Biometrika 6. Raises `UsageError` without
    values.
    """
    if not len(values):
        raise UsageError("a mean over seeds needs at least one finished trial, got none")
    numbers = np.asarray(values, dtype=np.float64)
    mean = float(numbers.mean())
    if len(numbers) == 1:
        return Estimate(mean, None, None)
    deviation = float(numbers.std(ddof=1))
    half = t_quantile(len(numbers) - 1) * deviation / math.sqrt(len(numbers))
    return Estimate(mean, deviation, Interval(mean - half, mean + half))


def geometric_mean_of(values: Sequence[float]) -> Estimate:
    """Geometric mean of one time or rate a seed, and the t interval of its logarithm.

    Both ends are above 0, as times are. Alf and Grossberg 1979, "The geometric mean: confidence
    limits and significance tests", Perception & Psychophysics 26. Where a number is unknown (nan)
    the mean is. Raises `UsageError` unless there are numbers and all are above 0.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if not len(numbers) or (numbers <= 0).any():
        raise UsageError(
            "times and rates are above 0, and a mean needs at least one of them, got "
            f"{', '.join(f'{number:g}' for number in numbers) or 'none'}"
        )
    if np.isnan(numbers).any():
        return Estimate(math.nan, None, None)
    if len(numbers) == 1:
        return Estimate(float(numbers[0]), None, None)
    ends = mean_of(np.log(numbers).tolist()).interval
    return Estimate(
        mean=math.exp(float(np.log(numbers).mean())),
        deviation=float(numbers.std(ddof=1)),
        interval=None if ends is None else Interval(math.exp(ends.low), math.exp(ends.high)),
    )


def ratio_of(values: Sequence[float], to: Sequence[float]) -> Ratio:
    """How many times `to` the `values` are: the ratio of geometric means, for times and rates.

    Welch's t interval of the difference of the logarithms' means, taken back by exp (Welch
    1947, Biometrika 34). Raises `UsageError` unless all numbers are above 0.
    """
    smallest = min([*values, *to], default=0.0)
    if not len(values) or not len(to) or not smallest > 0:
        raise UsageError(
            f"a ratio needs numbers above 0 on both sides, got {len(values)} and {len(to)}, the "
            f"smallest {smallest:g}"
        )
    logs = np.log(np.asarray(values, dtype=np.float64)), np.log(np.asarray(to, dtype=np.float64))
    difference = float(logs[0].mean() - logs[1].mean())
    if min(len(values), len(to)) == 1:
        return Ratio(math.exp(difference), None)
    shares = [float(log.var(ddof=1)) / len(log) for log in logs]
    variance, freedom = sum(shares), welch_freedom(shares, [len(log) - 1 for log in logs])
    half = t_quantile(freedom) * math.sqrt(variance)
    return Ratio(
        math.exp(difference), Interval(math.exp(difference - half), math.exp(difference + half))
    )


def welch_freedom(variances: Sequence[float], freedoms: Sequence[float]) -> float:
    """Degrees of freedom of a sum of estimated variances (Welch 1947; Satterthwaite 1946).

    With no variance at all, those of equal variances.
    """
    if not any(variances):
        return float(sum(freedoms))
    shares = [variance**2 / freedom for variance, freedom in zip(variances, freedoms, strict=True)]
    return float(sum(variances) ** 2 / sum(shares))


def wilson(mean: float, pictures: float, quantile: float = NORMAL) -> Interval:
    """The interval of an accuracy `mean` over `pictures`, a number that need not be whole.

    Wilson 1927, "Probable inference", JASA 22. An effective number of pictures in place of the
    real one: Korn and Graubard 1998, Survey Methodology 24; with Wilson's interval: Franco,
    Little, Louis and Slud 2019, Journal of Survey Statistics and Methodology 7.
    """
    square = quantile**2
    scale = 1 + square / pictures
    centre = (mean + square / (2 * pictures)) / scale
    spread = mean * (1 - mean) / pictures + square / (4 * pictures**2)
    half = quantile * math.sqrt(spread) / scale
    # Rounding may leave the end that is exactly 0 or 1 a hair on the inner side of the mean.
    return Interval(max(0.0, min(centre - half, mean)), min(1.0, max(centre + half, mean)))
