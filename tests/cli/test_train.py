"""`lenswork train` as a person meets it."""

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tiny_data import write_striped_folder

from lenswork.record.run import Run
from lenswork.training.recipe import recipe_fields


def test_a_folder_becomes_a_recorded_classifier(lenswork: Any, folder: Path) -> None:
    said = lenswork("train", folder, "--epochs", "6", "--net", "flatten, dense classes")
    assert said.code == 0
    assert "24 train, 12 validation pictures" in said.err
    assert "epoch 6/6" in said.err
    assert "validation accuracy" in said.out
    assert "n=12 pictures" in said.out
    assert (folder.parent / "runs" / "stripes-1" / "classifier.safetensors").is_file()


def test_lines_stay_whole_where_the_output_is_no_terminal(lenswork: Any, folder: Path) -> None:
    said = lenswork("train", folder, "--epochs", "2", "--net", "flatten, dense classes")
    lines = [line for line in said.err.splitlines() if line.startswith("epoch")]
    assert len(lines) == 2
    assert all(line.endswith("pictures/s") for line in lines)
    assert "\x1b" not in said.err


def test_json_says_where_the_run_is(lenswork: Any, folder: Path) -> None:
    said = lenswork("train", folder, "--epochs", "1", "--net", "flatten, dense classes", "--json")
    content = json.loads(said.out)
    assert Run(content["path"]).name == content["name"] == "stripes-1"


def test_a_recipe_file_is_followed_and_options_change_it(
    lenswork: Any, folder: Path, tmp_path: Path
) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(f'data = {str(folder)!r}\nnet = "flatten, dense classes"\nepochs = 3\n')
    assert lenswork("train", "--recipe-file", recipe, "--epochs", "2").code == 0
    run = Run(tmp_path / "runs" / "stripes-1")
    assert run.recipe.epochs == 2
    assert run.recipe.net == "flatten, dense classes"


def test_every_field_of_the_recipe_has_an_option(lenswork: Any) -> None:
    page = lenswork("train", "--help").out
    for row in recipe_fields():
        if row.name != "data":
            assert f"--{row.name.replace('_', '-')}" in page


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--net", "conv 4, pol"], "Did you mean 'pool'?"),
        (["--stop-when", "acc > 0.6"], "Metrics here are loss, accuracy, val_loss, val_accuracy"),
        (["--epochs", "0"], "epochs: should be greater than or equal to 1, got 0"),
        (["--epochs", "many"], "'many' is not a valid integer"),
        (["--no-such-option"], "No such option"),
        (["--net", "flatten, dense classes", "--preset", "conv-32x2"], "not both"),
        (["--device", "abacus"], "device must be auto or one of"),
        (["--size", "12by12"], "size must be HEIGHTxWIDTH"),
        (["--name", "../x"], "a run's name has letters"),
        (["--group", "("], "is no regular expression"),
        (["--validation", "0.3", "--group", "zebra"], "must match every file's name: 24 of 24"),
        (["--recipe-file", "nowhere.toml"], "nowhere.toml"),
        (["--workers", "2"], "say which with --ray ADDRESS"),
        (["--ray", "local", "--device", "cpu"], "leave --device out"),
    ],
)
def test_wrong_usage_ends_with_2_one_sentence_and_nothing_made(
    lenswork: Any, folder: Path, words: list[str], message: str
) -> None:
    said = lenswork("train", folder, *words)
    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err
    assert not (folder.parent / "runs").exists()


def test_unreadable_pictures_are_refused_by_name_before_training(
    lenswork: Any, folder: Path
) -> None:
    for name in ("high/000.png", "low/001.png"):
        (folder / "train" / name).write_bytes(b"no picture")
    said = lenswork("train", folder, "--net", "flatten, dense classes", "--size", "12")
    assert said.code == 2
    assert "2 of 36 pictures cannot be read" in said.err
    assert "high/000.png" in said.err
    assert "low/001.png" in said.err
    assert not (folder.parent / "runs").exists()


@pytest.mark.slow
def test_a_traceback_is_shown_only_with_debug(lenswork: Any, tmp_path: Path) -> None:
    assert "Traceback" not in lenswork("train", tmp_path / "nothing").err
    command = [sys.executable, "-m", "lenswork", "--debug", "train", str(tmp_path / "nothing")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" in result.stderr


@pytest.mark.slow
def test_ctrl_c_ends_after_the_step_with_everything_recorded(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "data")
    home = tmp_path / "runs"
    words = ["train", str(folder), "--net", "flatten, dense classes", "--epochs", "1000000"]
    process = subprocess.Popen(
        [sys.executable, "-m", "lenswork", *words, "--home", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    while not process.stderr.readline().startswith("epoch"):
        assert process.poll() is None
    os.kill(process.pid, signal.SIGINT)
    out, _ = process.communicate()
    assert process.returncode == 0
    assert "validation accuracy" in out
    (path,) = (child for child in home.iterdir() if child.is_dir())
    run = Run(path)
    assert run.status == "stopped"
    assert run.end["stopped"] == "stopped on request"
    assert len(run.answers["validation"].ids) == 12
    assert run.classifier.classes == ("high", "low")


def test_a_diverged_run_ends_with_1_and_is_not_offered_for_use(lenswork: Any, folder: Path) -> None:
    said = lenswork("train", folder, "--epochs", "2", "--learning-rate", "1e30",
                    "--optimizer", "sgd", "--net", "flatten, dense classes")  # fmt: skip
    assert said.code == 1
    assert "has diverged" in said.err
    assert "lenswork predict" not in said.out
    shown = lenswork("show", "last")
    assert shown.code == 0
    assert "the answers are no numbers, so none is right" in shown.out
    assert "accuracy 0" not in shown.out


def test_what_it_says_to_type_next_works_wherever_the_run_is(
    lenswork: Any, folder: Path, tmp_path: Path
) -> None:
    home, plain = tmp_path / "my runs", ("--net", "flatten, dense classes")
    said = lenswork("train", folder, "--epochs", "1", *plain, "--home", home)
    shows, predicts = (shlex.split(line)[1:] for line in said.out.splitlines()[-2:])
    assert lenswork(*shows).code == 0
    picture = folder / "train" / "high" / "000.png"
    assert lenswork(*(picture if word == "PICTURE" else word for word in predicts[:-1])).code == 0
    usual = lenswork("train", folder, "--epochs", "1", *plain)
    assert "  lenswork show stripes-1\n" in usual.out
