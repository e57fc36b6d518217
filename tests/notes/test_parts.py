"""What the parts of the notes make of what was measured, on cases worked by hand."""

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from tiny_data import striped_data

from lenswork.data.dataset import ArraySource, Dataset, Part
from lenswork.record.accuracy import accuracy_of
from lenswork.record.run import Run
from lenswork.study.intervals import geometric_mean_of
from lenswork.study.plan import Plan
from lenswork.study.results import Measured, Results
from lenswork.study.sizes import Moved
from lenswork.study.summary import Cost, Summary
from lenswork.study.verdict import verdicts
from lenswork.training.choose import choose
from lenswork.training.recipe import Recipe
from notes.made import write_folder
from notes.parts.data import GROUPS, figures_of
from notes.parts.folder import uploaded_sentence
from notes.parts.normalise import first_epoch, together
from notes.parts.sizes import sides_sentence
from notes.parts.stops import goal_figure, saved_sentence, stopped_of
from notes.parts.studies import TimedIn
from notes.parts.training import NOTED, agreement, first_weights
from notes.tables import best_sentence, pairs_table, soonest_sentence

PICTURES = 400


def right(count: int, seed: int) -> NDArray[np.bool_]:
    """Three seeds that answer about `count` pictures right, others each time."""
    chance = np.random.default_rng(seed)
    counts = (count - 8, count, count + 8)
    rows = [chance.permutation(np.arange(PICTURES) < one) for one in counts]
    return np.stack(rows)  # (seeds, pictures)


def summary_of(counts: dict[str, int], seconds: dict[str, float]) -> Summary:
    """A study of settings that get so many pictures right and take so many seconds."""
    correct = {name: right(count, place) for place, (name, count) in enumerate(counts.items())}
    measured = {
        name: Measured(name, (0, 1, 2), table, (seconds[name],) * 3, (100.0,) * 3, (10,) * 3, None)
        for name, table in correct.items()
    }
    costs = {
        name: Cost(geometric_mean_of([seconds[name]] * 3), geometric_mean_of([100.0]), 10, None)
        for name in counts
    }
    plan = Plan(name="made", axes={"epochs": {name: n for n, name in enumerate(counts, 1)}})
    return Summary(
        name="made",
        plan=plan,
        results=Results("test", tuple(map(str, range(PICTURES))), measured),
        verdict=verdicts(correct),
        costs=costs,
        failures=(),
        missing=0,
        unfinished={},
        without_verdict=(),
        front=(),
    )


def test_a_setting_that_is_better_is_named_with_those_it_is_and_is_not_told_from() -> None:
    counts = {"good": 390, "as good": 389, "bad": 200}
    said = best_sentence(summary_of(counts, dict.fromkeys(counts, 1.0)))
    assert said.startswith("good: better on new pictures than bad by 47.50 (")
    assert said.endswith("with 3 seeds each. It cannot be told from as good.")


def test_where_nothing_is_told_apart_no_setting_is_called_the_best() -> None:
    counts = {"one": 300, "other": 301}
    said = best_sentence(summary_of(counts, dict.fromkeys(counts, 1.0)))
    assert said.startswith("Cannot tell: with 3 seeds each no setting is told from other")


def test_a_pair_that_would_count_alone_says_among_how_many_it_does_not() -> None:
    counts = {"one": 300, "other": 301}
    summary = summary_of(counts, dict.fromkeys(counts, 1.0))
    (pair,) = summary.verdict.pairs
    assert pair.here is not None
    alone = replace(
        pair,
        here=replace(pair.here, alone=True, family=6),
        anew=replace(pair.anew, alone=True, family=6),
    )
    told = replace(summary, verdict=replace(summary.verdict, pairs=(alone,)))
    (row,) = pairs_table(told).rows
    assert [cell.partition(" (")[0] for cell in row[2:4]] == ["cannot tell among 6 pairs"] * 2
    assert best_sentence(told).endswith("alone this would count, among 6 pairs it does not.")
    (row,) = pairs_table(summary).rows
    assert row[2].startswith("cannot tell (")
    assert "alone" not in best_sentence(summary)


