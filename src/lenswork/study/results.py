"""What a study's finished trials have measured, setting by setting."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenswork.errors import RunError
from lenswork.kinds import SplitName
from lenswork.model.describe import describe
from lenswork.record.predictions import RecordedAnswers, read_predictions
from lenswork.record.run import PREDICTIONS, Run
from lenswork.study.folder import TAKEN_OVER, Study

Correct = NDArray[np.bool_]


@dataclass(frozen=True)
class Measured:
    """One setting's finished trials, one entry a seed.

    `correct` is (seeds, pictures): whether each held-out picture was answered right.
    `pictures_a_second` is the rate of the evaluations, `multiply_adds` of one picture. Times and
    rates are nan for a trial that was taken over from another study.
    """

    setting: str
    seeds: tuple[int, ...]
    correct: Correct
    train_seconds: tuple[float, ...]
    pictures_a_second: tuple[float, ...]
    parameters: tuple[int, ...]
    multiply_adds: int | None

    @property
    def accuracies(self) -> tuple[float, ...]:
        """Each trial's accuracy, 0 to 1."""
        return tuple(float(value) for value in self.correct.mean(axis=1))


@dataclass(frozen=True)
class Results:
    """All settings' measurements on one part of the data; `ids` name its pictures."""

    part: SplitName
    ids: tuple[str, ...]
    settings: Mapping[str, Measured]


def results_of(study: Study) -> Results:
    """Gather the finished trials; settings without one are left out.

    Raises `RunError` when none is finished, or when trials answered different pictures.
    """
    records = [record for record in study.records() if record.state == "done" and record.run]
    if not records:
        raise RunError(f"no trial of study {study.name} is finished yet: carry it out first")
    runs: dict[str, list[tuple[int, Run]]] = {}
    for record in records:
        if record.run is not None:
            runs.setdefault(record.trial.setting, []).append((record.trial.seed, record.run))
    answers = _answers(next(iter(runs.values()))[0][1])
    part: SplitName = "test" if "test" in answers else "validation"
    ids = answers[part].ids
    return Results(
        part, ids, {name: _measured(name, trials, part, ids) for name, trials in runs.items()}
    )


def refuse_other_pictures(study: str, runs: Sequence[Run]) -> None:
    """Raise `RunError` when runs of one setting have read other pictures or labels.

    The training pictures are left out where each seed takes its own.
    """
    first: dict[str, tuple[str, str]] = {}  # part -> the run that was met first, its digest
    for run in runs:
        for part, digest in run.digests.items():
            if part == "train" and run.recipe.train_pictures is not None:
                continue
            name, there = first.setdefault(part, (run.name, digest))
            if digest != there:
                raise RunError(changed_data(study, part, f"trial {run.name}", name))


def changed_data(study: str, part: str, one: str, other: str) -> str:
    """That `one` has read other pictures or labels of a part than `other`, and what to do."""
    return (
        f"study {study}: the {part} pictures or labels of {one} are not those of {other}, so the "
        "data have changed in between. Bring them back and carry on, or study the changed data "
        "under a name of its own with --name"
    )


def _measured(
    name: str, trials: list[tuple[int, Run]], part: SplitName, ids: tuple[str, ...]
) -> Measured:
    runs = [run for _, run in trials]
    refuse_other_pictures(name, runs)
    return Measured(
        setting=name,
        seeds=tuple(seed for seed, _ in trials),
        correct=np.stack([_correct(run, part, ids) for run in runs]),
        train_seconds=tuple(_seconds(run) for run in runs),
        pictures_a_second=tuple(_rate(run) for run in runs),
        parameters=tuple(run.start["parameters"] for run in runs),
        multiply_adds=_multiply_adds(runs[0]),
    )


def _answers(run: Run) -> Mapping[SplitName, RecordedAnswers]:
    """A trial's answers by part; a run that stands alone could be helped otherwise."""
    path = run.path / PREDICTIONS
    try:
        if not path.is_file():
            raise RunError(f"{path} is missing")
        answers = read_predictions(path, len(run.classes))
    except RunError as error:
        raise RunError(
            f"{error}. To have the trial done again, delete {run.path} and carry the study on"
        ) from error
    if not answers:
        raise RunError(f"trial {run.name} was trained without validation or test pictures")
    return answers


def _correct(run: Run, part: SplitName, ids: tuple[str, ...]) -> Correct:
    answers = _answers(run).get(part)
    if answers is None or answers.ids != ids:
        raise RunError(
            f"trial {run.name} answered other {part} pictures than the rest of its study, so the "
            "data have changed in between. Bring them back and carry on, or study the changed data "
            "under a name of its own with --name"
        )
    correct: Correct = answers.probabilities.argmax(axis=1) == answers.truth
    return correct


def _seconds(run: Run) -> float:
    """The time of the training; nan for one that another study trained, beside other work."""
    if (run.path / TAKEN_OVER).is_file():
        return math.nan
    return float(sum(row["train_seconds"] for row in run.history))


def _rate(run: Run) -> float:
    """Pictures evaluated a second, over all epochs; nan as for the time."""
    if (run.path / TAKEN_OVER).is_file():
        return math.nan
    seconds = sum(row["evaluate_seconds"] for row in run.history)
    pictures = sum(n for part, n in run.start["pictures"].items() if part != "train")
    return len(run.history) * pictures / seconds if seconds else float("nan")


def _multiply_adds(run: Run) -> int | None:
    recipe = run.recipe
    if recipe.net is None or recipe.size is None:
        return None
    height, width = map(int, recipe.size.split("x"))
    shape = (height, width, 1 if recipe.colours == "grey" else 3)
    outputs = 1 if recipe.output == "sigmoid" else len(run.classes)
    return describe(recipe.net, shape, outputs).multiply_adds
