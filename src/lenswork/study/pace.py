"""How long a training will take, from the first second or two of it."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from operator import truediv
from statistics import median
from threading import Event as Flag

import numpy as np

from lenswork.amounts import counted
from lenswork.cores import available_cores
from lenswork.data.batches import batch_ends
from lenswork.data.dataset import ArraySource, Dataset, EncodedPictures, Part
from lenswork.data.subset import stratified_order, take_training
from lenswork.model.preprocess import Preprocess
from lenswork.record.durations import format_seconds
from lenswork.training.check import check
from lenswork.training.events import Event, Finished, Started, StepDone, Stopped
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe

WARM_UP_STEPS = 3  # the first ones allocate
FORWARD_SHARE = 1 / 3  # of a step: the backward pass takes about twice the forward's work
SAMPLE_BATCHES = 2  # of training pictures to measure steps on
SAMPLE_HELD_OUT = 256  # pictures of each part to measure their evaluation on
WORTH_SAYING = 2.0  # seconds of reading
FEWEST_STEPS = 5
PATIENCE = 4  # times as long is waited for these


@dataclass(frozen=True)
class Pace:
    """What a training will take, in seconds, measured over `steps` steps.

    `read_seconds` come before them where pictures have not been read at this size before; rules
    that may end it sooner are not foreseen. `busy` says that other programs were at work, too.
    """

    train_seconds: float
    read_seconds: float
    epochs: int
    steps: int
    busy: bool = False

    def sentence(self) -> str:
        """Such as "about 4 min 10 s: 5 epochs of 50 s; 37 steps were timed on this machine now"."""
        each = _about(self.train_seconds / self.epochs)
        said = (
            f"about {_about(self.train_seconds)}: {counted(self.epochs, 'epoch')} of {each}; "
            f"{counted(self.steps, 'step was', 'steps were')} timed on this machine now"
        )
        if self.read_seconds >= WORTH_SAYING:
            said += (
                f". Reading the pictures takes about {_about(self.read_seconds)} before that, "
                "unless they were read at this size before"
            )
        return (
            f"{said}. The machine is busy with other programs: alone it is faster"
            if self.busy
            else said
        )


def _about(seconds: float) -> str:
    return format_seconds(seconds) if seconds >= 1 else f"{max(seconds, 0.1):.1f} s"


def pace_on_sample(recipe: Recipe, data: Dataset, seconds: float) -> Pace:
    """What all of `recipe` will take, from `seconds` of its steps on a few of the pictures.

    Steps, evaluation and reading are each measured, and reckoned up to all pictures: it takes no
    longer on a hundred thousand of them. Raises as `check` does.
    """
    busy = _is_busy()
    choice = check(recipe, data)
    data = take_training(data, recipe.train_pictures, recipe.seed)
    filled = choice.recipe
    sample, read_each = _sample(data, choice.preprocess, filled)
    measured = _measure(_endless(filled), sample, seconds)
    held_out = _held_out(data, filled)
    epochs, batch = filled.epochs or 1, filled.batch or 1
    steps = filled.steps_per_epoch or len(batch_ends(len(data.train), batch)) + 1
    trained = len(data.train) if filled.steps_per_epoch is None else steps * batch
    epoch = trained * measured.each_trained + held_out * measured.each_evaluated
    last = sum(map(len, data.parts.values())) - len(data.train)
    return Pace(
        train_seconds=epochs * epoch + last * measured.each_evaluated,
        read_seconds=read_each * sum(map(len, data.parts.values())),
        epochs=epochs,
        steps=measured.steps,
        busy=busy,
    )


def _is_busy() -> bool:
    """Whether more programs than there are cores have wanted to compute in the last minute."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > available_cores()


@dataclass(frozen=True)
class _Measured:
    """Seconds a picture, and the steps that they were measured over."""

    each_trained: float
    each_evaluated: float
    steps: int


def _endless(filled: Recipe) -> Recipe:
    """The recipe with an epoch that does not end while it is timed."""
    return filled.changed(
        steps_per_epoch=1_000_000,
        epochs=1,
        train_pictures=None,
        stream=None,
        validation_steps=None,
    )


def _sample(data: Dataset, preprocess: Preprocess, filled: Recipe) -> tuple[Dataset, float]:
    """A few pictures of each part, at the network's size, and the seconds that one took."""
    wanted = max(SAMPLE_BATCHES * (filled.batch or 1), len(data.classes))
    parts, seconds, read = {}, 0.0, 0
    for name, part in data.parts.items():
        order = stratified_order(part.labels, filled.seed)
        some = part.subset(order[: wanted if name == "train" else SAMPLE_HELD_OUT].tolist())
        began = time.perf_counter()
        parts[name] = _in_memory(some, preprocess)
        if isinstance(part.source, EncodedPictures):  # others are in memory already
            seconds += time.perf_counter() - began
            read += len(some)
    return replace(data, parts=parts, cut=None), seconds / max(1, read)


def _in_memory(part: Part, preprocess: Preprocess) -> Part:
    """The part read now, not from the cache of decoded pictures and not into it."""
    with ThreadPoolExecutor(available_cores()) as pool:
        pictures = pool.map(lambda place: preprocess.read(part.source, place), range(len(part)))
        return Part(ArraySource(np.stack(list(pictures))), part.labels, part.ids)


def _held_out(data: Dataset, filled: Recipe) -> int:
    """The pictures that are evaluated after each epoch."""
    found = {name: len(part) for name, part in data.parts.items() if name != "train"}
    if filled.validation_steps is not None and "validation" in found:
        most = filled.validation_steps * (filled.validation_batch or 1)
        found["validation"] = min(found["validation"], most)
    return sum(found.values())


def _measure(recipe: Recipe, sample: Dataset, seconds: float) -> _Measured:
    """Train for `seconds` after a few steps, then end: the last answers time the evaluation."""
    stop = Flag()
    times: list[float] = []
    pictures: list[int] = []
    answering = 0.0
    before = time.perf_counter()
    for event in fit(recipe, sample, stop=stop, while_reading=False):
        if isinstance(event, StepDone):
            event.loss.item()  # waits for a GPU, so that the time is true
        now = time.perf_counter()
        if isinstance(event, StepDone):
            times.append(now - before)
            pictures.append(event.pictures)
            if _enough(times[WARM_UP_STEPS:], seconds):
                stop.set()
        elif isinstance(event, Finished):
            answering = now - before
        if isinstance(event, StepDone | Started | Stopped):
            before = time.perf_counter()
    first = WARM_UP_STEPS if len(times) > WARM_UP_STEPS else 0
    each = median(map(truediv, times[first:], pictures[first:]))  # a hiccup does not count
    held_out = sum(map(len, sample.parts.values())) - len(sample.train)
    return _Measured(each, answering / held_out if held_out else 0.0, len(times) - first)


def _enough(times: list[float], seconds: float) -> bool:
    """Whether steps were timed for so long, and not only one or two where all are slow."""
    return sum(times) > (seconds if len(times) >= FEWEST_STEPS else PATIENCE * seconds)


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
