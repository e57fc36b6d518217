"""Question 2: a map before and after pooling, and the numbers of one window."""

import numpy as np

from lenswork.look.activations import LayerOutput, Numbers, prepared
from lenswork.look.arithmetic import Arithmetic, arithmetic
from lenswork.look.pictures import Shown
from lenswork.look.quiz.shown import (
    Control,
    Demonstration,
    Panel,
    Panels,
    Table,
    coloured,
    few,
    number,
    percent,
)
from lenswork.look.quiz.subject import Subject, Wanted, strongest, whole
from lenswork.model.layers import Pool
from lenswork.model.shapes import format_shape


def pooling(subject: Subject, wanted: Wanted) -> Demonstration:
    """Show one channel of the first pooling, before and after."""
    shown = subject.shown(wanted)
    output = subject.outputs(shown)[subject.first(Pool)]
    last = output.channels - 1
    channel = whole(wanted, "channel", strongest(output), 0, last)
    worked = arithmetic(subject.classifier, shown.picture, output.name, channel)
    before = worked.inputs[:, :, channel].astype(np.float32)
    after = output.values[0, :, :, channel]
    return Demonstration(
        said=(*_said(worked, before, after), *_kept(worked, output)),
        parts=(_beside(_given(subject, shown), worked, before, after), _window(worked)),
        controls=(
            *subject.picture_control(wanted),
            Control("channel", "Channel", str(channel), 0, last),
        ),
    )


def _said(worked: Arithmetic, before: Numbers, after: Numbers) -> tuple[str, ...]:
    kept = "the largest" if worked.method == "max" else "the mean"
    highest, pooled = float(before.max()), float(after.max())
    still = (
        f"The strongest number of the whole map, {number(highest)}, is still there."
        if pooled == highest
        else f"The strongest number of the map was {number(highest)} and is {number(pooled)} now."
    )
    return (
        (
            f"Layer {worked.name} makes {after.size:,} numbers of {before.size:,}: "
            f"{percent(after.size / before.size, 0)} are left to work on."
        ),
        f"Of each window it keeps {kept}. {still}",
    )


def _kept(worked: Arithmetic, output: LayerOutput) -> tuple[str, ...]:
    """In how many channels the strongest number has come through a maximum."""
    if worked.method != "max":
        return ()
    same = worked.inputs.max(axis=(0, 1)) == output.values[0].max(axis=(0, 1))  # (channels,)
    channels = few(output.channels, "channel")
    return (
        f"In {int(same.sum()):,} of {channels} the strongest number of the map has come through.",
    )


def _given(subject: Subject, shown: Shown) -> Panel:
    return Panel(shown.id, prepared(subject.classifier, [shown.picture])[0])


def _beside(given: Panel, worked: Arithmetic, before: Numbers, after: Numbers) -> Panels:
    """The picture, and both maps in the same colours with the window and what became of it."""
    low = min(float(before.min()), float(after.min()))
    high = max(float(before.max()), float(after.max()))
    height, width = worked.window.shape[:2]
    row, column = worked.place
    return Panels(
        f"Channel {worked.channel} before and after layer {worked.name}",
        (
            given,
            Panel(
                f"before: {format_shape(before.shape)}",
                coloured(before, low, high),
                frame=(*worked.corner, height, width),
            ),
            Panel(
                f"after: {format_shape(after.shape)}",
                coloured(after, low, high),
                frame=(row, column, 1, 1),
            ),
        ),
    )


def _window(worked: Arithmetic) -> Table:
    row, column = worked.place
    rows = tuple(
        tuple(
            number(value) if inside else "beyond the edge"
            for value, inside in zip(values, within, strict=True)
        )
        for values, within in zip(worked.window[:, :, 0], worked.inside, strict=True)
    )
    kept = "largest" if worked.method == "max" else "mean"
    return Table(
        f"The framed window; its {kept} is {number(worked.value)}, at row {row}, column {column} "
        "after it",
        tuple(f"column {worked.corner[1] + place}" for place in range(len(rows[0]))),
        rows,
        numbers=tuple(range(len(rows[0]))),
    )
