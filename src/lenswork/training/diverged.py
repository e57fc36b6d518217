"""Whether a training has diverged, asked after every step at no cost that could be measured."""

import math
from dataclasses import dataclass, field

from torch import Tensor

from lenswork.training.session import Session
from lenswork.training.stops import divergence

SELDOM = 50  # steps; a GPU that is asked after each one waits for each one


@dataclass
class Watch:
    """The losses of a run's last steps, until they have been looked at.

    On the CPU each is looked at once it is there, for some microseconds. On a GPU fifty are looked
    at together; the step named is still the first bad one.
    """

    waiting: list[tuple[int, float, Tensor]] = field(default_factory=list)

    def reason(self, session: Session, loss: Tensor, *, ends_epoch: bool) -> str | None:
        """Why to stop after this step: a loss that was looked at is infinite or NaN. Or None."""
        self.waiting.append((session.step, session.learning_rate, loss))
        if loss.device.type != "cpu" and len(self.waiting) < SELDOM and not ends_epoch:
            return None
        waiting, self.waiting = self.waiting, []
        for step, rate, met in waiting:
            value = float(met)
            if not math.isfinite(value):
                peak = session.recipe.learning_rate or 0.0
                return divergence("loss", value, step, rate, peak)
        return None
