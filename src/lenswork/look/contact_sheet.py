"""Contact sheets: many small pictures in rows, in blocks under headings, each with its id."""

import functools
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D

from lenswork.kinds import Picture
from lenswork.record.style import (
    BLACK,
    LARGE,
    PRINT_WIDTH,
    SMALL,
    VERMILION,
    Drawing,
    bare,
    written,
)

COLUMNS = 8
GAP, MARGIN = 0.14, 0.1  # inches
CELL = (PRINT_WIDTH - 2 * MARGIN + GAP) / COLUMNS - GAP
DPI = 220  # a cell then has enough dots for a photograph
LINE = 0.115  # inches of a line of small text
MOST_LINES = 4  # of an id or a heading; a longer one is cut in its middle
ID_SIZE = SMALL - 1  # points
ROOM = CELL + GAP / 2
HINTED = 0.97  # letters on a grid of dots may be a little wider than they are drawn


@dataclass(frozen=True)
class Caption:
    """What stands over one picture (`strong`) and under it (`small`)."""

    number: int
    strong: str
    small: str


@dataclass(frozen=True)
class Block:
    """Pictures that belong together, and the heading over them."""

    heading: str
    captions: tuple[Caption, ...]


@dataclass(frozen=True)
class Piece:
    """The part of a block that stands in one row, from `column` on."""

    column: int
    heading: tuple[str, ...]
    captions: tuple[Caption, ...]


@dataclass(frozen=True)
class Row:
    """The pieces side by side in one row; heights are in inches."""

    pieces: tuple[Piece, ...]

    @property
    def heading(self) -> float:
        """Room for the longest heading and the rule below it."""
        return LINE * max(len(piece.heading) for piece in self.pieces) + 0.06

    @property
    def above(self) -> float:
        """Room for the strong lines."""
        return LINE * self._most("strong", SMALL, "bold") + 0.04

    @property
    def below(self) -> float:
        """Room for the ids."""
        return LINE * self._most("small", ID_SIZE) + 0.1

    @property
    def height(self) -> float:
        """All of it."""
        return self.heading + self.above + CELL + self.below

    def _most(self, kind: str, points: float, weight: str = "normal") -> int:
        """The most lines that one picture needs."""
        captions = (caption for piece in self.pieces for caption in piece.captions)
        return max(len(in_lines(getattr(one, kind), ROOM, points, weight)) for one in captions)


def numbers_of(blocks: Sequence[Block]) -> list[int]:
    """The numbers of the pictures on a sheet, in the order in which it wants them."""
    return [caption.number for block in blocks for caption in block.captions]


def packed(blocks: Sequence[Block], columns: int = COLUMNS) -> list[Block]:
    """The blocks in an order that fills rows: what is left of one goes to the next that fits."""
    waiting, ordered = list(blocks), []
    column = 0
    while waiting:
        fits = (one for one in waiting if column + len(one.captions) <= columns)
        found = waiting[0] if column == 0 else next(fits, None)
        if found is None:
            column = 0
            continue
        waiting.remove(found)
        ordered.append(found)
        column += len(found.captions)
        column = columns if column and column % columns == 0 else column % columns
    return ordered


def in_rows(blocks: Sequence[Block], columns: int = COLUMNS) -> list[Row]:
    """The blocks in rows, in their order; one is broken only if no row could hold it."""
    rows: list[Row] = []
    pieces: list[Piece] = []
    column = 0
    for block in blocks:
        if column and column + len(block.captions) > columns:
            rows.append(Row(tuple(pieces)))
            pieces, column = [], 0
        for start in range(0, len(block.captions), columns):
            captions = block.captions[start : start + columns]
            if column + len(captions) > columns:
                rows.append(Row(tuple(pieces)))
                pieces, column = [], 0
            width = (len(captions) * (CELL + GAP) - GAP) * HINTED  # as long as its rule
            heading = () if start else tuple(in_lines(block.heading, width))
            pieces.append(Piece(column, heading, captions))
            column += len(captions)
    return [*rows, Row(tuple(pieces))] if pieces else rows


