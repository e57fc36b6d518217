"""Finding a learning rate: a short training in which it rises until the loss does."""

import copy
import itertools
import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from torch import nn

from lenswork.data.dataset import Dataset
from lenswork.errors import RecipeError
from lenswork.training.feed import Batch
from lenswork.training.out_of_memory import told_as_batch
from lenswork.training.prepare import prepare
from lenswork.training.recipe import Recipe
from lenswork.training.session import Session
from lenswork.training.step import take_step

LOWEST, HIGHEST = 1e-6, 10.0
STEPS, FEWEST_STEPS = 150, 20
LOOKED_BACK = 1 / 15  # of the steps, about half a decade: what the running mean of losses spans
DIVERGED = 4.0  # times the lowest mean; there the test ends
LEARNT = 0.1  # times the first mean; where gradients are that small a high rate does no harm
FALLEN = 0.95  # of the first mean; a lowest one above it is chance
BELOW_LOWEST = 10  # the suggestion is the rate of the lowest mean over this, or over
BELOW_WARMED_UP = 5  # where the schedule begins low and reaches the rate for a moment only


@dataclass(frozen=True)
class RateTest:
    """Losses by learning rate, and the rate that they suggest.

    `recipe` is what was tried, with every field filled in, `device` where. `rates` are those of
    the steps that were done, `losses` (nats) each step's before its move. `suggestion` is None
    where no rate lowered the loss.
    """

    recipe: Recipe
    device: str
    steps: int  # that were to be done; fewer where the loss ran away, or was all but nothing
    rates: tuple[float, ...]
    losses: tuple[float, ...]

    @property
    def smoothed(self) -> tuple[float, ...]:
        """A running mean of `losses`, with its bias towards the first taken out."""
        return tuple(_smoothed(self.losses, self.steps))

    @property
    def lowest(self) -> int:
        """The place of the lowest running mean."""
        return int(np.argmin([mean if math.isfinite(mean) else math.inf for mean in self.smoothed]))

    @property
    def below_lowest(self) -> int:
        """How many times smaller the suggestion is than the rate of the lowest mean."""
        return BELOW_WARMED_UP if self.recipe.schedule == "one-cycle" else BELOW_LOWEST

    @property
    def suggestion(self) -> float | None:
        """A tenth (one-cycle: a fifth) of the rate of the lowest running mean, to one digit.

        At the lowest place the loss is about to rise, so that rate is too large; a tenth of it is
        the rule of fastai's `lr_find`, after the range test of Smith 2017, "Cyclical learning
        rates for training neural networks", section 3.3. For one-cycle it is a fifth. The rate of
        the steepest fall, the other rule in use, was the lowest of all in two of six trials.
        """
        means = self.smoothed
        if not means[self.lowest] <= FALLEN * means[0]:  # also where the first is not a number
            return None
        return float(f"{self.rates[self.lowest] / self.below_lowest:.1g}")


def rate_test(
    recipe: Recipe,
    data: Dataset,
    *,
    network: nn.Module | None = None,
    device: str = "auto",
) -> RateTest:
    """Train for up to 150 steps while the rate rises geometrically from 1e-6 to 10.

    It is never longer than the recipe's own training; the recipe's rate and schedule play no
    part. It ends where the loss runs away, or is so low that there is nothing left to learn.
    `network` is a module of your own, of which a copy is trained. Raises what `fit` raises before
    its first step, and `RecipeError` where the training has fewer than 20 steps.
    """
    with closing(prepare(recipe, data, copy.deepcopy(network), device)) as session:
        return _tested(session)


def _tested(session: Session) -> RateTest:
    steps = min(STEPS, session.epochs * session.steps_per_epoch)
    if steps < FEWEST_STEPS:
        raise RecipeError(
            f"a learning rate is found in {FEWEST_STEPS} steps at the least, and this training "
            f"has {steps}: use a smaller batch or more epochs"
        )
    rates = [float(rate) for rate in np.geomspace(LOWEST, HIGHEST, steps)]
    losses: list[float] = []
    for loss in _losses(session, rates):
        losses.append(loss)
        if _is_over(losses, steps):
            break
    return RateTest(
        session.recipe, str(session.device), steps, tuple(rates[: len(losses)]), tuple(losses)
    )


def _losses(session: Session, rates: Sequence[float]) -> Iterator[float]:
    batches = itertools.islice(session.batches, len(rates))
    for rate, batch in zip(rates, batches, strict=True):
        yield _loss(session, batch, rate)


@told_as_batch("batch")
def _loss(session: Session, batch: Batch, rate: float) -> float:
    return float(take_step(session, batch, rate).loss)


def _is_over(losses: Sequence[float], steps: int) -> bool:
    """Whether the loss has run away, or is so low that its gradients can move nothing."""
    means = _smoothed(losses, steps)
    return not LEARNT * means[0] <= means[-1] <= DIVERGED * min(means)


def _smoothed(losses: Sequence[float], steps: int) -> list[float]:
    """An exponential mean over its weights' sum, as Adam's (Kingma and Ba 2015, section 3)."""
    kept = 1 - 1 / max(1.0, steps * LOOKED_BACK)
    means, mean = [], 0.0
    for place, loss in enumerate(losses, start=1):
        mean = kept * mean + (1 - kept) * loss
        means.append(mean / (1 - kept**place))
    return means