def test_pictures_that_change_sides_are_counted_in_most_seeds_and_in_all() -> None:
    large, small = np.array([1.0, 1.0, 0.0, 1.0]), np.array([0.0, 1 / 3, 1.0, 1.0])
    moved = Moved("small", "large", lost=(0, 1), won=(2,), right=small, right_largest=large)
    assert sides_sentence(moved) == (
        "Between large and small 3 of 4 pictures change sides in most seeds, 2 of them in all."
    )


def test_the_soonest_setting_is_named_with_how_many_times_as_long_the_others_take() -> None:
    counts = {"slow": 300, "quick": 300}
    said = soonest_sentence(summary_of(counts, {"slow": 6.0, "quick": 2.0}))
    assert said.startswith("quick is trained soonest, in 2.0 s (2.0 to 2.0); slow 3.0 times")


def test_training_pictures_are_counted_by_the_figure_they_show() -> None:
    ids = ("horse01-1.png", "horse01-2.png", "horse02-1.png", "human7-01.png")
    pictures = ArraySource(np.zeros((len(ids), 2, 2, 1), dtype=np.uint8))
    part = Part(pictures, np.zeros(len(ids), dtype=np.int64), tuple(f"train/{i}" for i in ids))
    groups = figures_of(Dataset("made", ("horses", "humans"), {"train": part}))
    assert groups == {"horse": {2: 1, 1: 1}, "human": {1: 1}}
    assert set(groups) == set(GROUPS)


@pytest.mark.parametrize(
    ("accuracies", "epoch"), [([0.98, 0.99, 0.98, 0.995], 2), ([0.5, 0.9899], None)]
)
def test_the_first_epoch_at_the_goal_is_found_where_there_is_one(
    accuracies: list[float], epoch: int | None
) -> None:
    history = [
        {"epoch": number, "metrics": {"accuracy": accuracy}}
        for number, accuracy in enumerate(accuracies, start=1)
    ]
    assert first_epoch(SimpleNamespace(history=history)) == epoch  # type: ignore[arg-type]


def test_numbers_that_are_alike_for_all_seeds_are_said_once() -> None:
    assert together("5, 5, 5") == "5 with each of 3 seeds"
    assert together("5, 6, 5") == "5, 6, 5"
    assert together("5") == "5"


@pytest.mark.parametrize("channels", [1, 3])
def test_a_folder_is_made_with_so_many_pictures_a_class_and_never_twice(
    tmp_path: Path, channels: int
) -> None:
    chance = np.random.default_rng(1)
    pictures = chance.integers(0, 256, (6, 4, 4, channels), dtype=np.uint8)
    labels = np.array([0, 0, 0, 1, 1, 1])
    part = Part(ArraySource(pictures), labels, tuple(f"all/{n}.png" for n in range(6)))
    data = Dataset("made", ("a", "b"), {"train": part, "validation": part})
    for _ in range(2):
        write_folder(data, tmp_path, {"train": 2, "validation": 1})
        found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.png"))
        assert found == [
            "train/a/0.png", "train/a/1.png", "train/b/3.png", "train/b/4.png",
            "validation/a/0.png", "validation/b/3.png",
        ]  # fmt: skip


def run_of(accuracies: list[float], tests: list[float], seed: int) -> Run:
    """A record of these training and test accuracies."""
    history = [
        {"epoch": number, "metrics": {"accuracy": one, "test_accuracy": test}}
        for number, (one, test) in enumerate(zip(accuracies, tests, strict=True), start=1)
    ]
    recipe = SimpleNamespace(seed=seed)
    return SimpleNamespace(history=history, recipe=recipe)  # type: ignore[return-value]


