"""Training, on one page: prepare, then step and evaluate until a rule or the last epoch ends it.

    for event in fit(recipe, data):
        ...

Everything that watches a run reads these events; to stop, break, or set `stop` to have the
run end after the current step with its answers.
"""

import itertools
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from threading import Event as Flag

from torch import nn

from lenswork.data.dataset import Dataset
from lenswork.training.checkpoint import Place, place_in
from lenswork.training.diverged import Watch
from lenswork.training.evaluate import Totals
from lenswork.training.events import EpochDone, Event, Finished, StepDone, Stopped
from lenswork.training.feed import Batch
from lenswork.training.out_of_memory import told_as_batch
from lenswork.training.prepare import prepare
from lenswork.training.recipe import Recipe
from lenswork.training.session import Session
from lenswork.training.state import State
from lenswork.training.step import take_step

ON_REQUEST = "stopped on request"


def fit(
    recipe: Recipe,
    data: Dataset,
    *,
    network: nn.Module | None = None,
    device: str = "auto",
    stop: Flag | None = None,
    resume: State | None = None,
    while_reading: bool = True,
) -> Iterator[Event]:
    """Train on `data` as `recipe` says: `Started`, then steps and epochs, at last `Finished`.

    `network` is a torch module of your own in place of the recipe's net: (batch, channels,
    height, width) float to (batch, classes) logits. `resume` is a state that `Started.state` gave:
    what follows is what followed there. With `while_reading` many pictures in files are read while
    the first epoch runs, on a CPU. Nothing is trained before every field has been checked against
    the data: raises `RecipeError`, `NetError` or `StateError` then, and `PictureError` then or
    within the first epoch.
    """
    session = prepare(recipe, data, network, device, overlap=while_reading and resume is None)
    with closing(session):
        yield from _events(session, place_in(session, resume), stop)


def _events(session: Session, at: Place, stop: Flag | None) -> Iterator[Event]:
    watch = Watch()
    told = False
    yield replace(
        session.started(),
        state=at.state,
        all_read=at.all_read,
        epochs=at.epochs,
        step=session.step,
    )
    while at.reason is None and at.epochs < session.epochs:
        steps = itertools.islice(session.batches, session.steps_per_epoch - at.steps_done)
        for batch in steps:
            stepped = _train_step(session, batch, at.totals, at.epochs + 1)
            ends_epoch = at.steps_done == session.steps_per_epoch
            at.reason = watch.reason(session, stepped.loss, ends_epoch=ends_epoch)
            yield stepped
            if _asked(stop) and not ends_epoch:
                at.reason = at.reason or ON_REQUEST
            if at.reason is not None:
                break
        else:
            done = _end_epoch(session, at)
            if not told:
                yield session.read()
                told = True
            yield done
            del done  # with its answers: memory that is kept cannot be used again
            at.time_from_now()
            if _asked(stop) and at.epochs < session.epochs:
                at.reason = at.reason or ON_REQUEST
    if not told:
        yield session.read_so_far()
    if at.reason is not None:
        yield Stopped(at.epochs, at.reason)
    yield _finish(session, at)


def _asked(stop: Flag | None) -> bool:
    return stop is not None and stop.is_set()


@told_as_batch("batch")
def _train_step(session: Session, batch: Batch, totals: Totals, epoch: int) -> StepDone:
    done = take_step(session, batch, session.next_rate)
    totals.add(done.loss, done.logits, done.labels)
    return StepDone(epoch, session.step, len(done.labels), done.loss)


@told_as_batch("validation_batch")
def _end_epoch(session: Session, at: Place) -> EpochDone:
    metrics, pictures = at.totals.metrics(), at.totals.pictures
    train_seconds = at.seconds  # those sums have waited for a GPU, so that the time is true
    began = time.perf_counter()
    held_out, answered = session.evaluate()
    metrics |= held_out
    evaluate_seconds = time.perf_counter() - began
    at.next_epoch(metrics)
    return EpochDone(
        epoch=at.epochs,
        metrics=metrics,
        learning_rate=session.learning_rate,
        train_seconds=train_seconds,
        evaluate_seconds=evaluate_seconds,
        pictures=pictures,
        answered=answered,
    )


@told_as_batch("validation_batch")
def _finish(session: Session, at: Place) -> Finished:
    answers, metrics = session.final_answers()
    kept = session.best.epoch or None if session.best else None
    return Finished(session.classifier(), answers, metrics, at.epochs, at.reason, kept)
