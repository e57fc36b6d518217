"""Settings' answers on the same pictures, so that picture can be compared with picture."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lenswork.errors import RunError
from lenswork.kinds import SplitName
from lenswork.look.mistakes import Judged, judge
from lenswork.look.settings import Setting
from lenswork.record.run import Run


@dataclass(frozen=True)
class Side:
    """A setting's answers, one `Judged` a run, all on the same pictures in the same order."""

    name: str
    judged: tuple[Judged, ...]

    @property
    def title(self) -> str:
        """The name; for a mere letter the runs that it stands for."""
        return self.name if len(self.name) > 2 else ", ".join(one.run for one in self.judged)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Which pictures each run got right, (runs, pictures)."""
        return np.stack([one.truth == one.answer for one in self.judged])


def judge_alike(
    settings: Sequence[Setting], part: SplitName | None = None, *, common: bool = False
) -> list[Side]:
    """Every run's answers on the same pictures of a part (the test part if all have it).

    With `common`, runs that were judged on other pictures are compared on those that all share.
    Raises `RunError` for runs without predictions and for other classes, parts, pictures or
    truths.
    """
    runs = [run for setting in settings for run in setting.runs]
    wanted = part or _shared_part(runs)
    every = iter(_aligned([judge(run, wanted) for run in runs], common))
    return [
        Side(setting.name, tuple(itertools.islice(every, len(setting.runs))))
        for setting in settings
    ]


def _shared_part(runs: Sequence[Run]) -> SplitName:
    for run in runs:
        if not run.answers:
            judge(run)  # says what to do about it
    for name in ("test", "validation"):
        if all(name in run.answers for run in runs):
            return name
    said = "; ".join(f"{run.name} {' and '.join(run.answers)}" for run in runs)
    raise RunError(f"the runs share no part that all were judged on; they have: {said}")


def _aligned(judged: Sequence[Judged], common: bool) -> list[Judged]:
    first = judged[0]
    for other in judged[1:]:
        if other.classes != first.classes:
            raise RunError(
                f"runs {first.run} and {other.run} tell other classes apart: "
                f"{_few(first.classes)} and {_few(other.classes)}; compare runs on the same data"
            )
    if all(one.ids == first.ids for one in judged):
        places = [np.arange(len(first))] * len(judged)
    else:
        places = _shared_places(judged, common)
    same = [_at(one, place) for one, place in zip(judged, places, strict=True)]
    for other in same[1:]:
        _refuse_other_truths(same[0], other)
    return same


def _shared_places(judged: Sequence[Judged], common: bool) -> list[NDArray[np.int64]]:
    """Where the pictures that all share are in each, in the first's order."""
    tables = [{name: place for place, name in enumerate(one.ids)} for one in judged]
    for one, table in zip(judged, tables, strict=True):
        if len(table) < len(one):
            raise RunError(
                f"run {one.run} has {len(one) - len(table):,} {one.part} pictures with the id of "
                "another, so they cannot be matched with another run's"
            )
    shared = [name for name in judged[0].ids if all(name in table for table in tables)]
    if not common or not shared:
        for one, table in zip(judged[1:], tables[1:], strict=True):
            _refuse_other_pictures(judged[0], tables[0], one, table)
    if not shared:
        raise RunError("these runs have no picture that all of them were judged on")
    return [np.array([table[name] for name in shared]) for table in tables]


def _refuse_other_pictures(
    one: Judged, ours: dict[str, int], other: Judged, theirs: dict[str, int]
) -> None:
    both = len(ours.keys() & theirs.keys())
    if both == len(one) == len(other):
        return
    cure = f"--common compares them on those {both:,}" if both else "compare runs on the same data"
    raise RunError(
        f"runs {one.run} and {other.run} were judged on other {one.part} pictures: {len(one):,} "
        f"and {len(other):,}, of which {both:,} are in both; {cure}"
    )


def _refuse_other_truths(one: Judged, other: Judged) -> None:
    unlike = np.flatnonzero(one.truth != other.truth)
    if len(unlike):
        first = int(unlike[0])
        raise RunError(
            f"{len(unlike):,} of the {len(one):,} pictures have another true class in run "
            f"{other.run} than in run {one.run}, such as {one.ids[first]}: "
            f"{other.classes[other.truth[first]]} and {one.classes[one.truth[first]]}. Their "
            "labels would be compared, not the networks; train both on the same labels"
        )


def _at(judged: Judged, numbers: NDArray[np.int64]) -> Judged:
    return replace(
        judged,
        ids=tuple(judged.ids[number] for number in numbers),
        truth=judged.truth[numbers],
        answer=judged.answer[numbers],
        confidence=judged.confidence[numbers],
        probabilities=judged.probabilities[numbers],
    )


def _few(classes: Sequence[str]) -> str:
    more = f" and {len(classes) - 4} more" if len(classes) > 4 else ""
    return ", ".join(classes[:4]) + more
