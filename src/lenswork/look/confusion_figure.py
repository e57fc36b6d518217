"""The confusion matrix as a figure, with each class's interval beside it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from lenswork.look.mistakes import Confusion, Judged, confusion_of
from lenswork.record.style import BLACK, BLUE, NORMAL, ORANGE, SMALL, new_figure, written

ORANGES = LinearSegmentedColormap.from_list("mistakes", ("#fff3e0", ORANGE))  # black can be read
MOST_NUMBERED = 24  # classes of a matrix whose counts can still be read
LONGEST_NAME = 24


def confusion_figure(judged: Judged) -> Figure:
    """The confusion matrix with counts, its mistakes coloured, and each class's interval beside.

    Right answers are left white, so that the colours are for telling mistakes apart.
    """
    confusion = confusion_of(judged)
    classes = len(confusion.classes)
    side = float(np.clip(0.42 * classes + 1.6, 3.6, 16.0))
    figure = new_figure(side + 3.2, side + 0.9)
    matrix, bars = figure.subplots(
        1, 2, width_ratios=(side, 2.0), sharey=True, gridspec_kw={"wspace": 0.02}
    )
    mistaken = ~np.eye(classes, dtype=bool) & (confusion.counts > 0)
    shares = np.ma.array(confusion.shares, mask=~mistaken)
    top = float(shares.filled(0).max()) or 0.01
    image = matrix.imshow(shares, cmap=ORANGES, vmin=0, vmax=top, aspect="auto")
    size = float(np.clip(side / classes * 72 * 0.62, 4, NORMAL))  # points, of a row's height
    if classes <= MOST_NUMBERED:
        _write_counts(matrix, confusion, size)
    names = [written(name, LONGEST_NAME) for name in confusion.classes]
    totals = confusion.counts.sum(axis=1)
    rows = [f"{name}  ({total:,})" for name, total in zip(names, totals, strict=True)]
    matrix.set_xticks(range(classes), names, rotation=90 if classes > 2 else 0, fontsize=size)
    matrix.set_yticks(range(classes), rows, fontsize=size)
    matrix.set_xlabel("answer", fontsize=NORMAL)
    matrix.set_ylabel("truth (pictures)", fontsize=NORMAL)
    matrix.tick_params(length=0)
    _draw_intervals(bars, confusion)
    bar = figure.colorbar(
        image, ax=[matrix, bars], location="bottom", shrink=0.5, aspect=40, pad=0.02
    )
    bar.ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0 if top >= 0.05 else 1))
    bar.set_label("mistakes: share of the class's pictures with this answer", fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    figure.suptitle(
        f"{judged.run}: what {len(judged):,} {judged.part} pictures were taken for\n"
        f"accuracy {judged.accuracy}",
        fontsize=NORMAL,
    )
    return figure


def _write_counts(axes: Axes, confusion: Confusion, size: float) -> None:
    for (row, column), count in np.ndenumerate(confusion.counts):
        if not count and row != column:
            continue
        axes.text(
            column,
            row,
            f"{count:,}",
            ha="center",
            va="center",
            fontsize=size,
            color=BLACK,
            weight="bold" if row == column else "normal",
        )


def _draw_intervals(axes: Axes, confusion: Confusion) -> None:
    known = [(row, one) for row, one in enumerate(confusion.accuracies) if one is not None]
    rows = [row for row, _ in known]
    middle = np.array([one.fraction for _, one in known])
    low, high = (np.array([getattr(one, end) for _, one in known]) for end in ("low", "high"))
    reach = np.maximum([middle - low, high - middle], 0)
    axes.errorbar(middle, rows, xerr=reach, fmt="o", color=BLUE, ms=4, lw=1.4, capsize=2.5)
    lowest = float(low.min(initial=1.0))
    axes.set_xlim(max(0.0, np.floor(lowest * 20) / 20 - 0.02), 1.005)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.tick_params(axis="x", labelsize=SMALL)
    axes.tick_params(axis="y", left=False, labelleft=False)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("answered rightly,\n95% interval", fontsize=NORMAL)
    axes.spines[["top", "right", "left"]].set_visible(False)
