"""Flips between two settings, against counting by hand and over all ways to deal the runs."""

import itertools
from statistics import fmean

import numpy as np
import pytest
from numpy.typing import NDArray
from recorded_runs import surely

from lenswork.errors import UsageError
from lenswork.look.flips import Flips, flips_of, shown_of
from lenswork.look.flips_text import flips_dict, head_lines, percent
from lenswork.look.mistakes import Judged
from lenswork.look.sides import Side

CLASSES = ("cat", "dog", "owl")


def judged_of(answers: list[int], truth: list[int], sure: float = 0.9, run: str = "tiny") -> Judged:
    table = surely(answers, len(CLASSES), sure)
    return Judged(
        run=run,
        part="test",
        classes=CLASSES,
        ids=tuple(f"test/{number}" for number in range(len(truth))),
        truth=np.array(truth),
        answer=table.argmax(axis=1),
        confidence=table.max(axis=1),
        probabilities=table,
    )


def side_of(name: str, correct: NDArray[np.bool_], truth: list[int]) -> Side:
    """A side whose runs are right where `correct` (runs, pictures) is."""
    rows = [
        [label if right else (label + 1) % 3 for label, right in zip(truth, row, strict=True)]
        for row in correct
    ]
    return Side(name, tuple(judged_of(row, truth) for row in rows))


def random_sides(m: int, n: int, pictures: int = 60) -> tuple[Side, Side]:
    chance = np.random.default_rng(m * 10 + n)
    truth = chance.integers(0, 3, pictures).tolist()
    shares = chance.uniform(0.1, 1, pictures)
    return (
        side_of("wide", chance.random((m, pictures)) < shares, truth),
        side_of("narrow", chance.random((n, pictures)) < shares**2, truth),
    )


SIZES = [(1, 1), (1, 3), (2, 2), (3, 4)]


@pytest.mark.parametrize(("m", "n"), SIZES)
def test_counts_are_means_over_all_pairs_of_runs(m: int, n: int) -> None:
    a, b = random_sides(m, n)
    flips = flips_of(a, b)
    pairs = list(itertools.product(a.correct, b.correct))
    assert flips.a_only == pytest.approx(fmean(int((x & ~y).sum()) for x, y in pairs))
    assert flips.b_only == pytest.approx(fmean(int((y & ~x).sum()) for x, y in pairs))
    assert flips.a_only - flips.b_only == pytest.approx(60 * (a.correct.mean() - b.correct.mean()))
    for side, churn in zip((a, b), flips.churn, strict=True):
        own = [int((x != y).sum()) for x, y in itertools.combinations(side.correct, 2)]
        assert churn == (pytest.approx(fmean(own)) if own else None)


@pytest.mark.parametrize(("m", "n"), SIZES)
def test_class_by_class_the_flips_add_up_to_all(m: int, n: int) -> None:
    flips = flips_of(*random_sides(m, n))
    assert sum(row.pictures for row in flips.classes) == flips.pictures == 60
    assert sum(row.a_only for row in flips.classes) == pytest.approx(flips.a_only)
    assert sum(row.b_only for row in flips.classes) == pytest.approx(flips.b_only)
    totals = [row.a_only + row.b_only for row in flips.classes]
    assert totals == sorted(totals, reverse=True)


def all_deals(a: Side, b: Side) -> list[Flips]:
    """The flips for every way to deal the runs of both to two sides of their sizes."""
    runs = [*a.judged, *b.judged]
    dealt = []
    for chosen in itertools.combinations(range(len(runs)), len(a.judged)):
        rest = [number for number in range(len(runs)) if number not in chosen]
        sides = (tuple(runs[number] for number in group) for group in (chosen, rest))
        dealt.append(flips_of(*(Side("dealt", side) for side in sides)))
    return dealt


@pytest.mark.parametrize(("m", "n"), [(1, 3), (2, 2), (3, 4)])
def test_flips_in_every_seed_by_chance_are_the_mean_over_all_deals(m: int, n: int) -> None:
    a, b = random_sides(m, n)
    mean = fmean(sum(flips.in_every_seed) for flips in all_deals(a, b))
    assert flips_of(a, b).in_every_seed_by_chance == pytest.approx(mean)


def test_over_all_deals_no_flips_are_left_beyond_chance() -> None:
    deals = all_deals(*random_sides(3, 3))
    beyond = [flips.beyond_chance for flips in deals]
    assert fmean(value for value in beyond if value is not None) == pytest.approx(0, abs=1e-9)
    assert len(beyond) == 20


def test_flips_that_every_seed_makes_are_all_beyond_chance() -> None:
    always, never = np.ones((3, 4), bool), np.zeros((2, 4), bool)
    flips = flips_of(side_of("a", always, [0, 1, 2, 0]), side_of("b", never, [0, 1, 2, 0]))
    assert flips.beyond_chance == 4
    assert flips.in_every_seed == (4, 0)
    assert flips.churn == (0, 0)


