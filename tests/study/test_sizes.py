"""Picture sizes: the size judged apart from the net, and the pictures that each size loses."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tiny_data import striped_data, write_striped_folder
from tiny_studies import carry_out

from lenswork.data.open import open_data
from lenswork.errors import NetError, PlanError
from lenswork.study.folder import start_study
from lenswork.study.results import Measured, Results, results_of
from lenswork.study.sizes import (
    Moved,
    change_between,
    moved_pictures,
    size_pairs,
    sizes_plan,
)
from lenswork.study.sizes_figure import Seen, sizes_figure
from lenswork.study.summary import summarise
from lenswork.training.choose import choose
from lenswork.training.recipe import Recipe

DATA = striped_data(train=40)


def chosen_net(size: str) -> str:
    return choose(Recipe(data="stripes", size=size), DATA).recipe.net or ""


def test_each_smaller_size_gets_the_largest_ones_net_and_its_own() -> None:
    plan = sizes_plan(DATA, [12, 24], net="conv 4, pool, flatten, dense classes")
    held = "conv 4, pool, flatten, dense classes"
    assert plan.axes["setting"] == {
        "24 pixels": {"size": "24x24", "net": held},
        "12 pixels (same net)": {"size": "12x12", "net": held},
        "12 pixels (own net)": {"size": "12x12", "net": chosen_net("12x12")},
    }
    assert [(pair, change_between(plan, pair)) for pair in plan.compared()] == [
        (("12 pixels (same net)", "24 pixels"), "size"),
        (("12 pixels (own net)", "12 pixels (same net)"), "net"),
    ]


def test_where_the_net_does_not_fit_the_largest_size_takes_the_smaller_ones_net() -> None:
    plan = sizes_plan(DATA, [40, 8])
    assert plan.axes["setting"] == {
        "40 pixels": {"size": "40x40", "net": chosen_net("40x40")},
        "8 pixels (own net)": {"size": "8x8", "net": chosen_net("8x8")},
        "40 pixels (net of 8 pixels)": {"size": "40x40", "net": chosen_net("8x8")},
    }
    assert [(pair, change_between(plan, pair)) for pair in plan.compared()] == [
        (("8 pixels (own net)", "40 pixels (net of 8 pixels)"), "size"),
        (("40 pixels (net of 8 pixels)", "40 pixels"), "net"),
    ]


@given(
    st.lists(st.integers(5, 60), min_size=2, max_size=4, unique=True),
    st.sampled_from([None, "conv 4, pool, flatten, dense classes", "flatten, dense classes"]),
)
def test_no_pair_changes_both_the_size_and_the_net(sizes: list[int], net: str | None) -> None:
    plan = sizes_plan(DATA, sizes, net=net)
    for pair in plan.compared():
        one, other = (plan.axes["setting"][name] for name in pair)
        assert (one["size"] == other["size"]) != (one["net"] == other["net"])
    assert len(size_pairs(plan)) == len(sizes) - 1
    fields = [tuple(one.values()) for one in plan.axes["setting"].values()]
    assert len(set(fields)) == len(fields)


def test_a_size_that_would_choose_the_same_net_is_trained_once() -> None:
    plan = sizes_plan(DATA, [12, 11])
    assert list(plan.axes["setting"]) == ["12 pixels", "11 pixels (same net)"]
    assert plan.compared() == (("11 pixels (same net)", "12 pixels"),)


def test_sizes_may_be_oblong_and_the_largest_area_comes_first() -> None:
    plan = sizes_plan(DATA, ["12x12", "12x30"], seeds=2, name="wide", epochs=3)
    assert list(plan.axes["setting"]) == ["12x30 pixels", "12 pixels (same net)"]
    assert (plan.name, plan.seeds, plan.base["epochs"]) == ("wide", 2, 3)


def test_one_size_is_no_comparison() -> None:
    with pytest.raises(PlanError, match="at least two different ones such as 300,150,75, got 12"):
        sizes_plan(DATA, [12, "12x12"])


def test_a_net_that_does_not_fit_the_largest_size_is_refused() -> None:
    with pytest.raises(NetError):
        sizes_plan(DATA, [6, 4], net="conv 4, pool, conv 4, pool, conv 4, flatten, dense classes")


def test_the_size_cannot_be_said_as_well() -> None:
    with pytest.raises(PlanError, match="varies size itself"):
        sizes_plan(DATA, [12, 10], size="12x12")


def results_with(**correct: list[list[int]]) -> Results:
    def measured(name: str, rows: list[list[int]]) -> Measured:
        table: NDArray[np.bool_] = np.array(rows, dtype=bool)
        ones = (1.0,) * len(rows)
        return Measured(name, tuple(range(len(rows))), table, ones, ones, (1,) * len(rows), None)

    settings = {name: measured(name, rows) for name, rows in correct.items()}
    ids = tuple(f"picture {place}" for place in range(5))
    return Results("test", ids, settings)


def test_a_lost_picture_is_right_before_and_wrong_now_in_most_seeds() -> None:
    results = results_with(
        large=[[1, 1, 0, 1, 1], [1, 1, 0, 1, 1], [0, 1, 0, 1, 0]],
        small=[[0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [1, 0, 1, 1, 1]],
    )
    moved = moved_pictures(results, "small", "large")
    assert moved.lost == (1, 0)  # picture 1 in all seeds, picture 0 in two of three
    assert moved.won == (2,)
    assert moved.surely_lost == 1
    assert moved.sentence() == (
        "Of 5 pictures, large gets 4 right in most seeds; small loses 2 of those (1 in all seeds) "
        "and wins 1."
    )


def test_a_size_against_itself_loses_nothing() -> None:
    results = results_with(large=[[1, 0, 1, 0, 1]], small=[[1, 0, 1, 0, 1]])
    moved = moved_pictures(results, "small", "large")
    assert (moved.lost, moved.won, moved.surely_lost) == ((), (), 0)


def test_half_of_the_seeds_are_not_most() -> None:
    results = results_with(
        large=[[1, 1, 1, 1, 1], [1, 1, 1, 1, 1]], small=[[0, 0, 1, 1, 1], [1, 0, 1, 1, 1]]
    )
    assert moved_pictures(results, "small", "large").lost == (1,)


def test_a_study_of_sizes_is_trained_and_judged_in_pairs(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "stripes")
    net = "flatten, dense classes"
    plan = sizes_plan(open_data(folder), [12, 6], net=net, seeds=2, epochs=1, batch=8)
    study = start_study(plan, tmp_path / "runs")
    carry_out(study)
    summary = summarise(study)
    assert [(pair.first, pair.second) for pair in summary.verdict.pairs] == list(plan.compared())
    assert study.runs("6 pixels (same net)")[0].recipe.size == "6x6"
    moved = moved_pictures(results_of(study), *size_pairs(plan)[0])
    assert len(moved.right) == 12


def test_the_figure_shows_each_lost_picture_as_both_sizes_see_it() -> None:
    chance = np.random.default_rng(0)
    large = chance.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    small = chance.integers(0, 256, (6, 6, 1), dtype=np.uint8)
    seen = [Seen("a", "a $class$ with a long name", large, small, "3 of 3", "0 of 3")] * 2
    shares = np.zeros(5)
    lost = Moved("6 pixels", "24 pixels", (0, 1), (), shares, shares + 1)
    nothing = Moved("12 pixels", "24 pixels", (), (), shares, shares)
    figure = sizes_figure("stripes", {"6": (lost, seen), "12": (nothing, [])})
    shapes = [axes.images[0].get_array().shape for axes in figure.axes]  # type: ignore[union-attr]
    assert shapes == [(24, 24, 3), (6, 6), (24, 24, 3), (6, 6)]
    figure.canvas.draw()
