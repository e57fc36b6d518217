"""`lenswork export`."""

import json
from pathlib import Path
from typing import Any

import pytest
from portable import portable

from lenswork.cli import export
from lenswork.use.onnx_runtime import load_onnx


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "net.safetensors"
    portable().save(path)
    return path


def test_a_file_becomes_an_onnx_file_that_predicts(
    lenswork: Any, saved: Path, tmp_path: Path, folder: Path
) -> None:
    out = tmp_path / "taken.onnx"
    said = lenswork("export", saved, "--to", "onnx", "--out", out)
    assert said.code == 0, said.err
    assert said.out.startswith(f"{out}: ONNX, opset 17; in onnxruntime ")
    picture = next(folder.rglob("*.png"))
    (one,), (other,) = (
        json.loads(lenswork("predict", model, picture, "--json").out) for model in (out, saved)
    )
    assert one["class_name"] == other["class_name"]
    assert list(one["probabilities"].values()) == pytest.approx(
        list(other["probabilities"].values()), abs=1e-5
    )


def test_a_run_goes_where_it_was_told_and_json_says_the_difference(
    lenswork: Any, trained: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run.onnx"
    said = lenswork("export", trained.name, "--to", "onnx", "--out", out, "--json")
    assert said.code == 0, said.err
    content = json.loads(said.out)
    assert content["path"] == str(out)
    assert 0 <= content["difference"] <= 1e-5
    assert load_onnx(out).classes == ("high", "low")


@pytest.mark.slow
def test_integers_come_with_their_verdict(lenswork: Any, trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "run.onnx"
    said = lenswork("export", trained.name, "--to", "onnx", "--int8", "--out", out)
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert "ONNX, opset 17, int8" in lines[0]
    assert lines[1].startswith("int8: ")
    assert lines[2].startswith("float: ")
    assert "this network of int8" in lines[3]


def test_integers_that_cannot_be_judged_are_not_written(
    lenswork: Any, trained: Path, folder: Path, tmp_path: Path
) -> None:
    next((folder / "validation").rglob("*.png")).write_bytes(b"no picture")
    out = tmp_path / "run.onnx"
    said = lenswork("export", trained.name, "--to", "onnx", "--int8", "--out", out)
    assert said.code == 2
    assert "cannot read" in said.err
    assert not out.exists()


def test_what_does_not_go_together_is_refused(lenswork: Any, saved: Path, tmp_path: Path) -> None:
    said = lenswork("export", saved, "--to", "page", "--int8")
    assert (said.code, "--int8 is for --to onnx only" in said.err) == (2, True)
    said = lenswork("export", saved, "--to", "onnx", "--int8", "--out", tmp_path / "a.onnx")
    assert "name a run, whose data can be opened" in said.err
    said = lenswork("export", saved, "--to", "onnx", "--out", tmp_path / "a.html")
    assert "--out must end in .onnx" in said.err
    said = lenswork("export", tmp_path / "none.safetensors", "--to", "onnx")
    assert "there is no classifier file" in said.err


def test_every_form_says_what_it_needs() -> None:
    assert set(export.FORMS) == {"onnx", "page", "keras"}
    assert all(form.suffix.startswith(".") for form in export.FORMS.values())


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_a_keras_file_is_told_apart_and_what_takes_it_is_named(
    lenswork: Any, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"net{ending}"
    path.write_bytes(b"anything")
    for words in (["predict"], ["serve"], ["card"], ["export", "--to", "onnx"]):
        said = lenswork(*words, path)
        assert (said.code, f"lenswork import {path} makes a classifier of it" in said.err) == (
            2,
            True,
        )


def test_an_onnx_file_answers_and_no_more(lenswork: Any, saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "net.onnx"
    assert lenswork("export", saved, "--to", "onnx", "--out", out).code == 0
    for words in (["card"], ["export", "--to", "keras"]):
        said = lenswork(*words, out)
        assert said.code == 2
        assert "name the run or the classifier's file that it was made from" in said.err
