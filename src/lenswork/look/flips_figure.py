"""Flips as a sheet of cards: each picture beside its truth and what both sides say."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from lenswork.kinds import Picture
from lenswork.look.flips import Answered, Flip, Flips
from lenswork.look.flips_text import head_lines, percent, share_words
from lenswork.record.style import (
    BLACK,
    BLUE,
    LARGE,
    LINE,
    NORMAL,
    PRINT_WIDTH,
    SMALL,
    WRONG,
    axes_at,
    bare,
    folded,
    from_top,
    letters_in,
    new_page,
    written,
)

COLUMNS = 3
MARGIN, GAP, SIDE = 0.12, 0.1, 0.84  # inches: of the page, between cards, of a picture
CARD = (PRINT_WIDTH - 2 * MARGIN - (COLUMNS - 1) * GAP) / COLUMNS
WORDS = 0.07  # inches between a picture and its words
LETTERS = letters_in(CARD - SIDE - WORDS)
TITLE_LINE, HEADING = 0.2, 0.34  # inches
INDENT = "    "
MARKS = {True: "\u2713", False: "\u2717"}
GREY = "#555555"
IN_TITLE = letters_in(PRINT_WIDTH - 2 * MARGIN, LARGE * 1.2)  # bold letters are wider


@dataclass(frozen=True)
class Line:
    """One line of a card's words."""

    text: str
    colour: str = BLACK
    bold: bool = False


@dataclass(frozen=True)
class Card:
    """A flip's picture and the words beside it."""

    flip: Flip
    picture: Picture
    lines: tuple[Line, ...]

    @property
    def height(self) -> float:
        """In inches, with the room below."""
        return max(SIDE, LINE * len(self.lines)) + 0.14


Row = tuple[Card, ...]


def flips_sheet(flips: Flips, shown: Sequence[Flip], pictures: Sequence[Picture]) -> Figure:
    """A sheet of the flips in `shown`, which are A's and then B's."""
    cards = [
        Card(flip, picture, tuple(_lines(flip)))
        for flip, picture in zip(shown, pictures, strict=True)
    ]
    blocks = [
        (_heading(flips, way, len(own)), _rows(own))
        for way in ("a", "b")
        if (own := [card for card in cards if card.flip.way == way])
    ]
    letters = letters_in(PRINT_WIDTH - 2 * MARGIN)
    title = _title(*(side.title for side in flips.sides))
    note = [line for said in head_lines(flips, "A", "B") for line in textwrap.wrap(said, letters)]
    note_top = 0.14 + TITLE_LINE * len(title)
    top = note_top + LINE * len(note) + 0.1
    figure = new_page(
        PRINT_WIDTH, top + sum(HEADING + sum(map(_height, rows)) for _, rows in blocks)
    )
    _write(figure, MARGIN, 0.1, "\n".join(title), fontsize=LARGE, weight="bold")
    _write(figure, MARGIN, note_top, "\n".join(note), fontsize=SMALL, color=GREY)
    for heading, rows in blocks:
        _write(figure, MARGIN, top + 0.06, heading, fontsize=NORMAL, weight="bold")
        top += HEADING
        for row in rows:
            for place, card in enumerate(row):
                _draw(figure, card, MARGIN + place * (CARD + GAP), top)
            top += _height(row)
    return figure


def _title(a: str, b: str) -> list[str]:
    """Both names in one line if they fit, or else each with lines of its own."""
    short = f"A: {a}    B: {b}"
    if len(short) <= IN_TITLE:
        return [written(short)]
    names = (f"A:\u00a0{a}", f"B:\u00a0{b}")  # not broken after the letter
    return [line for name in names for line in folded(name, IN_TITLE).split("\n")]


def _heading(flips: Flips, way: str, shown: int) -> str:
    """Which side is right, and how many of those pictures are shown."""
    side = way.upper()
    total = sum(flip.way == way for flip in flips.flips)
    often = "right" if flips.seeds == (1, 1) else "right more often"
    order = "" if flips.seeds == (1, 1) else ", the most stable first"
    return f"{side} {often}: {shown:,} of {total:,} pictures{order}"


def _rows(cards: Sequence[Card]) -> list[Row]:
    return [tuple(cards[start : start + COLUMNS]) for start in range(0, len(cards), COLUMNS)]


def _height(row: Row) -> float:
    return max(card.height for card in row)


def _lines(flip: Flip) -> list[Line]:
    """The truth, what each side says, and the id."""
    lines = [Line(text, bold=True) for text in folded(flip.truth, LETTERS - 2, 2).split("\n")]
    for name, answered in (("A", flip.a), ("B", flip.b)):
        lines += _answer_lines(name, answered, answered.answer == flip.truth)
    return lines + [Line(text, GREY) for text in folded(flip.id, LETTERS, 3).split("\n")]


def _answer_lines(name: str, answered: Answered, right: bool) -> list[Line]:
    colour = BLUE if right else WRONG
    said = f"{name} {MARKS[right]} {answered.answer}, {percent(answered.probability)}"
    letters = LETTERS if len(said) <= LETTERS else LETTERS - len(INDENT) // 2  # a space is narrow
    first, *more = folded(said, letters, 2).split("\n")
    if share := share_words(answered):
        more.append(share)
    return [Line(first, colour), *(Line(INDENT + text, colour) for text in more)]


def _draw(figure: Figure, card: Card, left: float, top: float) -> None:
    axes = bare(axes_at(figure, left, top, SIDE, SIDE))
    picture = card.picture
    grey = picture.shape[2] == 1
    axes.imshow(
        picture[:, :, 0] if grey else picture,
        cmap="gray" if grey else None,
        vmin=0,
        vmax=255,
        interpolation="nearest" if max(picture.shape[:2]) < 100 else "antialiased",
    )
    for number, line in enumerate(card.lines):
        style: dict[str, Any] = {"color": line.colour, "weight": "bold" if line.bold else "normal"}
        beside, below = left + SIDE + WORDS, top + LINE * number
        _write(figure, beside, below, line.text, fontsize=SMALL, **style)


def _write(figure: Figure, left: float, top: float, text: str, **style: Any) -> None:
    """Text with its upper left corner at a place in inches from the left and the top."""
    figure.text(left / figure.get_figwidth(), from_top(figure, top), text, va="top", **style)
