"""The map of an embedding as a figure: thumbnails and points by class, mistakes marked."""

import textwrap
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from matplotlib.patheffects import AbstractPathEffect, withStroke
from matplotlib.textpath import TextPath

from lenswork.look.embedding import Embedding, Numbers
from lenswork.record.style import BLACK, LARGE, new_figure, written

# Petroff 2021, "Accessible color sequences for data visualization", the sequence of ten: told
# apart by all kinds of colour vision, and none so pale or dark as to be lost
COLOURS = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
    "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
)  # fmt: skip
MARKERS = "os^Dv<>pP"  # with the colours, 90 classes look different
THUMBNAIL, APART = 0.14, 0.16  # inches of one, and between the middles of two
SIDE = 10.0  # inches of the map
LETTERS = 10  # points, the least: 6 where the figure is printed 16 cm wide
NARROWEST, WIDEST = 0.2, 1.15  # the map's height as a part of its width
DPI = 220  # a small picture then has about a dot a pixel
MOST_LEGEND = 24
MOST_LARGE = 24  # classes whose names are written large
LONGEST_NAME = 24  # letters
REACH = 1.6  # inches that a name may be moved from its class


@dataclass(frozen=True)
class Name:
    """A class's name on the map: the class's middle, the name's, and half its size."""

    label: int
    text: str
    points: float
    centre: tuple[float, float]
    middle: tuple[float, float]
    half: tuple[float, float]

    def covers(self, x: float, y: float, beside: float = 0.0) -> bool:
        """Whether it lies over a point, or within `beside` of it."""
        return (
            abs(x - self.middle[0]) < self.half[0] + beside
            and abs(y - self.middle[1]) < self.half[1] + beside
        )

    def meets(self, other: "Name") -> bool:
        """Whether two names overlap."""
        gaps = [abs(a - b) for a, b in zip(self.middle, other.middle, strict=True)]
        return all(g < a + b for g, a, b in zip(gaps, self.half, other.half, strict=True))


def colour_of(label: int) -> str:
    """A class's colour, as #rrggbb."""
    return COLOURS[label % len(COLOURS)]


