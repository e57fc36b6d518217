"""What Lenswork's loop costs beside the network and the gathering of batches.

Three things take turns, a block of steps each: the whole event stream; the network alone on
batches that were gathered before; the gathering alone. The network that steps alone has its own
weights and optimizer, made by the same function as the stream's.
"""

import itertools
import statistics
import time
from collections.abc import Callable, Iterator

import torch
from lenswork_data import asked_for, training_only
from measuring import answer

import lenswork
from lenswork.training.evaluate import loss_of
from lenswork.training.events import Event, StepDone
from lenswork.training.prepare import prepare
from lenswork.training.session import Session

BLOCK_STEPS = 50
Batch = tuple[torch.Tensor, torch.Tensor]


def read_steps(events: Iterator[Event], count: int) -> None:
    """Read the stream, whatever else comes by, until `count` steps are done."""
    for event in events:
        count -= isinstance(event, StepDone)
        if count == 0:
            return
    raise SystemExit("the stream ended early")


def network_steps(session: Session, batches: list[Batch]) -> None:
    """Forward, loss, backward, optimizer: nothing else."""
    for inputs, labels in batches:
        loss = loss_of(session.network(inputs), labels, session.output)
        for parameter in session.parameters:
            parameter.grad = None
        loss.backward()
        session.optimizer.move()


def gather(session: Session, count: int) -> list[Batch]:
    """The next `count` batches in the order of the session."""
    batches = itertools.islice(session.batches, count)
    return [(session.inputs(batch), batch[1]) for batch in batches]


def timed(work: Callable[[], object]) -> float:
    """Milliseconds a step of a block of work."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000 / BLOCK_STEPS


def block(events: Iterator[Event], alone: Session) -> tuple[float, float, float]:
    """Milliseconds a step: the whole stream, the network, the gathering."""
    whole = timed(lambda: read_steps(events, BLOCK_STEPS))
    batches: list[Batch] = []
    gathering = timed(lambda: batches.extend(gather(alone, BLOCK_STEPS)))
    network = timed(lambda: network_steps(alone, batches))
    return whole, network, gathering


def main() -> None:
    """Take turns for as many steps as the epochs have, then answer."""
    asked, recipe, data = asked_for()
    data = training_only(data, asked.pictures)
    alone = prepare(recipe, data, None, "cpu")
    alone.network.train()
    events = lenswork.fit(recipe, data, device="cpu")
    block(events, alone)  # warming up: the preparation and first allocations
    count = asked.epochs * alone.steps_per_epoch // BLOCK_STEPS - 1
    blocks = [block(events, alone) for _ in range(count)]
    wholes, networks, gatherings = zip(*blocks, strict=True)
    overheads = [100 * (whole - network - took) / whole for whole, network, took in blocks]
    measures = {
        "step_ms": statistics.median(wholes),
        "network_ms": statistics.median(networks),
        "gather_ms": statistics.median(gatherings),
        "overhead_percent": statistics.median(overheads),
    }
    answer(measures, ["lenswork", "torch"], torch.get_num_threads(), blocks=len(blocks))


if __name__ == "__main__":
    main()
