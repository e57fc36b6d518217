"""The map of an embedding as a figure: points by class, some thumbnails, mistakes ringed."""

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from matplotlib.patheffects import AbstractPathEffect, withStroke

from lenswork.look.embedding import Embedding, Numbers
from lenswork.look.style import (
    BLACK,
    BLUE,
    GREEN,
    LARGE,
    NORMAL,
    ORANGE,
    PURPLE,
    SKY,
    SMALL,
    VERMILION,
    YELLOW,
    new_figure,
)

COLOURS = (BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, YELLOW, "#777777")
MARKERS = "os^Dv<>p"  # with the colours, 64 classes look different
THUMBNAIL = 0.27  # inches
SIDE = 8.0  # inches of the map
MOST_LEGEND = 24


def colour_of(label: int) -> str:
    """A class's colour, as #rrggbb."""
    return COLOURS[label % len(COLOURS)]


def marker_of(label: int) -> str:
    """A class's marker: it changes faster than the colours, so that neither is needed alone."""
    return MARKERS[(label + label // len(COLOURS)) % len(MARKERS)]


def embedding_figure(embedding: Embedding) -> Figure:
    """The map with the classes' names in their midst."""
    low, high = embedding.points.min(axis=0), embedding.points.max(axis=0)
    ratio = float(np.clip((high[1] - low[1]) / max(high[0] - low[0], 1e-9), 0.55, 1.15))
    figure = new_figure(SIDE + 0.3, SIDE * ratio + 1.3)
    axes = figure.subplots()
    _frame(axes, low, high, ratio)
    for label in np.unique(embedding.truth):
        own = embedding.points[embedding.truth == label]
        axes.scatter(
            own[:, 0],
            own[:, 1],
            s=13,
            c=colour_of(label),
            marker=marker_of(label),
            alpha=0.75,
            linewidths=0,
        )
    _draw_thumbnails(axes, embedding)
    wrong = embedding.points[embedding.wrong]
    axes.scatter(
        wrong[:, 0],
        wrong[:, 1],
        s=46,
        facecolors="none",
        edgecolors=BLACK,
        linewidths=1.0,
        zorder=2.5,
    )
    halo: list[AbstractPathEffect] = [withStroke(linewidth=3, foreground="white")]
    for label, (x, y) in embedding.centres.items():
        name = textwrap.shorten(embedding.classes[label], 24, placeholder="…").replace("$", r"\$")
        text = axes.text(
            x, y, name, ha="center", va="center", fontsize=NORMAL + 1, weight="bold", zorder=6
        )
        text.set_path_effects(halo)
    _draw_legend(figure, embedding)
    drawn = f"{len(embedding):,} {embedding.part} pictures"
    if len(embedding) < embedding.total:
        drawn = (
            f"{len(embedding):,} of {embedding.total:,} {embedding.part} pictures, drawn by chance"
        )
    figure.suptitle(f"{embedding.run}: {drawn}", fontsize=LARGE, weight="bold")
    note = (
        f"{embedding.how}. What the network finds alike lies near; distances between groups and "
        "the axes mean nothing."
    )
    axes.set_xlabel(textwrap.fill(note, 120), fontsize=SMALL, color="#444444")
    return figure


def places_for_thumbnails(embedding: Embedding, apart: float) -> list[int]:
    """Which pictures have room for a thumbnail `apart` wide, clear of the classes' names."""
    names = np.array(list(embedding.centres.values()))
    chosen: list[int] = []
    for place, point in enumerate(embedding.points):
        gaps = np.abs(embedding.points[chosen] - point).max(axis=1)
        beside = np.abs(names - point)
        hidden = (beside[:, 0] < 2.6 * apart) & (beside[:, 1] < 0.75 * apart)
        if not np.any(gaps < apart) and not np.any(hidden):
            chosen.append(place)
    return chosen


def _frame(axes: Axes, low: Numbers, high: Numbers, ratio: float) -> None:
    """Limits with a margin, as high as `ratio` of their width."""
    middle = (low + high) / 2
    half = max(float(high[0] - low[0]), float(high[1] - low[1]) / ratio) * 0.54 or 1.0
    axes.set_xlim(middle[0] - half, middle[0] + half)
    axes.set_ylim(middle[1] - half * ratio, middle[1] + half * ratio)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("#cccccc")


def _draw_thumbnails(axes: Axes, embedding: Embedding) -> None:
    """Thumbnails where there is room, framed in their class's colour, black where wrong."""
    left, right = axes.get_xlim()
    inch = (right - left) / SIDE
    height = max(embedding.pictures.shape[1:3])
    for place in places_for_thumbnails(embedding, inch * THUMBNAIL * 1.6):
        picture = embedding.pictures[place]
        grey = picture.shape[2] == 1
        image = OffsetImage(
            picture[:, :, 0] if grey else picture,
            zoom=THUMBNAIL * 72 / height,
            cmap="gray" if grey else None,
            interpolation="antialiased",
        )
        image.image.set_clim(0, 255)
        wrong = bool(embedding.wrong[place])
        frame = {
            "edgecolor": BLACK if wrong else colour_of(int(embedding.truth[place])),
            "linewidth": 2.2 if wrong else 1.2,
            "facecolor": "white",
        }
        point = (float(embedding.points[place, 0]), float(embedding.points[place, 1]))
        box = AnnotationBbox(image, point, pad=0.12, bboxprops=frame, frameon=True)
        box.set_zorder(3)
        axes.add_artist(box)


def _draw_legend(figure: Figure, embedding: Embedding) -> None:
    labels = np.unique(embedding.truth)[:MOST_LEGEND]
    handles = [
        Line2D([], [], linestyle="", marker=marker_of(label), color=colour_of(label), markersize=6)
        for label in labels
    ]
    names = [
        textwrap.shorten(embedding.classes[label], 24, placeholder="…").replace("$", r"\$")
        for label in labels
    ]
    handles.append(
        Line2D([], [], linestyle="", marker="o", mfc="none", mec=BLACK, markersize=7, mew=1.0)
    )
    names.append(f"answered wrongly ({int(embedding.wrong.sum()):,}): ring or black frame")
    figure.legend(
        handles, names, loc="outside lower center", ncols=5, frameon=False, fontsize=SMALL
    )
