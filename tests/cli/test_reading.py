"""`lenswork runs`, `show`, `predict` and `net`."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def test_runs_lists_what_was_recorded(lenswork: Any, trained: Path) -> None:
    page = lenswork("runs").out
    assert trained.name in page
    assert "finished" in page
    (row,) = json.loads(lenswork("runs", "--json").out)
    assert row["name"] == trained.name
    assert row["epochs"] == 6
    assert 0 <= row["val_accuracy"] <= 1


def test_runs_can_be_filtered_sorted_and_cut(lenswork: Any, trained: Path) -> None:
    data = trained.parent.parent / "stripes"
    for seed in ("1", "2"):
        lenswork("train", data, "--epochs", "1", "--net", "conv 2, flatten, dense classes",
                 "--seed", seed)  # fmt: skip

    def listed(*words: str) -> list[str]:
        return [row["name"] for row in json.loads(lenswork("runs", "--json", *words).out)]

    assert listed() == ["stripes-3", "stripes-2", "stripes-1"]
    assert listed("--reverse") == ["stripes-1", "stripes-2", "stripes-3"]
    assert listed("--sort", "name") == ["stripes-1", "stripes-2", "stripes-3"]
    assert listed("CONV", "stripes") == ["stripes-3", "stripes-2"]
    assert listed("--status", "failed") == []
    assert listed("--limit", "1") == ["stripes-3"]
    assert listed("--sort", "parameters")[-1] != listed("--sort", "parameters")[0]


def test_an_empty_home_says_what_to_do(lenswork: Any) -> None:
    said = lenswork("runs")
    assert said.code == 0
    assert "lenswork train makes one" in said.out


def test_show_has_the_recipe_curves_matrix_and_interval(lenswork: Any, trained: Path) -> None:
    said = lenswork("show", "last")
    assert said.code == 0
    assert "flatten, dense classes" in said.out
    assert "95% interval, n=12 pictures" in said.out
    assert "truth \\ answer" in said.out
    assert "▁" in said.out
    assert (trained / "curves.png").read_bytes().startswith(b"\x89PNG")
    content = json.loads(lenswork("show", trained.name, "--json").out)
    assert sum(map(sum, content["confusion"]["validation"])) == 12
    assert content["accuracy"]["validation"]["n"] == 12


def test_predict_answers_every_picture(lenswork: Any, trained: Path) -> None:
    pictures = trained.parent.parent / "stripes" / "validation"
    said = lenswork("predict", trained / "classifier.safetensors", pictures / "high")
    assert said.code == 0
    assert len(said.out.splitlines()) == 6
    assert all(": high " in line or ": low " in line for line in said.out.splitlines())
    by_name = lenswork("predict", trained.name, pictures / "high")
    assert by_name.out == said.out


def test_a_corrupt_picture_gets_its_line_and_the_others_their_answers(
    lenswork: Any, trained: Path, tmp_path: Path
) -> None:
    good = trained.parent.parent / "stripes" / "validation" / "high" / "000.png"
    bad = tmp_path / "bad.png"
    bad.write_bytes(good.read_bytes()[:50])
    said = lenswork("predict", trained.name, bad, good)
    assert said.code == 1
    assert said.out.startswith(f"{good}: ")
    assert f"cannot read {bad}" in said.err
    rows = json.loads(lenswork("predict", trained.name, bad, good, "--json").out)
    assert "error" in rows[0]
    assert rows[1]["class_name"] in ("high", "low")
    assert sum(rows[1]["probabilities"].values()) == pytest.approx(1)


def test_csv_has_one_column_a_class(lenswork: Any, trained: Path) -> None:
    pictures = trained.parent.parent / "stripes" / "validation"
    said = lenswork("predict", trained.name, pictures, "--csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert len(rows) == 12
    for row in rows:
        best = max(("high", "low"), key=lambda name: float(row[name]))
        assert row["class"] == best


def test_standard_input_may_be_a_picture_or_names(
    lenswork: Any, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = trained.parent.parent / "stripes" / "validation" / "low" / "001.png"
    expected = lenswork("predict", trained.name, picture).out.split(": ")[1]
    for content in (picture.read_bytes(), f"{picture}\n".encode()):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        said = lenswork("predict", trained.name, "-")
        assert said.out.split(": ")[1] == expected
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert "standard input is empty" in lenswork("predict", trained.name).err


def test_who_names_no_picture_at_a_terminal_is_told_what_is_waited_for(
    lenswork: Any, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = trained.parent.parent / "stripes" / "validation" / "low" / "001.png"
    typed = io.TextIOWrapper(io.BytesIO(f"{picture}\n".encode()))
    typed.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", typed)
    said = lenswork("predict", trained.name)
    assert said.err == "no FILES given: type the names of pictures, one a line, then Ctrl-D\n"
    assert said.out.startswith(f"{picture}: ")


@pytest.mark.parametrize("model", ["nowhere.safetensors", "no-such-run"])
def test_a_model_that_is_not_there_is_refused(lenswork: Any, model: str) -> None:
    said = lenswork("predict", model, "a.png")
    assert said.code == 2
    assert model in said.err


def test_net_shows_shapes_and_why(lenswork: Any) -> None:
    words = ["net", "conv 32, pool, conv 32, pool, flatten, dense 128, dense classes"]
    page = lenswork(*words, "--input", "28x28x1").out
    assert "28 - 3 + 1 = 26" in page
    assert "floor(26 / 2) = 13" in page
    assert "113,386 parameters" in page
    content = json.loads(lenswork(*words, "--json").out)
    assert content["parameters"] == 113_386
    assert [row["parameters"] for row in content["rows"]] == [320, 0, 9248, 0, 0, 102528, 1290]


def test_presets_are_listed(lenswork: Any) -> None:
    content = json.loads(lenswork("net", "--presets", "--json").out)
    assert content["horses-300"]["parameters"] == 40_165_409


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["net"], "give a net"),
        (["net", "dense classes", "--input", "28x28"], "--input must be HEIGHTxWIDTHxCHANNELS"),
        (["net", "dense classes"], "put 'flatten'"),
        (["runs", "--sort", "colour"], "'colour' is not one of"),
        (["show", "owl"], "there is no run 'owl'"),
        (["fly"], "No such command 'fly'"),
    ],
)
def test_wrong_words_end_with_2(lenswork: Any, words: list[str], message: str) -> None:
    said = lenswork(*words)
    assert said.code == 2
    assert message in said.err


def test_a_closed_pipe_ends_quietly() -> None:
    ours = [sys.executable, "-m", "lenswork", "net", "--presets"]
    reading, writing = os.pipe()
    os.close(reading)
    result = subprocess.run(ours, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert "Traceback" not in result.stderr
    assert "Exception" not in result.stderr


def test_names_that_begin_like_a_picture_are_names(
    lenswork: Any, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = trained.parent.parent / "stripes" / "validation" / "low" / "001.png"
    picture = source.rename(trained.parent.parent / "BMW.png")
    monkeypatch.chdir(picture.parent)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"BMW.png\n")))
    assert lenswork("predict", trained.name).out.startswith("BMW.png: ")


def test_an_empty_folder_among_files_is_refused_before_anything_is_answered(
    lenswork: Any, trained: Path, tmp_path: Path
) -> None:
    good = trained.parent.parent / "stripes" / "validation" / "high" / "000.png"
    (tmp_path / "empty").mkdir()
    said = lenswork("predict", trained.name, good, tmp_path / "empty")
    assert said.code == 2
    assert "expected pictures in the folder" in said.err
    assert said.out == ""


@pytest.mark.slow
def test_output_without_our_letters_is_no_error(trained: Path) -> None:
    ours = [sys.executable, "-m", "lenswork", "show", str(trained)]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    result = subprocess.run(ours, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "95% interval" in result.stdout


@pytest.mark.parametrize("shape", ["²x28x1", "9" * 5000 + "x28x1", "28x28x4"])
def test_an_input_that_is_no_shape_is_refused(lenswork: Any, shape: str) -> None:
    assert lenswork("net", "flatten, dense classes", "--input", shape).code == 2
