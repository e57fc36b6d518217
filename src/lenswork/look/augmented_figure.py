"""A contact sheet of training pictures: each as it is, then as the first passes change it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lenswork.kinds import Picture
from lenswork.look.augmented import Changed
from lenswork.record.style import (
    LARGE,
    PRINT_DPI,
    PRINT_WIDTH,
    SMALL,
    axes_at,
    bare,
    filled,
    folded,
    from_top,
    letters_in,
    new_page,
)

MARGIN, GAP = 0.1, 0.05  # inches
LABEL = 0.86  # beside each row: the class, and which picture
APART = 0.13  # between the picture as it is and its copies
TALLEST = 1.3  # inches of a picture that is higher than wide
GREY = "#555555"
ID_POINTS = SMALL - 1
TITLE_LINE, NOTE_LINE, TRUTH_LINE, ID_LINE = 0.19, 0.125, 0.14, 0.11  # inches


@dataclass(frozen=True)
class Label:
    """What stands beside a row: its class, unless the row before has the same, and the id."""

    truth: str
    id: str

    @property
    def truth_inches(self) -> float:
        """Room for the class."""
        return TRUTH_LINE * (self.truth.count("\n") + 1) if self.truth else 0.0

    @property
    def inches(self) -> float:
        """Room for both."""
        return self.truth_inches + ID_LINE * (self.id.count("\n") + 1)


def augmented_figure(title: str, note: str, rows: Sequence[Changed]) -> Figure:
    """Rows of pictures under a line of words: left as the network would see it, then its copies.

    `title` is the line of words, `note` says whose pictures these are; all have one size.
    """
    cell, high, wide = _cell(rows[0].picture, 1 + max(len(row.copies) for row in rows))
    labels = _labels(rows)
    pitch = GAP + max(high, *(label.inches for label in labels))
    inches = PRINT_WIDTH - 2 * MARGIN
    titled, noted = filled([title], inches, LARGE + 1), filled([note], inches)
    head = MARGIN + TITLE_LINE * (titled.count("\n") + 1) + 0.06
    top = head + NOTE_LINE * (noted.count("\n") + 1) + 0.24
    figure = new_page(PRINT_WIDTH, top + len(rows) * pitch - GAP + MARGIN)
    left, page = MARGIN / PRINT_WIDTH, figure.text
    page(left, from_top(figure, MARGIN), titled, va="top", fontsize=LARGE, weight="bold")
    page(left, from_top(figure, head), noted, va="top", fontsize=SMALL, color=GREY)
    named: set[str] = set()  # a picture that a short run meets less often has fewer copies
    for place, (row, label) in enumerate(zip(rows, labels, strict=True)):
        middle = top + place * pitch + (pitch - GAP) / 2
        _write(figure, label, middle - label.inches / 2)
        pictures = [row.picture, *(copy.picture for copy in row.copies)]
        names = ["as it is", *(f"pass {copy.lap}" for copy in row.copies)]
        for column, (picture, name) in enumerate(zip(pictures, names, strict=True)):
            start = MARGIN + LABEL + column * (cell + GAP) + (APART if column else 0)
            axes = axes_at(figure, start + (cell - wide) / 2, middle - high / 2, wide, high)
            _draw(axes, picture, wide)
            if name not in named:
                axes.set_title(name, fontsize=SMALL, color=GREY, pad=3)
                named.add(name)
    return figure


def _cell(picture: Picture, columns: int) -> tuple[float, float, float]:
    """The width of a column, and the height and width of a picture in it, in inches."""
    room = PRINT_WIDTH - 2 * MARGIN - LABEL - APART - GAP * (columns - 1)
    cell = room / columns
    high = min(cell * picture.shape[0] / picture.shape[1], TALLEST)
    return cell, high, high * picture.shape[1] / picture.shape[0]


def _labels(rows: Sequence[Changed]) -> list[Label]:
    labels, before = [], None
    for row in rows:
        truth = "" if row.truth == before else folded(row.truth, letters_in(LABEL, SMALL + 1), 2)
        labels.append(Label(truth, folded(row.id, letters_in(LABEL, ID_POINTS), 2)))
        before = row.truth
    return labels


def _write(figure: Figure, label: Label, top: float) -> None:
    left = MARGIN / PRINT_WIDTH
    if label.truth:
        figure.text(left, from_top(figure, top), label.truth, va="top", fontsize=SMALL + 1,
                    weight="bold")  # fmt: skip
    below = from_top(figure, top + label.truth_inches)
    figure.text(left, below, label.id, va="top", fontsize=ID_POINTS, color=GREY)


def _draw(axes: Axes, picture: Picture, inches: float) -> None:
    """The network's own pixels as hard squares, each a whole number of dots before scaling."""
    larger = max(1, math.ceil(inches * PRINT_DPI / picture.shape[1]))
    grown = np.repeat(np.repeat(picture, larger, 0), larger, 1)
    if grown.shape[2] == 1:
        bare(axes).imshow(grown[:, :, 0], cmap="gray", vmin=0, vmax=255)
    else:
        bare(axes).imshow(grown)
