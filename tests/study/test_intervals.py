"""Intervals are what scipy makes of the same numbers."""

import math

import numpy as np
import pytest
from scipy import stats

from lenswork.errors import UsageError
from lenswork.study.intervals import (
    geometric_mean_of,
    mean_of,
    ratio_of,
    t_probability,
    t_quantile,
    welch_freedom,
    wilson,
)

ACCURACIES = [0.981, 0.984, 0.979, 0.986]


@pytest.mark.parametrize(("right", "pictures"), [(0, 10), (7, 10), (995, 1000), (256, 256)])
def test_wilsons_interval_is_that_of_scipy(right: int, pictures: int) -> None:
    expected = stats.binomtest(right, pictures).proportion_ci(0.95, method="wilson")
    found = wilson(right / pictures, pictures)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize("freedom", [1, 2.5, 9, 1e4, 1e9])
def test_quantiles_and_probabilities_are_those_of_a_t(freedom: float) -> None:
    assert t_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-9)
    assert t_quantile(freedom, 0.01) == pytest.approx(stats.t.ppf(0.995, freedom), rel=1e-9)
    assert t_probability(-1.7, freedom) == pytest.approx(2 * stats.t.sf(1.7, freedom), rel=1e-9)


def test_a_mean_over_seeds_has_students_interval() -> None:
    expected = stats.ttest_1samp(ACCURACIES, 0).confidence_interval(0.95)
    found = mean_of(ACCURACIES)
    assert found.mean == pytest.approx(np.mean(ACCURACIES))
    assert found.deviation == pytest.approx(np.std(ACCURACIES, ddof=1))
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx(tuple(expected))


def test_one_seed_has_a_mean_and_no_interval() -> None:
    found = mean_of([3.0])
    assert (found.mean, found.deviation, found.interval) == (3.0, None, None)


def test_a_mean_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="at least one finished trial, got none"):
        mean_of([])


def test_a_geometric_mean_has_students_interval_of_the_logarithms() -> None:
    seconds = [1.2, 1.6, 2.1]
    expected = stats.ttest_1samp(np.log(seconds), 0).confidence_interval(0.95)
    found = geometric_mean_of(seconds)
    assert found.mean == pytest.approx(stats.gmean(seconds))
    assert found.deviation == pytest.approx(np.std(seconds, ddof=1))
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx(tuple(np.exp(expected)))


def test_a_time_is_never_below_0_however_much_two_seeds_differ() -> None:
    found = geometric_mean_of([0.02, 0.09])
    assert found.interval is not None
    assert 0 < found.interval.low < found.mean < found.interval.high


def test_a_geometric_mean_of_one_time_is_that_time() -> None:
    found = geometric_mean_of([0.3])
    assert (found.mean, found.deviation, found.interval) == (0.3, None, None)


def test_a_rate_that_nobody_measured_stays_unknown() -> None:
    found = geometric_mean_of([4.0, math.nan])
    assert math.isnan(found.mean)
    assert found.interval is None


@pytest.mark.parametrize("values", [[], [1.0, 0.0], [-1.0]])
def test_a_geometric_mean_of_what_is_not_above_0_is_refused(values: list[float]) -> None:
    with pytest.raises(UsageError, match="times and rates are above 0"):
        geometric_mean_of(values)


def test_a_ratio_of_times_is_welchs_interval_of_the_logarithms() -> None:
    slow, fast = [40.0, 44.0, 41.0], [20.0, 22.0, 19.0, 21.0]
    logs = stats.ttest_ind(np.log(slow), np.log(fast), equal_var=False)
    low, high = logs.confidence_interval(0.95)
    found = ratio_of(slow, fast)
    assert found.ratio == pytest.approx(stats.gmean(slow) / stats.gmean(fast))
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx(
        (math.exp(low), math.exp(high))
    )


def test_a_ratio_turned_round_is_one_over_it() -> None:
    one, other = ratio_of([2.0, 3.0], [5.0, 7.0]), ratio_of([5.0, 7.0], [2.0, 3.0])
    assert one.interval is not None
    assert other.interval is not None
    assert one.ratio == pytest.approx(1 / other.ratio)
    assert one.interval.low == pytest.approx(1 / other.interval.high)


def test_a_ratio_with_one_seed_has_no_interval() -> None:
    found = ratio_of([4.0], [2.0, 2.0])
    assert found.ratio == pytest.approx(2.0)
    assert found.interval is None


@pytest.mark.parametrize("values", [[], [1.0, 0.0]])
def test_a_ratio_of_what_is_not_above_0_is_refused(values: list[float]) -> None:
    with pytest.raises(UsageError, match="a ratio needs numbers above 0 on both sides"):
        ratio_of(values, [1.0])


def test_welchs_degrees_lie_between_the_smaller_and_the_sum() -> None:
    assert welch_freedom([1.0, 1.0], [4, 4]) == pytest.approx(8)
    assert welch_freedom([1.0, 0.0], [4, 9]) == pytest.approx(4)
    assert welch_freedom([0.0, 0.0], [4, 9]) == 13
