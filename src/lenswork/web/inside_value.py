"""One number of a layer explained: what the template draws of the library's arithmetic."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lenswork.amounts import counted
from lenswork.look.arithmetic import Arithmetic
from lenswork.look.arithmetic_text import (
    CHANNELS_SHOWN,
    INPUTS_SHOWN,
    WIDEST_WINDOW,
    arithmetic_text,
    closing,
    heading,
    number,
)
from lenswork.look.each_number import EachNumber, work_out
from lenswork.look.sizes import sight
from lenswork.web.inside_colours import GREY, VALUES, colour_of
from lenswork.web.inside_drawn import Bar, Grid, bar, grid, signed_grid
from lenswork.web.inside_look import Look

RGB = ("red", "green", "blue")


@dataclass(frozen=True)
class Channel:
    """Window, filter and products of one input channel, and their sum."""

    title: str
    grids: tuple[Grid, ...]
    total: str


@dataclass(frozen=True)
class Term:
    """One input of a dense layer with its weight."""

    where: str
    value: str
    weight: str
    product: str
    bar: Bar


@dataclass(frozen=True)
class Explained:
    """All that the panel shows of one number."""

    heading: str
    value: str
    meaning: str
    sees: str
    channels: tuple[Channel, ...]
    sums: tuple[Bar, ...]
    terms: tuple[Term, ...]
    others: str
    steps: tuple[str, ...]
    rule: str
    text: str


def explained(look: Look, layer: int, channel: int, position: Sequence[int]) -> Explained:
    """How a number of layer number `layer` (from 1) comes about; raises `UsageError` for none."""
    worked = work_out(
        look.classifier,
        look.picture,
        str(layer),
        channel,
        tuple(position) or None,
        outputs=look.outputs,
    )
    contract = look.classifier.contract
    *steps, rule = closing(worked)
    seen = ""
    if contract.net is not None:
        at = worked.place or (channel,)
        shape = contract.preprocess.input_shape
        seen = str(sight(contract.net, shape, str(layer), at, contract.outputs))
    conv = isinstance(worked, Arithmetic) and worked.method != "dense"
    return Explained(
        heading=heading(worked),
        value=number(worked.network),
        meaning=_meaning(look, layer, channel),
        sees=seen,
        channels=tuple(_channels(worked, layer)) if conv else (),
        sums=tuple(_sums(worked, layer)) if conv else (),
        terms=tuple(_terms(worked, look, layer)) if isinstance(worked, Arithmetic) else (),
        others=_others(worked),
        steps=tuple(steps),
        rule=rule,
        text=arithmetic_text(worked),
    )


def _meaning(look: Look, layer: int, channel: int) -> str:
    """What a unit of the last layer stands for."""
    contract = look.classifier.contract
    if layer != len(look.outputs):
        return ""
    if contract.output == "sigmoid":
        first, second = contract.classes
        return f"the logit: above 0 it is {second}, below 0 {first}"
    return f"the logit of {contract.classes[channel]}: softmax makes a probability of it"


def _channels(worked: Arithmetic | EachNumber, layer: int) -> Iterator[Channel]:
    """The input channels that move the sum most; none of a window too wide to draw."""
    if isinstance(worked, EachNumber) or max(worked.inside.shape) > WIDEST_WINDOW:
        return
    pooled = worked.method in ("max", "avg")
    most = _most(worked)
    for one in worked.strongest[:CHANNELS_SHOWN]:
        at = int(one)
        grids = [_window(worked, at, layer)]
        if not pooled:
            grids += [
                signed_grid("filter", worked.weights[:, :, at], most[0]),
                signed_grid("products", worked.products[:, :, at], most[1]),
            ]
        title = "" if pooled else _name(worked, at, layer)
        total = "" if pooled else number(worked.channel_totals[at])
        yield Channel(title, tuple(grids), total)


def _most(worked: Arithmetic) -> tuple[float, float]:
    """The largest weight and product: one scale for all input channels."""
    return float(np.abs(worked.weights).max()), float(np.abs(worked.products).max())


def _name(worked: Arithmetic, channel: int, layer: int) -> str:
    count = worked.window.shape[2]
    if count == 1:
        return "the picture" if layer == 1 else "the one input channel"
    return RGB[channel] if layer == 1 and count == len(RGB) else f"input channel {channel}"


def _window(worked: Arithmetic, channel: int, layer: int) -> Grid:
    """The numbers under the window, in the colours that the map before has."""
    looked_at_all = worked.inputs.shape[2] == worked.window.shape[2]
    seen = worked.inputs[:, :, channel if looked_at_all else worked.channel]  # a pooling: its own
    low, high = float(seen.min()), float(seen.max())
    values = worked.window[:, :, channel]
    fills = [
        colour_of(float(value), low, high, GREY if layer == 1 else VALUES) if there else ""
        for value, there in zip(values.ravel(), worked.inside.ravel(), strict=True)
    ]
    taken = worked.weights[:, :, channel] if worked.method == "max" else None
    return grid("window", values, fills, taken)


def _sums(worked: Arithmetic | EachNumber, layer: int) -> Iterator[Bar]:
    """What each input channel adds, in their order; nothing for few of them."""
    if isinstance(worked, EachNumber) or worked.window.shape[2] <= CHANNELS_SHOWN:
        return
    totals = worked.channel_totals
    most = float(np.abs(totals).max())
    for channel, total in enumerate(totals):
        yield bar(_name(worked, channel, layer), float(total), most)


def _terms(worked: Arithmetic, look: Look, layer: int) -> Iterator[Term]:
    """The inputs of a dense layer that move its sum most."""
    if worked.method != "dense":
        return
    values, weights, products = (
        part.ravel() for part in (worked.window, worked.weights, worked.products)
    )
    order = np.argsort(-np.abs(products), kind="stable")[:INPUTS_SHOWN]
    most = float(np.abs(products).max())
    flattened = _flattened(look, layer)
    for index in map(int, order):
        where = f"input {index}"
        if flattened:
            row, column, channel = np.unravel_index(index, flattened)
            of = f", channel {channel}" if flattened[2] > 1 else ""
            where = f"row {row}, column {column}{of}"
        product = float(products[index])
        yield Term(
            where,
            number(float(values[index])),
            number(float(weights[index])),
            number(product),
            bar(where, product, most),
        )


def _flattened(look: Look, layer: int) -> tuple[int, ...]:
    """The shape of the map that the layer before made flat, if it is such a layer."""
    if layer < 2 or look.outputs[layer - 2].kind != "flatten":
        return ()
    return look.outputs[layer - 3].shape if layer > 2 else look.picture.shape


def _others(worked: Arithmetic | EachNumber) -> str:
    """What is not written out, in sum, so that the lines add up."""
    if isinstance(worked, EachNumber) or worked.method in ("max", "avg"):
        return ""
    if worked.method == "dense":
        parts, shown, what = worked.products.ravel(), INPUTS_SHOWN, "product"
    else:
        parts, shown, what = worked.channel_totals, CHANNELS_SHOWN, "input channel"
        if max(worked.inside.shape) > WIDEST_WINDOW:
            shown = 0
    order = np.argsort(-np.abs(parts), kind="stable")[shown:]
    if not len(order):
        return ""
    return f"{counted(len(order), f'other {what}')} together: {number(float(parts[order].sum()))}"
