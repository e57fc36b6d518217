"""Ticks in per cent whose labels are true: with as many decimals as the place needs."""

from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, MaxNLocator


def percent_ticks(axis: Axis, most: int) -> None:
    """At most `most` + 1 ticks on an axis of fractions, each named for exactly where it is."""
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(_percent))


def _percent(fraction: float, _place: int | None = None) -> str:
    return f"{round(100 * fraction, 6) + 0:.6g}%"
