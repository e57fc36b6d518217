"""Attribution maps over their pictures, each beside the same map of a re-drawn network."""

from collections.abc import Sequence
from textwrap import fill

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lenswork.errors import UsageError
from lenswork.kinds import Picture
from lenswork.look.attribution import Attribution
from lenswork.look.attribution_methods import Numbers
from lenswork.look.style import NORMAL, SMALL, VERMILION, bare, new_figure, written

FOR, SIGNED = "inferno", "PuOr_r"
CLIPPED = 99.5  # per cent: a few loud pixels would otherwise hide the rest
MOST_ROWS = 12
TILE = 2.0  # inches
Image = NDArray[np.float64]  # (height, width, 3), 0 to 1


def attribution_figure(attributions: Sequence[Attribution]) -> Figure:
    """A row a picture: the picture with its answer, the map over it, the sanity check.

    Each map has its own scale, from 0 to the value that 99.5% of its pixels keep under.
    """
    if not 0 < len(attributions) <= MOST_ROWS:
        raise UsageError(f"expected 1 to {MOST_ROWS} pictures in a figure, got {len(attributions)}")
    rows = len(attributions)
    columns = 3 if attributions[0].sanity is not None else 2
    figure = new_figure(TILE * columns + 1.0, (TILE + 0.62) * rows + 0.6)
    signed = _is_signed(attributions)
    figure.suptitle(fill(attributions[0].how, 40 * columns // 2 + 14), fontsize=NORMAL)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes, one in zip(grid, attributions, strict=True):
        _draw_picture(axes[0], one)
        _draw_map(axes[1], one.picture, one.values, f"speaks for {written(one.class_name, 18)}")
        if one.unexplained is not None:
            said = axes[1].get_xlabel()
            axes[1].set_xlabel(f"{said}\nunexplained: {one.unexplained:+.2g} of the logit")
        if one.sanity is not None and columns == 3:
            _draw_map(axes[2], one.picture, one.sanity.values, "weights re-drawn")
            axes[2].set_xlabel("\n".join(one.sanity.lines()), fontsize=SMALL)
    _draw_scale(figure, grid[:, 1:].ravel().tolist(), signed=signed)
    return figure


def overlay(picture: Picture, values: Numbers) -> tuple[Image, float]:
    """A map, (height, width), over its picture in greys, and the value of its strongest colour.

    The colour covers more of the picture where the map says more. The value is 0, and the
    picture bare, where the map is 0 everywhere.
    """
    grey = picture.astype(np.float64).mean(axis=2, keepdims=True).repeat(3, axis=2) / 255
    grey = 0.25 + 0.6 * grey  # neither end, so that both ends of the colours stand out
    largest = scale_of(values)
    if largest == 0:
        return grey, 0.0
    strength = np.clip(values / largest, -1, 1)
    signed = bool((values < 0).any())
    colours = colormaps[SIGNED](0.5 + strength / 2) if signed else colormaps[FOR](strength)
    cover = 0.85 * np.sqrt(np.abs(strength))[..., np.newaxis]
    return (1 - cover) * grey + cover * colours[..., :3], largest


def scale_of(values: Numbers) -> float:
    """The absolute value that 99.5% of a map's pixels keep under; the largest if that is 0."""
    size = np.abs(values)
    return float(np.percentile(size, CLIPPED)) or float(size.max())


def _draw_picture(axes: Axes, one: Attribution) -> None:
    picture = one.picture
    bare(axes).imshow(picture[..., 0] if picture.shape[2] == 1 else picture, cmap="gray", vmin=0,
                      vmax=255, interpolation="nearest")  # fmt: skip
    axes.set_title(written(one.id, 30), fontsize=SMALL, pad=3)
    answer = f"{written(one.prediction.class_name, 20)} {one.prediction.probability:.1%}"
    wrong = one.truth is not None and one.truth != one.prediction.class_name
    truth = "" if one.truth is None else f"\ntruth: {written(one.truth, 20)}"
    axes.set_xlabel(
        f"answer: {answer}{truth}{' (a mistake)' if wrong else ''}",
        fontsize=SMALL,
        color=VERMILION if wrong else "black",
    )


def _draw_map(axes: Axes, picture: Picture, values: Numbers, title: str) -> None:
    image, largest = overlay(picture, values)
    bare(axes).imshow(image, interpolation="nearest")
    axes.set_title(title, fontsize=SMALL, pad=3)
    nothing = "0 everywhere:\nnothing here speaks for it"
    axes.set_xlabel(f"strongest colour: {largest:.3g}" if largest else nothing, fontsize=SMALL)


def _draw_scale(figure: Figure, axes: Sequence[Axes], *, signed: bool) -> None:
    norm = Normalize(-1, 1) if signed else Normalize(0, 1)
    bar = figure.colorbar(
        ScalarMappable(norm, SIGNED if signed else FOR),
        ax=list(axes),
        orientation="horizontal",
        shrink=0.7,
        aspect=40,
    )
    bar.set_ticks([-1, 0, 1] if signed else [0, 1])
    ends = ["strongest against", "0", "strongest for"] if signed else ["0", "strongest for"]
    bar.ax.set_xticklabels(ends, fontsize=SMALL)


def _is_signed(attributions: Sequence[Attribution]) -> bool:
    return any(
        bool((values < 0).any())
        for one in attributions
        for values in (one.values, *([one.sanity.values] if one.sanity else []))
    )
