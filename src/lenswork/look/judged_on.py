"""Classifiers judged on pictures that they answer now, where no run has recorded answers."""

import itertools
from collections.abc import Sequence

import numpy as np

from lenswork.data.dataset import Dataset, Part
from lenswork.errors import UsageError
from lenswork.kinds import SplitName
from lenswork.look.compare import Compared
from lenswork.look.flips import flips_of
from lenswork.look.mistakes import Judged
from lenswork.look.pictures import reported_part
from lenswork.look.sides import Side
from lenswork.model.answering import Answering
from lenswork.study.verdict import verdicts


def judge_on(
    classifier: Answering, name: str, data: Dataset, part: SplitName | None = None
) -> Judged:
    """What a classifier makes of a part of a data set: test, or else validation.

    Of data that have no parts of their own all pictures are taken, as its test part. Classes stand
    in the order of the data. Raises `UsageError` for data with a class that the classifier does
    not know, or without the part, and `PictureError` for pictures that cannot be read.
    """
    unknown = [one for one in data.classes if one not in classifier.classes]
    if unknown:
        raise UsageError(
            f"{data.name} has the class {unknown[0]!r}, and {name} tells apart "
            f"{', '.join(classifier.classes)[:200]}: give pictures of these, under these names"
        )
    wanted, parts = _parts(data, part)
    more = [one for one in classifier.classes if one not in data.classes]
    classes = (*data.classes, *more)
    preprocess = classifier.contract.preprocess
    tables = [classifier.probabilities(preprocess.read_all(one.source, one.ids)) for one in parts]
    columns = [classifier.classes.index(one) for one in classes]
    probabilities = np.concatenate(tables)[:, columns]
    return Judged(
        run=name,
        part=wanted,
        classes=classes,
        ids=tuple(itertools.chain.from_iterable(one.ids for one in parts)),
        truth=np.concatenate([one.labels for one in parts]),
        answer=probabilities.argmax(axis=1),
        confidence=probabilities.max(axis=1),
        probabilities=probabilities,
    )


def compare_on(judged: Sequence[Judged]) -> Compared:
    """The verdict between classifiers that were judged on the same pictures, and their flips.

    Raises `UsageError` for fewer than two, two of one name, and classifiers of other classes.
    """
    names = [one.run for one in judged]
    if len(names) < 2 or len(set(names)) < len(names):
        raise UsageError(f"expected two different classifiers or more, got {', '.join(names)}")
    for other in judged[1:]:
        if other.classes != judged[0].classes:
            raise UsageError(
                f"{judged[0].run} and {other.run} tell other classes apart: "
                f"{', '.join(judged[0].classes)[:100]} and {', '.join(other.classes)[:100]}"
            )
    sides = tuple(Side(one.run, (one,)) for one in judged)
    return Compared(
        settings=(),
        sides=sides,
        verdict=verdicts({side.name: side.correct for side in sides}),
        differences=(),
        flips=tuple(flips_of(a, b) for a, b in itertools.combinations(sides, 2)),
    )


def _parts(data: Dataset, part: SplitName | None) -> tuple[SplitName, list[Part]]:
    if part is None and data.cut is not None:  # only because it had none of its own
        return "test", list(data.parts.values())
    wanted = part or reported_part(data)
    if wanted not in data.parts:
        raise UsageError(f"{data.name} has no {wanted} part: it has {', '.join(data.parts)}")
    return wanted, [data.parts[wanted]]
