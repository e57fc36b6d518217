"""How long a training will take, from the first second or two of it."""

import time
from collections.abc import Iterator

from lenswork.data.dataset import Dataset
from lenswork.training.events import Event, Started, StepDone
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe

WARM_UP_STEPS = 3  # the first ones allocate
FORWARD_SHARE = 1 / 3  # of a step: the backward pass takes about twice the forward's work


def pace_of(recipe: Recipe, data: Dataset, seconds: float) -> float:
    """The seconds that all of `recipe` will take on the CPU, estimated from `seconds` of steps.

    An evaluated picture is counted as the forward third of a trained one; reading the pictures
    as it was met. Stop rules are not foreseen.
    """
    events = fit(recipe, data, device="cpu", while_reading=False)
    started = next(events)
    if not isinstance(started, Started):
        raise TypeError(f"a run begins with Started, got {type(started).__name__}")
    per_picture = _seconds_a_picture(events, seconds)
    trained = min(started.pictures["train"], started.steps_per_epoch * (started.recipe.batch or 1))
    evaluated = sum(count for part, count in started.pictures.items() if part != "train")
    epoch = per_picture * (trained + FORWARD_SHARE * evaluated)
    return started.prepare_seconds + (started.recipe.epochs or 1) * epoch


def _seconds_a_picture(events: Iterator[Event], seconds: float) -> float:
    """The training time of a picture, from the steps after the first few (or from those)."""
    times: list[float] = []
    pictures: list[int] = []
    before = time.perf_counter()
    for event in events:
        if not isinstance(event, StepDone):
            break
        now = time.perf_counter()
        times.append(now - before)
        pictures.append(event.pictures)
        before = now
        if sum(times[WARM_UP_STEPS:]) > seconds:
            break
    first = WARM_UP_STEPS if len(times) > WARM_UP_STEPS else 0
    return sum(times[first:]) / max(1, sum(pictures[first:]))
