"""The test of learning rates: what it does, and what it suggests on made-up curves."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_data import SIDE, striped_data
from torch import nn

from lenswork.errors import RecipeError
from lenswork.training.events import Finished, StepDone
from lenswork.training.find_rate import STEPS, RateTest, rate_test
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe

NET = "conv 4, pool, flatten, dense 8, dense classes"
LONG = Recipe(recipe="notes", net=NET, batch=8, epochs=30)


def curve(losses: list[float], schedule: str = "constant") -> RateTest:
    rates = np.geomspace(1e-6, 10, len(losses))
    recipe = Recipe(schedule=schedule)
    return RateTest(recipe, "cpu", len(losses), tuple(map(float, rates)), tuple(losses))


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop"])
@pytest.mark.parametrize("schedule", ["constant", "one-cycle", "cosine"])
def test_every_optimizer_and_schedule_gets_a_suggestion(optimizer: str, schedule: str) -> None:
    recipe = LONG.changed(optimizer=optimizer, schedule=schedule)
    test = rate_test(recipe, striped_data())
    assert test.suggestion is not None
    assert 1e-6 < test.suggestion < 10


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_training_with_the_suggestion_learns_the_stripes(optimizer: str) -> None:
    recipe = LONG.changed(optimizer=optimizer)
    suggestion = rate_test(recipe, striped_data()).suggestion
    *_, end = fit(recipe.changed(learning_rate=suggestion), striped_data())
    assert isinstance(end, Finished)
    assert end.metrics["val_accuracy"] == 1.0


def test_the_rates_rise_geometrically_from_1e_6_to_10() -> None:
    test = rate_test(LONG, striped_data())
    assert test.steps == STEPS == 150
    steps = np.diff(np.log10(test.rates))
    np.testing.assert_allclose(steps, 7 / (STEPS - 1))
    assert test.rates[0] == pytest.approx(1e-6)


def test_the_first_losses_are_those_of_a_training_at_that_rate() -> None:
    """The rate is so small at first that two trainings at other rates meet the same losses."""
    test = rate_test(LONG.changed(optimizer="sgd"), striped_data())
    steps = fit(LONG.changed(optimizer="sgd", learning_rate=1e-6), striped_data())
    met = [float(event.loss) for event in steps if isinstance(event, StepDone)][:10]
    np.testing.assert_allclose(test.losses[:10], met, rtol=1e-3)


def test_the_same_twice_gives_the_same_losses() -> None:
    first, second = (rate_test(LONG, striped_data()) for _ in range(2))
    assert first.losses == second.losses


def test_it_is_no_longer_than_the_training_itself() -> None:
    test = rate_test(LONG.changed(epochs=4), striped_data())
    assert test.steps == 4 * 8
    assert len(test.rates) <= 32


def test_a_training_of_too_few_steps_is_refused_with_what_to_do() -> None:
    with pytest.raises(RecipeError, match=r"in 20 steps at the least, and this training has 8: "):
        rate_test(LONG.changed(epochs=1), striped_data())


def test_it_ends_where_the_loss_runs_away() -> None:
    """Labels drawn by chance cannot be learned, and the higher the rate the more wrong is sure."""
    data = striped_data()
    labels = np.random.default_rng(0).permutation(data.train.labels)
    data = replace(data, parts={**data.parts, "train": replace(data.train, labels=labels)})
    test = rate_test(LONG.changed(net="flatten, dense classes", optimizer="rmsprop"), data)
    means = test.smoothed
    assert len(test.losses) < STEPS
    assert not means[-1] <= 4 * min(means[:-1])
    assert all(mean <= 4 * min(means) for mean in means[:-1])


def test_it_ends_where_there_is_nothing_left_to_learn() -> None:
    """A rate that moves nothing is not a good one."""
    test = rate_test(LONG, striped_data())
    means = test.smoothed
    assert len(test.losses) < STEPS
    assert means[-1] < 0.1 * means[0] <= min(means[:-1])
    assert test.lowest == len(means) - 1


def test_a_module_of_one_s_own_is_left_as_it_was() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 3))
    before = [parameter.detach().clone() for parameter in module.parameters()]
    test = rate_test(LONG.changed(net=None), striped_data(), network=module)
    assert test.suggestion is not None
    for parameter, was in zip(module.parameters(), before, strict=True):
        assert torch.equal(parameter, was)


def test_the_running_mean_of_equal_losses_is_that_loss_from_the_first_on() -> None:
    np.testing.assert_allclose(curve([0.7] * 150).smoothed, 0.7)


def test_a_tenth_of_the_rate_of_the_lowest_mean_is_suggested() -> None:
    """A straight fall to a lowest place and a rise as straight: the mean trails by its span."""
    losses = [2 - 0.01 * place for place in range(101)] + [1 + 0.2 * k for k in range(1, 50)]
    test = curve(losses)
    means = test.smoothed
    assert test.lowest == int(np.argmin(means))
    assert 100 <= test.lowest <= 104
    assert test.suggestion == float(f"{test.rates[test.lowest] / 10:.1g}")


def test_one_cycle_which_begins_low_is_given_a_fifth() -> None:
    losses = [2 - 0.01 * place for place in range(101)] + [1 + 0.2 * k for k in range(1, 50)]
    test = curve(losses, "one-cycle")
    assert test.suggestion == float(f"{test.rates[test.lowest] / 5:.1g}")


@pytest.mark.parametrize("losses", [[0.7] * 150, [0.7] * 80 + [math.nan], [math.nan]])
def test_where_no_rate_lowers_the_loss_nothing_is_suggested(losses: list[float]) -> None:
    assert curve(losses).suggestion is None


def test_losses_that_are_no_numbers_are_passed_over() -> None:
    losses = [2 - 0.01 * place for place in range(101)] + [math.inf, math.nan]
    assert curve(losses).lowest == 100
