"""Programs agree when the interval of their largest difference has 0 in it."""

import numpy as np
import pytest
from scipy import stats

from agreement import agreement

ONE = [0.881, 0.884, 0.879, 0.886, 0.882]
OTHER = [0.874, 0.889, 0.880, 0.876, 0.885]


def test_two_samples_have_scipys_welch_interval() -> None:
    found = agreement({"one": ONE, "other": OTHER})
    oracle = stats.ttest_ind(ONE, OTHER, equal_var=False).confidence_interval(0.95)
    assert (found.first, found.second, found.pairs) == ("one", "other", 1)
    assert found.difference == pytest.approx(np.mean(ONE) - np.mean(OTHER))
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high))
    assert found.holds is True


def test_of_several_the_two_furthest_apart_are_taken_and_all_pairs_are_paid_for() -> None:
    low = [value - 0.05 for value in ONE]
    found = agreement({"low": low, "one": ONE, "other": OTHER})
    oracle = stats.ttest_ind(ONE, low, equal_var=False).confidence_interval(1 - 0.05 / 3)
    assert (found.first, found.second, found.pairs) == ("one", "low", 3)
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high))
    assert found.holds is False


def test_the_order_of_the_programs_does_not_matter() -> None:
    assert agreement({"a": ONE, "b": OTHER}) == agreement({"b": OTHER, "a": ONE})


def test_one_round_has_a_difference_but_no_interval() -> None:
    found = agreement({"a": [0.5], "b": [0.75]})
    assert (found.first, found.difference) == ("b", 0.25)
    assert found.low is None
    assert found.holds is None
