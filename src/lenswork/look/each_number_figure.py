"""The number that one number makes, drawn: where it is from, where it goes, and how."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lenswork.look.arithmetic import Doubles
from lenswork.look.arithmetic_text import closing, heading
from lenswork.look.each_number import EachNumber
from lenswork.look.sheet import in_rows
from lenswork.look.strip_figure import draw_strip, frame_unit
from lenswork.record.style import (
    NORMAL,
    PRINT_WIDTH,
    SMALL,
    VERMILION,
    bare,
    filled,
    folded,
    new_figure,
    written,
)


def each_number_figure(worked: EachNumber) -> Figure:
    """The input with the number framed, the output with the number framed, and the steps."""
    figure = new_figure(PRINT_WIDTH, 4.1)
    before, after = figure.subplots(1, 2)
    _draw(before, worked.given, worked.source_place, worked.source_channel, worked.source)
    _draw(after, worked.output, worked.place, worked.channel, worked.name)
    figure.suptitle(written(heading(worked)), fontsize=NORMAL + 1, fontweight="bold")
    figure.supxlabel(
        filled(list(map(written, closing(worked))), PRINT_WIDTH, SMALL + 1),
        fontsize=SMALL + 1,
        linespacing=1.5,
    )
    return figure


def _draw(axes: Axes, values: Doubles, place: tuple[int, ...], channel: int, name: str) -> None:
    """A map's channel, or a vector in rows, with one number framed."""
    if not place:
        columns = math.ceil(math.sqrt(len(values)))
        ends = float(values.min()), float(values.max())
        draw_strip(axes, in_rows(values.astype(np.float32), columns), ends, "viridis")
        axes.set_box_aspect(1)
        frame_unit(axes, channel, columns)
        where, value = f"unit {channel} of {len(values):,}", values[channel]
    else:
        bare(axes).imshow(values[:, :, channel], cmap="viridis")
        for colour, line in (("white", 3.0), (VERMILION, 1.6)):
            corner = (place[1] - 0.5, place[0] - 0.5)
            axes.add_patch(
                Rectangle(corner, 1, 1, fill=False, edgecolor=colour, linewidth=line, zorder=3)
            )
        where, value = f"channel {channel}", values[(*place, channel)]
    axes.set_title(f"{folded(name, 36)}\n{where}", fontsize=SMALL + 1)
    axes.set_xlabel(f"{value:.4g}", fontsize=NORMAL, color=VERMILION)
