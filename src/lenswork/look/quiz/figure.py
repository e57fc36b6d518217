"""A demonstration's pictures and curves as one figure, for whoever reads it in a terminal."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from lenswork.look.percent_ticks import percent_ticks
from lenswork.look.quiz.shown import Curve, Curves, Demonstration, Panel, Panels, Span, Sweep
from lenswork.record.style import (
    BLUE,
    GREEN,
    LINE,
    NORMAL,
    ORANGE,
    PRINT_WIDTH,
    SMALL,
    VERMILION,
    axes_at,
    bare,
    filled,
    folded,
    from_top,
    letters_in,
    new_page,
    written,
)

EDGE, GAP = 0.12, 0.14  # inches: around the page, between pictures
ACROSS, SMALL_ACROSS = 4, 8  # pictures side by side
WIDEST, SMALL_WIDEST = 1.9, 1.15  # inches of a picture
LONGEST = 2.0  # a picture is at most so many times as high as it is wide
HEAD = 0.34  # inches: the title of the page
PLOT, PLOT_LEFT, PLOT_UNDER = 1.6, 0.5, 0.5  # inches: curves, their numbers, their epochs
LEAST_FRAME = 0.04  # of the picture: a smaller place is framed from further off
COLOURS = {1: BLUE, 2: VERMILION, 3: GREEN}

Drawn = Panels | Curves


@dataclass(frozen=True)
class Row:
    """Pictures side by side; inches, and lines of text above and below."""

    panels: tuple[Panel, ...]
    tile: float
    high: float
    above: int
    below: int

    @property
    def height(self) -> float:
        """Inches in all."""
        return 0.08 + LINE * self.above + self.high + LINE * self.below + 0.08


def demonstration_figure(title: str, shown: Demonstration) -> Figure | None:
    """Everything of a demonstration that is drawn, part below part; None where nothing is.

    A filter on its way is shown at the place where it answers most.
    """
    parts = list(_drawn(shown))
    if not parts:
        return None
    heights = [_height(part) for part in parts]
    figure = new_page(PRINT_WIDTH, HEAD + sum(heights) + EDGE)
    figure.text(EDGE / PRINT_WIDTH, from_top(figure, 0.1), written(title, 80), va="top",
                fontsize=NORMAL + 2, fontweight="bold")  # fmt: skip
    top = HEAD
    for part, height in zip(parts, heights, strict=True):
        figure.text(EDGE / PRINT_WIDTH, from_top(figure, top + 0.08), _head(part), va="top",
                    fontsize=NORMAL)  # fmt: skip
        below = top + _head_height(part)
        if isinstance(part, Curves):
            _draw_curves(figure, part, below)
        else:
            _draw_panels(figure, part, below)
        top += height
    return figure


def still(part: Sweep) -> Panels:
    """A filter at the place where its way begins, and that point of its map."""
    row, column = divmod(part.start, part.values.shape[1])
    above, left = part.corner
    at = (row * part.stride - above, column * part.stride - left, *part.window)
    height, width = part.values.shape
    return Panels(
        f"{part.title}: here it answers most",
        (
            Panel("the picture, as the network is given it", part.picture, frame=at),
            Panel(f"its map, {height}x{width}", part.map, frame=(row, column, 1, 1)),
        ),
    )


def _drawn(shown: Demonstration) -> Iterator[Drawn]:
    for part in shown.parts:
        if isinstance(part, Sweep):
            yield still(part)
        elif isinstance(part, Panels | Curves):
            yield part


def _head(part: Drawn) -> str:
    return filled([written(part.title)], PRINT_WIDTH - 2 * EDGE, NORMAL)


def _head_height(part: Drawn) -> float:
    return 0.14 + 0.17 * (_head(part).count("\n") + 1)


def _height(part: Drawn) -> float:
    if isinstance(part, Curves):
        return _head_height(part) + PLOT + PLOT_UNDER
    return _head_height(part) + sum(row.height for row in _rows(part))


def _rows(part: Panels) -> list[Row]:
    across = min(len(part.panels), SMALL_ACROSS if part.small else ACROSS)
    room = PRINT_WIDTH - 2 * EDGE - GAP * (across - 1)
    tile = min(SMALL_WIDEST if part.small else WIDEST, room / across)
    starts = range(0, len(part.panels), across)
    return [_row(part.panels[start : start + across], tile) for start in starts]


def _row(panels: tuple[Panel, ...], tile: float) -> Row:
    ratio = max(panel.picture.shape[0] / panel.picture.shape[1] for panel in panels)
    words = [_words(panel, tile) for panel in panels]
    return Row(
        panels,
        tile,
        tile * min(ratio, LONGEST),
        above=max(_title(panel, tile).count("\n") + 1 for panel in panels),
        below=max(one.count("\n") + 1 if one else 0 for one in words),
    )


def _title(panel: Panel, tile: float) -> str:
    return folded(panel.title, letters_in(tile))


def _words(panel: Panel, tile: float) -> str:
    return folded(panel.words, letters_in(tile)) if panel.words else ""


def _draw_panels(figure: Figure, part: Panels, top: float) -> None:
    for row in _rows(part):
        down = top + 0.08 + LINE * row.above
        for place, panel in enumerate(row.panels):
            left = EDGE + place * (row.tile + GAP)
            _draw_panel(axes_at(figure, left, down, row.tile, row.high), panel, row.tile)
        top += row.height


def _draw_panel(axes: Axes, panel: Panel, tile: float) -> None:
    grey = panel.picture.shape[2] == 1
    bare(axes).imshow(
        panel.picture[:, :, 0] if grey else panel.picture,
        cmap="gray" if grey else None,
        vmin=0,
        vmax=255,
        interpolation="nearest" if panel.crisp else "antialiased",
    )
    axes.set_title(_title(panel, tile), fontsize=SMALL, pad=3)
    axes.set_xlabel(_words(panel, tile), fontsize=SMALL, labelpad=2)
    if panel.frame is not None:
        _draw_frame(axes, panel.frame, panel.picture.shape[:2])


def _draw_frame(axes: Axes, frame: Span, shape: tuple[int, ...]) -> None:
    row, column, height, width = frame
    high, wide = (
        max(extent, LEAST_FRAME * side) for extent, side in zip((height, width), shape, strict=True)
    )
    corner = (column - 0.5 - (wide - width) / 2, row - 0.5 - (high - height) / 2)
    for colour, line in (("white", 2.6), (VERMILION, 1.3)):  # seen on bright and on dark
        mark = Rectangle(corner, wide, high, fill=False, edgecolor=colour, linewidth=line)
        mark.set_clip_on(False)
        axes.add_patch(mark)


def _draw_curves(figure: Figure, part: Curves, top: float) -> None:
    axes = axes_at(figure, PLOT_LEFT, top, PRINT_WIDTH - PLOT_LEFT - 1.2, PLOT)
    for curve in part.curves:
        _draw_curve(axes, part, curve)
    axes.set_xlabel(part.xlabel, fontsize=SMALL)
    axes.tick_params(labelsize=SMALL)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if part.percent:
        percent_ticks(axes.yaxis, 4)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.legend(fontsize=SMALL, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _draw_curve(axes: Axes, part: Curves, curve: Curve) -> None:
    axes.plot(
        part.x,
        [math.nan if value is None else value for value in curve.values],
        color=COLOURS.get(curve.colour, ORANGE),
        linestyle="--" if curve.dash else "-",
        marker="o" if len(part.x) < 20 else None,
        markersize=2.5,
        label=written(curve.label, 24),
    )
