"""What many rounds come to: median, mean and spread; and ratios paired by round."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figures:
    """A sample in a few numbers; `deviation` (n - 1) is None with one value."""

    n: int
    median: float
    min: float
    max: float
    mean: float
    deviation: float | None

    def to_json(self) -> dict[str, float | None]:
        """The same as a dictionary."""
        return asdict(self)


def figures(values: Sequence[float]) -> Figures:
    """The numbers of `values`, of which there must be one at least."""
    return Figures(
        n=len(values),
        median=statistics.median(values),
        min=min(values),
        max=max(values),
        mean=statistics.fmean(values),
        deviation=statistics.stdev(values) if len(values) > 1 else None,
    )


def paired_ratios(of: Sequence[float], to: Sequence[float]) -> list[float]:
    """The ratio of each round; what slows a whole round down cancels within it.

    The median of these is not the ratio of the medians.
    """
    return [one / other for one, other in zip(of, to, strict=True)]


def ratios_to_mean(of: Sequence[float], to: Sequence[float]) -> list[float]:
    """Each value over the mean of `to`, of which there may be another number.

    Their mean is the ratio of the means.
    """
    mean = statistics.fmean(to)
    return [one / mean for one in of]
