"""Where the marks of small drawings stand, for SVG that a template writes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

LEAST_SPAN = 0.02  # of a miniature's scale: two points of accuracy are no cliff
PADDING = 3.0
STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Miniature:
    """A run's curves in `width` x `height`; `end` is the held-out curve's last point."""

    width: int
    height: int
    train: str
    held_out: str
    end: tuple[float, float] | None


def miniature(
    train: Sequence[float | None],
    held_out: Sequence[float | None],
    width: int = 132,
    height: int = 34,
) -> Miniature:
    """Both curves by epoch on one scale, from their lowest value to their highest."""
    known = [value for value in (*train, *held_out) if value is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    if high - low < LEAST_SPAN:
        middle = (low + high) / 2
        low, high = middle - LEAST_SPAN / 2, middle + LEAST_SPAN / 2
    scale = Scale(low, high, height - PADDING, PADDING)
    points = [_points(curve, width, scale) for curve in (train, held_out)]
    last = points[1] or points[0]
    return Miniature(width, height, _said(points[0]), _said(points[1]), last[-1] if last else None)


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` laid from `start` to `end`, in pixels."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value stands, to a tenth of a pixel."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """Round values within the scale: where they stand, and their texts in percent."""
        span = 100 * (self.high - self.low)
        power = 10.0 ** math.floor(math.log10(span / most))
        step = next((power * one for one in STEPS if span / (power * one) <= most), power * 10)
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        first = math.ceil(100 * self.low / step - 1e-9)
        last = math.floor(100 * self.high / step + 1e-9)
        return [
            (self.at(place * step / 100), f"{place * step:.{digits}f}%")
            for place in range(first, last + 1)
        ]


def scale_of(values: Sequence[float], start: float, end: float) -> Scale:
    """A scale that has all of `values` (accuracies, 0 to 1) within it, with a little room."""
    known = [value for value in values if math.isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=1.0)
    room = max((high - low) * 0.06, 0.001)
    return Scale(max(0.0, low - room), min(1.0, high + room), start, end)


def _points(curve: Sequence[float | None], width: int, scale: Scale) -> list[tuple[float, float]]:
    along = (width - 2 * PADDING) / max(1, len(curve) - 1)
    return [
        (round(PADDING + place * along, 1), scale.at(value))
        for place, value in enumerate(curve)
        if value is not None
    ]


def _said(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)
