"""Attribution maps over their pictures, each beside the same map of a re-drawn network."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lenswork.errors import UsageError
from lenswork.kinds import Picture
from lenswork.look.attribution import Attribution
from lenswork.look.attribution_methods import Method, Numbers
from lenswork.look.attribution_sanity import THRESHOLDS
from lenswork.record.style import (
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

FOR, SIGNED = "inferno", "PuOr_r"
CLIPPED = 99.5  # per cent: a few loud pixels would otherwise hide the rest
MOST_ROWS = 12
LONGEST = 2.0  # a picture's panel is at most so many times as high as it is wide
EDGE, GAP = 0.1, 0.2  # inches: around the page, between panels
TILE = (PRINT_WIDTH - 2 * EDGE - 2 * GAP) / 3  # inches
BAR, BAR_WORDS = 0.13, 0.75  # inches: the colours, and the words under them with their ends
Image = NDArray[np.float64]  # (height, width, 3), 0 to 1

# What the ends of the colours mean: against, for (Grad-CAM has nothing against)
ENDS: dict[Method, tuple[str, str]] = {
    "grad-cam": ("0: does not raise the score", "raises the score most"),
    "occlusion": ("score rises most when covered", "score falls most when covered"),
    "integrated-gradients": ("lowers the score most", "raises the score most"),
}
SCORE = (
    "The score is the class's logit. Each map has a scale of its own: the number under it is what "
    "the strongest colour stands for."
)


def attribution_figure(attributions: Sequence[Attribution]) -> Figure:
    """A row a picture: the picture with its answer, the map over it, the sanity check.

    Each map has its own scale, from 0 to the value that 99.5% of its pixels keep under. Raises
    `UsageError` for no picture and for more than 12.
    """
    if not 0 < len(attributions) <= MOST_ROWS:
        raise UsageError(f"expected 1 to {MOST_ROWS} pictures in a figure, got {len(attributions)}")
    checked = attributions[0].sanity is not None
    width = PRINT_WIDTH if checked else 2 * TILE + GAP + 2 * EDGE
    letters = int(1.1 * letters_in(width - 2 * EDGE))  # wide letters even out in sentences
    title = fill(written(attributions[0].how), letters_in(width - 2 * EDGE, NORMAL))
    foot = fill(f"{SCORE} {THRESHOLDS}" if checked else SCORE, letters)
    head = 0.1 + 0.18 * _count(title)
    rows = [_Row(one, letters) for one in attributions]
    bar = BAR_WORDS + LINE * _count(foot)
    figure = new_page(width, head + sum(row.height for row in rows) + BAR + bar)
    figure.suptitle(title, y=from_top(figure, 0.07), fontsize=NORMAL, va="top")
    top = head
    for row in rows:
        _draw_row(figure, row, top)
        top += row.height
    _draw_scale(figure, attributions[0].method, top + 0.3, foot)
    return figure


def overlay(
    picture: Picture, values: Numbers, *, signed: bool | None = None
) -> tuple[Image, float]:
    """A map, (height, width), over its picture in greys, and the value of its strongest colour.

    The colour covers more of the picture where the map says more; it is of the two colours of
    signed maps where `signed` says so or, left out, the map has values below 0. The value is 0,
    and the picture bare, where the map is 0 everywhere.
    """
    grey = picture.astype(np.float64).mean(axis=2, keepdims=True).repeat(3, axis=2) / 255
    grey = 0.25 + 0.6 * grey  # neither end, so that both ends of the colours stand out
    largest = scale_of(values)
    if largest == 0:
        return grey, 0.0
    if signed is None:
        signed = bool((values < 0).any())
    return _blend(grey, np.clip(values / largest, -1, 1), signed=signed), largest


def scale_of(values: Numbers) -> float:
    """The absolute value that 99.5% of a map's pixels keep under; the largest if that is 0."""
    size = np.abs(values)
    return float(np.percentile(size, CLIPPED)) or float(size.max())


def _blend(grey: Image, strength: Numbers, *, signed: bool) -> Image:
    """Colours of a strength, (height, width) from -1 to 1, over greys."""
    colours = colormaps[SIGNED](0.5 + strength / 2) if signed else colormaps[FOR](strength)
    cover = 0.85 * np.sqrt(np.abs(strength))[..., np.newaxis]
    blended: Image = (1 - cover) * grey + cover * colours[..., :3]
    return blended


