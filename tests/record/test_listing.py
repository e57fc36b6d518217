"""Rows of runs are chosen and sorted as a reader asks."""

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest
from tiny_data import striped_data

from lenswork.record.index import list_runs
from lenswork.record.listing import matches, reported, sorted_runs
from lenswork.record.run import Run, RunSummary
from lenswork.record.summary import CURVE_POINTS
from lenswork.record.train import train


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("runs")
    return train(
        striped_data(validation=9),
        home=home,
        name="ant",
        net="flatten, dense classes",
        epochs=50,
        progress=False,
    )


@pytest.fixture(scope="module")
def row(run: Run) -> RunSummary:
    return run.summary()


def test_a_curve_has_every_epoch_of_a_short_run(run: Run, tmp_path: Path) -> None:
    short = copytree(run.path, tmp_path / "short")
    history = short / "history.jsonl"
    lines = history.read_text().splitlines(keepends=True)
    history.write_text("".join(lines[: 2 + 7]))
    summary = Run(short).summary()
    kept = [one["metrics"] for one in Run(short).history]
    assert 5 <= len(kept) == summary.epochs <= 8
    assert summary.train_curve == tuple(round(one["accuracy"], 4) for one in kept)
    assert summary.held_out_curve == tuple(round(one["val_accuracy"], 4) for one in kept)


def test_a_long_curve_is_thinned_out_and_keeps_its_ends(run: Run, row: RunSummary) -> None:
    values = [round(one["metrics"]["val_accuracy"], 4) for one in run.history]
    assert len(values) == 50
    assert len(row.held_out_curve) == len(row.train_curve) == CURVE_POINTS
    assert (row.held_out_curve[0], row.held_out_curve[-1]) == (values[0], values[-1])
    remaining = iter(values)
    assert all(value in remaining for value in row.held_out_curve), "in their order"


def test_the_index_gives_back_the_row_that_the_run_has(run: Run, row: RunSummary) -> None:
    home = run.path.parent
    assert list_runs(home)[0] == [row]
    assert list_runs(home)[0] == [row], "from the index"
    assert row.planned_epochs == 50


def test_the_accuracy_that_is_reported_is_that_of_the_best_part_there_is(row: RunSummary) -> None:
    assert reported(row) == ("validation", row.val_accuracy)
    assert reported(replace(row, test_accuracy=0.5)) == ("test", 0.5)
    assert reported(replace(row, val_accuracy=None)) == ("train", row.accuracy)
    assert reported(replace(row, val_accuracy=None, accuracy=None)) is None


def test_words_come_by_their_first_letter_and_numbers_highest_first(row: RunSummary) -> None:
    rows = [
        replace(row, name="Bee", parameters=2, val_accuracy=0.7),
        replace(row, name="ant", parameters=3, val_accuracy=None, accuracy=None),
        replace(row, name="cat", parameters=1, val_accuracy=0.9),
        replace(row, name="dog", parameters=4, val_accuracy=float("nan")),
    ]

    def order(key: str, *, reverse: bool = False) -> list[str]:
        return [one.name for one in sorted_runs(rows, key, reverse=reverse)]

    assert order("name") == ["ant", "Bee", "cat", "dog"]
    assert order("name", reverse=True) == ["dog", "cat", "Bee", "ant"]
    assert order("parameters") == ["dog", "ant", "Bee", "cat"]
    assert order("reported") == ["cat", "Bee", "ant", "dog"], "unknown ones last"
    assert order("reported", reverse=True) == ["Bee", "cat", "ant", "dog"]


def test_every_word_must_be_found_in_name_data_recipe_or_net(row: RunSummary) -> None:
    one = replace(row, name="ant-1", data="mnist", recipe="notes", net="conv 32, pool")
    assert matches(one, [])
    assert matches(one, ["ANT", "conv", "notes"])
    assert not matches(one, ["ant", "dense"])
