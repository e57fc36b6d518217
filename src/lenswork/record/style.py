"""One look for all figures: readable in print, on a dark page, and by every kind of eye."""

import io
import os
import textwrap
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font

from lenswork.files import written_whole

ColourMap = Literal["inferno", "viridis", "grey"]
COLOUR_MAPS: dict[str, str] = {"inferno": "inferno", "viridis": "viridis", "grey": "gray"}
# Okabe and Ito 2008, "Color universal design": told apart by all kinds of colour vision
BLUE, ORANGE, GREEN, SKY, VERMILION, PURPLE, YELLOW, BLACK = (
    "#0072B2", "#E69F00", "#009E73", "#56B4E9", "#D55E00", "#CC79A7", "#F0E442", "#000000",
)  # fmt: skip
WRONG = "#B34700"  # vermilion dark enough for small letters: 5.5 to 1 on white, itself 3.9 to 1
SMALL, NORMAL, LARGE = 7, 9, 11  # points
LINE = 0.145  # inches: a line of small letters, with its leading
PRINT_DPI = 150
SCREEN_DPI = 110  # beside text on a screen, where every dot is kept in the notebook
PRINT_WIDTH = 6.3  # inches: 16 cm, a page's column, so that letters keep their size in print


class Drawing(Figure):
    """A figure that a notebook shows where it is the last thing in a cell, without any set-up."""

    def _repr_png_(self) -> bytes:
        """The figure as a PNG file, for a screen."""
        buffer = io.BytesIO()
        self.draw_without_rendering()  # as when it is saved
        self.savefig(buffer, format="png", dpi=SCREEN_DPI)
        return buffer.getvalue()


def new_figure(width: float, height: float) -> Drawing:
    """An empty white figure, `width` x `height` inches, that keeps its labels inside."""
    return Drawing(figsize=(width, height), layout="constrained", facecolor="white")


def new_page(width: float, height: float) -> Drawing:
    """An empty white figure whose panels are placed by `axes_at`."""
    figure = new_figure(width, height)
    figure.set_layout_engine("none")  # it cuts titles off beside panels of other proportions
    return figure


def axes_at(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes in this place, in inches from the left and the top; pictures hang at its top."""
    wide, high = figure.get_size_inches()
    axes = figure.add_axes((left / wide, 1 - (top + height) / high, width / wide, height / high))
    axes.set_anchor("N")
    return axes


def from_top(figure: Figure, inches: float) -> float:
    """The height of a place in parts of the figure, as matplotlib counts: 1 at the top."""
    return 1 - inches / float(figure.get_figheight())


def letters_in(inches: float, points: float = SMALL) -> int:
    """How many letters of a usual text fit in a line; 0.62 em is wide for a mean letter."""
    return max(8, int(inches * 72 / (0.62 * points)))


def filled(lines: Sequence[str], inches: float, points: float = SMALL) -> str:
    """Lines of which each goes on in further lines where it is wider than `inches`."""
    letters = letters_in(inches, points)
    return "\n".join("\n".join(textwrap.wrap(line, letters) or [""]) for line in lines)


def bare(axes: Axes) -> Axes:
    """Axes for a picture: no ticks, a hair-line frame."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_linewidth(0.4)
        spine.set_color("#888888")
    return axes


def written(text: str, longest: int = 1000) -> str:
    r"""A name from outside as a label: cut in its middle, and no part of it read as mathematics.

    A letter that the figures' font does not have is written as its escape, such as \u540d.
    """
    return _shortened(text, longest).replace("$", r"\$")


def folded(text: str, letters: int, most_lines: int = 4) -> str:
    """A name from outside, whole, on lines of `letters`; broken after its folders where it can be.

    Only what fills more than `most_lines` is cut, in its middle.
    """
    rest = _shortened(text, letters * most_lines)
    lines: list[str] = []
    while len(rest) > letters:
        end = rest.rfind("/", 0, letters) + 1 or max(rest.rfind(m, 0, letters) for m in " _-") + 1
        left = most_lines - len(lines) - 1
        if not end or len(rest) - end > left * letters:  # a short line would leave too much
            end = letters
        lines.append(rest[:end].rstrip(" "))
        rest = rest[end:]
    return "\n".join([*lines, rest]).replace("$", r"\$")


def _shortened(text: str, longest: int) -> str:
    shown = os.fsencode(text).decode("utf-8", "backslashreplace")
    shown = "".join(map(_in_font, shown))
    if len(shown) > longest:
        end = (longest - 1) * 2 // 3  # the end of a file's name tells more than its folders
        shown = f"{shown[: longest - 1 - end]}…{shown[len(shown) - end :]}"
    return shown


def _in_font(letter: str) -> str:
    if letter == "\n" or (letter >= " " and ord(letter) in _letters()):
        return letter
    return letter.encode("unicode_escape").decode("ascii")


@cache
def _letters() -> frozenset[int]:
    """The code points that the figures' font, DejaVu Sans, can draw."""
    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())


def save_figure(figure: Figure, path: Path, dpi: int = PRINT_DPI) -> None:
    """Write a PNG file whole or not at all."""
    with written_whole(path) as temporary:
        figure.draw_without_rendering()  # ticks that fit the layout may need another layout
        figure.savefig(temporary, format="png", dpi=dpi)
