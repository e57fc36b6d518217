"""Simulated studies keep the truths that they state."""

import numpy as np
import pytest

from lenswork.study.simulate import World, draw


@pytest.mark.parametrize("effect", [0.0, 0.4])
def test_the_accuracy_on_all_pictures_is_the_one_asked_for(effect: float) -> None:
    drawn = draw(World(300_000, (0.9, 0.99), effect), np.random.default_rng(0))
    assert drawn.truths == pytest.approx((0.9, 0.99), abs=0.002)


@pytest.mark.parametrize("effect", [0.0, 0.4])
def test_truth_and_spread_on_these_pictures_are_those_of_very_many_seeds(effect: float) -> None:
    chance = np.random.default_rng(1)
    drawn = draw(World(300, (0.8,), effect), chance)
    accuracies = drawn.train(20_000, chance)[0].mean(axis=1)
    assert drawn.truths[0] == pytest.approx(accuracies.mean(), abs=0.001)
    assert drawn.variance_of_a_seed(0) == pytest.approx(accuracies.var(), rel=0.04)


def test_settings_that_are_wholly_alike_find_the_same_pictures_easy() -> None:
    alike = draw(World(100, (0.9, 0.9), likeness=1.0), np.random.default_rng(2))
    assert np.array_equal(alike.levels[0], alike.levels[1])
    unlike = draw(World(20_000, (0.9, 0.9), likeness=0.5), np.random.default_rng(2))
    assert np.corrcoef(unlike.levels[0], unlike.levels[1])[0, 1] == pytest.approx(0.5, abs=0.02)


def test_the_same_seed_makes_the_same_study() -> None:
    one, other = (
        draw(World(50, (0.9,), 0.1), np.random.default_rng(5)).train(2, np.random.default_rng(6))
        for _ in range(2)
    )
    assert np.array_equal(one[0], other[0])
