"""What a run's page says of it: its figures, its net as a table, its recipe, where it was made."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lenswork.errors import LensworkError, RunError
from lenswork.kinds import SplitName
from lenswork.look.mistakes import (
    ClassPair,
    Confusion,
    Judged,
    Mistake,
    confused_pairs,
    confusion_of,
    worst_mistakes,
)
from lenswork.model.contract import output_count
from lenswork.model.describe import Description, describe
from lenswork.model.preprocess import parse_size
from lenswork.record.accuracy import Accuracy
from lenswork.record.predictions import HELD_OUT
from lenswork.record.run import CLASSIFIER, Run
from lenswork.training.recipe import recipe_fields
from lenswork.web.answers import judged_of
from lenswork.web.processes import Job

MOST_CLASSES = 40  # of a matrix that a page can hold
MOST_PAIRS = 10
MOST_SUREST = 8
ENVIRONMENT_ROWS = {
    "started": "started",
    "processor": "processor",
    "cores": "cores",
    "threads": "threads",
    "device": "device",
    "system": "system",
    "python": "Python",
    "lenswork": "Lenswork",
}


@dataclass(frozen=True)
class RecipeRow:
    """A field of the recipe as it was filled in, in words, with its unit and what it is."""

    name: str
    value: str
    unit: str
    help: str


@dataclass(frozen=True)
class Answered:
    """How right a run is on a held-out part, and the mistakes of which it is surest.

    `confusion` is None for too many classes to show.
    """

    part: SplitName
    accuracy: Accuracy
    pairs: tuple[ClassPair, ...]
    confusion: Confusion | None
    surest: tuple[Mistake, ...]

    @property
    def levels(self) -> list[list[int]]:
        """How dark each cell of the matrix is, 0 to 8; roots, so that few pictures show too."""
        if self.confusion is None:
            return []
        return [[math.ceil(8 * math.sqrt(share)) for share in row] for row in self.confusion.shares]


def answered_parts(run: Run) -> tuple[tuple[Answered, ...], str]:
    """The held-out parts, the one that is reported on first; or why there are none."""
    if diverged(run):
        return (), "Its numbers have grown beyond all bounds, so it has no accuracy."
    try:
        names = [name for name in reversed(HELD_OUT) if name in run.answers]
        if not names:
            return (), (
                "It was trained without validation or test pictures, so nobody knows how right "
                "it is on new ones."
            )
        return tuple(_answered(judged_of(run, name)) for name in names), ""
    except RunError as error:
        return (), str(error)


def _answered(judged: Judged) -> Answered:
    few = len(judged.classes) <= MOST_CLASSES
    return Answered(
        part=judged.part,
        accuracy=judged.accuracy,
        pairs=tuple(confused_pairs(judged, MOST_PAIRS)),
        confusion=confusion_of(judged) if few else None,
        surest=tuple(worst_mistakes(judged, MOST_SUREST)),
    )


def diverged(run: Run) -> bool:
    """Whether the training has ended with numbers that are none."""
    return not all(math.isfinite(value) for value in run.metrics.values())


def net_of(run: Run) -> Description | None:
    """The net layer by layer; None for a torch module of one's own, which no record describes."""
    recipe = run.recipe
    if recipe.net is None or recipe.size is None or not run.classes:
        return None
    shape = (*parse_size(recipe.size), 1 if recipe.colours == "grey" else 3)
    try:
        return describe(
            recipe.net, shape, output_count(recipe.output or "softmax", len(run.classes))
        )
    except LensworkError:  # of another version, whose nets are others
        return None


def recipe_rows(run: Run) -> list[RecipeRow]:
    """Every field that says something."""
    said = ((field, getattr(run.recipe, field.name)) for field in recipe_fields())
    return [
        RecipeRow(field.name.replace("_", " "), _in_words(value), field.unit, field.help)
        for field, value in said
        if value not in (None, ())
    ]


def environment_rows(run: Run) -> list[tuple[str, str]]:
    """Machine and versions, each with its title."""
    where = run.environment
    rows = [(title, str(where[key])) for key, title in ENVIRONMENT_ROWS.items() if key in where]
    packages: Mapping[str, Any] = where.get("packages", {})
    return [*rows, *((name, str(version)) for name, version in packages.items())]


def times_of(run: Run) -> tuple[float, float]:
    """The seconds of all epochs' training and of their evaluation."""
    rows = run.history
    return (
        sum(row["train_seconds"] for row in rows),
        sum(row["evaluate_seconds"] for row in rows),
    )


def has_classifier(run: Run) -> bool:
    """Whether there is a classifier to look inside of and to take along."""
    return (run.path / CLASSIFIER).is_file()


def why_it_ended(run: Run, job: Job | None) -> str:
    """A sentence for a run that did not come to its end; empty for one that did."""
    reason = str(run.end.get("stopped") or run.end.get("reason") or "")
    if run.status == "killed":
        if job is None or not job.code:
            return "Its process ended without a word."
        problem = job.problem.rstrip(".")
        return f"{problem[0].upper()}{problem[1:]}."
    if run.status == "failed":
        return reason or "It failed, and has not said why."
    return reason


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
