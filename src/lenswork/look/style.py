"""One look for all figures: readable in print, on a dark page, and by every kind of eye."""

import os
from pathlib import Path
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lenswork.files import written_whole

ColourMap = Literal["inferno", "viridis", "grey"]
COLOUR_MAPS: dict[str, str] = {"inferno": "inferno", "viridis": "viridis", "grey": "gray"}
# Okabe and Ito 2008, "Color universal design": told apart by all kinds of colour vision
BLUE, ORANGE, GREEN, SKY, VERMILION, PURPLE, YELLOW, BLACK = (
    "#0072B2", "#E69F00", "#009E73", "#56B4E9", "#D55E00", "#CC79A7", "#F0E442", "#000000",
)  # fmt: skip
SMALL, NORMAL, LARGE = 7, 9, 11  # points
PRINT_DPI = 150


def new_figure(width: float, height: float) -> Figure:
    """An empty white figure, `width` x `height` inches, that keeps its labels inside."""
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def bare(axes: Axes) -> Axes:
    """Axes for a picture: no ticks, a hair-line frame."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_linewidth(0.4)
        spine.set_color("#888888")
    return axes


def written(text: str, longest: int = 1000) -> str:
    """A name from outside as a label: cut in its middle, and no part of it read as mathematics."""
    shown = os.fsencode(text).decode("utf-8", "backslashreplace")
    if len(shown) > longest:
        end = (longest - 1) * 2 // 3  # the end of a file's name tells more than its folders
        shown = f"{shown[: longest - 1 - end]}…{shown[len(shown) - end :]}"
    return shown.replace("$", r"\$")


def save_figure(figure: Figure, path: Path, dpi: int = PRINT_DPI) -> None:
    """Write a PNG file whole or not at all."""
    with written_whole(path) as temporary:
        figure.savefig(temporary, format="png", dpi=dpi)
