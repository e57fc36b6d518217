"""The pictures that a look is taken at: some of a run's own, or a new file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lenswork.data.dataset import Dataset, Part
from lenswork.errors import DataError, RunError, UsageError
from lenswork.kinds import SPLIT_NAMES, Picture, SplitName
from lenswork.look.stored import changed_by_reading
from lenswork.model.preprocess import Preprocess
from lenswork.model.shapes import format_shape
from lenswork.record.run import Run
from lenswork.record.train import open_for
from lenswork.seeds import generator

FIRST_PICTURES = (0, 7, 26)  # those of the notes


@dataclass(frozen=True)
class Shown:
    """One picture at its own size, with its id and, where it is known, its true class.

    `reading` says what reading its file changed, such as "with transparency, laid on white".
    """

    id: str
    picture: Picture
    truth: str | None = None
    reading: str = ""


def part_of(run: Run, part: SplitName | None = None, data_home: Path | None = None) -> Part:
    """A part of the data that a run was trained on, opened again and cut as it was then.

    Left out, it is the part that the run reports on: test, or else validation, or else train.
    Raises `RunError` for data that cannot be opened again or have other classes now, and
    `UsageError` for a part that the data do not have.
    """
    try:
        _, data = open_for(run.recipe, data_home)
    except DataError as error:
        raise RunError(
            f"the data of run {run.name} cannot be opened again: {error}. A look at picture files "
            "needs none of them"
        ) from error
    return part_in(run, data, part)


def part_in(run: Run, data: Dataset, part: SplitName | None = None) -> Part:
    """A part of the opened data of a run: as `part_of` chooses and refuses it."""
    if run.classes and data.classes != run.classes:
        raise RunError(
            f"run {run.name} was trained on the classes {', '.join(run.classes)}, but "
            f"{run.recipe.data} now has {', '.join(data.classes)}: look at picture files instead, "
            "or bring the data back"
        )
    wanted = part or reported_part(data)
    if wanted not in data.parts:
        raise UsageError(
            f"the data of run {run.name} have no {wanted} part; they have {', '.join(data.parts)}"
        )
    return data.parts[wanted]


def reported_part(data: Dataset) -> SplitName:
    """The part that a run reports on: test, or else validation, or else train."""
    return next(name for name in reversed(SPLIT_NAMES) if name in data.parts)


def some_pictures(
    part: Part, numbers: Sequence[int], classes: Sequence[str], preprocess: Preprocess
) -> list[Shown]:
    """The pictures of a part by their numbers from 0, as `preprocess` wants them.

    Raises `UsageError` for a number that is not there.
    """
    for number in numbers:
        if not 0 <= number < len(part):
            raise UsageError(
                f"there is no picture {number}: this part has {len(part):,}, "
                f"numbered 0 to {len(part) - 1}"
            )
    return [
        Shown(part.ids[number], preprocess.open(part.source, number), classes[part.labels[number]])
        for number in numbers
    ]


def drawn_places(part: Part, count: int, label: int | None = None, seed: int = 0) -> list[int]:
    """Up to so many places in a part that chance picks, of one class or of all, in order."""
    places = np.arange(len(part)) if label is None else np.flatnonzero(part.labels == label)
    chosen = generator(seed, "examples").permutation(places)[:count]
    return sorted(map(int, chosen))


def picture_file(path: Path, preprocess: Preprocess) -> Shown:
    """A picture from a file of any kind that training reads; raises `PictureError`."""
    picture = preprocess.open_file(path)
    return Shown(path.name, picture, reading=changed_by_reading(path))


def change_of(picture: Picture, preprocess: Preprocess) -> str:
    """What the contract's preprocessing does to a picture's size and colours; empty for nothing.

    Such as "480x640 (height x width) in colour, resized to 28x28 and turned grey". Where large
    JPEGs are decoded at a part of their size, the size is the one that they were read at.
    """
    height, width, channels = picture.shape
    done = []
    if (height, width) != (preprocess.height, preprocess.width):
        done.append(f"resized to {format_shape((preprocess.height, preprocess.width))}")
    if channels != preprocess.channels:
        done.append("turned grey" if channels == 3 else "its grey given to red, green and blue")
    if not done:
        return ""
    sides = "" if height == width else " (height x width)"
    colours = "in colour" if channels == 3 else "in grey"
    read = "read at " if preprocess.reduced else ""
    return f"{read}{height}x{width}{sides} {colours}, {' and '.join(done)}"


def changes(shown: Sequence[Shown], preprocess: Preprocess) -> list[str]:
    """A sentence for each picture that the contract changes; one for all if it is the same."""
    because = ", as the classifier's contract says"
    said = []
    for one in shown:
        change = change_of(one.picture, preprocess)
        said.append(_both(one.reading, change and change + because))
    if len(shown) > 1 and len(set(said)) == 1 and said[0]:
        return [f"all {len(shown)} pictures: {said[0]}"]
    return [f"{one.id}: {change}" for one, change in zip(shown, said, strict=True) if change]


def as_dicts(shown: Sequence[Shown], preprocess: Preprocess) -> list[dict[str, object]]:
    """For JSON: each picture's id, truth, own shape, the shape the network sees, what changed."""
    return [
        {
            "id": one.id,
            "truth": one.truth,
            "shape": list(one.picture.shape),
            "seen_as": list(preprocess.input_shape),
            "changed": _both(one.reading, change_of(one.picture, preprocess)) or None,
        }
        for one in shown
    ]


def _both(reading: str, change: str) -> str:
    return "; ".join(filter(None, (reading, change)))
