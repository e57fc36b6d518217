"""How the learning rate moves."""

import pytest
from tiny_data import striped_data

from lenswork.training.choose import choose
from lenswork.training.recipe import Recipe
from lenswork.training.schedule import learning_rate_at

MANY = [step / 1000 for step in range(1000)]


def test_constant_is_constant() -> None:
    assert {learning_rate_at("constant", 0.3, progress, 0.0) for progress in MANY} == {0.3}


def test_cosine_falls_from_the_peak_to_nothing_through_half_at_half() -> None:
    rates = [learning_rate_at("cosine", 2.0, progress, 0.0) for progress in MANY]
    assert rates[0] == 2.0
    assert rates == sorted(rates, reverse=True)
    assert learning_rate_at("cosine", 2.0, 0.5, 0.0) == pytest.approx(1.0)
    assert learning_rate_at("cosine", 2.0, 1.0, 0.0) == pytest.approx(0.0)


def test_one_cycle_rises_for_a_quarter_and_then_falls_to_almost_nothing() -> None:
    rates = [learning_rate_at("one-cycle", 1.0, progress, 0.25) for progress in MANY]
    top = rates.index(max(rates))
    assert top == 250
    assert max(rates) == pytest.approx(1.0)
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert 0 < rates[-1] < 0.01


@pytest.mark.parametrize("schedule", ["constant", "cosine", "one-cycle"])
def test_a_warm_up_rises_to_the_peak_and_then_the_schedule_begins(schedule: str) -> None:
    warmed = [learning_rate_at(schedule, 1.0, progress, 0.2) for progress in MANY]
    assert warmed[0] == pytest.approx(0.1)
    assert warmed[:200] == sorted(warmed[:200])
    assert warmed[200] == pytest.approx(1.0)
    for progress in (0.2, 0.4, 0.9):
        rest = learning_rate_at(schedule, 1.0, (progress - 0.2) / 0.8, 0.0)
        assert learning_rate_at(schedule, 1.0, progress, 0.2) == pytest.approx(rest)


@pytest.mark.parametrize(
    ("schedule", "warm_up"), [("constant", 0.0), ("cosine", 0.0), ("one-cycle", 0.25)]
)
def test_only_one_cycle_warms_up_unasked(schedule: str, warm_up: float) -> None:
    recipe = Recipe(data="stripes", schedule=schedule)
    assert choose(recipe, striped_data()).recipe.warm_up == warm_up
    assert choose(recipe.changed(warm_up=0.1), striped_data()).recipe.warm_up == 0.1
