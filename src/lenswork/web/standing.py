"""Settings beside each other: means and intervals, and where their marks stand in a drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lenswork.study.crossed import SettingResult
from lenswork.study.intervals import Interval
from lenswork.web.marks import Scale, scale_of

WIDTH, EDGE = 320, 14  # of a row's drawing, in pixels


@dataclass(frozen=True)
class Standing:
    """One setting's numbers, and its marks along a row: `thin` and `thick` are intervals.

    `interval` holds for new pictures: with other seeds too where there are several, or else for
    this one network. `thick` is that of other seeds on these pictures.
    """

    name: str
    seeds: int
    mean: float
    deviation: float | None
    interval: Interval
    at: float
    thin: tuple[float, float]
    thick: tuple[float, float] | None
    dots: tuple[float, ...]


def standings(
    results: Sequence[SettingResult], accuracies: Mapping[str, Sequence[float]]
) -> tuple[list[Standing], Scale]:
    """A row a setting on one scale; `accuracies` has those of its runs, 0 to 1, by its name."""
    intervals = {one.name: one.on_new_pictures or one.over_pictures for one in results}
    ends = [end for one in intervals.values() for end in (one.low, one.high)]
    dots = [value for one in results for value in accuracies[one.name]]
    scale = scale_of([*ends, *dots], EDGE, WIDTH - EDGE)
    return [
        Standing(
            name=one.name,
            seeds=one.seeds,
            mean=one.mean,
            deviation=one.deviation,
            interval=intervals[one.name],
            at=scale.at(one.mean),
            thin=_along(intervals[one.name], scale),
            thick=None if one.over_seeds is None else _along(one.over_seeds, scale),
            dots=tuple(scale.at(value) for value in accuracies[one.name]),
        )
        for one in results
    ], scale


def _along(interval: Interval, scale: Scale) -> tuple[float, float]:
    low, high = max(interval.low, scale.low), min(interval.high, scale.high)
    return scale.at(low), scale.at(high)
