"""The figure of what forgetting does: pictures the right way above, the wrong way below."""

from collections.abc import Sequence
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lenswork.errors import UsageError
from lenswork.look.forgot import ForgottenPart, ForgottenPicture, Inputs, Slip
from lenswork.look.style import BLUE, NORMAL, SMALL, VERMILION, bare, new_figure, written
from lenswork.model.classifier import Prediction

MOST_PICTURES = 8
TILE = 1.75  # inches


def forgot_figure(
    forgotten: Slip, pictures: Sequence[ForgottenPicture], part: ForgottenPart | None = None
) -> Figure:
    """What the network is given and what it answers, as trained above and forgotten below.

    Both rows show the network's numbers on the scale of the right ones: what is too large is
    white. `part` adds the accuracies of a whole part with their 95% intervals.
    """
    if not 0 < len(pictures) <= MOST_PICTURES:
        raise UsageError(f"expected 1 to {MOST_PICTURES} pictures in a figure, got {len(pictures)}")
    count = len(pictures)
    width = max(TILE * count + 0.5, 5.6)
    figure = new_figure(width, 2 * (TILE + 0.4) + (1.15 if part else 0.8))
    letters = int(width * 13)
    figure.suptitle(fill(f"What if you forgot: {forgotten.said}", letters), fontsize=NORMAL)
    grid = figure.subplots(2, count, squeeze=False)
    for column, one in enumerate(pictures):
        _draw(grid[0, column], one, one.right_input, one.right)
        _draw(grid[1, column], one, one.wrong_input, one.wrong)
        grid[0, column].set_title(_head(one), fontsize=SMALL, pad=3)
    for row, name in enumerate(("as trained", "forgotten")):
        grid[row, 0].set_ylabel(name, fontsize=NORMAL)
    lines = [*_notes(forgotten, pictures, letters), *(_totals(part) if part else [])]
    figure.supxlabel("\n".join(lines), fontsize=SMALL)
    return figure


def _draw(axes: Axes, one: ForgottenPicture, values: Inputs, answer: Prediction) -> None:
    image = np.clip(values / one.white, 0, 1)
    bare(axes).imshow(
        image[..., 0] if image.shape[2] == 1 else image,
        cmap="gray", vmin=0, vmax=1, interpolation="nearest",
    )  # fmt: skip
    mark, colour = "", "black"
    if one.truth is not None:
        correct = answer.class_name == one.truth
        mark, colour = (" ✓", BLUE) if correct else (" ✗", VERMILION)
    axes.set_xlabel(
        f"{written(answer.class_name, 18)} {answer.probability:.1%}{mark}\n"
        f"values {values.min():.2g} to {values.max():.3g}",
        fontsize=SMALL,
        color=colour,
    )


def _head(one: ForgottenPicture) -> str:
    truth = "" if one.truth is None else f"\ntruth: {written(one.truth, 20)}"
    return f"{written(one.id, 24)}{truth}"


def _notes(forgotten: Slip, pictures: Sequence[ForgottenPicture], letters: int) -> list[str]:
    same = all(np.array_equal(one.right_input, one.wrong_input) for one in pictures)
    notes = []
    if forgotten.harmless:
        notes.append(f"It changes nothing: {forgotten.harmless}.")
    elif same and forgotten.what == "size":
        notes.append("It changes nothing here: these pictures have the network's size already.")
    else:
        changed = sum(one.changed for one in pictures)
        notes.append(f"{changed} of these {len(pictures)} answers changed.")
    white = pictures[0].white
    notes.append(f"Black is 0 and white is {white:g}, as the network was trained, in both rows.")
    return [fill(note, letters + 8) for note in notes]


def _totals(part: ForgottenPart) -> list[str]:
    return [
        f"as trained: {part.right}",
        f"forgotten: {part.wrong}; {len(part.changed):,} answers changed",
    ]
