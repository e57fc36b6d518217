"""Question 12: the picture is moved; its map moves with it, and the answer is asked again."""

from dataclasses import dataclass

import numpy as np

from lenswork.kinds import Picture, Pictures
from lenswork.look.activations import LayerOutput, activations, prepared
from lenswork.look.quiz.shown import (
    Control,
    Demonstration,
    Panel,
    Panels,
    answers_beside,
    coloured,
    few,
    percent,
)
from lenswork.look.quiz.subject import Subject, Wanted, strongest, whole
from lenswork.model.layers import Conv
from lenswork.model.window import Window
from lenswork.record.accuracy import accuracy_of

COUNTED = 100


@dataclass(frozen=True)
class Move:
    """Pixels down and to the right; below 0, up and to the left."""

    down: int
    right: int

    def __str__(self) -> str:
        down = f"{abs(self.down)} {'down' if self.down >= 0 else 'up'}"
        return f"{down} and {abs(self.right)} to the {'right' if self.right >= 0 else 'left'}"


def anywhere(subject: Subject, wanted: Wanted) -> Demonstration:
    """Move the picture, and follow one map of the first convolution and the answer."""
    shown = subject.shown(wanted)
    place = subject.first(Conv)
    layer = subject.net.layers[place]
    if not isinstance(layer, Conv):
        raise TypeError(f"{layer.text()} is no convolution")
    height, width, _ = subject.input_shape
    stride = layer.window.stride
    far, wide = (side // 2 // stride * stride for side in (height, width))
    down = whole(wanted, "down", _eighth(height, stride), -far, far)
    right = whole(wanted, "right", _eighth(width, stride), -wide, wide)
    move = Move(down - down % stride, right - right % stride)
    given = prepared(subject.classifier, [shown.picture])[0]
    moved = moved_by(given, move)
    output = activations(subject.classifier, [given, moved])[place]
    chosen = whole(wanted, "filter", strongest(output), 0, output.channels - 1)
    before, after = subject.classifier.predictions(
        subject.classifier.probabilities(np.stack([given, moved]))
    )
    return Demonstration(
        said=(
            _map_said(output, chosen, layer.window, move, given.shape) if place == 0 else
            "Your network's first layer is no convolution; this is the map of its first one.",
            (f"The answer was {before.class_name}, {percent(before.probability)}; of the moved "
            f"picture it is {after.class_name}, {percent(after.probability)}."),
            _many_said(subject, move),
        ),
        parts=(
            _panels(shown.id, given, moved, output, chosen),
            answers_beside(
                "The answer before and after",
                ("as it was", "moved"),
                [before.probabilities, after.probabilities],
            ),
        ),
        controls=(
            *subject.picture_control(wanted),
            Control("down", "Pixels down", str(move.down), -far, far, stride),
            Control("right", "Pixels right", str(move.right), -wide, wide, stride),
            Control("filter", "Filter", str(chosen), 0, output.channels - 1),
        ),
    )  # fmt: skip


def moved_by(picture: Picture, move: Move) -> Picture:
    """The picture moved; what comes into the frame repeats the pixels of the edge."""
    rows = np.clip(np.arange(picture.shape[0]) - move.down, 0, picture.shape[0] - 1)
    columns = np.clip(np.arange(picture.shape[1]) - move.right, 0, picture.shape[1] - 1)
    moved: Picture = np.ascontiguousarray(picture[rows][:, columns])
    return moved


def _eighth(side: int, stride: int) -> int:
    return side // 8 // stride * stride


def _map_said(
    output: LayerOutput, channel: int, window: Window, move: Move, shape: tuple[int, ...]
) -> str:
    """How far the moved picture's map is the map moved, where both saw the same pixels."""
    corner = window.corner(shape)
    rows = _same(output.shape[0], shape[0], window.height, window.stride, corner[0], move.down)
    columns = _same(output.shape[1], shape[1], window.width, window.stride, corner[1], move.right)
    said = f"The picture was moved {move} (pixels)."
    if not len(rows) or not len(columns):
        return f"{said} Nothing of it is seen both times."
    before, after = (output.values[index, :, :, channel] for index in (0, 1))
    steps = move.down // window.stride, move.right // window.stride
    there = before[np.ix_(rows, columns)]
    then = after[np.ix_(rows + steps[0], columns + steps[1])]
    return (
        f"{said} So did the map of filter {channel}, {Move(*steps)}: at the {there.size:,} places "
        "that saw the same pixels both times, its numbers differ by at most "
        f"{float(np.abs(there - then).max()):.1g}. The filter finds its feature wherever it is."
    )


def _same(
    places: int, side: int, window: int, stride: int, corner: int, moved: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The places along one side whose windows lie in the picture before and after."""
    at = np.arange(places)
    begin = at * stride - corner
    inside = (begin >= 0) & (begin + window <= side)
    inside &= (begin + moved >= 0) & (begin + moved + window <= side)
    after = at + moved // stride
    return np.flatnonzero(inside & (after >= 0) & (after < places))


def _many_said(subject: Subject, move: Move) -> str:
    """What the same move does to the answers to many held-out pictures."""
    part = subject.some(COUNTED)
    given = subject.classifier.contract.preprocess.read_all(part.source)
    moved: Pictures = np.stack([moved_by(picture, move) for picture in given])
    before, after = (subject.classifier.probabilities(one) for one in (given, moved))
    right, still = (accuracy_of(part.labels, one) for one in (before, after))
    changed = int((before.argmax(axis=1) != after.argmax(axis=1)).sum())
    return (
        f"{few(len(part), 'held-out picture')} moved the same way: {few(changed, 'answer')} "
        f"changed, {percent(right.fraction, 0)} right before and {percent(still.fraction, 0)} "
        "after. What convolutions find anywhere, the layers behind them need not: they have to see "
        "variety."
    )


def _panels(name: str, given: Picture, moved: Picture, output: LayerOutput, channel: int) -> Panels:
    maps = output.values[..., channel]
    low, high = float(maps.min()), float(maps.max())
    frames = [
        (*(int(at) for at in np.unravel_index(int(one.argmax()), one.shape)), 1, 1) for one in maps
    ]
    words = "framed where it is strongest"
    return Panels(
        f"Filter {channel} of layer {output.name}, in the same colours",
        (
            Panel(name, given),
            Panel("its map", coloured(maps[0], low, high), words, frame=_span(frames[0])),
            Panel("moved", moved),
            Panel("its map now", coloured(maps[1], low, high), words, frame=_span(frames[1])),
        ),
    )


def _span(frame: tuple[int, ...]) -> tuple[int, int, int, int]:
    row, column, height, width = frame
    return row, column, height, width
