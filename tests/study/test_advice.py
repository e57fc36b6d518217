"""Advice against Cohen's tables, scipy's noncentral t and worked cases."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from lenswork.study.advice import advise, power, seeds_needed
from lenswork.study.pairs import Variances


def spread(of_one_seed: float = 2.0, lasting: float = 0.0, seeds: int = 5) -> Variances:
    """Two settings that vary alike; each seed's accuracy has the variance `of_one_seed` / 2."""
    return Variances(of_one_seed / seeds, 2.0 * (seeds - 1), of_one_seed, 2.0, lasting, 1000)


@pytest.mark.parametrize(("effect", "seeds"), [(0.2, 394), (0.5, 64), (0.8, 26)])
def test_seeds_are_those_of_cohens_table(effect: float, seeds: int) -> None:
    """Cohen 1988, table 2.4.1: two means, 5% two-sided, power 0.8."""
    assert seeds_needed(effect, spread(), 0.05, anew=False) == pytest.approx(seeds, abs=1)


@pytest.mark.parametrize("seeds", [2, 3, 10, 100])
def test_power_is_that_of_the_noncentral_t(seeds: int) -> None:
    freedom, centre = 2 * (seeds - 1), 0.9 * math.sqrt(seeds / 2)
    quantile = stats.t.ppf(0.995, freedom)
    expected = stats.nct.sf(quantile, freedom, centre)
    assert power(0.9, spread(), seeds, 0.0, 0.01) == pytest.approx(expected, rel=1e-6)


def test_power_is_how_often_the_t_test_shows_the_difference() -> None:
    chance = np.random.default_rng(3)
    found = stats.ttest_ind(
        chance.normal(1.2, 1, (12, 4000)), chance.normal(0, 1, (12, 4000))
    ).pvalue
    assert power(1.2, spread(), 12, 0.0, 0.05) == pytest.approx((found <= 0.05).mean(), abs=0.02)


def test_the_seeds_advised_are_the_least_that_do() -> None:
    seeds = seeds_needed(0.7, spread(), 0.05, anew=False)
    assert seeds is not None
    assert (
        power(0.7, spread(), seeds, 0.0, 0.05) >= 0.8 > power(0.7, spread(), seeds - 1, 0.0, 0.05)
    )


def test_a_stricter_level_and_a_smaller_difference_take_more_seeds() -> None:
    seeds = [
        seeds_needed(difference, spread(), level, anew=False) or 0
        for difference, level in ((0.8, 0.05), (0.8, 0.005), (0.4, 0.005))
    ]
    assert seeds == sorted(set(seeds))


def test_what_would_take_over_a_thousand_seeds_has_no_number() -> None:
    found = advise(0.001, spread(), 0.05, anew=False)
    assert (found.seeds, found.pictures) == (None, None)


def test_too_few_pictures_are_said_with_the_number_that_would_do() -> None:
    """(1.959964 + 0.841621)² = 7.848880; of 1,000 pictures that leave 0.5: 500 x 7.848880."""
    found = advise(1.0, spread(lasting=0.5), 0.05, anew=True)
    assert found.seeds is None
    assert found.pictures == 3925
    enough = replace(spread(lasting=0.5 * 1000 / 4000), pictures=4000)
    assert seeds_needed(1.0, enough, 0.05, anew=True) is not None


def test_pictures_do_not_matter_to_the_question_about_these_pictures() -> None:
    with_pictures = advise(0.9, spread(lasting=9.0), 0.05, anew=False)
    assert with_pictures == advise(0.9, spread(), 0.05, anew=False)


def test_no_difference_needs_no_advice_on_pictures() -> None:
    found = advise(0.0, spread(lasting=0.5), 0.05, anew=True)
    assert (found.seeds, found.pictures) == (None, None)


def test_the_detectable_difference_shows_4_times_of_5() -> None:
    variances = spread(of_one_seed=2e-4, seeds=6)
    found = advise(0.001, variances, 0.05, anew=False).detectable
    assert power(found, variances, 6, 0.0, 0.05) == pytest.approx(0.8, abs=0.01)


def test_no_difference_larger_than_everything_is_promised() -> None:
    assert advise(0.1, spread(seeds=2), 0.05, anew=False).detectable == 1.0


def test_power_is_a_number_and_grows_with_the_seeds_however_large_the_difference() -> None:
    found = [
        power(size, spread(0.0077, lasting=2e-6), seeds, 2e-6, 0.0167)
        for size in (0.12, 1.0)
        for seeds in (2, 3, 9, 50, 999, 1000)
    ]
    assert all(0 <= chance <= 1 for chance in found)
    assert found[:6] == sorted(found[:6])
    assert seeds_needed(0.1236, spread(0.0077, lasting=2e-6), 0.0167, anew=True) is not None