def test_where_a_recorded_training_would_have_stopped_and_what_that_saves() -> None:
    early = stopped_of(run_of([0.98, 0.996, 0.997, 0.998], [0.97, 0.98, 0.99, 0.985], 0))
    never = stopped_of(run_of([0.9, 0.95, 0.96, 0.995], [0.9, 0.9, 0.9, 0.95], 1))
    assert (early.epoch, early.saved, early.test, early.test_at_end) == (2, 0.5, 0.98, 0.985)
    assert (never.epoch, never.saved, never.reached) == (4, 0.0, False)
    said = saved_sentence([early, never])
    assert said.startswith("Stopping at 0.995 saves 25% (")
    assert "(1 of 2 seeds reach it)" in said
    assert "cannot be told from that at the end: -0.25 points (" in said


def test_what_stopping_saves_with_each_seed_alike_has_no_interval_of_nothing() -> None:
    tests = [0.97, 0.98, 0.99, 0.985]
    alike = [stopped_of(run_of([0.98, 0.996, 0.997, 0.998], tests, seed)) for seed in (0, 1)]
    said = saved_sentence(alike)
    assert said.startswith("Stopping at 0.995 saves 50% of the 4 epochs with each seed (2 of 2 ")


def test_a_recipe_that_chooses_otherwise_than_the_notes_is_named_with_the_field() -> None:
    as_noted = {name: Recipe(data=name, **noted) for name, noted in NOTED.items()}
    assert agreement(as_noted).startswith("The recipe `notes` trains as the notes do: all 19 ")
    other = {**as_noted, "mnist": as_noted["mnist"].changed(batch=64)}
    assert agreement(other) == "Other than in the notes: mnist's batch."


def test_first_weights_reach_glorots_bound_and_biases_are_0() -> None:
    data = striped_data(classes=3)
    net = "conv 32, pool, flatten, dense 64, dense classes"
    begun = first_weights(choose(Recipe(data="stripes", recipe="notes", net=net), data), 3)
    assert 0.99 < begun["part of the bound"] <= 1
    assert begun["bias"] == 0


def test_what_is_uploaded_is_counted_beside_the_accuracy_of_the_whole_part() -> None:
    truth = np.arange(256) // 128
    probabilities = np.eye(2, dtype=np.float32)[truth]
    probabilities[[4, 0]] = [0.2, 0.8]  # one of the two that are uploaded, and another
    recorded = {"validation": SimpleNamespace(truth=truth, probabilities=probabilities)}
    run = SimpleNamespace(answers=recorded, accuracy=lambda _: accuracy_of(truth, probabilities))
    said = uploaded_sentence(run)  # type: ignore[arg-type]
    assert said.startswith("Of the 2 pictures uploaded below it calls 1 what they are")
    assert "99.22% (" in said


def test_the_way_to_the_goal_is_drawn_with_a_line_a_seed_and_the_goal() -> None:
    runs = [run_of([0.98, 0.996], [0.97, 0.98], seed) for seed in (0, 1, 2)]
    (axes,) = goal_figure(runs).axes
    assert len(axes.lines) == 2 * len(runs) + 1
    assert axes.get_legend() is not None


def test_times_that_a_study_has_taken_over_are_told_by_the_study_that_measured_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts = {"one": 300, "other": 301}
    here = summary_of(counts, {"one": 1.0, "other": 9.0})
    settings = here.results.settings
    untimed = {**settings, "one": replace(settings["one"], train_seconds=(math.nan,) * 3)}
    here = replace(here, results=replace(here.results, settings=untimed))
    there = summary_of({"as one": 300, "quick": 299}, {"as one": 8.0, "quick": 2.0})
    desk = SimpleNamespace(has_study=lambda _: True, study=lambda name: name)
    monkeypatch.setattr("notes.parts.studies.summarise", lambda _: there)
    timed = TimedIn("one", "there", "as one")
    (said,) = timed.sentences(desk, here)  # type: ignore[arg-type]
    assert said.startswith(
        "one are the as one of study there: 8.0 s (8.0 to 8.0) of training there"
    )
    assert "where quick took 2.0 s (2.0 to 2.0)" in said
    assert TimedIn("other", "there", "as one").sentences(desk, here) == []  # type: ignore[arg-type]