def test_the_list_has_each_picture_that_is_not_right_equally_often_most_stable_first() -> None:
    a, b = random_sides(3, 4)
    flips = flips_of(a, b)
    unequal = np.flatnonzero(a.correct.mean(axis=0) != b.correct.mean(axis=0))
    assert sorted(flip.number for flip in flips.flips) == unequal.tolist()
    stability = [flip.stability for flip in flips.flips]
    assert stability == sorted(stability, reverse=True)
    for flip in flips.flips:
        assert flip.a.right == a.correct[:, flip.number].sum()
        assert flip.way == ("a" if flip.a.share > flip.b.share else "b")
        assert flip.id == f"test/{flip.number}"


def test_of_lone_runs_the_flips_are_the_pictures_that_one_gets_wrong_surest_first() -> None:
    truth = [0, 1, 2, 0]
    a = judged_of([0, 1, 2, 1], truth)
    b = judged_of([0, 2, 0, 0], truth, sure=0.6)
    a.probabilities[2] = (0.2, 0.2, 0.6)
    flips = flips_of(Side("a", (a,)), Side("b", (b,)))
    assert [flip.id for flip in flips.flips] == ["test/1", "test/3", "test/2"]
    assert (flips.a_only, flips.b_only) == (2, 1)
    first = flips.flips[0]
    assert (first.truth, first.a.answer, first.b.answer) == ("dog", "dog", "owl")
    assert first.b.probability == pytest.approx(0.6)
    assert flips.churn == (None, None)
    assert flips.beyond_chance is None
    assert flips.in_every_seed_by_chance is None


def test_the_answer_of_several_runs_is_the_most_frequent_and_of_ties_the_likeliest() -> None:
    truth = [0, 0]
    tied = Side("tied", (judged_of([1, 1], truth, 0.5), judged_of([2, 2], truth, 0.9)))
    right = Side("right", (judged_of([0, 0], truth),))
    most = Side("most", (*tied.judged, judged_of([1, 1], truth, 0.4)))
    assert flips_of(right, tied).flips[0].b.answer == "owl"
    assert flips_of(right, tied).flips[0].b.probability == pytest.approx((0.9 + 0.25) / 2)
    assert flips_of(right, most).flips[0].b.answer == "dog"


def test_settings_that_agree_have_no_flips() -> None:
    a, _ = random_sides(2, 2)
    flips = flips_of(Side("a", a.judged[:1]), Side("b", a.judged[:1]))
    assert flips.flips == ()
    assert shown_of(flips, 5) == []
    assert head_lines(flips)[0] == "0 of 60 test pictures flip: 0 only a right, 0 only b right."


def test_other_pictures_are_refused() -> None:
    a, b = (
        side_of("a", np.ones((1, 3), bool), [0] * 3),
        side_of("b", np.ones((1, 2), bool), [0] * 2),
    )
    with pytest.raises(UsageError, match="a and b were not judged on the same pictures"):
        flips_of(a, b)


@pytest.mark.parametrize("most", [1, 2, 5, 11, 1000])
def test_both_ways_are_shown_alike_until_one_runs_out(most: int) -> None:
    flips = flips_of(*random_sides(2, 2))
    ways = [sum(flip.way == way for flip in flips.flips) for way in ("a", "b")]
    shown = shown_of(flips, most)
    assert len(shown) == min(most, len(flips.flips))
    from_a = sum(flip.way == "a" for flip in shown)
    assert [flip.way for flip in shown] == ["a"] * from_a + ["b"] * (len(shown) - from_a)
    if min(ways) >= (most + 1) // 2:
        assert from_a == (most + 1) // 2


def test_the_words_say_what_chance_alone_makes() -> None:
    truth = [0] * 6
    a = side_of("a", np.array([[1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 0, 1]], bool), truth)
    b = side_of("b", np.array([[0, 0, 0, 0, 1, 1]] * 3, bool), truth)
    said = head_lines(flips_of(a, b))
    assert said[0] == (
        "On average a run of a and a run of b disagree on 5 of 6 test pictures: 4 only a right, "
        "1 only b right."
    )
    assert said[1] == (
        "By chance alone two seeds of a disagree on 2 and two seeds of b disagree on 0: about 4 "
        "of the flips are more than chance."
    )
    assert said[2] == (
        "4 are right in both runs of a and wrong in all 3 runs of b, 0 the other way round; "
        "if the runs were shuffled between the two, 0.4 would be on average, both ways together."
    )


def test_json_has_the_counts_and_the_flips() -> None:
    flips = flips_of(*random_sides(2, 3))
    content = flips_dict(flips, shown_of(flips, 4))
    assert content["a_only"] == flips.a_only
    assert content["runs"] == {"a": 2, "b": 3}
    assert isinstance(content["flips"], list)
    assert content["flips"][0]["a"]["seeds"] == 2


def test_a_probability_short_of_one_is_never_all() -> None:
    assert percent(0.99996) == ">99.9%"
    assert percent(0.5) == "50.0%"
