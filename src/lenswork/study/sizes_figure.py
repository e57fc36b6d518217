"""The pictures that a smaller size loses, as the larger and the smaller network see them."""

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lenswork.kinds import Picture
from lenswork.record.style import LINE, NORMAL, PRINT_WIDTH, SMALL, Drawing
from lenswork.study.sizes import Moved

COLUMNS = 6
SIDE = 0.92  # inches, of a picture
MARGIN = 0.06
HEAD = 0.45
LONGEST_NAME = 17  # letters beside each other under a picture


@dataclass(frozen=True)
class Seen:
    """One picture before two networks: its id, true class, and how each of the two sees it."""

    name: str
    truth: str
    large: Picture
    small: Picture
    right_large: str  # such as "3 of 3"
    right_small: str


def sizes_figure(title: str, lost: dict[str, tuple[Moved, list[Seen]]]) -> Figure:
    """A band a size with two rows: a lost picture as the largest size sees it, and as this one.

    `lost` has the size's name, what moved, and the pictures to show of it (six at most).
    """
    band = 2 * SIDE + 5 * LINE + 0.2
    height = HEAD + sum(band if seen else 3 * LINE for _, seen in lost.values())
    figure = Drawing(figsize=(PRINT_WIDTH, height), facecolor="white")
    figure.text(
        MARGIN / PRINT_WIDTH,
        1 - 0.1 / height,
        _plain(title),
        fontsize=NORMAL,
        va="top",
        weight="bold",
    )
    top = HEAD
    for moved, seen in lost.values():
        figure.text(MARGIN / PRINT_WIDTH, 1 - top / height, _head(moved), fontsize=SMALL, va="top")
        if not seen:
            top += 3 * LINE
            continue
        for column, one in enumerate(seen[:COLUMNS]):
            left = MARGIN + column * (PRINT_WIDTH - MARGIN) / COLUMNS
            _place(figure, left, top + 1.5 * LINE, one.large)
            words = f"{_plain(one.truth, LONGEST_NAME)}\n{one.right_large} right"
            _under(figure, left, top + 1.5 * LINE + SIDE, words)
            lower = top + SIDE + 3.6 * LINE
            _place(figure, left, lower, one.small)
            words = f"{one.right_small} right"
            _under(figure, left, lower + SIDE, words)
        top += band
    return figure


def _head(moved: Moved) -> str:
    shown = "" if len(moved.lost) <= COLUMNS else f"; the first {COLUMNS}"
    return _plain(
        f"{moved.size}: {len(moved.lost)} right at {moved.largest} and wrong here in most seeds "
        f"({moved.surely_lost} in all), {len(moved.won)} the other way{shown}",
        160,
    )


def _place(figure: Figure, left: float, top: float, picture: Picture) -> Axes:
    width, height = figure.get_size_inches()
    axes = figure.add_axes((left / width, 1 - (top + SIDE) / height, SIDE / width, SIDE / height))
    pixels = picture[:, :, 0] if picture.shape[2] == 1 else picture
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_anchor("NW")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_linewidth(0.4)
        spine.set_color("#888888")
    return axes


def _under(figure: Figure, left: float, top: float, words: str) -> None:
    width, height = figure.get_size_inches()
    figure.text(left / width, 1 - (top + 0.03) / height, words, fontsize=SMALL, va="top")


def _plain(text: str, longest: int = 120) -> str:
    """A name from outside: cut, and no part of it read as mathematics."""
    shown = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return shown.replace("$", r"\$")
