"""Trainings of some steps, for what only another training can answer while a reader waits."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from lenswork.data.dataset import Dataset
from lenswork.data.subset import take_training
from lenswork.errors import UsageError
from lenswork.look.quiz.shown import Control
from lenswork.look.quiz.subject import Subject, Wanted
from lenswork.model.classifier import Classifier
from lenswork.training.events import Finished, StepDone
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe

PICTURES, LARGEST_BATCH = 256, 32
TIMED_STEPS = 2
MOST_STEPS, FEWEST_STEPS = 60, 20
PATIENCE_SECONDS = 20.0  # for all trainings of a demonstration
LAST = 5  # steps whose mean loss is said to be that of the end
CHOICES = (("no", "no"), ("yes", "yes"))


@dataclass(frozen=True)
class Short:
    """A short training: its classifier, and the loss of each step."""

    classifier: Classifier
    losses: tuple[float, ...]

    @property
    def last_loss(self) -> float:
        """The mean loss of the last steps, in nats."""
        last = self.losses[-LAST:]
        return sum(last) / len(last)


def asks_to_train(wanted: Wanted) -> bool:
    """Whether the reader wants the short trainings; raises `UsageError` for another word."""
    said = wanted.get("train", "no")
    if said not in dict(CHOICES):
        raise UsageError(f"train must be no or yes, got {said!r}")
    return said == "yes"


def train_control(wanted: Wanted) -> Control:
    """What the reader chooses that with: it takes some seconds, so it is not done unasked."""
    said = "yes" if asks_to_train(wanted) else "no"
    return Control("train", "Train anew for some steps", said, choices=CHOICES)


def short_recipe(subject: Subject) -> tuple[Recipe, Dataset]:
    """The run's recipe for some steps, and a few of its training pictures."""
    data = subject.data or _golden(subject)
    some = replace(data, parts={"train": data.train})
    some = take_training(some, min(PICTURES, len(some.train)), 0)
    batch = min(subject.run.recipe.batch or LARGEST_BATCH, LARGEST_BATCH, len(some.train))
    recipe = subject.run.recipe.changed(
        epochs=1,
        steps_per_epoch=TIMED_STEPS + 2,  # so that no epoch ends while steps are timed
        batch=batch,
        train_pictures=None,
        stop_when=(),
        patience=None,
        keep="last",
        stream=None,
    )
    return recipe, some


def step_seconds(recipe: Recipe, data: Dataset) -> list[float]:
    """The times of some training steps, the first one left out."""
    events = fit(recipe, data, while_reading=False)
    then, times = 0.0, []
    for event in islice((one for one in events if isinstance(one, StepDone)), TIMED_STEPS + 1):
        float(event.loss)  # waits for a GPU
        now = time.perf_counter()
        times.append(now - then)
        then = now
    return times[1:]


def steps_in_time(recipes: Sequence[Recipe], data: Dataset) -> int:
    """How many steps of each of these trainings a reader will wait for; 0 where it is too few."""
    seconds = 0.0
    for recipe in recipes:
        seconds += min(step_seconds(recipe, data))
        if seconds * FEWEST_STEPS > PATIENCE_SECONDS:
            return 0
    return min(MOST_STEPS, int(PATIENCE_SECONDS / seconds))


def short_training(recipe: Recipe, data: Dataset, steps: int) -> Short:
    """Train for some steps from the recipe's own seed.

    A running mean of the weights would still hold those of the start: it is left out.
    """
    recipe = recipe.changed(steps_per_epoch=steps, average=0.0)
    losses: list[float] = []
    for event in fit(recipe, data, while_reading=False):
        if isinstance(event, StepDone):
            losses.append(float(event.loss))
        elif isinstance(event, Finished):
            return Short(event.classifier, tuple(losses))
    raise RuntimeError("a training ended without its classifier")


def _golden(subject: Subject) -> Dataset:
    return Dataset("golden pictures", subject.classifier.classes, {"train": subject.held_out})
