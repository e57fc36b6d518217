"""The law of a learning curve against truths that are known."""

from collections.abc import Callable

import numpy as np
import pytest
from curve_points import drawn_points

from lenswork.study.law import Points, estimate_of, fit_law, picture_covariance

Truth = Callable[[float], float]


def power(error: float, slope: float, floor: float = 0.0, largest: int = 32_000) -> Truth:
    """The true error of n pictures: `error` at `largest`, of which `floor` stays."""
    return lambda n: floor + (error - floor) * (n / largest) ** -slope


def quiet_points(truth: Truth, tests: int = 200_000) -> Points:
    """Points without noise, but for rounding to whole pictures: two seeds that agree."""
    pictures = np.array([2000, 4000, 8000, 16_000, 32_000])
    wrong = [np.arange(tests) < round(truth(float(n)) * tests) for n in pictures]
    return Points(pictures, tuple(np.stack([one, one]) for one in wrong))


def test_a_power_law_without_noise_is_found_again() -> None:
    truth = power(0.08, 0.3)
    law = fit_law(quiet_points(truth))
    assert law.error_at(32_000).middle == pytest.approx(0.08, rel=0.01)
    assert law.gain().middle == pytest.approx(truth(32_000) - truth(64_000), rel=0.1)
    slope = law.numbers()["slope"]
    assert slope["low"] <= 0.3 <= slope["high"]


def test_a_curve_that_no_longer_falls_gains_next_to_nothing() -> None:
    gain = fit_law(quiet_points(lambda _: 0.1)).gain()
    assert gain.low < 0 < gain.high
    assert gain.middle < 0.001


def test_the_same_pictures_gain_nothing_and_more_gain_more() -> None:
    law = fit_law(quiet_points(power(0.08, 0.4)))
    assert law.gain(1) == (0, 0, 0)
    assert law.gain(4).middle > law.gain(2).middle > 0
    assert law.error_at(64_000).middle < law.error_at(32_000).middle


def test_the_further_it_foretells_the_less_it_knows() -> None:
    law = fit_law(quiet_points(power(0.08, 0.4)))
    widths = [law.gain(ratio).high - law.gain(ratio).low for ratio in (2, 4, 16)]
    assert widths == sorted(widths)


def test_the_same_points_give_the_same_law_to_the_last_bit() -> None:
    points = drawn_points(power(0.1, 0.3), chance=np.random.default_rng(0))
    assert fit_law(points).gain() == fit_law(points).gain()


def test_more_seeds_and_more_test_pictures_narrow_the_gain() -> None:
    def width(**how: int) -> float:
        widths = []
        for seed in range(3):
            chance = np.random.default_rng(seed)
            points = drawn_points(power(0.1, 0.3), spread=0.1, chance=chance, **how)
            gain = fit_law(points).gain()
            widths.append(gain.high - gain.low)
        return float(np.median(widths))

    assert width(seeds=20, tests=4000) < width(seeds=2, tests=4000)
    assert width(seeds=20, tests=20_000) < width(seeds=20, tests=200)


@pytest.mark.parametrize("wrong", [0, 1, 200])
def test_tests_that_are_all_right_or_all_wrong_give_finite_numbers(wrong: int) -> None:
    answers = np.broadcast_to(np.arange(200) < wrong, (2, 200))
    law = fit_law(Points(np.array([100, 200, 400]), (answers, answers, answers)))
    assert np.isfinite(law.gain()).all()
    assert law.error_at(400).middle == pytest.approx(wrong / 200, abs=0.02)


def test_a_single_seed_of_each_size_gives_an_interval_too() -> None:
    points = drawn_points(power(0.1, 0.4), seeds=1, chance=np.random.default_rng(1))
    gain = fit_law(points).gain()
    assert gain.low < gain.middle < gain.high


def test_the_covariance_over_pictures_is_that_of_tests_drawn_again() -> None:
    chance = np.random.default_rng(5)
    truth = power(0.2, 0.3)
    draws = [drawn_points(truth, seeds=2, tests=300, spread=0, chance=chance) for _ in range(400)]
    errors = np.array([points.errors for points in draws])
    whole = np.cov(errors, rowvar=False)  # off the diagonal, seeds add nothing
    found = np.mean([picture_covariance(points) for points in draws], axis=0)
    off = ~np.eye(len(whole), dtype=bool)
    np.testing.assert_allclose(found[off], whole[off], rtol=0.25)
    assert (np.diag(found) < np.diag(whole)).all()  # the rest is in the spread of the seeds


def test_points_up_to_a_number_are_the_smaller_sizes() -> None:
    points = drawn_points(power(0.1, 0.4), chance=np.random.default_rng(1))
    assert points.up_to(16_000).pictures.tolist() == [2000, 4000, 8000, 16_000]
    assert points.up_to(16_000).errors.tolist() == points.errors[:4].tolist()


def test_an_estimate_is_the_median_and_the_middle_of_draws() -> None:
    assert estimate_of(np.linspace(0, 1, 1001)) == pytest.approx((0.5, 0.025, 0.975))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("truth", "at_least"),
    [
        (power(0.1, 0.25), 36),
        (power(0.1, 0.6, floor=0.06), 36),
        (power(0.1, 0.5, floor=0.09), 36),
        # no such law: it falls by as many points with each doubling
        (lambda n: 0.1 - 0.015 * np.log2(n / 32_000), 30),
    ],
    ids=["power law", "with a floor", "almost at its floor", "no such law"],
)
def test_the_interval_of_the_gain_holds_the_truth_as_often_as_it_says(
    truth: Truth, at_least: int
) -> None:
    true_gain = truth(32_000) - truth(64_000)
    chance = np.random.default_rng(2)
    held = 0
    for _ in range(40):
        gain = fit_law(drawn_points(truth, tests=2000, chance=chance)).gain()
        held += gain.low <= true_gain <= gain.high
    assert held >= at_least


def test_a_lucky_size_does_not_draw_the_law_to_it() -> None:
    few = [[6, 11, 2], [4, 3, 1], [4, 3, 1], [2, 0, 0], [3, 2, 2]]  # wrong of 256, a seed each
    wrong = tuple(np.stack([np.arange(256) < count for count in counts]) for counts in few)
    points = Points(np.array([2000, 4000, 8000, 16_000, 32_000]), wrong)
    law = fit_law(points)
    middle = law.drawn_at(points.pictures.astype(np.float64))
    assert middle.mean() == pytest.approx(points.errors.mean(), rel=0.25)