def in_lines(text: str, inches: float, points: float = SMALL, weight: str = "normal") -> list[str]:
    """A text in lines that fit, broken after a space, slash or underscore where there is one.

    A no-break space holds together what stands beside it.

    Of a text that needs more than `MOST_LINES` the middle is left out.
    """

    def fits(line: str) -> bool:
        return sum(_letter(one, weight) for one in line) * points / 72 <= inches

    lines = [""]
    for piece in re.split(r"(?<=[ \t\n/_])", text):
        if fits(lines[-1] + piece.rstrip()):
            lines[-1] += piece
            continue
        if lines[-1]:
            lines.append("")
        for letter in piece:
            if lines[-1] and not fits(lines[-1] + letter.rstrip()):
                lines.append("")
            lines[-1] += letter
    if len(lines) > MOST_LINES:
        lines = [lines[0], f"…{lines[1 - MOST_LINES][1:]}", *lines[2 - MOST_LINES :]]
    return [written(line.rstrip()) for line in lines]


@functools.cache
def _letter(letter: str, weight: str) -> float:
    """How wide a letter is, as a part of its size."""
    font = get_font(findfont(FontProperties(weight=weight)))
    font.set_size(100, 72)
    return float(font.load_char(ord(letter)).linearHoriAdvance) / 65536 / 100


def contact_sheet(
    title: str, note: str, blocks: Sequence[Block], pictures: Sequence[Picture]
) -> Figure:
    """Blocks of captioned pictures under headings; each picture at its own shape."""
    rows = in_rows(blocks)
    wide = max([5, *(piece.column + len(piece.captions) for row in rows for piece in row.pieces)])
    width = wide * (CELL + GAP) + 2 * MARGIN - GAP  # at least five: the note needs room
    wrapped = textwrap.wrap(note, int((width - 2 * MARGIN) * 17))  # letters an inch
    top = 0.42 + 0.13 * len(wrapped)
    height = top + sum(row.height for row in rows) + 0.02
    figure = Drawing(figsize=(width, height), facecolor="white")
    sheet = _Sheet(figure, width, height)
    sheet.write(MARGIN, 0.1, written(title, int(width * 10)), fontsize=LARGE, weight="bold")
    sheet.write(MARGIN, 0.34, "\n".join(wrapped), fontsize=SMALL, color="#444444")
    waiting = iter(pictures)
    for row in rows:
        for piece in row.pieces:
            sheet.head(piece, row, top)
            for place, caption in enumerate(piece.captions):
                axes = sheet.cell(piece.column + place, top + row.heading + row.above)
                _draw(axes, next(waiting), caption)
        top += row.height
    return figure


class _Sheet:
    """Places in inches from the left and the top of a figure."""

    def __init__(self, figure: Figure, width: float, height: float) -> None:
        self.figure, self.width, self.height = figure, width, height

    def write(self, left: float, top: float, text: str, **style: Any) -> None:
        x, y = left / self.width, 1 - top / self.height
        self.figure.text(x, y, text, va="top", **style)

    def head(self, piece: Piece, row: Row, top: float) -> None:
        """The heading, at the foot of its room, and a rule as wide as its pictures."""
        left = MARGIN + piece.column * (CELL + GAP)
        foot = top + row.heading - 0.03
        first = foot - 0.02 - LINE * len(piece.heading)
        for number, line in enumerate(piece.heading):
            self.write(left, first + LINE * number, line, fontsize=SMALL, color=BLACK)
        if piece.heading:
            ends = (left, left + len(piece.captions) * (CELL + GAP) - GAP)
            y = 1 - foot / self.height
            rule = Line2D([x / self.width for x in ends], [y, y], color="#999999", linewidth=0.7)
            self.figure.add_artist(rule)

    def cell(self, column: int, top: float) -> Axes:
        left = (MARGIN + column * (CELL + GAP)) / self.width
        bottom = 1 - (top + CELL) / self.height
        return self.figure.add_axes((left, bottom, CELL / self.width, CELL / self.height))


def _draw(axes: Axes, picture: Picture, caption: Caption) -> None:
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
    small = "\n".join(in_lines(caption.small, ROOM, ID_SIZE))
    axes.set_xlabel(small, fontsize=ID_SIZE, color="#555555", labelpad=1)
    strong = "\n".join(in_lines(caption.strong, ROOM, SMALL, "bold"))
    axes.set_title(strong, fontsize=SMALL, color=VERMILION, pad=2, weight="bold", linespacing=1.05)
