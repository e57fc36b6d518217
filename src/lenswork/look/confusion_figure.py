"""The confusion matrix as a figure, with each class's interval beside it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from lenswork.look.mistakes import Confusion, Judged, confusion_of
from lenswork.look.percent_ticks import percent_ticks
from lenswork.record.style import (
    BLACK,
    BLUE,
    NORMAL,
    ORANGE,
    PRINT_WIDTH,
    SMALL,
    new_figure,
    written,
)

ORANGES = LinearSegmentedColormap.from_list("mistakes", ("#fff3e0", ORANGE))  # black can be read
LONGEST_NAME = 24  # letters
LANDSCAPE = 9.4  # inches: 24 cm, for what a page's column cannot hold
MOST_ON_COLUMN, MOST_ON_LANDSCAPE = 12, 30  # classes
ROW = 0.75  # inches, at most
LEAST = 6  # points, of letters in print
EM = 0.64  # of a letter's size: its width, wide for a mean letter
BARS = 1.35  # inches beside the matrix: intervals and margins


def confusion_figure(judged: Judged) -> Figure:
    """The confusion matrix with counts, its mistakes coloured, and each class's interval beside.

    Right answers are left white, so that the colours are for telling mistakes apart. It is 16 cm
    wide up to 12 classes, then 24 cm for a landscape page; letters keep 6 points on these up to
    30 classes. Counts for which a cell is too narrow are left out.
    """
    confusion = confusion_of(judged)
    classes = len(confusion.classes)
    names = [written(name, LONGEST_NAME) for name in confusion.classes]
    totals = confusion.counts.sum(axis=1)
    rows = [f"{name}  ({total:,})" for name, total in zip(names, totals, strict=True)]
    width, side, size = _sizes(classes, max(map(len, rows)))
    height = side * min(1.0, ROW * classes / side)
    below = max(map(len, names)) * size / 72 * EM if classes > 2 else 0.15
    figure = new_figure(width, height + below + 1.35)
    matrix, bars = figure.subplots(
        1, 2, width_ratios=(side, 1.0), sharey=True, gridspec_kw={"wspace": 0.02}
    )
    cell = side / classes * 72 / (EM * len(f"{confusion.counts.max():,}"))  # points that fit
    if cell >= LEAST:
        _write_counts(matrix, confusion, min(cell, size))
    _draw_shares(figure, matrix, bars, confusion)
    matrix.set_xticks(range(classes), names, rotation=90 if classes > 2 else 0, fontsize=size)
    matrix.set_yticks(range(classes), rows, fontsize=size)
    matrix.set_xlabel("answer", fontsize=NORMAL)
    matrix.set_ylabel("truth (pictures)", fontsize=NORMAL)
    matrix.tick_params(length=0)
    _draw_intervals(bars, confusion)
    figure.suptitle(
        f"{judged.run}: what {len(judged):,} {judged.part} pictures were taken for\n"
        f"accuracy {judged.accuracy}",
        fontsize=NORMAL,
    )
    return figure


def _sizes(classes: int, letters: int) -> tuple[float, float, float]:
    """The figure's width and the matrix's in inches, and the points of names that long."""
    width = PRINT_WIDTH if classes <= MOST_ON_COLUMN else LANDSCAPE
    if classes > MOST_ON_LANDSCAPE:  # as wide as letters of 6 points need, on no page
        width = max(width, classes * LEAST / 72 / 0.8 + letters * LEAST / 72 * EM + BARS)
    size = float(SMALL + 1) if classes <= MOST_ON_COLUMN else float(SMALL)
    side = width - letters * size / 72 * EM - BARS
    return width, side, float(np.clip(side / classes * 72 * 0.8, LEAST, size))


def _draw_shares(figure: Figure, matrix: Axes, bars: Axes, confusion: Confusion) -> None:
    """The colours of the mistakes, and their scale below."""
    mistaken = ~np.eye(len(confusion.classes), dtype=bool) & (confusion.counts > 0)
    shares = np.ma.array(confusion.shares, mask=~mistaken)
    top = float(shares.filled(0).max()) or 0.01
    image = matrix.imshow(shares, cmap=ORANGES, vmin=0, vmax=top, aspect="auto")
    bar = figure.colorbar(
        image, ax=[matrix, bars], location="bottom", shrink=0.5, aspect=40, pad=0.02
    )
    percent_ticks(bar.ax.xaxis, 5)
    bar.set_label("mistakes: share of the class's pictures with this answer", fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)


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
    axes.errorbar(middle, rows, xerr=reach, fmt="o", color=BLUE, ms=3.5, lw=1.2, capsize=2)
    lowest = float(low.min(initial=1.0))
    start = max(0.0, np.floor(lowest * 20) / 20 - 0.02)
    axes.set_xlim(start, 1 + 0.08 * (1 - start))  # room for a dot at 100%
    percent_ticks(axes.xaxis, 3)
    axes.tick_params(axis="x", labelsize=SMALL)
    axes.tick_params(axis="y", left=False, labelleft=False)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("answered rightly,\n95% interval", fontsize=NORMAL)
    axes.spines[["top", "right", "left"]].set_visible(False)
