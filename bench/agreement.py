"""Whether programs that do equal work end equally good."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations

from lenswork.study.intervals import LEVEL, t_quantile, welch_freedom


@dataclass(frozen=True)
class Agreement:
    """The largest difference between two means, and its interval; None with one value each.

    `pairs` is how many differences there were: the interval is that of the largest, at 95% for
    all of them together (Bonferroni).
    """

    first: str
    second: str
    difference: float
    low: float | None
    high: float | None
    pairs: int

    @property
    def holds(self) -> bool | None:
        """Whether the interval has 0 in it; None where there is none."""
        if self.low is None or self.high is None:
            return None
        return self.low <= 0 <= self.high

    def to_json(self) -> dict[str, object]:
        """The same as a dictionary."""
        return {**asdict(self), "holds": self.holds}


def agreement(samples: Mapping[str, Sequence[float]]) -> Agreement:
    """The two of at least two samples whose means are furthest apart, the larger one first."""
    means = {name: statistics.mean(values) for name, values in samples.items()}
    pairs = list(combinations(samples, 2))
    apart = max(pairs, key=lambda pair: abs(means[pair[0]] - means[pair[1]]))
    first, second = sorted(apart, key=lambda name: -means[name])
    difference = means[first] - means[second]
    half = _half_width(samples[first], samples[second], LEVEL / len(pairs))
    low, high = (None, None) if half is None else (difference - half, difference + half)
    return Agreement(first, second, difference, low, high, len(pairs))


def _half_width(first: Sequence[float], second: Sequence[float], level: float) -> float | None:
    """Half of Welch's t interval of a difference of means (Welch 1947, Biometrika 34)."""
    if min(len(first), len(second)) < 2:
        return None
    shares = [statistics.variance(values) / len(values) for values in (first, second)]
    freedom = welch_freedom(shares, [len(first) - 1, len(second) - 1])
    return t_quantile(freedom, level) * math.sqrt(sum(shares))
