"""One training by several processes of torch.distributed, with the events of `fit`.

Every process draws the same batches and takes its share of each, so that the steps are those of a
single process but for rounding: sums of other lengths are rounded differently. Dropout alone
differs more, since each process draws its own.
"""

import itertools
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from lenswork.data.dataset import Dataset
from lenswork.model.network import Network
from lenswork.seeds import stream_seed
from lenswork.training.evaluate import correct_in
from lenswork.training.events import EpochDone, Event, Finished, Read, StepDone, Stopped
from lenswork.training.feed import Batch
from lenswork.training.fit import ON_REQUEST
from lenswork.training.optimizers import set_rates
from lenswork.training.precision import forward
from lenswork.training.prepare import prepare
from lenswork.training.recipe import Recipe
from lenswork.training.session import Session
from lenswork.training.shared_norm import SharedNorms, shared_norms


class SharedTotals:
    """Sums over the pictures of an epoch that all processes trained on."""

    def __init__(self) -> None:
        self.sums = torch.zeros(4, dtype=torch.float64)  # loss, right answers, pictures, asked

    def add(self, loss: Tensor, correct: Tensor, pictures: int, *, asked: bool) -> Tensor:
        """Add this process's share of a step; the sums of all processes, as in `sums`."""
        step = torch.tensor([float(loss) * pictures, float(correct), pictures, asked]).double()
        dist.all_reduce(step)
        self.sums += step
        return step

    @property
    def pictures(self) -> int:
        """Pictures met."""
        return int(self.sums[2])

    @property
    def asked(self) -> bool:
        """Whether any process has been asked to end."""
        return bool(self.sums[3])

    def metrics(self) -> dict[str, float]:
        """Mean loss and accuracy of all that was added."""
        loss, correct, pictures, _ = self.sums.tolist()
        return {"loss": loss / pictures, "accuracy": correct / pictures}


def fit_shared(recipe: Recipe, data: Dataset, asked: Callable[[], bool]) -> Iterator[Event]:
    """Train this process's share, in a process group that has begun.

    The first process evaluates and yields what `fit` does; the others yield no `Finished`, and
    epochs without the held-out parts. All end after the step in which `asked()` of one is true.
    """
    session = prepare(recipe, data, None, "cpu")
    first = dist.get_rank() == 0
    if isinstance(session.network, Network) and not first:
        session.network.seed_dropout(stream_seed(recipe.seed, f"dropout {dist.get_rank()}"))
    note = f"each batch is shared by {dist.get_world_size()} processes"
    yield replace(session.started(), reasons=(*session.choice.reasons, note))
    with shared_norms(session.network) as norms:
        model = DistributedDataParallel(session.network)
        reason, epochs = yield from _epochs(session, Sharing(model, norms, asked))
    if not epochs:  # else it was told before the first was over
        yield session.read()
    if reason is not None:
        yield Stopped(epochs, reason)
    if first:
        answers, metrics = session.final_answers()
        yield Finished(session.classifier(), answers, metrics, epochs, reason)


@dataclass(frozen=True)
class Sharing:
    """What a step needs beside the session."""

    model: DistributedDataParallel
    norms: SharedNorms
    asked: Callable[[], bool]


def _epochs(
    session: Session, sharing: Sharing
) -> Generator[Read | StepDone | EpochDone, None, tuple[str | None, int]]:
    """All epochs; at last why they ended, if before the last, and how many are whole."""
    reason: str | None = None
    epochs = 0
    while reason is None and epochs < session.epochs:
        began = time.perf_counter()
        totals = SharedTotals()
        steps = itertools.islice(session.batches, session.steps_per_epoch)
        for number, batch in enumerate(steps, start=1):
            yield _train_step(session, sharing, batch, totals, epochs + 1)
            if totals.asked and number < session.steps_per_epoch:
                reason = ON_REQUEST
                break
        else:
            epochs += 1
            if epochs == 1:
                yield session.read()
            done = _end_epoch(session, totals, epochs, time.perf_counter() - began)
            yield done
            ended = session.reason_to_stop(epochs, done.metrics) if dist.get_rank() == 0 else None
            reason = _told(ended)
            if totals.asked and epochs < session.epochs:
                reason = reason or ON_REQUEST
    return reason, epochs


def share_of(indices: Tensor) -> tuple[Tensor, float]:
    """The part of a batch that this process takes, and the weight of its mean loss.

    DDP averages the gradients of W processes, whatever they trained on: the mean loss of n of a
    batch's N pictures counts W n / N. Where there are fewer pictures than processes, one without
    any takes the first with weight zero, since it must take part.
    """
    ranks = dist.get_world_size()
    share = indices.tensor_split(ranks)[dist.get_rank()]
    if not len(share):
        return indices[:1], 0.0
    return share, ranks * len(share) / len(indices)


def _train_step(
    session: Session, sharing: Sharing, batch: Batch, totals: SharedTotals, epoch: int
) -> StepDone:
    session.step += 1
    share, weight = share_of(torch.arange(len(batch[1])))
    inputs = session.inputs(batch)[share]  # of all, so that all processes draw the same chance
    labels = batch[1][share]
    set_rates(session.optimizer, session.recipe, session.learning_rate, session.step)
    if not session.network.training:
        sharing.model.train()  # type: ignore[no-untyped-call]
    sharing.norms.counted = weight > 0
    logits = forward(sharing.model, inputs, session.precision)
    loss, gradient = session.loss.with_gradient(logits, labels)
    for parameter in session.parameters:
        parameter.grad = None
    logits.backward(gradient * weight)  # type: ignore[no-untyped-call]
    session.optimizer.move()
    if session.average:
        session.average.add()
    counted = len(share) if weight > 0 else 0
    correct = correct_in(logits.detach(), labels, session.output) * (weight > 0)
    step = totals.add(loss, correct, counted, asked=sharing.asked())
    return StepDone(epoch, session.step, len(batch[1]), (step[0] / step[2]).float())


def _end_epoch(
    session: Session, totals: SharedTotals, epoch: int, train_seconds: float
) -> EpochDone:
    began = time.perf_counter()
    held_out = session.evaluate()[0] if dist.get_rank() == 0 else {}
    return EpochDone(
        epoch=epoch,
        metrics=totals.metrics() | held_out,
        learning_rate=session.learning_rate,
        train_seconds=train_seconds,
        evaluate_seconds=time.perf_counter() - began,
        pictures=totals.pictures,
    )


def _told(reason: str | None) -> str | None:
    """What the first process says."""
    told = [reason]
    dist.broadcast_object_list(told)
    return told[0]