def marker_of(label: int) -> str:
    """A class's marker: it changes faster than the colours, so that neither is needed alone."""
    return MARKERS[(label + label // len(COLOURS)) % len(MARKERS)]


def embedding_figure(embedding: Embedding) -> Figure:
    """The map with the classes' names in their midst."""
    low, high = embedding.points.min(axis=0), embedding.points.max(axis=0)
    ratio = float(np.clip((high[1] - low[1]) / max(high[0] - low[0], 1e-9), NARROWEST, WIDEST))
    legend_rows = min(len(embedding.centres) + 2, MOST_LEGEND + 2) // 4 + 1
    figure = new_figure(SIDE + 0.3, SIDE * ratio + 1.1 + 0.24 * legend_rows)
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
    _draw_legend(figure, embedding)
    drawn = f"{len(embedding):,} {embedding.part} pictures"
    if len(embedding) < embedding.total:
        drawn = (
            f"{len(embedding):,} of {embedding.total:,} {embedding.part} pictures, drawn by chance"
        )
    figure.suptitle(written(f"{embedding.run}: {drawn}", 90), fontsize=LARGE + 3, weight="bold")
    note = (
        f"{embedding.how}. What the network finds alike lies near; distances between groups and "
        "the axes mean nothing."
    )
    axes.set_xlabel(textwrap.fill(note, 105), fontsize=LETTERS, color="#444444")
    figure.draw_without_rendering()  # now it is known how large the map is
    left, right = axes.get_xlim()
    inch = (right - left) / (axes.get_window_extent().width / figure.dpi)
    names = place_names(embedding, inch, axes.get_xlim(), axes.get_ylim())
    _draw_thumbnails(axes, embedding, names, inch)
    _write_names(axes, names)
    return figure


def place_names(
    embedding: Embedding, inch: float, across: tuple[float, float], up: tuple[float, float]
) -> list[Name]:
    """Where each class's name goes, `inch` long as the map's units are: beside no other's.

    A name that finds no room within `REACH` inches of its class is left to the legend.
    """
    placed: list[Name] = []
    size = LARGE + 2 if len(embedding.centres) <= MOST_LARGE else LETTERS
    for label, centre in embedding.centres.items():
        text = written(embedding.classes[label], LONGEST_NAME)
        box = TextPath((0, 0), text or " ", size=size, prop=FontProperties(weight="bold"))
        extent = box.get_extents()
        half = ((extent.width / 144 + 0.04) * inch, (size / 144 + 0.03) * inch)
        for far, turn in product(np.arange(0, REACH, 0.08), np.arange(0, 2 * np.pi, np.pi / 8)):
            x = float(centre[0] + far * inch * np.cos(turn))
            y = float(centre[1] + far * inch * np.sin(turn))
            x = float(np.clip(x, across[0] + half[0], across[1] - half[0]))
            y = float(np.clip(y, up[0] + half[1], up[1] - half[1]))
            name = Name(label, text, size, (float(centre[0]), float(centre[1])), (x, y), half)
            if not any(name.meets(other) for other in placed):
                placed.append(name)
                break
    return placed


def places_for_thumbnails(embedding: Embedding, inch: float, names: list[Name]) -> list[int]:
    """Which pictures have room for a thumbnail, clear of one another and of the names."""
    chosen: list[int] = []
    for place, (x, y) in enumerate(embedding.points.tolist()):
        gaps = np.abs(embedding.points[chosen] - (x, y)).max(axis=1, initial=0.0)
        if np.any(gaps < APART * inch):
            continue
        if not any(name.covers(x, y, THUMBNAIL * 0.6 * inch) for name in names):
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


def _write_names(axes: Axes, names: list[Name]) -> None:
    halo: list[AbstractPathEffect] = [withStroke(linewidth=3, foreground="white")]
    for name in names:
        if not name.covers(*name.centre):
            ends = np.array([name.centre, name.middle]).T
            axes.plot(*ends, color="#333333", linewidth=0.8, zorder=5, scalex=False, scaley=False)
        text = axes.text(
            *name.middle,
            name.text,
            ha="center",
            va="center_baseline",
            fontsize=name.points,
            weight="bold",
            zorder=6,
        )
        text.set_path_effects(halo)
        text.set_in_layout(False)


def _draw_thumbnails(axes: Axes, embedding: Embedding, names: list[Name], inch: float) -> None:
    """Thumbnails where there is room, framed in their class's colour, black where wrong."""
    height = max(embedding.pictures.shape[1:3])
    for place in places_for_thumbnails(embedding, inch, names):
        picture = embedding.pictures[place]
        grey = picture.shape[2] == 1
        image = OffsetImage(
            picture[:, :, 0] if grey else picture,
            zoom=THUMBNAIL * 72 / height,
            cmap="gray" if grey else None,
            interpolation="antialiased",
        )
        image.image.set_clim(0, 255)
        frame: dict[str, Any] = {
            "edgecolor": colour_of(int(embedding.truth[place])),
            "linewidth": 1.2,
            "facecolor": "white",
        }
        if embedding.wrong[place]:
            frame["path_effects"] = [withStroke(linewidth=4, foreground=BLACK)]
        point = (float(embedding.points[place, 0]), float(embedding.points[place, 1]))
        box = AnnotationBbox(image, point, pad=0.06, bboxprops=frame, frameon=True)
        box.set_zorder(3)
        box.set_in_layout(False)  # hundreds of them would take seconds to lay out
        axes.add_artist(box)


def _draw_legend(figure: Figure, embedding: Embedding) -> None:
    there = np.unique(embedding.truth)
    labels = there[:MOST_LEGEND]
    handles = [
        Line2D([], [], linestyle="", marker=marker_of(label), color=colour_of(label), markersize=7)
        for label in labels
    ]
    names = [written(embedding.classes[label], LONGEST_NAME) for label in labels]
    if len(there) > len(labels):
        handles.append(Line2D([], [], linestyle=""))
        names.append(f"and {len(there) - len(labels)} classes more")
    handles.append(
        Line2D([], [], linestyle="", marker="o", mfc="none", mec=BLACK, markersize=7, mew=1.0)
    )
    names.append(f"answered wrongly ({int(embedding.wrong.sum()):,}): ring or black frame")
    figure.legend(
        handles, names, loc="outside lower center", ncols=4, frameon=False, fontsize=LETTERS
    )
