"""What is known of a classifier, gathered for its model card.

The sections are those of Mitchell et al. 2019, "Model cards for model reporting", FAT*.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lenswork.data.dataset import Dataset
from lenswork.data.doctor.examine import Told, examine
from lenswork.data.doctor.finding import Finding
from lenswork.data.doctor.report import counts_of
from lenswork.data.known import KNOWN
from lenswork.data.open import SAMPLE
from lenswork.errors import LensworkError, RunError
from lenswork.kinds import Picture
from lenswork.look.calibration import Calibration, calibration_of
from lenswork.look.mistakes import (
    ClassPair,
    Judged,
    Mistake,
    confused_pairs,
    confusion_of,
    judge,
    worst_mistakes,
)
from lenswork.look.pictures import part_in
from lenswork.model.classifier import Classifier
from lenswork.model.contract import Contract
from lenswork.record.accuracy import Accuracy
from lenswork.record.run import Run
from lenswork.record.train import open_for

MOST_PAIRS = 8
MOST_MISTAKES = 12
SAMPLE_OF = "horses-or-humans"  # whose smaller copy the sample is
FILE_ALONE = (
    "This card was made from the classifier's file alone, which holds neither its answers to "
    "held-out pictures nor its recipe: make it from the run for accuracy, calibration, mistakes "
    "and how to repeat it."
)


@dataclass(frozen=True)
class Licence:
    """Of a known data set: its licence, whose it is and where it is from."""

    name: str
    attribution: str


@dataclass(frozen=True)
class Evidence:
    """What the held-out pictures of a run say: accuracy in all and by class, and mistakes.

    `pictures` has those of `mistakes` whose files are still there, by id.
    """

    part: str
    accuracy: Accuracy
    by_class: Mapping[str, Accuracy | None]
    calibration: Calibration
    pairs: Sequence[ClassPair]
    mistakes: Sequence[Mistake]
    wrong: int
    pictures: Mapping[str, Picture]


@dataclass(frozen=True)
class Card:
    """Everything that a card says; None or empty for what nobody knows.

    `counts` are the pictures of each class by part, `findings` the doctor's, `missing` sentences
    on what could not be found out, `command` and `recipe` repeat the training.
    """

    name: str
    contract: Contract
    parameters: int
    data: str
    licence: Licence | None
    counts: Mapping[str, Mapping[str, int]]
    evidence: Evidence | None
    findings: Sequence[Finding] | None
    thoroughly: bool
    recipe: str
    command: str
    conditions: Mapping[str, str]
    missing: Sequence[str]


def card_of_classifier(classifier: Classifier, name: str) -> Card:
    """What a classifier's file says by itself, which is little: give the run for the rest."""
    contract = classifier.contract
    return Card(
        name=name,
        contract=contract,
        parameters=_parameters(classifier),
        data=contract.data,
        licence=_licence(contract.data),
        counts={},
        evidence=None,
        findings=None,
        thoroughly=False,
        recipe="",
        command="",
        conditions={"made by": contract.made_by} if contract.made_by else {},
        missing=(FILE_ALONE,),
    )


def card_of_run(
    run: Run,
    data_home: Path | None = None,
    *,
    thoroughly: bool = True,
    progress: Told | None = None,
) -> Card:
    """What a run's record and its data say; the data are opened again where they can be.

    `thoroughly` has the doctor open every picture, of which `progress` is told; names and sizes
    are looked at in any case. Raises `RunError` for a run without a classifier.
    """
    classifier = run.classifier
    missing: list[str] = []
    judged = _judged(run, missing)
    data = _data(run, data_home, missing)
    return Card(
        name=run.name,
        contract=classifier.contract,
        parameters=_parameters(classifier),
        data=run.recipe.data,
        licence=_licence(run.recipe.data),
        counts=_counts(run, data),
        evidence=_evidence(run, judged, data, missing) if judged else None,
        findings=examine(data, quick=not thoroughly, progress=progress).findings if data else None,
        thoroughly=thoroughly,
        recipe=run.recipe.to_toml(),
        command=f"lenswork train --recipe-file {run.name}.toml",
        conditions=_conditions(run),
        missing=missing,
    )


def _parameters(classifier: Classifier) -> int:
    return sum(one.numel() for one in classifier.network.parameters())


def _licence(data: str) -> Licence | None:
    known = KNOWN.get(SAMPLE_OF if data == SAMPLE else data)
    return None if known is None else Licence(known.licence, known.attribution)


def _judged(run: Run, missing: list[str]) -> Judged | None:
    try:
        return judge(run)
    except RunError as error:
        missing.append(str(error))
        return None


def _data(run: Run, data_home: Path | None, missing: list[str]) -> Dataset | None:
    try:
        return open_for(run.recipe, data_home)[1]
    except LensworkError as error:
        missing.append(f"The data could not be opened again: {error}.")
        return None


def _counts(run: Run, data: Dataset | None) -> dict[str, dict[str, int]]:
    if data is not None:
        return {part: dict(counts) for part, counts in counts_of(data).items()}
    return {part: {"all": count} for part, count in run.start.get("pictures", {}).items() if count}


def _evidence(run: Run, judged: Judged, data: Dataset | None, missing: list[str]) -> Evidence:
    mistakes = worst_mistakes(judged, MOST_MISTAKES)
    confusion = confusion_of(judged)
    return Evidence(
        part=judged.part,
        accuracy=judged.accuracy,
        by_class=dict(zip(confusion.classes, confusion.accuracies, strict=True)),
        calibration=calibration_of(judged.truth, judged.probabilities),
        pairs=confused_pairs(judged, MOST_PAIRS),
        mistakes=mistakes,
        wrong=len(judged.wrong),
        pictures=_pictures(run, judged, mistakes, data, missing),
    )


def _pictures(
    run: Run,
    judged: Judged,
    mistakes: Sequence[Mistake],
    data: Dataset | None,
    missing: list[str],
) -> dict[str, Picture]:
    """The pictures of the mistakes; one is left out where the data has another in its place."""
    if data is None or not mistakes:
        return {}
    try:
        part = part_in(run, data, judged.part)
        places = {name: place for place, name in enumerate(part.ids)}
        return {
            mistake.id: part.source.read(places[mistake.id])
            for mistake in mistakes
            if mistake.id in places
            and data.classes[int(np.asarray(part.labels)[places[mistake.id]])] == mistake.truth
        }
    except LensworkError as error:
        missing.append(f"The pictures of the mistakes could not be read: {error}.")
        return {}


def _conditions(run: Run) -> dict[str, str]:
    known = run.environment
    packages = known.get("packages", {})
    return {
        "trained": str(known.get("started", "")),
        "Lenswork": str(known.get("lenswork", "")),
        "Python": str(known.get("python", "")),
        "packages": ", ".join(f"{name} {version}" for name, version in packages.items()),
        "machine": f"{known.get('processor', '')}, {known.get('cores', '')} cores, "
        f"{known.get('system', '')}, {known.get('device', '')}",
        "seed": str(run.recipe.seed),
        "recipe's checksum": run.recipe.hash,
    }
