"""`lenswork mistakes`."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny_data import write_striped_folder

from lenswork.model.classifier import load
from lenswork.record.run import PREDICTIONS, Run


@pytest.fixture
def poor(lenswork: Any, tmp_path: Path) -> Run:
    """A run with mistakes."""
    folder = write_striped_folder(tmp_path / "poor", validation=40)
    said = lenswork("train", folder, "--epochs", "1", "--net", "flatten, dense classes",
                    "--learning-rate", "0.0001")  # fmt: skip
    assert said.code == 0, said.err
    return Run(tmp_path / "runs" / "poor-1")


def wrong_of(run: Run) -> int:
    return run.accuracy().n - run.accuracy().correct


def test_it_prints_pairs_classes_mistakes_and_calibration(lenswork: Any, poor: Run) -> None:
    said = lenswork("mistakes", "poor-1")
    assert said.code == 0, said.err
    for heading in ("most confused", "class, worst first", "surest mistakes"):
        assert heading in said.out
    assert "expected calibration error" in said.out
    wrong = poor.accuracy().n - poor.accuracy().correct
    assert f"{wrong} mistakes" in said.out
    assert said.out.count("validation/") == min(wrong, 24)


def test_json_holds_the_same_numbers(lenswork: Any, poor: Run) -> None:
    content = json.loads(lenswork("mistakes", "poor-1", "--json", "--most", "3").out)
    accuracy = poor.accuracy()
    assert content["accuracy"]["correct"] == accuracy.correct
    assert sum(map(sum, content["confusion"])) == accuracy.n
    assert len(content["mistakes"]) == 3
    sure = [one["confidence"] for one in content["mistakes"]]
    assert sure == sorted(sure, reverse=True)
    low, high = content["calibration"]["95%"]
    assert low <= content["calibration"]["expected_error"] <= high


def test_every_figure_is_drawn_where_it_was_asked_for(
    lenswork: Any, poor: Run, tmp_path: Path
) -> None:
    options = ("--out", "--matrix", "--calibration", "--embedding")
    files = [tmp_path / f"{option[2:]}.png" for option in options]
    words = [word for pair in zip(options, files, strict=True) for word in pair]
    said = lenswork("mistakes", "poor-1", *words)
    assert said.code == 0, said.err
    for file in files:
        assert str(file) in said.out
        with Image.open(file) as image:
            assert min(image.size) > 300
    assert f"{wrong_of(poor)} of {wrong_of(poor)} mistakes" in said.out
    said = lenswork("mistakes", "poor-1", "--json", "--embedding", tmp_path / "map.html")
    json.loads(said.out)
    assert "map of 40 validation pictures" in said.err
    assert (tmp_path / "map.html").read_text("utf-8").startswith("<!doctype html>")


def test_a_run_without_mistakes_is_no_error(lenswork: Any, trained: Path, tmp_path: Path) -> None:
    assert Run(trained).accuracy().fraction == 1
    said = lenswork("mistakes", trained, "--out", tmp_path / "none.png")
    assert said.code == 0, said.err
    assert "0 mistakes" in said.out


def test_suspected_labels_are_listed_and_drawn(lenswork: Any, poor: Run, tmp_path: Path) -> None:
    said = lenswork("mistakes", "poor-1", "--labels", "--labels-out", tmp_path / "labels.png")
    assert said.code == 0, said.err
    assert "fold 3 of 3: 8 training pictures judged" in said.err
    assert "of 24 train pictures have a suspect label" in said.out
    assert "of 40 validation pictures have a suspect label" in said.out
    assert (tmp_path / "labels.png").is_file()


def test_the_calibrated_classifier_has_its_temperature(
    lenswork: Any, poor: Run, tmp_path: Path
) -> None:
    answers = poor.answers["validation"]
    sure = np.where(np.arange(40) % 4 == 0, 1 - answers.truth, answers.truth)  # 3 of 4 right
    table = np.where(np.arange(2) == sure[:, None], 0.99, 0.01).astype(np.float32)
    arrays = {"ids": answers.ids, "truth": answers.truth, "probabilities": table}
    np.savez(poor.path / PREDICTIONS, **{f"validation_{k}": np.array(v) for k, v in arrays.items()})  # type: ignore[arg-type]
    target = tmp_path / "calibrated.safetensors"
    said = lenswork("mistakes", "poor-1", "--calibrated", target)
    assert said.code == 0, said.err
    # sigmoid(logit(0.99) / T) = 3 / 4
    expected = np.log(99) / np.log(3)
    assert load(target).contract.temperature == pytest.approx(expected, rel=1e-3)
    assert f"temperature {expected:.3f}" in said.out
    assert "too good" in said.out  # fitted and measured on the same pictures


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--part", "test"], "no stored predictions for test pictures"),
        (["--part", "train"], "'train' is not one of"),
        (["--embedding", "map.svg"], "--embedding must end in .png or .html, got map.svg"),
        (["--out", "nowhere/sheet.png"], "--out: there is no folder"),
        (["--most", "0"], "0 is not in the range"),
    ],
)
def test_wrong_words_end_with_2(lenswork: Any, poor: Run, words: list[str], message: str) -> None:
    said = lenswork("mistakes", "poor-1", *words)
    assert said.code == 2
    assert message in said.err


def test_missing_predictions_are_made_from_the_classifier(lenswork: Any, poor: Run) -> None:
    before = poor.answers["validation"]
    (poor.path / PREDICTIONS).unlink()
    said = lenswork("mistakes", "poor-1")
    assert said.code == 2
    assert f"lenswork mistakes {poor.path} --predict; or train again" in said.err
    said = lenswork("mistakes", "poor-1", "--predict")
    assert said.code == 0, said.err
    assert "predictions for 40 validation pictures written in" in said.out
    after = Run(poor.path).answers["validation"]
    assert after.ids == before.ids
    np.testing.assert_allclose(after.probabilities, before.probabilities, atol=1e-6)
    said = lenswork("mistakes", "poor-1", "--predict", "--json")
    assert "it is kept" in said.err
    assert json.loads(said.out)["part"] == "validation"


def test_damaged_predictions_are_named_and_can_be_made_anew(lenswork: Any, poor: Run) -> None:
    (poor.path / PREDICTIONS).write_bytes(b"PK\3\4 no more")
    said = lenswork("mistakes", "poor-1")
    assert said.code == 2
    assert "is damaged (" in said.err
    assert "--predict" in said.err
    said = lenswork("mistakes", "poor-1", "--predict")
    assert said.code == 0, said.err
    assert "it is made anew" in said.out


def test_nothing_is_predicted_for_data_that_changed(
    lenswork: Any, poor: Run, tmp_path: Path
) -> None:
    (poor.path / PREDICTIONS).unlink()
    next((tmp_path / "poor" / "validation" / "high").iterdir()).unlink()
    said = lenswork("mistakes", "poor-1", "--predict")
    assert said.code == 2
    assert "data has changed since run poor-1: its validation part had 40 pictures" in said.err
    assert not (poor.path / PREDICTIONS).exists()


def test_a_run_without_a_classifier_can_only_be_trained_again(lenswork: Any, poor: Run) -> None:
    (poor.path / PREDICTIONS).unlink()
    (poor.path / "classifier.safetensors").unlink()
    said = lenswork("mistakes", "poor-1")
    assert "Train again: lenswork train --recipe-file" in said.err
    assert "--predict" not in said.err


def test_a_classifier_file_is_sent_to_its_run(lenswork: Any, poor: Run, tmp_path: Path) -> None:
    said = lenswork("mistakes", poor.path / "classifier.safetensors")
    assert said.code == 2
    assert "a classifier file has none" in said.err
    assert f"lenswork mistakes {poor.path}" in said.err
    said = lenswork("mistakes", tmp_path / "elsewhere.safetensors")
    assert "lenswork runs lists them" in said.err
    assert f"lenswork mistakes {tmp_path / 'elsewhere.safetensors'} --data FOLDER" in said.err


@pytest.mark.slow
def test_the_report_loads_neither_torch_nor_matplotlib_nor_scipy(poor: Run) -> None:
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from lenswork.cli.app import lenswork\n"
        f"done = CliRunner().invoke(lenswork, ['mistakes', {str(poor.path)!r}])\n"
        "assert done.exit_code == 0, done.output\n"
        "print(*sys.modules, sep='\\n')"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"torch", "matplotlib", "scipy", "sklearn"} & set(result.stdout.split())


def test_nothing_is_printed_before_what_was_asked_for_is_known_to_be_possible(
    lenswork: Any, poor: Run, tmp_path: Path
) -> None:
    moved = tmp_path / "poor"
    moved.rename(tmp_path / "away")
    for words in (
        ["--out", tmp_path / "sheet.png"],
        ["--embedding", tmp_path / "map.png"],
        ["--labels"],
    ):
        said = lenswork("mistakes", "poor-1", *words)
        assert (said.code, said.out) == (2, "")


def test_a_temperature_that_cannot_be_fitted_is_said_before_the_report(
    lenswork: Any, poor: Run, tmp_path: Path
) -> None:
    with np.load(poor.path / PREDICTIONS) as kept:
        arrays = {name.replace("validation_", "test_"): kept[name] for name in kept.files}
    np.savez(poor.path / PREDICTIONS, **arrays)
    said = lenswork("mistakes", "poor-1", "--calibrated", tmp_path / "c.safetensors")
    assert (said.code, said.out) == (2, "")
    assert "a temperature is fitted on validation pictures" in said.err
