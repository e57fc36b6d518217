"""Predictions are read whole, or said to be damaged and how."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lenswork.errors import RunError
from lenswork.record.predictions import RecordedAnswers, read_predictions, write_predictions

IDS = np.array(["a.png", "b/ü.png", "c.png"])
TRUTH = np.array([0, 1, 1])
TABLE = np.array([[0.75, 0.25], [0.5, 0.5], [0.0, 1.0]], np.float32)


def written(path: Path, **changed: Any) -> Path:
    arrays = {"ids": IDS, "truth": TRUTH, "probabilities": TABLE} | changed
    np.savez(path, **{f"test_{name}": one for name, one in arrays.items() if one is not None})
    return path


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    given = RecordedAnswers(tuple(IDS.tolist()), TRUTH, TABLE)
    write_predictions(tmp_path / "p.npz", {"test": given, "validation": given})
    found = read_predictions(tmp_path / "p.npz", 2)
    assert list(found) == ["validation", "test"]
    assert found["test"].ids == given.ids
    np.testing.assert_array_equal(found["test"].truth, TRUTH)
    np.testing.assert_array_equal(found["test"].probabilities, TABLE)
    assert [path.name for path in tmp_path.iterdir()] == ["p.npz"]


def test_a_row_of_nan_is_read_as_a_network_that_diverged_wrote_it(tmp_path: Path) -> None:
    lost = np.vstack([TABLE[:2], [[np.nan, np.nan]]]).astype(np.float32)
    path = written(tmp_path / "p.npz", probabilities=lost)
    np.testing.assert_array_equal(read_predictions(path, 2)["test"].probabilities, lost)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"probabilities": TABLE[:2]}, r"expected decimal numbers of shape \(3, 2\)"),
        ({"probabilities": TABLE[:, :1]}, r"got float32 \(3, 1\)"),
        ({"probabilities": TABLE.astype(int)}, "expected decimal numbers"),
        ({"probabilities": TABLE.astype(object)}, "damaged"),
        ({"probabilities": TABLE.astype(complex)}, "expected decimal numbers"),
        ({"probabilities": None}, "test_probabilities"),
        ({"probabilities": TABLE * 2}, "3 of 3 rows are no probabilities"),
        ({"probabilities": TABLE - [[1, -1], [0, 0], [0, 0]]}, "1 of 3 rows"),
        ({"probabilities": np.where(TABLE == 1, np.nan, TABLE)}, "1 of 3 rows"),
        ({"probabilities": np.where(TABLE == 1, np.inf, TABLE)}, "1 of 3 rows"),
        ({"truth": TRUTH[:2]}, "expected 3 whole numbers"),
        ({"truth": TRUTH + 0.5}, "expected 3 whole numbers"),
        ({"truth": TRUTH + 1}, "expected 0 to 1, got 1 to 2"),
        ({"truth": TRUTH - 1}, "expected 0 to 1, got -1 to 0"),
        ({"ids": np.array(["a", None, 3], object)}, "damaged"),
        ({"ids": np.array([1, 2, 3])}, "expected a list of texts"),
        ({"ids": np.array("a")}, "expected a list of texts"),
        ({"ids": IDS[:0]}, "expected a list of texts"),
    ],
)
def test_arrays_that_do_not_fit_are_named(
    tmp_path: Path, changed: dict[str, Any], message: str
) -> None:
    path = written(tmp_path / "p.npz", **changed)
    with pytest.raises(RunError, match=message):
        read_predictions(path, 2)


def test_a_file_cut_short_or_changed_anywhere_is_damaged_or_read_whole(tmp_path: Path) -> None:
    whole = written(tmp_path / "p.npz").read_bytes()
    expected = read_predictions(tmp_path / "p.npz", 2)["test"]
    hurt = tmp_path / "hurt.npz"
    for place in range(0, len(whole), 7):
        for content in (whole[:place], whole[:place] + b"\xff" + whole[place + 1 :]):
            hurt.write_bytes(content)
            try:
                found = read_predictions(hurt, 2)
            except RunError:
                continue
            if "test" in found:
                assert found["test"].ids == expected.ids
                np.testing.assert_array_equal(found["test"].truth, expected.truth)


def test_an_archive_of_something_else_is_damaged(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "p.npz", "w") as archive:
        archive.writestr("test_ids.npy", "no array")
    with pytest.raises(RunError, match="damaged"):
        read_predictions(tmp_path / "p.npz", 2)
    np.save(tmp_path / "one.npy", TABLE)
    with pytest.raises(RunError, match="no archive of arrays"):
        read_predictions(tmp_path / "one.npy", 2)
