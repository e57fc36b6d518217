"""The pictures that a look is taken at: some of a run's own, or a new file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lenswork.data.dataset import Part
from lenswork.data.decode import decode_file
from lenswork.errors import UsageError
from lenswork.kinds import Picture, SplitName
from lenswork.record.run import Run
from lenswork.record.train import open_for


@dataclass(frozen=True)
class Shown:
    """One picture at its own size, with its id and, where it is known, its true class."""

    id: str
    picture: Picture
    truth: str | None = None


def part_of(run: Run, part: SplitName | None = None, data_home: Path | None = None) -> Part:
    """A part of the data that a run was trained on, opened again and cut as it was then.

    Left out, it is the part that the run reports on: test, or else validation.
    """
    _, data = open_for(run.recipe, data_home)
    wanted = part or run.held_out()
    if wanted not in data.parts:
        raise UsageError(
            f"the data of run {run.name} has no {wanted} part; it has {', '.join(data.parts)}"
        )
    return data.parts[wanted]


def some_pictures(part: Part, numbers: Sequence[int], classes: Sequence[str]) -> list[Shown]:
    """The pictures of a part by their numbers from 0; raises `UsageError` for one that is not."""
    for number in numbers:
        if not 0 <= number < len(part):
            raise UsageError(
                f"there is no picture {number}: this part has {len(part):,}, "
                f"numbered 0 to {len(part) - 1}"
            )
    return [
        Shown(part.ids[number], part.source.read(number), classes[part.labels[number]])
        for number in numbers
    ]


def picture_file(path: Path) -> Shown:
    """A picture from a file of any kind that training reads."""
    return Shown(path.name, decode_file(path))
