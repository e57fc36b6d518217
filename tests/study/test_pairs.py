"""Differences between settings, against scipy, loops and cases worked by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from lenswork.study.crossed import Correct
from lenswork.study.intervals import t_quantile
from lenswork.study.pairs import Answer, compare, mcnemar
from lenswork.study.simulate import World, draw


def tables(first: int, second: int, likeness: float = 0.95) -> tuple[Correct, Correct]:
    chance = np.random.default_rng(first + 10 * second)
    world = World(200, (0.85, 0.8), 0.2, likeness=likeness)
    one, two = draw(world, chance).train(max(first, second), chance)
    return one[:first], two[:second]


def networks(only_first: int, only_second: int, both: int, none: int) -> tuple[Correct, Correct]:
    first = [1] * only_first + [0] * only_second + [1] * both + [0] * none
    second = [0] * only_first + [1] * only_second + [1] * both + [0] * none
    return np.array([first], dtype=bool), np.array([second], dtype=bool)


def ends(answer: Answer | None) -> tuple[float, float]:
    assert answer is not None
    return answer.interval.low, answer.interval.high


@pytest.mark.parametrize(("first", "second"), [(3, 3), (2, 7), (10, 4)])
def test_on_these_pictures_it_is_welchs_test(first: int, second: int) -> None:
    one, two = tables(first, second)
    expected = stats.ttest_ind(one.mean(axis=1), two.mean(axis=1), equal_var=False)
    found = compare(one, two)
    assert found.here is not None
    assert found.here.p == pytest.approx(expected.pvalue)
    assert ends(found.here) == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert not found.borrowed


def test_what_pictures_leave_is_their_differences_variance_less_the_chance_of_seeds() -> None:
    one, two = tables(3, 5, likeness=0.5)
    rests = []
    for table in (one.astype(float), two.astype(float)):
        left = table - table.mean(axis=1)[:, None] - table.mean(axis=0) + table.mean()
        freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
        rests.append((left**2).sum() / freedom / table.size)
    differences = one.mean(axis=0) - two.mean(axis=0)
    telling = (differences != 0).sum()
    expected = differences.var(ddof=1) / 200 - sum(rests)
    assert expected > 0
    found = compare(one, two).variances
    assert found is not None
    assert found.lasting == pytest.approx((telling * expected + 1 / 200**2) / (telling + 1))


def test_on_new_pictures_both_variances_count() -> None:
    one, two = tables(4, 4)
    found = compare(one, two)
    assert found.variances is not None
    low, high = ends(found.anew)
    normal = stats.norm.ppf(0.975) * math.sqrt(found.variances.of_seeds + found.variances.lasting)
    assert (low + high) / 2 == pytest.approx(found.difference)
    assert normal < (high - low) / 2 < normal * t_quantile(3) / 1.95


@pytest.mark.parametrize(("first", "second"), [(3, 4), (1, 1), (1, 5)])
def test_sides_exchanged_turn_the_sign_and_nothing_else(first: int, second: int) -> None:
    one, two = tables(first, second)
    there, back = compare(one, two), compare(two, one)
    assert there.difference == -back.difference
    assert there.anew.p == pytest.approx(back.anew.p)
    low, high = ends(back.anew)
    assert ends(there.anew) == pytest.approx((-high, -low))


def test_equal_answers_are_no_difference_and_leave_room_for_one() -> None:
    table = tables(3, 3)[0]
    found = compare(table, table)
    assert found.difference == 0
    assert found.here is not None
    assert found.here.p == found.anew.p == 1
    assert ends(found.here)[0] < 0 < ends(found.here)[1]


def test_settings_without_any_spread_are_not_told_apart_by_one_picture() -> None:
    one = np.ones((2, 300), dtype=bool)
    two = one.copy()
    two[:, 0] = False
    found = compare(one, two)
    assert found.anew.p > 0.05


def test_a_single_seed_borrows_the_others_spread() -> None:
    one, two = tables(1, 5)
    found = compare(one, two)
    deviation = two.mean(axis=1).std(ddof=1) * math.sqrt(1 + 1 / 5)
    half = t_quantile(4) * deviation
    assert found.borrowed
    assert ends(found.here) == pytest.approx((found.difference - half, found.difference + half))


@pytest.mark.parametrize(("only_first", "only_second"), [(9, 1), (4, 4), (0, 3), (60, 41)])
def test_mcnemars_exact_test_is_the_binomials_and_mid_p_counts_half(
    only_first: int, only_second: int
) -> None:
    one, two = networks(only_first, only_second, both=50, none=5)
    found = mcnemar(one[0], two[0])
    both = only_first + only_second
    fewer = min(only_first, only_second)
    chances = [math.comb(both, count) / 2**both for count in range(fewer + 1)]
    assert (found.only_first, found.only_second) == (only_first, only_second)
    assert found.exact_p == pytest.approx(stats.binomtest(fewer, both).pvalue)
    assert found.p == pytest.approx(min(1.0, 2 * (sum(chances) - chances[-1] / 2)))


def test_networks_that_answer_alike_have_p_1() -> None:
    one, two = networks(0, 0, both=9, none=1)
    assert mcnemar(one[0], two[0]).p == 1


def test_two_networks_have_the_interval_of_bonett_and_price_worked_by_hand() -> None:
    """N = 98, 14 against 4: (15 - 5) / 100, sqrt((0.15 + 0.05 - 0.01) / 100) = 0.0435890."""
    found = compare(*networks(14, 4, both=70, none=10))
    assert found.here is None
    assert found.difference == pytest.approx(10 / 98)
    assert ends(found.anew) == pytest.approx((0.1 - 0.0854329, 0.1 + 0.0854329), abs=1e-6)


def test_settings_with_equally_many_right_answers_differ_by_exactly_0() -> None:
    chance = np.random.default_rng(3)
    for _ in range(50):
        answers = chance.random((3, 97)) < 0.8
        mixed = chance.permutation(answers.ravel()).reshape(3, 97)
        assert compare(answers, mixed).difference == 0
        assert compare(answers, np.concatenate([mixed, mixed])).difference == 0
