"""What one setting's answers say, against plain loops, scipy and known truth."""

import numpy as np
import pytest
from scipy import stats

from lenswork.errors import UsageError
from lenswork.study.crossed import Correct, checked, setting_result, spread_of
from lenswork.study.intervals import Interval, t_quantile
from lenswork.study.simulate import World, draw


def answers(seeds: int, pictures: int = 60, accuracy: float = 0.8) -> Correct:
    chance = np.random.default_rng(seeds)
    return draw(World(pictures, (accuracy,), 0.2), chance).train(seeds, chance)[0]


def ends(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None
    return interval.low, interval.high


def test_the_spread_is_the_two_way_analysis_of_variance_done_by_loops() -> None:
    table = answers(4).astype(float)
    seeds, pictures = table.shape
    grand = table.mean()
    of_seeds = residual = 0.0
    for seed in range(seeds):
        of_seeds += (table[seed].mean() - grand) ** 2 / (seeds - 1)
        for picture in range(pictures):
            left = table[seed, picture] - table[seed].mean() - table[:, picture].mean() + grand
            residual += left**2 / ((seeds - 1) * (pictures - 1))
    found = spread_of(answers(4))
    assert found.mean == pytest.approx(grand)
    assert found.of_seeds == pytest.approx(of_seeds)
    assert found.rest == pytest.approx(residual / pictures)


def test_the_parts_add_up_to_the_variance_of_the_mean() -> None:
    """Over many worlds the estimated variance is the true one, on new pictures with new seeds."""
    chance = np.random.default_rng(0)
    world, seeds = World(200, (0.8,), 0.3), 4
    means, estimates = [], []
    for _ in range(1500):
        spread = spread_of(draw(world, chance).train(seeds, chance)[0])
        assert spread.of_seeds is not None
        assert spread.rest is not None
        of_pictures = spread.shares.var(ddof=1) / spread.pictures
        means.append(spread.mean)
        estimates.append(spread.of_seeds / seeds + of_pictures - spread.rest / seeds)
    assert np.mean(estimates) == pytest.approx(np.var(means), rel=0.12)


def test_the_interval_over_seeds_is_students() -> None:
    table = answers(5)
    expected = stats.ttest_1samp(table.mean(axis=1), 0).confidence_interval(0.95)
    assert ends(setting_result("a", table).over_seeds) == pytest.approx(tuple(expected))


def test_one_seed_has_wilsons_interval_and_no_other() -> None:
    table = answers(1)
    expected = stats.binomtest(int(table.sum()), 60).proportion_ci(0.95, method="wilson")
    found = setting_result("a", table)
    assert ends(found.over_pictures) == pytest.approx(tuple(expected))
    assert (found.deviation, found.over_seeds, found.on_new_pictures) == (None, None, None)


def test_seeds_that_answer_alike_are_worth_one() -> None:
    """Copies of one network know no more of new pictures than it does, but for rounding."""
    once = answers(1, pictures=2000)
    low, high = ends(setting_result("a", once).over_pictures)
    copies = setting_result("a", np.repeat(once, 5, axis=0))
    assert ends(copies.over_pictures) == pytest.approx((low, high), abs=2e-5)
    assert ends(copies.on_new_pictures) == pytest.approx((low, high), abs=2e-4)


def test_equal_accuracies_do_not_make_an_interval_of_no_width() -> None:
    found = setting_result("a", np.ones((3, 100), dtype=bool))
    low, high = ends(found.over_seeds)
    assert low == pytest.approx(1 - t_quantile(2) * 0.01 / 6)  # 1 / sqrt(12 x 3) = 1/6
    assert high == 1.0
    assert found.deviation == 0.0


@pytest.mark.parametrize("seeds", [1, 2, 5])
def test_right_and_wrong_exchanged_mirror_every_interval(seeds: int) -> None:
    table = answers(seeds)
    one, mirrored = setting_result("a", table), setting_result("a", ~table)
    for name in ("over_seeds", "over_pictures", "on_new_pictures"):
        interval = getattr(one, name)
        if interval is not None:
            low, high = ends(getattr(mirrored, name))
            assert ends(interval) == pytest.approx((1 - high, 1 - low))


def test_the_order_of_seeds_and_pictures_does_not_matter() -> None:
    table = answers(4)
    one, other = setting_result("a", table), setting_result("a", table[::-1, ::-1])
    assert ends(one.on_new_pictures) == pytest.approx(ends(other.on_new_pictures))
    assert ends(one.over_seeds) == pytest.approx(ends(other.over_seeds))


@pytest.mark.parametrize("accuracy", [0.0, 1.0])
def test_all_right_or_all_wrong_leaves_room_on_new_pictures(accuracy: float) -> None:
    table = np.full((3, 256), bool(accuracy))
    low, high = ends(setting_result("a", table).on_new_pictures)
    assert 0.01 < high - low < 0.02
    assert 0 <= low <= accuracy <= high <= 1


@pytest.mark.parametrize(
    ("table", "text"),
    [
        (np.ones((2, 5)), "setting a: expected a .* table of booleans, got float64 with shape"),
        (np.ones(5, dtype=bool), r"got bool with shape \(5,\)"),
        (np.ones((0, 5), dtype=bool), "at least 1 seed and 2 pictures, got 0 and 5"),
        (np.ones((2, 1), dtype=bool), "at least 1 seed and 2 pictures, got 2 and 1"),
    ],
)
def test_what_is_no_table_of_answers_is_refused(table: Correct, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        checked("a", table)


def test_the_mean_is_the_share_of_right_answers_to_the_last_bit() -> None:
    correct = np.random.default_rng(5).random((7, 301)) < 0.7
    found = setting_result("16", correct)
    assert found.mean == int(correct.sum()) / 2107
    assert found.over_seeds is not None
    assert found.mean in found.over_seeds
