"""The figure of what forgetting does: pictures the right way above, the wrong way below."""

from collections.abc import Sequence
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lenswork.amounts import counted
from lenswork.errors import UsageError
from lenswork.look.forgot import ForgottenPart, ForgottenPicture, Inputs, Slip, notes
from lenswork.model.classifier import Prediction
from lenswork.record.style import (
    BLUE,
    LINE,
    NORMAL,
    PRINT_WIDTH,
    SMALL,
    WRONG,
    axes_at,
    bare,
    folded,
    from_top,
    letters_in,
    new_page,
    written,
)

MOST_PICTURES = 8
ACROSS = 4  # pictures side by side: more would be too small in print
LOWEST = 0.7  # inches of a row, so that its name does not run into the next one's
LONGEST = 2.0  # a picture's panel is at most so many times as high as it is wide
SIDE, EDGE, GAP = 0.35, 0.1, 0.15  # inches: the rows' names, around the page, between panels
WIDEST = 1.9  # inches, of a panel
UNDER = 0.1 + 2 * LINE  # inches: an answer and its input's values


def forgot_figure(
    forgotten: Slip, pictures: Sequence[ForgottenPicture], part: ForgottenPart | None = None
) -> Figure:
    """What the network is given and what it answers, as trained above and forgotten below.

    Both rows show the network's numbers on the scale of the right ones: what is too large is
    white. `part` adds the accuracies of a whole part with their 95% intervals. Raises
    `UsageError` for no picture and for more than 8.
    """
    if not 0 < len(pictures) <= MOST_PICTURES:
        raise UsageError(f"expected 1 to {MOST_PICTURES} pictures in a figure, got {len(pictures)}")
    title = fill(f"What if you forgot: {forgotten.said}", letters_in(PRINT_WIDTH - 0.2, NORMAL))
    letters = letters_in(PRINT_WIDTH - 0.2)
    lines = [*_notes(forgotten, pictures), *(_totals(part) if part else [])]
    foot = "\n".join(fill(line, letters) for line in lines)
    blocks = [pictures[at : at + ACROSS] for at in range(0, len(pictures), ACROSS)]
    room = PRINT_WIDTH - SIDE - EDGE
    tile = min(WIDEST, (room - GAP * (len(blocks[0]) - 1)) / len(blocks[0]))
    heights = [_block_height(block, tile) for block in blocks]
    head = 0.12 + 0.18 * _count(title)
    height = head + sum(heights) + 0.15 + LINE * _count(foot)
    figure = new_page(PRINT_WIDTH, height)
    figure.suptitle(title, y=from_top(figure, 0.07), fontsize=NORMAL, va="top")
    used = len(blocks[0]) * (tile + GAP) - GAP
    left = SIDE + (room - used) / 2
    top = head
    for block, high in zip(blocks, heights, strict=True):
        _draw_block(figure, block, (left, top), tile)
        top += high
    figure.text(0.5, from_top(figure, top + 0.05), foot, fontsize=SMALL, ha="center", va="top")
    return figure


def _draw_block(
    figure: Figure, block: Sequence[ForgottenPicture], corner: tuple[float, float], tile: float
) -> None:
    """Up to four pictures, their names above, as trained and forgotten below one another."""
    left, top = corner  # inches
    high = _picture_height(block, tile)
    titles = [_head(one, tile) for one in block]
    top += 0.08 + LINE * max(map(_count, titles))
    for row, name in enumerate(("as trained", "forgotten")):
        for column, one in enumerate(block):
            down = top + row * (high + UNDER + 0.1)
            axes = axes_at(figure, left + column * (tile + GAP), down, tile, high)
            if row == 0:
                _draw(axes, one, one.right_input, one.right, tile)
                axes.set_title(titles[column], fontsize=SMALL, pad=3)
            else:
                _draw(axes, one, one.wrong_input, one.wrong, tile)
            if column == 0:
                axes.set_ylabel(name, fontsize=NORMAL)


def _draw(
    axes: Axes, one: ForgottenPicture, values: Inputs, answer: Prediction, tile: float
) -> None:
    image = np.clip(values / one.white, 0, 1)
    bare(axes).imshow(
        image[..., 0] if image.shape[2] == 1 else image,
        cmap="gray", vmin=0, vmax=1, interpolation="nearest",
    )  # fmt: skip
    mark, colour = "", "black"
    if one.truth is not None:
        correct = answer.class_name == one.truth
        mark, colour = (" ✓", BLUE) if correct else (" ✗", WRONG)
    axes.set_xlabel(
        f"{written(answer.class_name, letters_in(tile) - 9)} {answer.probability:.1%}{mark}\n"
        f"values {values.min():.2g} to {values.max():.3g}",
        fontsize=SMALL,
        color=colour,
    )


def _head(one: ForgottenPicture, tile: float) -> str:
    letters = letters_in(tile)
    truth = "" if one.truth is None else f"\ntruth: {written(one.truth, letters - 7)}"
    return f"{folded(one.id, letters)}{truth}"


def _picture_height(block: Sequence[ForgottenPicture], tile: float) -> float:
    height, width = block[0].right_input.shape[:2]
    return max(LOWEST, tile * min(LONGEST, float(height / width)))


def _block_height(block: Sequence[ForgottenPicture], tile: float) -> float:
    head = 0.08 + LINE * max(_count(_head(one, tile)) for one in block)
    return head + 2 * (_picture_height(block, tile) + UNDER + 0.1)


def _notes(forgotten: Slip, pictures: Sequence[ForgottenPicture]) -> list[str]:
    white = pictures[0].white
    scale = f"Black is 0 and white is {white:g}, as the network was trained, in both rows."
    return [*notes(forgotten, pictures), scale]


def _totals(part: ForgottenPart) -> list[str]:
    return [
        f"as trained: {part.right}",
        f"forgotten: {part.wrong}; {counted(len(part.changed), 'answer')} changed",
    ]


def _count(text: str) -> int:
    return text.count("\n") + 1
