"""The reference for seeds and pictures together: its ends are t's, and between them it covers."""

import math

import numpy as np
import pytest
from scipy import stats

from lenswork.study.joint import JointT, joint_t


@pytest.mark.parametrize("level", [0.05, 0.001, 0.4])
def test_with_one_variance_only_it_is_the_t_of_that(level: float) -> None:
    seeds = joint_t(2.0, 0.0, 3, math.inf)
    pictures = joint_t(0.0, 2.0, 3, 99)
    assert seeds.quantile(level) == pytest.approx(stats.t.ppf(1 - level / 2, 3))
    assert pictures.quantile(level) == pytest.approx(stats.t.ppf(1 - level / 2, 99))
    assert seeds.freedom == pytest.approx(3)
    assert pictures.freedom == pytest.approx(99)


def test_no_variance_at_all_counts_as_that_of_pictures() -> None:
    assert joint_t(0.0, 0.0, 3, 99) == JointT(0.0, 3, 99)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("t", [0.1, -1.9, 4.5])
def test_the_probability_is_the_level_of_its_quantile(share: float, t: float) -> None:
    reference = JointT(share, 2.5, 255)
    level = reference.probability(t)
    assert reference.quantile(level) == pytest.approx(abs(t))


def test_the_probability_of_nothing_found_is_1() -> None:
    assert JointT(0.4, 2, 99).probability(0.0) == 1


def test_a_probability_too_small_to_find_is_said_to_be_the_smallest() -> None:
    assert JointT(0.4, 9, 9999).probability(1e9) == 1e-30


@pytest.mark.parametrize(("seeds", "least", "most"), [(3, 94.2, 96.1), (5, 94.8, 95.7)])
def test_it_covers_95_percent_whatever_the_share_of_seeds(
    seeds: int, least: float, most: float
) -> None:
    """Coverage by quadrature: the seeds' variance is a chi-square, that of pictures known."""
    places = (np.arange(500) + 0.5) / 500
    drawn = stats.chi2.ppf(places, seeds - 1) / (seeds - 1)
    for share in (0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0):
        held = []
        for of_seeds in share * drawn:
            reference = joint_t(of_seeds, 1 - share, seeds - 1, 1e9)
            reach = reference.quantile() * math.sqrt(of_seeds + 1 - share)
            held.append(math.erf(reach / math.sqrt(2)))
        assert least <= 100 * np.mean(held) <= most
