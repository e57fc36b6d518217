"""One step: a batch, its loss, the gradients, the move."""

from dataclasses import dataclass

from torch import Tensor

from lenswork.training.feed import Batch
from lenswork.training.optimizers import set_rates
from lenswork.training.precision import forward
from lenswork.training.session import Session


@dataclass(frozen=True)
class Step:
    """What a step saw: its mean loss before the move, logits (batch, outputs), labels (batch,)."""

    loss: Tensor
    logits: Tensor
    labels: Tensor


def take_step(session: Session, batch: Batch, learning_rate: float) -> Step:
    """Move the network once by a batch of training pictures."""
    session.step += 1
    inputs, labels = session.inputs(batch), batch[1]
    set_rates(session.optimizer, session.recipe, learning_rate, session.step)
    if not session.network.training:
        session.network.train()
    loss, logits = _gradients(session, inputs, labels)
    session.optimizer.move()
    if session.average:
        session.average.add()
    return Step(loss, logits, labels)


def _gradients(session: Session, inputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Set every parameter's gradient; the loss and the logits."""
    if session.backprop is None:
        logits = forward(session.network, inputs, session.precision)
        loss, gradient = session.loss.with_gradient(logits, labels)
        for parameter in session.parameters:  # zero_grad() does the same with 0.04 ms of checks
            parameter.grad = None
        logits.backward(gradient)  # type: ignore[no-untyped-call]
        return loss, logits.detach()
    logits = session.backprop.forward(inputs)
    loss, gradient = session.loss.with_gradient(logits, labels)
    session.backprop.backward(gradient)
    return loss, logits
