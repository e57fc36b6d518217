"""Runs grouped into settings, what differs in these, and answers brought to the same pictures."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recorded_runs import write_run

from lenswork.errors import RunError, UsageError
from lenswork.look.settings import differences, resolved_recipes, settings_of
from lenswork.look.sides import judge_alike
from lenswork.record.run import Run

TRUTH = [0, 1, 2, 0]
OTHER: dict[str, Any] = {"net": "conv 4, flatten, dense classes"}


def names_of(runs: list[Run]) -> list[tuple[str, list[str]]]:
    return [(one.name, [run.name for run in one.runs]) for one in settings_of(runs)]


def test_runs_that_differ_in_the_seed_only_are_one_setting(tmp_path: Path) -> None:
    runs = [
        write_run(tmp_path / "dense-s0", TRUTH, TRUTH, seed=0),
        write_run(tmp_path / "conv-s0", TRUTH, TRUTH, **OTHER, seed=0),
        write_run(tmp_path / "dense-s1", TRUTH, TRUTH, seed=1),
        write_run(tmp_path / "conv-s1", TRUTH, TRUTH, **OTHER, seed=1),
    ]
    assert names_of(runs) == [
        ("dense", ["dense-s0", "dense-s1"]),
        ("conv", ["conv-s0", "conv-s1"]),
    ]


def test_runs_without_a_name_in_common_are_called_by_what_differs_or_by_letters(
    tmp_path: Path,
) -> None:
    def group(first: int, **fields: Any) -> list[Run]:
        numbers = range(first, first + 2)
        return [write_run(tmp_path / f"zoo-{n}", TRUTH, TRUTH, seed=n, **fields) for n in numbers]

    small, large, other = group(1, batch=16), group(3, batch=64), group(5, **OTHER, batch=64)
    assert [name for name, _ in names_of([*small, *large])] == ["batch 16", "batch 64"]
    assert [name for name, _ in names_of([*large, *other])] == ["A", "B"]
    sides = judge_alike(settings_of([*large, *other]))
    assert [side.title for side in sides] == ["zoo-3, zoo-4", "zoo-5, zoo-6"]


def test_a_name_is_not_cut_in_a_number(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / f"run10{n}", TRUTH, TRUTH, seed=n) for n in range(2)]
    runs.append(write_run(tmp_path / "other", TRUTH, TRUTH, **OTHER))
    assert [name for name, _ in names_of(runs)] == ["A", "B"]


def test_runs_of_one_name_in_two_homes_are_told_apart(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / home / "zoo-1", TRUTH, TRUTH, **more)
            for home, more in (("a", {"batch": 3}), ("b", OTHER))]  # fmt: skip
    assert [name for name, _ in names_of(runs)] == [str(run.path) for run in runs]


def test_two_runs_that_differ_in_the_seed_only_are_two_networks(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / f"zoo-{n}", TRUTH, TRUTH, seed=n) for n in range(2)]
    assert names_of(runs) == [("zoo-0", ["zoo-0"]), ("zoo-1", ["zoo-1"])]


def test_a_folder_that_has_moved_is_the_same_data(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / f"s-{n}", TRUTH, TRUTH, seed=n, data=f"/{n}/zoo") for n in (0, 1)]
    runs.append(write_run(tmp_path / "o", TRUTH, TRUTH, **OTHER))
    assert len(settings_of(runs)) == 2


def test_what_is_no_comparison_is_refused(tmp_path: Path) -> None:
    one, two, three = (
        write_run(tmp_path / f"zoo-{seed}", TRUTH, TRUTH, seed=seed) for seed in range(3)
    )
    again = write_run(tmp_path / "again", TRUTH, TRUTH, seed=0)
    other = write_run(tmp_path / "other", TRUTH, TRUTH, **OTHER)
    with pytest.raises(UsageError, match="needs two runs or more, got only zoo-0"):
        settings_of([one])
    with pytest.raises(UsageError, match="needs two runs or more, got none"):
        settings_of([])
    with pytest.raises(UsageError, match="zoo-0 is named twice"):
        settings_of([one, two, Run(one.path)])
    with pytest.raises(UsageError, match="these 3 runs are all of one recipe with other seeds"):
        settings_of([one, two, three])
    with pytest.raises(
        UsageError, match="zoo-0 and again have the same recipe and the same seed 0"
    ):
        settings_of([one, again, other])


def test_a_field_that_an_older_version_did_not_write_has_its_default(tmp_path: Path) -> None:
    old = write_run(tmp_path / "old", TRUTH, TRUTH)
    new = write_run(tmp_path / "new", TRUTH, TRUTH, momentum=0.0, normalise=True)
    assert resolved_recipes([old])[0] == {"data": "zoo", "net": "flatten, dense classes", "seed": 0}
    ours, theirs = resolved_recipes([old, new])
    assert ours == theirs
    assert ours["momentum"] == 0


def test_only_what_differs_is_listed_and_always_the_costs(tmp_path: Path) -> None:
    a = write_run(tmp_path / "a", TRUTH, TRUTH, seed=0, batch=32, stop_when=[])
    b = write_run(tmp_path / "b", TRUTH, TRUTH, seed=5, batch=64, stop_when=["accuracy > 0.9"])
    rows = {row.field: row.values for row in differences(settings_of([a, b]))}
    assert rows == {
        "batch": ("32", "64"),
        "stop_when": ("–", "accuracy > 0.9"),
        "net": ("flatten, dense classes",) * 2,
        "parameters": ("1,234", "1,234"),
        "epochs done": ("1", "1"),
        "training time": ("2.5 s", "2.5 s"),
    }


def test_answers_come_in_the_order_of_the_first(tmp_path: Path) -> None:
    a = write_run(tmp_path / "a", [0, 1, 1, 0], TRUTH, ids=["w", "x", "y", "z"])
    b = write_run(tmp_path / "b", [0, 2, 1, 1], [0, 2, 1, 0], ids=["z", "y", "x", "w"], **OTHER)
    one, two = judge_alike(settings_of([a, b]))
    assert two.judged[0].ids == one.judged[0].ids == ("w", "x", "y", "z")
    assert one.correct.tolist() == [[True, True, False, True]]
    assert two.correct.tolist() == [[False, True, True, True]]
    assert np.array_equal(two.judged[0].truth, one.judged[0].truth)


def test_runs_of_other_pictures_are_compared_on_those_in_common_if_asked(tmp_path: Path) -> None:
    a = write_run(tmp_path / "a", TRUTH, TRUTH, ids=["w", "x", "y", "z"])
    b = write_run(tmp_path / "b", [2, 1, 0], [2, 1, 1], ids=["y", "x", "v"], **OTHER)
    settings = settings_of([a, b])
    with pytest.raises(
        RunError, match="other test pictures: 4 and 3, of which 2 are in both; --common compares"
    ):
        judge_alike(settings)
    one, two = judge_alike(settings, common=True)
    assert one.judged[0].ids == two.judged[0].ids == ("x", "y")
    assert two.correct.tolist() == [[True, True]]


@pytest.mark.parametrize("common", [False, True])
def test_runs_without_a_picture_in_common_are_refused(tmp_path: Path, common: bool) -> None:
    a = write_run(tmp_path / "a", TRUTH, TRUTH)
    b = write_run(tmp_path / "b", TRUTH, TRUTH, ids=list("wxyz"), **OTHER)
    with pytest.raises(RunError, match="of which 0 are in both; compare runs on the same data"):
        judge_alike(settings_of([a, b]), common=common)


@pytest.mark.parametrize("common", [False, True])
def test_other_truths_are_refused_whatever_is_asked(tmp_path: Path, common: bool) -> None:
    a = write_run(tmp_path / "a", TRUTH, TRUTH)
    b = write_run(tmp_path / "b", TRUTH, [0, 2, 2, 0], **OTHER)
    with pytest.raises(RunError, match="1 of the 4 pictures have another true class in run b"):
        judge_alike(settings_of([a, b]), common=common)


def test_other_classes_parts_and_ids_that_stand_twice_are_refused(tmp_path: Path) -> None:
    a = write_run(tmp_path / "a", TRUTH, TRUTH)
    other = write_run(tmp_path / "b", TRUTH, TRUTH, classes=["ant", "bee", "fly"], **OTHER)
    part = write_run(tmp_path / "c", TRUTH, TRUTH, part="validation", **OTHER)
    twice = write_run(tmp_path / "d", TRUTH, TRUTH, ids=["w", "w", "y", "z"], **OTHER)
    with pytest.raises(RunError, match="tell other classes apart: cat, dog, owl and ant, bee, fly"):
        judge_alike(settings_of([a, other]))
    with pytest.raises(RunError, match=r"share no part .* a test; c validation"):
        judge_alike(settings_of([a, part]))
    with pytest.raises(RunError, match="run d has 1 test pictures with the id of another"):
        judge_alike(settings_of([a, twice]), common=True)


def test_a_run_without_predictions_says_how_to_make_them(tmp_path: Path) -> None:
    a = write_run(tmp_path / "a", TRUTH, TRUTH)
    b = write_run(tmp_path / "b", TRUTH, TRUTH, **OTHER)
    (b.path / "predictions.npz").unlink()
    with pytest.raises(RunError, match=r"run b .* has no predictions.*lenswork train"):
        judge_alike(settings_of([a, b]))
