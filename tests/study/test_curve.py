"""Whether more pictures would help: the plan, the answer and its words."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from curve_points import drawn_points
from tiny_data import striped_data, write_striped_folder
from tiny_studies import HereWorkers, carry_out

from lenswork.data.open import open_data
from lenswork.errors import PlanError, RunError
from lenswork.study.curve import Check, answer, check, curve_plan, points_of, setting_name
from lenswork.study.curve_figure import curve_figure
from lenswork.study.folder import start_study
from lenswork.study.law import Estimate, Points
from lenswork.study.results import results_of


def falling(n: float) -> float:
    return 0.1 * float((n / 32_000) ** -0.5)


def points_with(seed: int = 0, **how: int) -> Points:
    return drawn_points(falling, chance=np.random.default_rng(seed), **how)


def test_the_default_sizes_are_halves_of_halves_of_the_training_pictures() -> None:
    plan = curve_plan(striped_data(train=480))
    assert plan.axes["train_pictures"] == {
        f"{count} pictures": count for count in (30, 60, 120, 240, 480)
    }
    assert (plan.name, plan.seeds) == ("curve-stripes", 3)


def test_sizes_with_next_to_no_pictures_of_a_class_are_left_out() -> None:
    plan = curve_plan(striped_data(train=60))
    assert list(plan.axes["train_pictures"].values()) == [15, 30, 60]


def test_fractions_seeds_and_fields_are_taken_as_said() -> None:
    plan = curve_plan(
        striped_data(train=100), fractions=[1, 0.5, Fraction(1, 4)], seeds=2, epochs=3
    )
    assert list(plan.axes["train_pictures"].values()) == [25, 50, 100]
    assert plan.base == {"data": "stripes", "epochs": 3}
    assert len(list(plan.trials())) == 6


@pytest.mark.parametrize(
    ("fractions", "text"),
    [
        ([0.5, 1], "a curve needs at least 3 numbers of pictures, and stripes has 100"),
        ([0, 0.5, 1], "fractions: expected more than 0 and at most 1, got 0"),
        ([0.25, 0.5, 2], "fractions: expected more than 0 and at most 1, got 2"),
        ([0.01, 0.5, 1], "fractions: 1 of stripes's 100 training pictures are too few"),
    ],
)
def test_fractions_that_make_no_curve_are_refused(fractions: list[float], text: str) -> None:
    with pytest.raises(PlanError, match=text):
        curve_plan(striped_data(train=100), fractions=fractions)


def test_too_few_pictures_are_refused() -> None:
    with pytest.raises(PlanError, match="gather more pictures"):
        curve_plan(striped_data(train=30))


def test_the_number_of_pictures_cannot_be_said_as_well() -> None:
    with pytest.raises(PlanError, match="varies train_pictures itself"):
        curve_plan(striped_data(train=100), train_pictures=50)


def test_a_study_is_measured_size_by_size_and_goes_on_where_it_was_left(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "stripes", train=64)
    plan = curve_plan(open_data(folder), seeds=2, net="flatten, dense classes", epochs=1)
    workers = HereWorkers()
    carry_out(start_study(plan, tmp_path / "runs"), workers)
    study = start_study(plan, tmp_path / "runs")
    points = points_of(plan, results_of(study))
    assert points.pictures.tolist() == [8, 16, 32, 64]
    assert [one.shape for one in points.wrong] == [(2, 12)] * 4
    first = study.runs(setting_name(8))[0]
    assert first.start["pictures"]["train"] == 8
    assert points.seed_errors[0][0] == pytest.approx(1 - first.metrics["val_accuracy"])
    assert carry_out(study, workers) == []
    assert len(workers.asked) == 8


def test_a_study_with_too_few_sizes_done_gives_no_curve(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "stripes", train=32)
    plan = curve_plan(open_data(folder), seeds=1, net="flatten, dense classes", epochs=1)
    study = start_study(plan, tmp_path / "runs")
    carry_out(study, HereWorkers(failing=["8-pictures-seed0"]))
    with pytest.raises(RunError, match="finished trainings for 2 numbers of pictures"):
        points_of(plan, results_of(study))


def test_a_curve_that_falls_says_yes_with_the_gain_and_its_interval() -> None:
    found = answer(points_with(tests=20_000))
    middle, low, high = (100 * value for value in found.gain)
    assert found.verdict == "yes"
    assert found.sentence() == (
        f"Yes: twice the pictures would bring about {middle:+.1f} points ({low:.1f} to {high:.1f})."
    )
    assert found.gain.low <= falling(32_000) - falling(64_000) <= found.gain.high


def test_a_net_that_is_right_already_says_no() -> None:
    def done(n: float) -> float:
        return 0.001 * float((n / 32_000) ** -0.5)

    points = drawn_points(done, tests=20_000, chance=np.random.default_rng(0))
    found = answer(points)
    assert found.verdict == "no"
    assert found.sentence().startswith("No: twice the pictures would bring about +0.0 points")


def test_few_test_pictures_and_wide_seeds_cannot_tell_and_say_what_is_wanted() -> None:
    def flat(_: float) -> float:
        return 0.15

    chance = np.random.default_rng(0)
    wide = answer(drawn_points(flat, tests=20_000, spread=0.3, chance=chance))
    few = answer(drawn_points(flat, tests=100, spread=0.001, seeds=20, chance=chance))
    assert (wide.verdict, few.verdict) == ("cannot tell", "cannot tell")
    assert wide.sentence().endswith(
        "points. Trainings of one size differ much by chance: first train each more often, with "
        "--seeds 6."
    )
    assert few.sentence().endswith(
        "points. Most of the doubt about one size comes from having only 100 pictures to judge by: "
        "hold out more of them first."
    )


def test_one_seed_gets_the_caution_that_it_gets_elsewhere() -> None:
    points = points_with(tests=500, seeds=1)
    (note,) = answer(points).notes()
    assert "--seeds" not in answer(points).sentence(), "the note says it"
    assert note == (
        "One seed each shows what these networks do, not how much of it is chance: train each size "
        "with 3 seeds or more."
    )
    more = points_with(tests=500, seeds=2)
    assert answer(more).notes() == []
    mixed = Points(points.pictures, (points.wrong[0], *more.wrong[1:]))
    assert answer(mixed).notes()[0].startswith("One seed each with 2,000 pictures shows what ")


def test_the_check_foretells_the_largest_size_from_the_others() -> None:
    points = points_with(tests=20_000)
    found = check(points)
    assert found is not None
    assert (found.before, found.after) == (16_000, 32_000)
    assert found.measured == pytest.approx(points.errors[3] - points.errors[4])
    assert found.holds
    other = replace(points, wrong=(*points.wrong[:-1], points.wrong[-2]))
    unseen = check(other)
    assert unseen is not None
    assert unseen.foretold == found.foretold


def test_the_check_says_whether_it_held() -> None:
    held = Check(100, 200, Estimate(0.01, 0.005, 0.015), 0.012)
    assert held.sentence() == (
        "Checked on itself: from 100 to 200 pictures the smaller sizes foretell +1.0 points "
        "(0.5 to 1.5), and it was +1.2."
    )
    assert replace(held, measured=0.03).sentence().endswith("but it was +3.0.")


def test_three_sizes_leave_nothing_to_check_with() -> None:
    assert check(points_with(sizes=3)) is None


def test_the_figure_shows_every_training_and_twice_the_pictures() -> None:
    points = points_with(tests=500)
    figure = curve_figure(answer(points), "a $data set$", "test")
    axes = figure.axes[0]
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert sum(np.size(line.get_ydata()) for line in dots) == 15
    assert [label.get_text() for label in axes.get_xticklabels()][-1] == "64,000"
    assert axes.get_title(loc="left").startswith(r"a \$data set\$: would more pictures help?")
    figure.canvas.draw()


def test_errors_of_0_are_drawn_too() -> None:
    right = np.zeros((2, 100), dtype=np.bool_)
    found = answer(Points(np.array([100, 200, 400]), (right, right, right)))
    axes = curve_figure(found, "easy", "test").axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "linear")
    axes.figure.canvas.draw()
