"""A study in pictures: accuracies with their intervals, what they cost, and the way there."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from lenswork.record.run import Run
from lenswork.record.style import (
    BLACK,
    BLUE,
    GREEN,
    NORMAL,
    ORANGE,
    PRINT_WIDTH,
    PURPLE,
    SKY,
    VERMILION,
    folded,
    new_figure,
)
from lenswork.study.intervals import Interval, mean_of
from lenswork.study.summary import Summary

COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
MARKERS = "osD^vP*"
GREY = "#666666"
LETTERS, IN_A_LEGEND = 24, 32  # of a setting's name on a line


def accuracy_figure(summary: Summary) -> Figure:
    """Every trial as a dot, a row a setting, with two intervals.

    The thick bar is for other seeds on these pictures, the thin one for new pictures as well.
    """
    settings = summary.verdict.settings
    names = [folded(setting.name, LETTERS) for setting in settings]
    lines = max((name.count("\n") for name in names), default=0) + 1
    figure = new_figure(PRINT_WIDTH, max(0.42, 0.17 * lines) * len(settings) + 0.9)
    axes = figure.subplots()
    for row, setting in enumerate(settings):
        colour = COLOURS[row % len(COLOURS)]
        _bar(axes, row, setting.on_new_pictures or setting.over_pictures, GREY, 1.2)
        if setting.over_seeds is not None:
            _bar(axes, row, setting.over_seeds, colour, 4)
        accuracies = summary.results.settings[setting.name].accuracies
        axes.plot(accuracies, [row] * len(accuracies), "o", ms=4, mfc="white", mec=colour)
        axes.plot(setting.mean, row, "|", ms=14, color="black")
    axes.set_yticks(range(len(settings)), names, fontsize=NORMAL)
    axes.invert_yaxis()
    axes.margins(y=0.15)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    axes.set_xlabel(f"accuracy, {summary.results.part}")
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    return figure


def cost_figure(summary: Summary) -> Figure:
    """Accuracy against training time; the line joins those that no other beats in both."""
    figure = new_figure(PRINT_WIDTH, 3.4)
    axes = figure.subplots()
    places = {}
    for place, setting in enumerate(summary.verdict.settings):
        time = summary.costs[setting.name].train_seconds
        if math.isnan(time.mean):
            continue
        places[setting.name] = (time.mean, setting.mean)
        axes.errorbar(
            time.mean,
            setting.mean,
            xerr=_lengths(time.mean, time.interval),
            yerr=_lengths(setting.mean, setting.over_seeds),
            fmt=MARKERS[place % len(MARKERS)],
            color=COLOURS[place % len(COLOURS)],
            capsize=3,
            label=folded(setting.name, IN_A_LEGEND),
        )
    front = np.array([places[name] for name in summary.front]).reshape(-1, 2)  # (settings, 2)
    axes.plot(front[:, 0], front[:, 1], color=GREY, lw=0.8, zorder=0, label="not beaten in both")
    axes.set_xlabel("training time of one trial, seconds")
    axes.set_ylabel(f"accuracy, {summary.results.part}")
    axes.set_xlim(left=0)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.legend(frameon=False, fontsize=8)
    return figure


def way_figure(runs: Mapping[str, Sequence[Run]], metric: str) -> Figure:
    """A `metric` by epoch: the mean over seeds, with a band from the lowest to the highest."""
    figure = new_figure(PRINT_WIDTH, 3.2)
    axes = figure.subplots()
    for place, (name, ones) in enumerate(runs.items()):
        epochs = min(len(run.history) for run in ones)
        values = np.array(
            [[row["metrics"].get(metric, np.nan) for row in run.history[:epochs]] for run in ones]
        )  # (seeds, epochs)
        steps = np.arange(1, epochs + 1)
        colour = COLOURS[place % len(COLOURS)]
        axes.fill_between(steps, values.min(0), values.max(0), color=colour, alpha=0.15, lw=0)
        axes.plot(
            steps,
            [mean_of(column.tolist()).mean for column in values.T],
            color=colour,
            marker=MARKERS[place % len(MARKERS)],
            ms=3,
            label=folded(name, IN_A_LEGEND),
        )
    axes.set_xlabel("epoch; band: lowest to highest seed")
    axes.set_ylabel(metric.replace("_", " "))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.legend(frameon=False, fontsize=8)
    return figure


def _bar(axes: Axes, row: int, interval: Interval, colour: str, width: float) -> None:
    axes.plot([interval.low, interval.high], [row, row], color=colour, lw=width, alpha=0.55)


def _lengths(middle: float, interval: Interval | None) -> list[list[float]] | None:
    if interval is None:
        return None
    return [[max(0.0, middle - interval.low)], [max(0.0, interval.high - middle)]]
