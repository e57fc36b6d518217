"""A loss that is no number ends a run at once, and says where."""

import math
from types import SimpleNamespace
from typing import Any

import pytest
from tiny_data import striped_data

from lenswork.training.diverged import SELDOM, Watch
from lenswork.training.events import EpochDone, Finished, Read, StepDone, Stopped
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe

WILD: dict[str, Any] = {
    "recipe": "notes",
    "net": "conv 4, pool, flatten, dense classes",
    "optimizer": "sgd",
    "learning_rate": 1e30,
    "batch": 4,
    "epochs": 3,
}


class GpuLoss:
    """A loss that says how often it was read; one that is not on the CPU makes a reader wait."""

    device = SimpleNamespace(type="cuda")
    read = 0

    def __init__(self, value: float) -> None:
        self.value = value

    def __float__(self) -> float:
        GpuLoss.read += 1
        return self.value


def session_at(step: int) -> Any:
    return SimpleNamespace(
        step=step, learning_rate=step / 100, recipe=SimpleNamespace(learning_rate=0.4)
    )


def test_the_step_the_rate_and_what_to_try_are_said() -> None:
    events = list(fit(Recipe(**WILD), striped_data()))
    stopped, end = events[-2:]
    losses = [float(event.loss) for event in events if isinstance(event, StepDone)]
    assert isinstance(stopped, Stopped)
    assert isinstance(end, Finished)
    assert stopped.epoch == end.epochs == 0
    assert end.stopped == stopped.reason
    assert all(math.isfinite(loss) for loss in losses[:-1])
    assert stopped.reason == (
        f"the loss is {losses[-1]} at step {len(losses)}: training has diverged with a learning "
        "rate of 1e+30; have one suggested by lenswork train --find-rate"
    )


def test_it_ends_within_the_epoch() -> None:
    events = list(fit(Recipe(**WILD), striped_data()))
    assert not any(isinstance(event, EpochDone) for event in events)
    assert sum(isinstance(event, StepDone) for event in events) < 15


def test_the_state_after_the_bad_step_ends_as_the_run_did() -> None:
    state: Any = None
    ends: list[Any] = []
    for event in fit(Recipe(**WILD), striped_data()):
        if state is None:
            state = event.state  # type: ignore[union-attr]
        if isinstance(event, StepDone):
            kept = state()
        ends.append(event)
    again = list(fit(Recipe(**WILD), striped_data(), resume=kept))
    assert [type(event) for event in again[1:]] == [Read, Stopped, Finished]
    assert again[2] == ends[-2]


def test_the_best_epoch_s_weights_survive_a_divergence() -> None:
    """They are from before it, so the classifier is of use."""
    fields = {**WILD, "keep": "best", "learning_rate": 0.01}
    *_, end = fit(Recipe(**fields), striped_data())
    assert isinstance(end, Finished)
    assert math.isfinite(end.metrics["val_loss"])


def test_a_gpu_s_losses_are_read_fifty_at_a_time_and_the_first_bad_one_is_named() -> None:
    watch, GpuLoss.read = Watch(), 0
    for step in range(1, SELDOM):
        loss: Any = GpuLoss(math.nan if step >= 7 else 1.0)
        assert watch.reason(session_at(step), loss, ends_epoch=False) is None
    assert GpuLoss.read == 0
    reason = watch.reason(session_at(SELDOM), loss, ends_epoch=False)
    assert reason is not None
    assert reason.startswith("the loss is nan at step 7: training has diverged")
    assert "try --learning-rate 0.04" in reason


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_the_end_of_an_epoch_does_not_wait_for_fifty(value: float) -> None:
    loss: Any = GpuLoss(value)
    assert Watch().reason(session_at(3), loss, ends_epoch=True) is not None


def test_a_divergence_in_an_epochs_last_step_is_told_with_step_and_rate() -> None:
    """The loss of the only step is still a number; what the step left behind is not."""
    recipe = Recipe(
        data="stripes", net="flatten, dense 4, dense classes", optimizer="sgd", recipe="notes",
        learning_rate=1e38, epochs=1, steps_per_epoch=1,
    )  # fmt: skip
    stopped = list(fit(recipe, striped_data()))[-2]
    assert isinstance(stopped, Stopped)
    assert "at step 1: training has diverged with a learning rate of 1e+38" in stopped.reason