@dataclass(frozen=True)
class _Row:
    """What stands in one row of the figure, and how high that is in inches."""

    one: Attribution
    letters: int

    @property
    def titles(self) -> list[str]:
        one, most = self.one, letters_in(TILE)
        titles = [folded(one.id, most), f"speaks for {folded(one.class_name, most - 11, 2)}"]
        if one.sanity is not None:
            of = f"weights re-drawn, {one.sanity.chosen + 1} of {len(one.sanity.correlations)}"
            titles.append(f"{of}\n(nearest the median)" if one.sanity.usual else of)
        return titles

    @property
    def sentence(self) -> str:
        return "" if self.one.sanity is None else fill(self.one.sanity.sentence(), self.letters)

    @property
    def picture_height(self) -> float:
        height, width = self.one.picture.shape[:2]
        return TILE * min(LONGEST, float(height / width))

    @property
    def head(self) -> float:
        return 0.08 + LINE * max(map(_count, self.titles))

    @property
    def foot(self) -> float:
        sanity = self.one.sanity
        return 0.1 + LINE * (2 if sanity is None else max(2, 1 + len(sanity.numbers())))

    @property
    def height(self) -> float:
        return self.head + self.picture_height + self.foot + LINE * _count(self.sentence) + 0.1


def _draw_row(figure: Figure, row: _Row, top: float) -> None:
    one, sanity = row.one, row.one.sanity
    signed = one.method != "grad-cam"
    panels = [
        axes_at(figure, EDGE + place * (TILE + GAP), top + row.head, TILE, row.picture_height)
        for place in range(len(row.titles))
    ]
    _draw_picture(panels[0], one)
    _draw_map(panels[1], one.picture, one.values, signed=signed)
    if one.unexplained is not None:
        said = panels[1].get_xlabel()
        panels[1].set_xlabel(f"{said}\nunexplained: {one.unexplained:+.2g} of the logit")
    if sanity is not None:
        _draw_map(panels[2], one.picture, sanity.values, signed=signed)
        said = panels[2].get_xlabel().partition("\n")[0]
        panels[2].set_xlabel("\n".join([said, *sanity.numbers()]), fontsize=SMALL)
        below = top + row.head + row.picture_height + row.foot
        place = EDGE / float(figure.get_figwidth())
        figure.text(place, from_top(figure, below), row.sentence, fontsize=SMALL, va="top")
    for axes, title in zip(panels, row.titles, strict=True):
        axes.set_title(title, fontsize=SMALL, pad=3)


def _draw_picture(axes: Axes, one: Attribution) -> None:
    picture = one.picture
    bare(axes).imshow(picture[..., 0] if picture.shape[2] == 1 else picture, cmap="gray", vmin=0,
                      vmax=255, interpolation="nearest")  # fmt: skip
    answer = f"{written(one.prediction.class_name, 16)} {one.prediction.probability:.1%}"
    wrong = one.truth is not None and one.truth != one.prediction.class_name
    truth = "" if one.truth is None else f"\ntruth: {written(one.truth, 14)}"
    axes.set_xlabel(
        f"answer: {answer}{truth}{' (a mistake)' if wrong else ''}",
        fontsize=SMALL,
        color=WRONG if wrong else "black",
    )


def _draw_map(axes: Axes, picture: Picture, values: Numbers, *, signed: bool) -> None:
    image, largest = overlay(picture, values, signed=signed)
    bare(axes).imshow(image, interpolation="nearest")
    nothing = "0 everywhere:\nnothing here speaks for it"
    axes.set_xlabel(f"strongest colour: {largest:.3g}" if largest else nothing, fontsize=SMALL)


def _draw_scale(figure: Figure, method: Method, top: float, foot: str) -> None:
    """The colours as they lie over a middle grey, with their meaning at the ends."""
    width = float(figure.get_figwidth())
    left = max(EDGE, (width - PRINT_WIDTH * 0.6) / 2)
    signed = method != "grad-cam"
    strength = np.linspace(-1 if signed else 0, 1, 256, dtype=np.float32)[np.newaxis]
    grey = np.full((1, 256, 3), 0.55)
    axes = bare(axes_at(figure, left, top, width - 2 * left, BAR))
    low = strength[0, 0]
    axes.imshow(_blend(grey, strength, signed=signed), aspect="auto", extent=(low, 1, 0, 1))
    axes.set_xticks([-1, 0, 1] if signed else [0, 1])
    against, for_ = ENDS[method]
    ends = [against, "0", for_] if signed else [against, for_]
    axes.set_xticklabels([fill(end, 18) for end in ends], fontsize=SMALL)
    axes.tick_params(length=2)
    place = from_top(figure, top + BAR + 0.42)
    figure.text(EDGE / width, place, foot, fontsize=SMALL, va="top", color="#444444")


def _count(text: str) -> int:
    return text.count("\n") + 1 if text else 0
