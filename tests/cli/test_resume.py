"""`lenswork train` after a kill, as a person meets it."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tiny_data import write_striped_folder

from lenswork.record.run import Run

NET = ("--net", "flatten, dense classes")
KILLED = """
import os, signal, sys
from lenswork.cli.app import main
appended = 0

def kill_after_some_epochs(event, arguments):
    global appended
    if event == "open" and str(arguments[0]).endswith("history.jsonl") and arguments[1] == "a":
        appended += 1
        if appended == 7:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(kill_after_some_epochs)
sys.exit(main())
"""


@pytest.fixture(scope="module")
def killed_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder, and a run that was killed after some of its 40 epochs."""
    tmp_path = tmp_path_factory.mktemp("killed")
    folder = write_striped_folder(tmp_path / "stripes")
    words = ["train", str(folder), *NET, "--epochs", "40", "--checkpoint-seconds", "0"]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *words, "--home", str(tmp_path / "runs")],
        stderr=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    return folder, tmp_path / "runs" / "stripes-1"


@pytest.fixture
def folder(killed_once: tuple[Path, Path]) -> Path:
    """The folder that the killed run was trained on."""
    return killed_once[0]


@pytest.fixture
def killed(killed_once: tuple[Path, Path], tmp_path: Path) -> Path:
    """A copy of the killed run."""
    return Path(shutil.copytree(killed_once[1], tmp_path / "runs" / "stripes-1"))


@pytest.mark.slow
def test_the_same_command_goes_on_and_says_so_in_a_line(
    lenswork: Any, folder: Path, killed: Path
) -> None:
    epochs = len(Run(killed).history)
    said = lenswork("train", folder, *NET, "--epochs", "40")
    assert said.code == 0
    assert "continues stripes-1 from epoch " in said.err
    assert "; --fresh begins a new run" in said.err
    assert f"epoch {epochs - 1:>2}/40" not in said.err
    assert "epoch 40/40" in said.err
    assert [row["epoch"] for row in Run(killed).history] == list(range(1, 41))
    assert "stripes-2" in lenswork("train", folder, *NET, "--epochs", "40").out


@pytest.mark.slow
def test_a_killed_run_is_offered_and_goes_on_by_its_name(lenswork: Any, killed: Path) -> None:
    offer = "lenswork train --resume stripes-1"
    assert offer in lenswork("runs").out
    assert offer in lenswork("show", "stripes-1").out
    said = lenswork("predict", "stripes-1", "nothing.png")
    assert "lenswork train --resume " in lenswork("mistakes", "stripes-1").err + said.err
    said = lenswork("train", "--resume", "stripes-1")
    assert said.code == 0, said.err
    assert "continues stripes-1" in said.err
    assert Run(killed).status == "finished"
    assert "--resume" not in lenswork("runs").out + lenswork("show", "stripes-1").out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--resume", "stripes-1", "--epochs", "3"], "as it was begun: leave out --epochs"),
        (["--resume", "stripes-1", "--no-normalise"], "leave out --normalise"),
        (["horses-or-humans-150", "--resume", "stripes-1"], "leave out DATA"),
        (["--resume", "stripes-1", "--fresh", "--name", "x"], "leave out --name, --fresh"),
        (["--resume", "stripes-7"], "there is no run 'stripes-7'"),
    ],
)
def test_resume_takes_a_run_and_nothing_else(
    lenswork: Any, killed: Path, words: list[str], message: str
) -> None:
    said = lenswork("train", *words)
    assert said.code == 2
    assert message in said.err
    assert Run(killed).status == "killed"


@pytest.mark.slow
def test_fresh_begins_a_new_run_and_a_name_needs_the_same_recipe(
    lenswork: Any, folder: Path, killed: Path
) -> None:
    words = ["train", folder, *NET, "--epochs"]
    said = lenswork(*words, "41", "--name", "stripes-1")
    assert said.code == 2
    assert "with another recipe (epochs 40, now 41)" in said.err
    assert "is a run stripes-1" in lenswork(*words, "40", "--fresh", "--name", "stripes-1").err
    assert "run stripes-2" in lenswork(*words, "40", "--fresh").out
    assert Run(killed).status == "killed"
    assert "run stripes-1" in lenswork(*words, "40", "--name", "stripes-1").out


def test_a_finished_run_has_nothing_left_to_do(lenswork: Any, folder: Path) -> None:
    assert lenswork("train", folder, *NET, "--epochs", "6").code == 0
    said = lenswork("train", "--resume", "last")
    assert said.code == 2
    assert "is finished after 6 epochs: nothing of it is left to do" in said.err


def test_the_epoch_whose_weights_were_kept_is_named(
    lenswork: Any, folder: Path, tmp_path: Path
) -> None:
    said = lenswork("train", folder, *NET, "--epochs", "3", "--keep", "best")
    epoch = Run(tmp_path / "runs" / "stripes-1").end["kept_epoch"]
    assert f"its weights are those after epoch {epoch}, which has the lowest val_loss" in said.out
    assert f"those after epoch {epoch}, of the lowest val_loss" in lenswork("show", "last").out
