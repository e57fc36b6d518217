"""Where the marks of a reliability diagram stand, for the SVG that a template writes."""

import math
from dataclasses import dataclass

from lenswork.look.calibration import Bin, Calibration

SIDE = 400
LEFT, TOP, RIGHT, BOTTOM = 44.0, 10.0, SIDE - 20.0, SIDE - 40.0


@dataclass(frozen=True)
class Mark:
    """A bin: its centre, and its interval's ends."""

    bin: Bin
    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True)
class Diagram:
    """Confidence to the right, accuracy upwards, both from `start` to 100%."""

    start: float
    marks: tuple[Mark, ...]
    ticks: tuple[tuple[float, float, str], ...]  # x, y, text
    side: int = SIDE
    left: float = LEFT
    top: float = TOP
    right: float = RIGHT
    bottom: float = BOTTOM


def diagram_of(calibration: Calibration) -> Diagram:
    """The diagram's marks; it begins at a round percentage below all of them."""
    lowest = min(min(one.confidence, one.accuracy.low) for one in calibration.bins)
    step = 0.1 if lowest < 0.8 else 0.05 if lowest < 0.9 else 0.02
    start = max(0.0, math.floor(lowest / step) * step)
    count = round((1 - start) / step)
    values = [start + place * (1 - start) / count for place in range(count + 1)]
    return Diagram(
        start=start,
        marks=tuple(_mark(one, start) for one in calibration.bins),
        ticks=tuple((_x(value, start), _y(value, start), f"{value:.0%}") for value in values),
    )


def _mark(one: Bin, start: float) -> Mark:
    return Mark(
        bin=one,
        x=_x(one.confidence, start),
        y=_y(one.accuracy.fraction, start),
        low=_y(one.accuracy.low, start),
        high=_y(one.accuracy.high, start),
    )


def _x(value: float, start: float) -> float:
    return round(LEFT + (value - start) / (1 - start) * (RIGHT - LEFT), 1)


def _y(value: float, start: float) -> float:
    return round(BOTTOM - (value - start) / (1 - start) * (BOTTOM - TOP), 1)
