"""The held-out pictures behind a run's recorded answers: shown, or answered again."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lenswork.data.dataset import Part
from lenswork.errors import RunError
from lenswork.kinds import Picture, SplitName
from lenswork.look.mistakes import Judged
from lenswork.look.pictures import part_of
from lenswork.model.classifier import Classifier
from lenswork.model.preprocess import Preprocess
from lenswork.record.predictions import HELD_OUT, RecordedAnswers
from lenswork.record.run import Run

BATCH = 256
PREFIX: dict[SplitName, str] = {"validation": "val_", "test": "test_"}
# Another machine adds in another order, so that a picture on the border may change sides.
CHANGED_SHARE = 1e-3
CHANGED_LOSS = 1e-3
SATURATED = 1e-6  # below it the rounding of a probability moves its logarithm


def read_shown(
    run: Run,
    judged: Judged,
    numbers: Sequence[int],
    data_home: Path | None = None,
    preprocess: Preprocess | None = None,
) -> list[Picture]:
    """The pictures at some numbers, at their own size; the others are not read.

    With `preprocess` they are as it wants them. They are found by their ids. Raises `RunError`
    where the data has changed since the run.
    """
    part = part_of(run, judged.part, data_home)
    places = {name: place for place, name in enumerate(part.ids)}
    pictures = []
    for number in numbers:
        place = places.get(judged.ids[number])
        if place is None or part.labels[place] != judged.truth[number]:
            raise RunError(
                f"the data has changed since run {run.name}: its {judged.part} picture "
                f"{judged.ids[number]!r} is no longer there as "
                f"{judged.classes[judged.truth[number]]!r}; train again, or bring the data back"
            )
        opened = preprocess.open(part.source, place) if preprocess else part.source.read(place)
        pictures.append(opened)
    return pictures


def answer_again(run: Run, data_home: Path | None = None) -> dict[SplitName, RecordedAnswers]:
    """What a run's classifier says of its held-out pictures, by part.

    The data is opened as it was for the training. Raises `RunError` where it has changed since:
    other classes, other numbers of pictures, or another accuracy or loss than was recorded.
    """
    recorded = run.start.get("pictures", {})
    names = [name for name in HELD_OUT if recorded.get(name)]
    if not names:
        raise RunError(
            f"run {run.name} was trained without validation or test pictures, so there is nothing "
            "to answer: train again with some set aside"
        )
    classifier = run.classifier
    done: dict[SplitName, RecordedAnswers] = {}
    for name in names:
        part = part_of(run, name, data_home)
        if len(part) != recorded[name]:
            raise _changed(run, name, f"{recorded[name]:,} pictures then, {len(part):,} now")
        done[name] = _answered(classifier, part)
        _compare(run, name, done[name])
    return done


def _answered(classifier: Classifier, part: Part) -> RecordedAnswers:
    rows = [
        classifier.probabilities_of(
            [
                classifier.contract.preprocess.open(part.source, place)
                for place in range(start, min(start + BATCH, len(part)))
            ]
        )
        for start in range(0, len(part), BATCH)
    ]
    return RecordedAnswers(part.ids, part.labels, np.concatenate(rows))


def _compare(run: Run, name: SplitName, answers: RecordedAnswers) -> None:
    """Refuse answers that are not as right as those at the end of the training."""
    metrics = run.end.get("metrics", {})
    then, loss_then = (metrics.get(f"{PREFIX[name]}{kind}") for kind in ("accuracy", "loss"))
    if then is None or loss_then is None:
        raise RunError(
            f"the record of run {run.name} does not say how right it was on {name} pictures, so "
            "nobody can tell whether they are still the same: train again"
        )
    count = len(answers.truth)
    now = float((answers.probabilities.argmax(axis=1) == answers.truth).mean())
    if abs(now - then) > max(CHANGED_SHARE, 1.5 / count):
        raise _changed(run, name, f"accuracy {then:.4f} then, {now:.4f} now")
    of_truth = answers.probabilities[np.arange(count), answers.truth].astype(np.float64)
    loss_now = float(-np.log(np.maximum(of_truth, np.finfo(np.float32).tiny)).mean())
    rounding = 100 * float((of_truth < SATURATED).mean())
    if not abs(loss_now - loss_then) <= CHANGED_LOSS * (1 + abs(loss_then)) + rounding:
        raise _changed(run, name, f"loss {loss_then:.4f} then, {loss_now:.4f} now")


def _changed(run: Run, name: SplitName, how: str) -> RunError:
    return RunError(
        f"the data has changed since run {run.name}: its {name} part had {how}. Nothing was "
        "written; bring the data back, or train again"
    )
