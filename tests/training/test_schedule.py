"""How the learning rate moves."""

import pytest

from lenswork.training.schedule import learning_rate_at

MANY = [step / 1000 for step in range(1000)]


def test_constant_is_constant() -> None:
    assert {learning_rate_at("constant", 0.3, progress) for progress in MANY} == {0.3}


def test_cosine_falls_from_the_peak_to_nothing_through_half_at_half() -> None:
    rates = [learning_rate_at("cosine", 2.0, progress) for progress in MANY]
    assert rates[0] == 2.0
    assert rates == sorted(rates, reverse=True)
    assert learning_rate_at("cosine", 2.0, 0.5) == pytest.approx(1.0)
    assert learning_rate_at("cosine", 2.0, 1.0) == pytest.approx(0.0)


def test_one_cycle_rises_for_a_quarter_and_then_falls_to_almost_nothing() -> None:
    rates = [learning_rate_at("one-cycle", 1.0, progress) for progress in MANY]
    top = rates.index(max(rates))
    assert top == 250
    assert max(rates) == pytest.approx(1.0)
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert 0 < rates[-1] < 0.01
