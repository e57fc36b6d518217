"""Figures of mistakes: a contact sheet by class pair, and the confusion matrix."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from lenswork.kinds import Picture
from lenswork.look.labels import Suspects
from lenswork.look.mistakes import ClassPair, Confusion, Judged, Mistake, confusion_of
from lenswork.look.style import (
    BLACK,
    BLUE,
    LARGE,
    NORMAL,
    ORANGE,
    SMALL,
    VERMILION,
    bare,
    new_figure,
)

COLUMNS = 8
CELL_INCHES, GAP, MARGIN = 1.05, 0.12, 0.15
HEADING, ABOVE, BELOW = 0.36, 0.22, 0.24  # inches of text above and below a row's pictures
ORANGES = LinearSegmentedColormap.from_list("mistakes", ("#fff3e0", ORANGE))  # black can be read
MOST_NUMBERED = 24  # classes of a matrix whose counts can still be read
WIDE_STRONG = 17  # characters above a picture at full size
LONGEST_ID = 18  # characters under a picture


@dataclass(frozen=True)
class Caption:
    """What stands under one picture of a sheet: a strong line and a small one."""

    number: int
    strong: str
    small: str


@dataclass(frozen=True)
class SheetRow:
    """A heading and the captions of up to `COLUMNS` pictures below it; "" goes on from above."""

    heading: str
    captions: tuple[Caption, ...]


def sheet_rows(pairs: Sequence[ClassPair], most: int) -> list[SheetRow]:
    """At most `most` of the surest mistakes, by class pair, the most frequent pair first.

    Every pair gets one row before any gets a second.
    """
    chunks = sorted(
        (start, place)
        for place, pair in enumerate(pairs)
        for start in range(0, pair.count, COLUMNS)
    )
    chosen: list[tuple[int, int, tuple[Mistake, ...]]] = []
    left = most
    for start, place in chunks:
        shown = pairs[place].mistakes[start : start + min(COLUMNS, left)]
        if shown:
            chosen.append((place, start, shown))
            left -= len(shown)
    return [
        SheetRow(
            "" if start else _heading(pairs[place]),
            tuple(_caption(mistake) for mistake in shown),
        )
        for place, start, shown in sorted(chosen, key=lambda one: one[:2])
    ]


def numbers_of(rows: Sequence[SheetRow]) -> list[int]:
    """The numbers of the pictures on a sheet, in the order in which it wants them."""
    return [caption.number for row in rows for caption in row.captions]


def mistakes_sheet(judged: Judged, rows: Sequence[SheetRow], pictures: Sequence[Picture]) -> Figure:
    """A contact sheet of mistakes; `pictures` as `numbers_of(rows)` orders them."""
    wrong = int((judged.truth != judged.answer).sum())
    note = (
        f"{len(pictures)} of {wrong:,} mistakes among {len(judged):,} {judged.part} pictures, in "
        "each row the surest first; above each picture the probability of the wrong answer, below "
        "it its id"
    )
    return contact_sheet(f"Mistakes of {judged.run}", note, rows, pictures)


def suspects_rows(
    suspects: Suspects, ids: Sequence[str], classes: Sequence[str], most: int = 40
) -> list[SheetRow]:
    """The `most` suspect labels, likeliest to be wrong first, all under one heading."""
    captions = [
        Caption(number, f"{classes[given]} → {classes[seen]}?", ids[number])
        for number, given, seen in zip(
            suspects.numbers[:most].tolist(), suspects.given, suspects.seen, strict=False
        )
    ]
    return [
        SheetRow(
            "label → what it seems to be" if start == 0 else "", tuple(captions[start:][:COLUMNS])
        )
        for start in range(0, len(captions), COLUMNS)
    ]


def suspects_sheet(
    suspects: Suspects, rows: Sequence[SheetRow], pictures: Sequence[Picture], title: str
) -> Figure:
    """A contact sheet of suspect labels; `pictures` as `numbers_of(rows)` orders them."""
    note = (
        f"{len(pictures):,} of {len(suspects):,} suspects among {suspects.pictures:,} pictures, "
        "likeliest to be wrong first, by networks that had not seen them (confident learning)"
    )
    return contact_sheet(f"Suspected wrong labels: {title}", note, rows, pictures)


def contact_sheet(
    title: str, note: str, rows: Sequence[SheetRow], pictures: Sequence[Picture]
) -> Figure:
    """Rows of captioned pictures under headings; each picture at its own shape."""
    columns = max([4, *(len(row.captions) for row in rows)])  # headings need room
    width = columns * (CELL_INCHES + GAP) + 2 * MARGIN - GAP
    wrapped = textwrap.wrap(note, int(width * 16))
    top = 0.5 + 0.14 * len(wrapped)
    ends = top + np.cumsum([_height(row) for row in rows])  # inches from the top
    height = float(ends[-1]) if len(rows) else top
    figure = Figure(figsize=(width, height), facecolor="white")

    def write(inches: float, text: str, **style: Any) -> None:
        figure.text(MARGIN / width, 1 - inches / height, text, va="top", **style)

    write(0.1, title, fontsize=LARGE, weight="bold")
    write(0.36, "\n".join(wrapped), fontsize=SMALL, color="#444444")
    waiting = iter(pictures)
    for row, end in zip(rows, ends, strict=True):
        if row.heading:
            write(end - _height(row) + 0.12, row.heading, fontsize=NORMAL, color=BLACK)
        bottom = 1 - (end - BELOW) / height
        for column, caption in enumerate(row.captions):
            left = (MARGIN + column * (CELL_INCHES + GAP)) / width
            box = (left, bottom, CELL_INCHES / width, CELL_INCHES / height)
            _draw_picture(figure.add_axes(box), next(waiting), caption)
    return figure


def confusion_figure(judged: Judged) -> Figure:
    """The confusion matrix with counts, its mistakes coloured, and each class's interval beside.

    Right answers are left white, so that the colours are for telling mistakes apart.
    """
    confusion = confusion_of(judged)
    classes = len(confusion.classes)
    side = float(np.clip(0.42 * classes + 1.6, 3.6, 10.5))
    figure = new_figure(side + 3.2, side + 0.9)
    matrix, bars = figure.subplots(
        1, 2, width_ratios=(side, 2.0), sharey=True, gridspec_kw={"wspace": 0.02}
    )
    mistaken = ~np.eye(classes, dtype=bool) & (confusion.counts > 0)
    shares = np.ma.array(confusion.shares, mask=~mistaken)
    top = float(shares.filled(0).max()) or 0.01
    image = matrix.imshow(shares, cmap=ORANGES, vmin=0, vmax=top, aspect="auto")
    size = float(np.clip(NORMAL * 14 / max(classes, 14), 3, NORMAL))
    if classes <= MOST_NUMBERED:
        _write_counts(matrix, confusion, size)
    names = [textwrap.shorten(name, 24, placeholder="…") for name in confusion.classes]
    totals = confusion.counts.sum(axis=1)
    rows = [f"{name}  ({total:,})" for name, total in zip(names, totals, strict=True)]
    matrix.set_xticks(range(classes), names, rotation=90 if classes > 2 else 0, fontsize=size)
    matrix.set_yticks(range(classes), rows, fontsize=size)
    matrix.set_xlabel("answer", fontsize=NORMAL)
    matrix.set_ylabel("truth (pictures)", fontsize=NORMAL)
    matrix.tick_params(length=0)
    _draw_intervals(bars, confusion)
    bar = figure.colorbar(image, ax=[matrix, bars], location="bottom", shrink=0.5, aspect=40)
    bar.ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0 if top >= 0.05 else 1))
    bar.set_label("mistakes: share of the class's pictures that got this answer", fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    figure.suptitle(
        f"{judged.run}: what {len(judged):,} {judged.part} pictures were taken for\n"
        f"accuracy {judged.accuracy}",
        fontsize=NORMAL,
    )
    return figure


def _height(row: SheetRow) -> float:
    """Inches from the row above to the ids under this one."""
    return (HEADING if row.heading else 0.0) + ABOVE + CELL_INCHES + BELOW


def _heading(pair: ClassPair) -> str:
    share = pair.share
    return (
        f"{_plain(pair.truth)} taken for {_plain(pair.answer)}: {share.correct:,} of {share.n:,}, "
        f"{share.fraction:.1%} (95% interval {share.low:.1%} to {share.high:.1%})"
    )


def _caption(mistake: Mistake) -> Caption:
    return Caption(mistake.number, _percent(mistake.confidence), mistake.id)


def _percent(probability: float) -> str:
    """A probability that is not 1 is never written as 100%."""
    text = f"{probability:.1%}"
    return ">99.9%" if text == "100.0%" else text


def _plain(name: str) -> str:
    """A name in which matplotlib sees no mathematics."""
    return name.replace("$", r"\$")


def _draw_picture(axes: Axes, picture: Picture, caption: Caption) -> None:
    bare(axes)
    grey = picture.shape[2] == 1
    enlarged = max(picture.shape[:2]) < 100
    axes.imshow(
        picture[:, :, 0] if grey else picture,
        cmap="gray" if grey else None,
        vmin=0,
        vmax=255,
        interpolation="nearest" if enlarged else "antialiased",
    )
    axes.set_anchor("N")
    name = caption.small
    if len(name) > LONGEST_ID:
        name = "…" + name[-LONGEST_ID + 1 :]
    axes.set_xlabel(_plain(name), fontsize=SMALL - 1.5, color="#555555", labelpad=1)
    size = (
        SMALL if len(caption.strong) <= WIDE_STRONG else SMALL * WIDE_STRONG / len(caption.strong)
    )
    axes.set_title(_plain(caption.strong), fontsize=size, color=VERMILION, pad=2, weight="bold")


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
