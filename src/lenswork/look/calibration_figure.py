"""The reliability diagram as a figure."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lenswork.look.calibration import Calibration
from lenswork.look.percent_ticks import percent_ticks
from lenswork.record.style import (
    BLACK,
    BLUE,
    NORMAL,
    PRINT_WIDTH,
    SMALL,
    VERMILION,
    from_top,
    new_figure,
    written,
)

HEIGHT = 3.7  # inches
LABEL = SMALL + 1  # points


def calibration_figure(title: str, calibration: Calibration) -> Figure:
    """Accuracy against confidence by bin, and both along the pictures from unsure to sure.

    The shaded area of the second panel is the expected calibration error.
    """
    figure = new_figure(PRINT_WIDTH, HEIGHT)
    diagram, along = figure.subplots(1, 2)
    _draw_diagram(diagram, calibration)
    _draw_along(along, calibration)
    # the empty lines keep room for the two smaller ones below the title
    figure.suptitle(f"{written(title, 70)}\n\n", fontsize=NORMAL, weight="bold")
    figure.text(
        0.5,
        from_top(figure, 0.24),
        f"expected calibration error {calibration}\n{calibration.words}",
        ha="center",
        va="top",
        fontsize=SMALL,
        color="#444444",
    )
    return figure


def _draw_diagram(axes: Axes, calibration: Calibration) -> None:
    """The reliability diagram (Niculescu-Mizil and Caruana 2005)."""
    confidence = np.array([one.confidence for one in calibration.bins])
    accuracy, reach = _accuracies(calibration)
    least = float(min(confidence.min(), (accuracy - reach[0]).min()))
    start = max(0.0, np.floor(least * 10) / 10)
    axes.plot([start, 1], [start, 1], color="#777777", linewidth=1, linestyle="--")
    axes.text(
        start + 0.30 * (1 - start),
        start + 0.33 * (1 - start),
        "as sure as right",
        rotation=45,
        rotation_mode="anchor",
        transform_rotates_text=True,
        fontsize=SMALL,
        color="#555555",
    )
    axes.errorbar(confidence, accuracy, yerr=reach, fmt="o", color=BLUE, ms=4, lw=1.2, capsize=2)
    axes.set_xlim(start, 1.01)
    axes.set_ylim(start, 1.01)
    axes.set_aspect("equal")
    axes.set_xlabel("confidence: mean of the bin", fontsize=LABEL)
    axes.set_ylabel("answered rightly, 95% interval", fontsize=LABEL)
    _finish(axes)


def _draw_along(axes: Axes, calibration: Calibration) -> None:
    sizes = np.array([one.accuracy.n for one in calibration.bins])
    edges = np.concatenate(([0], np.cumsum(sizes))) / calibration.pictures
    confidence = np.array([one.confidence for one in calibration.bins])
    accuracy, reach = _accuracies(calibration)
    axes.stairs(confidence, edges, baseline=accuracy, fill=True, color=VERMILION, alpha=0.25)
    axes.stairs(
        confidence, edges, baseline=None, color=VERMILION, linewidth=1.6, label="confidence"
    )
    axes.stairs(accuracy, edges, baseline=None, color=BLUE, linewidth=1.6, label="answered rightly")
    middle = (edges[1:] + edges[:-1]) / 2
    axes.errorbar(middle, accuracy, yerr=reach, fmt="none", color=BLUE, lw=1.2, capsize=2)
    axes.set_xlim(0, 1)
    axes.set_ylim(top=1.01)
    axes.set_xlabel("share of the pictures,\nfrom the least sure to the surest", fontsize=LABEL)
    axes.legend(frameon=False, fontsize=SMALL, loc="lower right")
    axes.text(
        0.98,
        0.2,
        "the shaded area is the\nexpected calibration error",
        transform=axes.transAxes,
        ha="right",
        fontsize=SMALL,
        color=BLACK,
    )
    _finish(axes)


def _accuracies(calibration: Calibration) -> tuple[np.ndarray, np.ndarray]:
    """Each bin's accuracy, (bins,), and how far its interval reaches down and up, (2, bins)."""
    found = [one.accuracy for one in calibration.bins]
    middle = np.array([one.fraction for one in found])
    low = np.array([one.low for one in found])
    high = np.array([one.high for one in found])
    return middle, np.maximum([middle - low, high - middle], 0)


def _finish(axes: Axes) -> None:
    percent_ticks(axes.xaxis, 5)
    percent_ticks(axes.yaxis, 8)
    axes.tick_params(labelsize=SMALL)
    axes.grid(color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
