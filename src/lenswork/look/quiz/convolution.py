"""Question 1: the network's own filter on the reader's picture, and the map that it makes."""

import numpy as np

from lenswork.kinds import Picture
from lenswork.look.activations import LayerOutput, prepared
from lenswork.look.arithmetic import Arithmetic, arithmetic
from lenswork.look.quiz.shown import (
    Control,
    Demonstration,
    Panel,
    Panels,
    Sweep,
    Table,
    coloured,
    few,
    number,
    signed,
)
from lenswork.look.quiz.subject import Subject, Wanted, strongest, whole
from lenswork.model.layers import Conv

WIDEST_TABLE, LONGEST_TABLE = 5, 21  # products that a page has room for
COLOURS = ("red", "green", "blue")


def convolution(subject: Subject, wanted: Wanted) -> Demonstration:
    """Lay one filter of the first convolution on the picture."""
    shown = subject.shown(wanted)
    place = subject.first(Conv)
    output = subject.outputs(shown)[place]
    last = output.channels - 1
    chosen = whole(wanted, "filter", strongest(output), 0, last)
    worked = arithmetic(subject.classifier, shown.picture, output.name, chosen)
    seen = _seen(subject, shown.picture, worked, place)
    return Demonstration(
        said=_said(shown.id, output, worked),
        parts=(
            _sweep(subject, seen, output, worked, place),
            _filter(worked),
            *_products(worked),
            Panels(
                f"All {few(output.channels, 'map')} of layer {output.name}",
                tuple(
                    Panel(f"filter {channel}", coloured(output.values[0, :, :, channel]))
                    for channel in range(output.channels)
                ),
                small=True,
            ),
        ),
        controls=(
            *subject.picture_control(wanted),
            Control("filter", "Filter", str(chosen), 0, last),
        ),
    )


def _said(name: str, output: LayerOutput, worked: Arithmetic) -> tuple[str, ...]:
    height, width, _ = output.shape
    row, column = worked.place
    bias = ""
    if worked.bias is not None:
        bias = f", with the bias {number(worked.bias)}: {number(worked.before)}"
    after = ""
    if worked.activation:
        after = f"; {worked.activation} makes {number(worked.value)} of it"
    return (
        (
            f"Filter {worked.channel} of layer {output.name} was laid on {height * width:,} places "
            f"of {name}. Each sum is one point of its map of {height}x{width}."
        ),
        (
            f"It answers most at row {row}, column {column}: {worked.products.size:,} products add "
            f"up to {number(worked.total)}{bias}{after}."
        ),
        (
            f"Your network itself has {number(worked.network)} there; the sum made here differs "
            f"from it by {worked.difference:.1g}."
        ),
    )


def _seen(subject: Subject, picture: Picture, worked: Arithmetic, place: int) -> Picture:
    """What the filter lies on: the picture as the network has it, or the map before."""
    if place == 0:
        seen: Picture = prepared(subject.classifier, [picture])[0]
        return seen
    return coloured(worked.inputs.max(axis=2).astype(np.float32))


def _sweep(
    subject: Subject, seen: Picture, output: LayerOutput, worked: Arithmetic, place: int
) -> Sweep:
    layer = subject.net.layers[place]
    if not isinstance(layer, Conv):
        raise TypeError(f"{layer.text()} is no convolution")
    values = output.values[0, :, :, worked.channel]
    row, column = worked.place
    return Sweep(
        title=f"Filter {worked.channel} on its way",
        picture=seen,
        map=coloured(values),
        values=values,
        window=(layer.window.height, layer.window.width),
        stride=layer.window.stride,
        corner=layer.window.corner(worked.inputs.shape),
        start=row * values.shape[1] + column,
    )


def _filter(worked: Arithmetic) -> Panels:
    channels = _channels(worked)
    panels = []
    for channel, name in enumerate(channels):
        weights = worked.weights[:, :, channel].astype(np.float32)
        words = f"{number(float(weights.min()))} to {number(float(weights.max()))}"
        panels.append(Panel(f"its numbers{name and f' on {name}'}", signed(weights), words))
    return Panels("The filter: orange adds, purple takes away", tuple(panels), small=True)


def _products(worked: Arithmetic) -> tuple[Table, ...]:
    """Every product under the window, where there are few enough to read."""
    height, width, channels = worked.products.shape
    if width > WIDEST_TABLE or height * channels > LONGEST_TABLE:
        return ()
    rows = []
    for channel, name in enumerate(_channels(worked)):
        for row in range(height):
            cells = (
                f"{number(worked.window[row, column, channel])} × "
                f"{number(worked.weights[row, column, channel])} = "
                f"{number(worked.products[row, column, channel])}"
                for column in range(width)
            )
            rows.append((f"{name} row {row}".strip(), *cells))
    row, column = worked.place
    return (
        Table(
            f"Pixel × filter = product, at row {row}, column {column} of the map",
            ("", *(f"column {column}" for column in range(width))),
            tuple(rows),
            numbers=tuple(range(1, width + 1)),
        ),
    )


def _channels(worked: Arithmetic) -> tuple[str, ...]:
    """What the window's channels are called; a map that is no picture shows its first three."""
    count = worked.products.shape[2]
    if count == 1:
        return ("",)
    return COLOURS if count == 3 else tuple(f"channel {place}" for place in range(min(count, 3)))
