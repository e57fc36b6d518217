"""Two worlds are found out by the measure that tells them apart; two parts of one are not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import roc_auc_score

from lenswork.data.doctor.apart import (
    accuracy_bounds,
    area_error,
    area_under_curve,
    best_rule,
)
from lenswork.data.doctor.facts import Facts
from lenswork.data.doctor.finding import Candidate
from lenswork.data.doctor.measures import MEASURES
from lenswork.data.doctor.worlds import compare, world_findings
from lenswork.kinds import SplitName

BACKGROUND = MEASURES.index("background brightness")


def facts(
    count: int, split: SplitName = "train", seed: int = 0, classes: tuple[str, ...] = ("a", "b")
) -> list[Facts]:
    """Pictures of one world, given by their measures alone; classes differ in brightness."""
    chance = np.random.default_rng(seed)
    found = []
    for at in range(count):
        label = classes[at % len(classes)]
        measures = chance.normal(0.5, 0.1, len(MEASURES)).astype(np.float32)
        measures[0] += 0.2 * ("ab".find(label) == 1)
        one = Candidate(Path(), f"{split}/{label}/{at}", split, label)
        found.append(Facts(one, measures=measures))
    return found


def moved(ones: list[Facts], at: int, by: float) -> list[Facts]:
    changed = []
    for one in ones:
        measures = one.measures.copy()
        measures[at] += by
        changed.append(replace(one, measures=measures))
    return changed


def test_the_area_under_the_curve_is_sklearns_and_mann_whitneys() -> None:
    chance = np.random.default_rng(0)
    values = np.round(chance.normal(size=300), 1)  # with ties
    sides = chance.random(300) < 0.3
    weights = chance.uniform(0.1, 2, 300)
    assert area_under_curve(values, sides, weights) == pytest.approx(
        roc_auc_score(sides, values, sample_weight=weights), abs=1e-12
    )
    u = scipy.stats.mannwhitneyu(values[sides], values[~sides]).statistic
    assert area_under_curve(values, sides, np.ones(300)) == pytest.approx(
        u / (sides.sum() * (~sides).sum()), abs=1e-12
    )


def test_the_error_of_the_area_covers_the_truth_in_19_of_20_draws() -> None:
    chance = np.random.default_rng(1)
    truth = scipy.stats.norm.cdf(1 / np.sqrt(2))
    sides = np.repeat([False, True], [80, 50])
    inside = 0
    for _ in range(400):
        values = chance.normal(size=130) + sides
        area = area_under_curve(values, sides, np.ones(130))
        inside += abs(area - truth) <= 1.96 * area_error(area, 50, 80)
    assert scipy.stats.binomtest(inside, 400, 0.95).pvalue > 0.001


def test_the_bounds_of_an_accuracy_are_scipys_wilson_interval() -> None:
    sides, weights = np.repeat([False, True], 50), np.full(100, 1 / 50)
    for right in (50, 83, 100):
        expected = scipy.stats.binomtest(right, 100).proportion_ci(method="wilson")
        assert accuracy_bounds(right / 100, sides, weights) == pytest.approx(
            (expected.low, expected.high), abs=1e-4
        )


def test_the_best_rule_is_that_of_trying_every_threshold() -> None:
    chance = np.random.default_rng(2)
    for _ in range(50):
        values = np.round(chance.normal(size=30), 1)
        sides = np.append(chance.random(28) < 0.5, [True, False])
        weights = np.where(sides, 1 / sides.sum(), 1 / (~sides).sum())
        threshold, above = best_rule(values, sides, weights)

        def right(at: float, above: bool) -> float:
            return float(weights[((values > at) == above) == sides].sum() / 2)  # noqa: B023

        best = max(
            right(at, way) for at in np.append(values, values.min() - 1) for way in (True, False)
        )
        assert right(threshold, above) == pytest.approx(best, abs=1e-12)


def test_another_world_is_found_out_by_the_measure_that_tells_it() -> None:
    others = moved(facts(150, "validation", 1), BACKGROUND, 0.4)
    train = facts(400)
    [finding] = world_findings(train + others)
    assert (finding.code, finding.severity) == ("other-world", "warn")
    first, second = (
        np.median([one.measures[BACKGROUND] for one in part]) for part in (train, others)
    )
    assert (
        f"background brightness is {first:.2f} in train and {second:.2f} in validation"
        in finding.title
    )
    assert "--validation 0.2" in finding.cure
    assert len(finding.groups) == 2
    assert all(name.startswith("train/") for name in finding.groups[0])
    assert all(name.startswith("validation/") for name in finding.groups[1])


def test_a_world_between_two_others_is_found_out_too() -> None:
    train = moved(facts(200, seed=3), BACKGROUND, -0.4) + moved(facts(200), BACKGROUND, 0.4)
    comparison = compare(train, facts(200, "validation", 1))
    assert comparison is not None
    assert comparison.different


def test_what_the_comparison_says_does_not_depend_on_the_scale_of_a_measure() -> None:
    train = facts(200)
    others = moved(facts(100, "validation", 1), BACKGROUND, 0.15)
    first = compare(train, others)
    scaled = [
        [replace(one, measures=one.measures * np.float32(8) - 3) for one in part]
        for part in (train, others)
    ]
    second = compare(scaled[0], scaled[1])
    assert first is not None
    assert second is not None
    assert first.accuracy == second.accuracy
    for one, other in zip(first.measures, second.measures, strict=True):
        assert one.area == pytest.approx(other.area)


def test_random_cuts_of_one_heap_are_no_two_worlds() -> None:
    ones = facts(300, seed=5)
    alarms = 0
    for seed in range(60):
        order = np.random.default_rng(seed).permutation(300)
        validation = [ones[at] for at in order[: 20 + 2 * seed]]
        train = [ones[at] for at in order[20 + 2 * seed :]]
        comparison = compare(train, validation, seed)
        assert comparison is not None
        assert abs(comparison.accuracy - 0.5) < 0.25
        alarms += comparison.different
    assert alarms == 0


def test_a_part_with_more_of_one_class_is_no_other_world() -> None:
    dark, bright = facts(400, classes=("a",)), facts(400, seed=1, classes=("b",))
    bright = moved(bright, 0, 0.4)
    validation = [*dark[:20], *bright[:180]]
    train = [*dark[20:], *bright[180:]]
    comparison = compare(train, validation)
    assert comparison is not None
    assert not comparison.different
    assert comparison.measures[0].accuracy < 0.65


def test_hardly_any_pictures_are_not_judged() -> None:
    others = moved(facts(19, "validation", 1), BACKGROUND, 5)
    assert compare(facts(100), others) is None
    assert world_findings(facts(100) + others) == []
    assert world_findings([]) == []


def test_the_same_seed_gives_the_same_answer() -> None:
    train, others = facts(100), moved(facts(50, "validation", 1), BACKGROUND, 0.5)
    assert compare(train, others, 3) == compare(train, others, 3)
