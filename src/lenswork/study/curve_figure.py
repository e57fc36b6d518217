"""A learning curve drawn: every training, the law, and what it foretells of twice the pictures."""

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from lenswork.record.style import BLUE, NORMAL, PRINT_WIDTH, SMALL, VERMILION, new_figure
from lenswork.study.curve import Answer

MEASURED, FORETOLD = BLUE, VERMILION
HEIGHT = 4.0  # inches
TITLE_LETTERS = 85  # a line
LINE_POINTS = 60
DIGITS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
BELOW_AND_ABOVE = 1.12


def curve_figure(answer: Answer, name: str, part: str) -> Figure:
    """Errors against the number of pictures, both on scales of ratios where no error is 0.

    A dot is a training and a cross the mean of a size; the line is the law and its band the 95%
    interval of the error, foretold beyond the last size.
    """
    figure = new_figure(PRINT_WIDTH, HEIGHT)
    axes = figure.add_subplot()
    points = answer.points
    twice = 2 * points.pictures[-1]
    _draw_law(axes, answer, float(points.pictures[0]), float(twice))
    for pictures, errors in zip(points.pictures, points.seed_errors, strict=True):
        axes.plot(
            np.full(len(errors), pictures), 100 * errors, "o", ms=4, mfc="none", mec=MEASURED,
            mew=0.9, label="a training" if pictures == points.pictures[0] else None,
        )  # fmt: skip
    axes.plot(
        points.pictures, 100 * points.errors, "_", ms=13, mew=1.6, color=MEASURED,
        label="mean of the seeds",
    )  # fmt: skip
    least = min(answer.law.error_at(float(twice)).low, *(one.min() for one in points.seed_errors))
    _scale(axes, [*map(int, points.pictures), int(twice)], ratios=least > 0)
    axes.set_ylabel(f"{part} error, %", fontsize=NORMAL)
    axes.legend(fontsize=SMALL, frameon=False, loc="upper right")
    plain = name.replace("$", r"\$")
    words = textwrap.fill(" ".join([answer.sentence(), *answer.notes()]), TITLE_LETTERS)
    axes.set_title(f"{plain}: would more pictures help?\n{words}", fontsize=NORMAL, loc="left")
    return figure


def _draw_law(axes: Axes, answer: Answer, first: float, last: float) -> None:
    """The law: solid where it was measured, dashed beyond, with the band of the error."""
    middle = float(answer.points.pictures[-1])
    spans = ((first, middle, MEASURED, "-", "law"), (middle, last, FORETOLD, "--", "foretold"))
    for begin, end, colour, style, label in spans:
        at = np.geomspace(begin, end, LINE_POINTS)
        axes.plot(at, 100 * answer.law.drawn_at(at), style, color=colour, lw=1.3, label=label)
        bands = [answer.law.error_at(float(pictures)) for pictures in at]
        axes.fill_between(
            at,
            [100 * band.low for band in bands],
            [100 * band.high for band in bands],
            color=colour,
            alpha=0.15,
            lw=0,
        )
    error = answer.law.error_at(last)
    below, above = error.middle - error.low, error.high - error.middle
    axes.errorbar(
        [last], [100 * error.middle], [[100 * below], [100 * above]], fmt="D", ms=4,
        color=FORETOLD, capsize=3, label="twice the pictures, 95% interval",
    )  # fmt: skip
    axes.annotate(
        f"{100 * error.middle:.1f}%", (last, 100 * error.middle), (-8, -3), fontsize=SMALL,
        color=FORETOLD, textcoords="offset points", ha="right", va="top",
    )  # fmt: skip


def _scale(axes: Axes, pictures: list[int], *, ratios: bool) -> None:
    """Scales of ratios, on which a power law is a straight line, with plain numbers."""
    axes.set_xscale("log")
    if ratios:
        axes.set_yscale("log")
        axes.set_yticks(_round_numbers(*axes.get_ylim()))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_ylim(bottom=0)
    axes.set_xlim(pictures[0] / BELOW_AND_ABOVE, pictures[-1] * BELOW_AND_ABOVE)
    axes.set_xticks(pictures, [f"{count:,}" for count in pictures])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel("training pictures", fontsize=NORMAL)
    axes.tick_params(labelsize=SMALL)
    axes.grid(visible=True, which="major", color="#dddddd", lw=0.5)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _round_numbers(low: float, high: float) -> list[float]:
    """A tenth, a fifth or so apart, between `low` and `high`."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    numbers = [digit * 10.0**power for power in powers for digit in DIGITS]
    return [number for number in numbers if low <= number <= high]
