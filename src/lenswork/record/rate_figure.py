"""The test of learning rates as a figure."""

import math

import numpy as np
from matplotlib.figure import Figure

from lenswork.record.style import BLUE, NORMAL, PRINT_WIDTH, SKY, SMALL, VERMILION, new_figure
from lenswork.training.find_rate import RateTest

HEIGHT = 3.2  # inches
HEADROOM = 1.25  # times the first loss: what runs away beyond it is of no interest


def rate_figure(test: RateTest) -> Figure:
    """Loss by learning rate, each step's and their running mean, with the suggestion."""
    figure = new_figure(PRINT_WIDTH, HEIGHT)
    axes = figure.subplots()
    means = test.smoothed
    axes.plot(test.rates, test.losses, ".", color=SKY, markersize=3, label="each step")
    axes.plot(test.rates, means, color=BLUE, label="running mean")
    if test.suggestion is not None:
        axes.axvline(
            test.suggestion, color=VERMILION, linewidth=1.2, label=f"suggested: {test.suggestion:g}"
        )
        axes.plot(
            test.rates[test.lowest],
            means[test.lowest],
            "o",
            color=VERMILION,
            markersize=5,
            fillstyle="none",
            label=f"lowest mean, {test.below_lowest} times higher",
        )
    axes.set_xscale("log")
    axes.set_xlim(test.rates[0], max(test.rates[-1], 10 * test.rates[0]))
    first = [loss for loss in means[: len(means) // 2 + 1] if math.isfinite(loss)]
    if first:
        axes.set_ylim(0, HEADROOM * float(np.max(first)))
    axes.set_xlabel("learning rate of the step", fontsize=NORMAL)
    axes.set_ylabel("loss before the step (nats)", fontsize=NORMAL)
    axes.tick_params(labelsize=SMALL)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.legend(frameon=False, fontsize=SMALL, loc="lower left")
    return figure
