"""What many rounds come to: n, median, minimum, maximum; and ratios paired by round."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figures:
    """A sample in four numbers."""

    n: int
    median: float
    min: float
    max: float

    def to_json(self) -> dict[str, float]:
        """The same as a dictionary."""
        return asdict(self)


def figures(values: Sequence[float]) -> Figures:
    """The four numbers of `values`, of which there must be one at least."""
    return Figures(len(values), statistics.median(values), min(values), max(values))


def paired_ratios(of: Sequence[float], to: Sequence[float]) -> list[float]:
    """The ratio of each round; what slows a whole round down cancels within it.

    The median of these is not the ratio of the medians.
    """
    return [one / other for one, other in zip(of, to, strict=True)]
