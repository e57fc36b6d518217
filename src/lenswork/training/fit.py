"""Training, on one page: prepare, then step and evaluate until a rule or the last epoch ends it.

    for event in fit(recipe, data):
        ...

Everything that watches a run reads these events; to stop, break, or set `stop` to have the
run end after the current step with its answers.
"""

import itertools
import time
from collections.abc import Iterator
from threading import Event as Flag

import torch
from torch import nn

from lenswork.data.dataset import Dataset
from lenswork.training.evaluate import Totals, loss_of
from lenswork.training.events import EpochDone, Event, Finished, StepDone, Stopped
from lenswork.training.optimizers import set_rates
from lenswork.training.prepare import Session, prepare
from lenswork.training.recipe import Recipe

ON_REQUEST = "stopped on request"


def fit(
    recipe: Recipe,
    data: Dataset,
    *,
    network: nn.Module | None = None,
    device: str = "auto",
    stop: Flag | None = None,
) -> Iterator[Event]:
    """Train on `data` as `recipe` says: `Started`, then steps and epochs, at last `Finished`.

    `network` is a torch module of your own in place of the recipe's net: (batch, channels,
    height, width) float to (batch, classes) logits. Nothing is trained before every field has
    been checked against the data; raises `RecipeError`, `NetError` or `PictureError` then.
    """
    session = prepare(recipe, data, network, device)
    yield session.started()
    reason: str | None = None
    epochs = 0
    while reason is None and epochs < session.epochs:
        began = time.perf_counter()
        totals = Totals(session.output, session.device)
        steps = itertools.islice(session.batches, session.steps_per_epoch)
        for number, indices in enumerate(steps, start=1):
            yield _train_step(session, indices, totals, epochs + 1)
            if _asked(stop) and number < session.steps_per_epoch:
                reason = ON_REQUEST
                break
        else:
            epochs += 1
            done = _end_epoch(session, totals, epochs, time.perf_counter() - began)
            yield done
            reason = session.stops.reason(done.metrics) or (ON_REQUEST if _asked(stop) else None)
    if reason is not None:
        yield Stopped(epochs, reason)
    yield _finish(session, epochs, reason)


def _asked(stop: Flag | None) -> bool:
    return stop is not None and stop.is_set()


def _train_step(session: Session, indices: torch.Tensor, totals: Totals, epoch: int) -> StepDone:
    session.step += 1
    inputs, labels = session.train.batch(indices)
    set_rates(session.optimizer, session.recipe, session.learning_rate, session.step)
    if not session.network.training:
        session.network.train()
    logits = session.network(inputs)
    loss = loss_of(logits, labels, session.output)
    for parameter in session.parameters:  # zero_grad() does the same with 0.04 ms of checks
        parameter.grad = None
    loss.backward()  # type: ignore[no-untyped-call]
    session.optimizer.move()
    loss = loss.detach()
    totals.add(loss, logits.detach(), labels)
    return StepDone(epoch, session.step, len(labels), loss)


def _end_epoch(session: Session, totals: Totals, epoch: int, train_seconds: float) -> EpochDone:
    metrics = totals.metrics()  # waits for a GPU to be done, so that the time is true
    began = time.perf_counter()
    metrics |= session.evaluate()
    return EpochDone(
        epoch=epoch,
        metrics=metrics,
        learning_rate=session.learning_rate,
        train_seconds=train_seconds,
        evaluate_seconds=time.perf_counter() - began,
        pictures=totals.pictures,
    )


def _finish(session: Session, epochs: int, reason: str | None) -> Finished:
    answers, metrics = session.final_answers()
    return Finished(session.classifier(), answers, metrics, epochs, reason)
