"""The arithmetic of one output value as lines for a terminal."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lenswork.amounts import counted
from lenswork.look.arithmetic import TOLERANCE, Arithmetic, Doubles
from lenswork.look.each_number import EachNumber

CHANNELS_SHOWN = 3
INPUTS_SHOWN = 8
WIDEST_WINDOW = 7  # of a convolution: wider ones, three grids side by side, are told as sums
WIDEST_POOL = 12  # of a pooling, whose one grid still fits a wide terminal
PADDING = "·"


def arithmetic_text(worked: Arithmetic | EachNumber) -> str:
    """Window, filter and products side by side, then the sum to the network's own value.

    Of many input channels or inputs those are written out that move the sum most; the others
    are one line, so that the lines add up.
    """
    parts = [] if isinstance(worked, EachNumber) else [*_parts(worked), ""]
    return "\n".join([heading(worked), "", *parts, *closing(worked)])


def heading(worked: Arithmetic | EachNumber) -> str:
    """Which value this is, in one line."""
    return _address(worked.name, worked.place, worked.channel)


def closing(worked: Arithmetic | EachNumber) -> list[str]:
    """From the sum of the products to the network's own value, a line a step, and the rule."""
    off = abs(worked.network - worked.value)
    agreement = "agrees" if off <= worked.tolerance else "DOES NOT AGREE"
    return [
        *(_each_steps(worked) if isinstance(worked, EachNumber) else _steps(worked)),
        *_own_sum(worked),
        (f"the network's own value  {number(worked.network)}  ({agreement}: differs by {off:.1g})"),
        (
            f"rule: agrees within {TOLERANCE:.0e} x max(1, sum of magnitudes) = "
            f"{TOLERANCE:.0e} x max(1, {worked.size:.3g}) = {worked.tolerance:.2g}"
        ),
    ]


def _own_sum(worked: Arithmetic | EachNumber) -> list[str]:
    """The network's own sum before an activation, which may hide it."""
    if isinstance(worked, EachNumber) or worked.network_before is None:
        return []
    off = abs(worked.network_before - worked.before)
    agreement = "agrees" if off <= worked.tolerance else "DOES NOT AGREE"
    return [
        (
            f"the network's own sum before {worked.activation}  {number(worked.network_before)}  "
            f"({agreement}: differs by {off:.1g})"
        )
    ]


def _steps(worked: Arithmetic) -> list[str]:
    if worked.method == "max":
        of = counted(int(worked.inside.sum()), "number")
        lines = [f"greatest of {of}  {number(worked.total)}"]
    elif worked.method == "avg":
        of = counted(int(worked.inside.sum()), "number")
        total = float(worked.window[worked.inside].sum())
        lines = [f"sum {number(total)} / {of}  = {number(worked.total)}"]
    else:
        of = counted(worked.products.size, "product")
        lines = [f"sum of {of}  {number(worked.total)}"]
        if worked.bias is not None:
            lines.append(f"+ bias {number(worked.bias)}  = {number(worked.before)}")
        if worked.activation is not None:
            lines.append(f"{worked.activation}({number(worked.before)})  = {number(worked.value)}")
    return lines


def _each_steps(worked: EachNumber) -> list[str]:
    source = _address(worked.source, worked.source_place, worked.source_channel)
    lines = [f"x = {number(worked.number)}, from {source}"]
    if worked.normalised is not None:
        norm = worked.normalised
        middle = worked.number - norm.mean
        lines += [
            "(x - mean) / sqrt(variance + eps) x gamma + beta, all four as trained",
            (
                f"({number(worked.number)} - {_term(norm.mean)}) / sqrt({number(norm.variance)} + "
                f"{norm.eps:g}) x {_term(norm.gamma)} + {_term(norm.beta)}"
            ),
            (
                f"{number(middle)} / {number(norm.spread)} x {_term(norm.gamma)} + "
                f"{_term(norm.beta)}  = {number(worked.value)}"
            ),
        ]
    elif worked.activation is not None:
        lines.append(f"{worked.activation}({number(worked.number)})  = {number(worked.value)}")
    elif len(worked.source_place) > len(worked.place):
        _, width, channels = worked.given.shape
        row, column = worked.source_place
        lines.append(
            "flatten passes numbers on, row by row, the channels of a place together: unit "
            f"({row} x {width} + {column}) x {channels} + {worked.source_channel} = "
            f"{worked.channel}"
        )
    else:
        lines.append("dropout drops numbers in training only; now it passes each of them on")
    return lines


def _address(name: str, place: tuple[int, ...], channel: int) -> str:
    if not place:
        return f"{name}, unit {channel}"
    return f"{name}, channel {channel}, row {place[0]}, column {place[1]}"


def _term(value: float) -> str:
    """A number as one term of a sum or product: a negative one in brackets."""
    return f"({number(value)})" if value < 0 else number(value)


def number(value: float) -> str:
    """A number with six digits, with a true minus and no negative zero."""
    return f"{value + 0.0:.6g}"


def _parts(worked: Arithmetic) -> Iterator[str]:
    if worked.method == "dense":
        yield from _inputs(worked)
    elif worked.method in ("max", "avg"):
        yield from _pooled(worked)
    elif max(worked.inside.shape) > WIDEST_WINDOW:
        height, width = worked.inside.shape
        yield f"a window of {height}x{width} numbers, too wide to write out: only sums are shown"
        yield from _channel_sums(worked, written_out=0)
    else:
        shown = worked.strongest[:CHANNELS_SHOWN]
        for channel in shown:
            yield from _channel(worked, int(channel))
        yield from _channel_sums(worked, written_out=len(shown))
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
        yield f"{counted(others, 'other product')} together {rest:.4g}"


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


def _pooled(worked: Arithmetic) -> Iterator[str]:
    """The window, or of a large one the part around its greatest number and the rest in sum."""
    values = np.where(worked.inside, worked.window[:, :, 0], -np.inf)
    greatest = np.unravel_index(int(values.argmax()), values.shape)
    rows, columns = (
        slice(first := max(0, min(int(at) - WIDEST_POOL // 2, side - WIDEST_POOL)),
              min(first + WIDEST_POOL, side))
        for at, side in zip(greatest, values.shape, strict=True)
    )  # fmt: skip
    shown, there = worked.window[rows, columns, 0], worked.inside[rows, columns]
    height, width = worked.inside.shape
    if shown.size == values.size:
        yield f"window of {height}x{width}"
        yield from _rows(shown, there)
        return
    top, left = worked.corner
    yield (
        f"of the window of {height}x{width} the {shown.shape[0]}x{shown.shape[1]} around its "
        f"greatest number: rows {top + rows.start} to {top + rows.stop - 1}, columns "
        f"{left + columns.start} to {left + columns.stop - 1}"
    )
    yield from _rows(shown, there)
    others = int(worked.inside.sum() - there.sum())
    total = worked.window[worked.inside].sum() - shown[there].sum()
    rest = f"together {number(float(total))}" if worked.method == "avg" else "none is greater"
    verb = "is" if others == 1 else "are"
    yield f"{counted(others, 'other number')} {verb} not written out, {rest}"


def _grid(values: Doubles, worked: Arithmetic) -> Iterator[str]:
    yield from _rows(values, worked.inside)


def _rows(values: Doubles, inside: NDArray[np.bool_]) -> Iterator[str]:
    for row, there in zip(values, inside, strict=True):
        yield " ".join(
            f"{f'{value + 0.0:.3g}' if known else PADDING:>9}"
            for value, known in zip(row, there, strict=True)
        )
