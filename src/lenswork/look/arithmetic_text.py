"""The arithmetic of one output value as lines for a terminal."""

from collections.abc import Iterator

import numpy as np

from lenswork.look.arithmetic import Arithmetic, Doubles

CHANNELS_SHOWN = 3
INPUTS_SHOWN = 8
WIDEST_WINDOW = 7  # wider ones are told as sums only
PADDING = "·"


def arithmetic_text(worked: Arithmetic) -> str:
    """Window, filter and products side by side, then the sum to the network's own value.

    Of many input channels or inputs those are written out that move the sum most; the others
    are one line, so that the lines add up.
    """
    return "\n".join([heading(worked), "", *_parts(worked), "", *closing(worked)])


def heading(worked: Arithmetic) -> str:
    """Which value this is, in one line."""
    if not worked.place:
        unit = "unit" if worked.method in ("dense", "conv") else "channel"
        return f"{worked.name}, {unit} {worked.channel}"
    row, column = worked.place
    return f"{worked.name}, channel {worked.channel}, row {row}, column {column}"


def closing(worked: Arithmetic) -> list[str]:
    """From the sum of the products to the network's own value, a line a step."""
    if worked.method == "max":
        lines = [f"greatest of {int(worked.inside.sum()):,} numbers  {number(worked.total)}"]
    elif worked.method == "avg":
        count = int(worked.inside.sum())
        total = float(worked.window[worked.inside].sum())
        lines = [f"sum {number(total)} / {count:,} numbers  = {number(worked.total)}"]
    else:
        lines = [f"sum of {worked.products.size:,} products  {number(worked.total)}"]
        if worked.bias is not None:
            sign = "+" if worked.bias >= 0 else "-"
            lines.append(f"{sign} bias {number(abs(worked.bias))}  = {number(worked.before)}")
        if worked.activation is not None:
            lines.append(f"{worked.activation}({number(worked.before)})  = {number(worked.value)}")
    agreement = "agrees" if worked.agrees else "DOES NOT AGREE"
    lines.append(
        f"the network's own value  {number(worked.network)}  ({agreement}: "
        f"differs by {worked.difference:.1g}, {worked.tolerance:.1g} allowed)"
    )
    return lines


def number(value: float) -> str:
    """A number with six digits, with a true minus and no negative zero."""
    return f"{value + 0.0:.6g}"


def _parts(worked: Arithmetic) -> Iterator[str]:
    if worked.method == "dense":
        yield from _inputs(worked)
    elif max(worked.inside.shape) > WIDEST_WINDOW:
        height, width = worked.inside.shape
        yield f"a window of {height}x{width} numbers, too wide to write out"
        if worked.method == "conv":
            yield from _channel_sums(worked, written_out=0)
    elif worked.method == "conv":
        shown = worked.strongest[:CHANNELS_SHOWN]
        for channel in shown:
            yield from _channel(worked, int(channel))
        yield from _channel_sums(worked, written_out=len(shown))
    else:
        yield "window"
        yield from _grid(worked.window[:, :, 0], worked)
    if not worked.inside.all():
        yield f"({PADDING} lies in the padding)"


def _inputs(worked: Arithmetic) -> Iterator[str]:
    products = worked.products.ravel()
    order = np.argsort(-np.abs(products), kind="stable")[:INPUTS_SHOWN]
    yield f"{'input':>7} {'value':>10}   {'weight':>10}   {'product':>10}"
    for index in order:
        value, weight = worked.window.ravel()[index], worked.weights.ravel()[index]
        yield f"{index:>7} {value:>10.4g} x {weight:>10.4g} = {products[index]:>10.4g}"
    others = products.size - len(order)
    if others:
        rest = float(products.sum() - products[order].sum())
        yield f"{others:,} other products together {rest:.4g}"


def _channel(worked: Arithmetic, channel: int) -> Iterator[str]:
    """Window, filter and products of one input channel, side by side."""
    grids = [
        list(_grid(part[:, :, channel], worked))
        for part in (worked.window, worked.weights, worked.products)
    ]
    titles = ("window", "filter", "products")
    widths = [max(len(title), *map(len, grid)) for title, grid in zip(titles, grids, strict=True)]
    many = worked.window.shape[2] > 1
    yield f"input channel {channel}" if many else "the one input channel"
    yield "    ".join(f"{t:^{width}}" for t, width in zip(titles, widths, strict=True)).rstrip()
    middle = len(grids[0]) // 2
    for row, cells in enumerate(zip(*grids, strict=True)):
        first, second = (" x  ", " =  ") if row == middle else ("    ", "    ")
        padded = [f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)]
        yield f"{padded[0]}{first}{padded[1]}{second}{padded[2]}".rstrip()
    yield f"products of this channel: {number(worked.channel_totals[channel])}"
    yield ""


def _channel_sums(worked: Arithmetic, written_out: int) -> Iterator[str]:
    others = worked.strongest[written_out:]
    if len(others):
        rest = float(worked.channel_totals[others].sum())
        what = "channels" if len(others) > 1 else "channel"
        others_words = "other " if written_out else ""
        yield f"products of {len(others)} {others_words}input {what}: {number(rest)}"


def _grid(values: Doubles, worked: Arithmetic) -> Iterator[str]:
    for row, there in zip(values, worked.inside, strict=True):
        yield " ".join(
            f"{f'{value + 0.0:.3g}' if inside else PADDING:>9}"
            for value, inside in zip(row, there, strict=True)
        )
