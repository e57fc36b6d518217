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
    return Step(loss.detach(), logits.detach(), labels)


def _gradients(session: Session, inputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Set every parameter's gradient; the loss and the logits."""
    if session.backprop is None:
        logits = forward(session.network, inputs, session.precision)
        loss = session.loss(logits, labels)
        for parameter in session.parameters:  # zero_grad() does the same with 0.04 ms of checks
            parameter.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        return loss, logits
    logits = session.backprop.forward(inputs).requires_grad_()
    loss = session.loss(logits, labels)
    loss.backward()  # type: ignore[no-untyped-call]
    if logits.grad is None:
        raise TypeError("the loss does not depend on the logits")
    session.backprop.backward(logits.grad)
    return loss, logits
