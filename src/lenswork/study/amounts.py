"""Times, rates and ratios as a reader wants them: a mean with the ends of its interval."""

import math
from collections.abc import Callable

from lenswork.record.durations import format_seconds
from lenswork.study.intervals import Estimate, Interval, Ratio

UNKNOWN = "not measured here"  # the trials were taken over from another study
LONG = 600  # seconds from which tenths say nothing
NEAR = 1.5  # ratios below it need two digits to be told from 1
WIDEST = 10  # times the mean: an interval beyond it is not written
LEAST, MOST = 0.01, 1000  # up to where the ends of a ratio's interval are written


def seconds_text(estimate: Estimate) -> str:
    """A time with its interval, such as 1.6 s (1.1 to 2.3)."""
    if math.isnan(estimate.mean):
        return UNKNOWN
    if estimate.mean >= LONG:
        return format_seconds(estimate.mean) + _range(estimate, format_seconds)
    digits = 1 if estimate.mean >= 1 else 3
    return f"{estimate.mean:.{digits}f} s" + _range(estimate, lambda value: f"{value:,.{digits}f}")


def rate_text(estimate: Estimate) -> str:
    """A rate with its interval, such as 41,662 (39,100 to 44,392)."""
    if math.isnan(estimate.mean):
        return UNKNOWN
    return f"{estimate.mean:,.0f}" + _range(estimate, lambda value: f"{value:,.0f}")


def times_text(ratio: Ratio) -> tuple[str, str]:
    """A ratio, and its interval in brackets where it has one: 2.1 and (1.9 to 2.3)."""
    between = _between(ratio.interval, lambda value: _factor(value, ratio.ratio))
    return _factor(ratio.ratio, ratio.ratio), between.lstrip()


def _range(estimate: Estimate, written: Callable[[float], str]) -> str:
    """The interval, or that it is too wide to say anything, as with two seeds that differ much."""
    if estimate.interval is not None and estimate.interval.high > WIDEST * estimate.mean:
        return " (unsure)"
    return _between(estimate.interval, written)


def _between(interval: Interval | None, written: Callable[[float], str]) -> str:
    return "" if interval is None else f" ({written(interval.low)} to {written(interval.high)})"


def _factor(value: float, of: float) -> str:
    """A ratio or an end of its interval, with as many digits as the ratio `of` needs."""
    if value < LEAST:
        return f"under {LEAST}"
    if value > MOST:
        return f"over {MOST:,}"
    smaller = min(value, of)
    return f"{value:,.{2 if smaller < NEAR else 1 if smaller < 10 else 0}f}"
