"""`lenswork curve`."""

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_data import write_striped_folder

QUICK = ("--seeds", "2", "--net", "flatten, dense classes", "--epochs", "1", "--workers", "1")


@pytest.fixture
def stripes(tmp_path: Path) -> Path:
    return write_striped_folder(tmp_path / "stripes", train=48)


@pytest.mark.slow
def test_it_answers_draws_and_does_nothing_twice(
    lenswork: Any, stripes: Path, tmp_path: Path
) -> None:
    said = lenswork("curve", stripes, *QUICK, "--out", tmp_path / "curve.png")
    assert said.code == 0, said.err
    assert "twice the pictures would bring" in said.out
    assert "validation error" in said.out
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert said.err.count("pictures, seed") == 6
    again = lenswork("curve", stripes, *QUICK, "--json")
    assert again.code == 0, again.err
    assert "pictures, seed" not in again.err
    found = json.loads(again.out)
    assert [size["pictures"] for size in found["sizes"]] == [12, 24, 48]
    assert found["answer"] in said.out
    assert found["gain"]["low"] <= found["gain"]["middle"] <= found["gain"]["high"]
    assert found["check"] is None


@pytest.mark.parametrize("text", ["half,1", "1/0", "", "0.5;1"])
def test_fractions_that_are_none_are_refused(lenswork: Any, stripes: Path, text: str) -> None:
    said = lenswork("curve", stripes, "--fractions", text)
    assert said.code == 2
    assert "--fractions: expected parts with commas between them" in said.err


def test_too_few_pictures_are_refused_before_anything_is_trained(
    lenswork: Any, folder: Path, tmp_path: Path
) -> None:
    said = lenswork("curve", folder, *QUICK)
    assert said.code == 2
    assert "a curve needs at least 3 numbers of pictures" in said.err
    assert not (tmp_path / "runs" / "studies").exists()


def test_an_out_that_is_no_picture_is_refused_before_anything_is_trained(
    lenswork: Any, stripes: Path
) -> None:
    said = lenswork("curve", stripes, *QUICK, "--out", "curve.txt")
    assert said.code == 2
    assert "--out must end in .png" in said.err
