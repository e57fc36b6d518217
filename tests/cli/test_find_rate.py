"""`lenswork train --find-rate` as a person meets it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny_data import SIDE, striped_data
from torch import nn

import lenswork as package
from lenswork.errors import UsageError

OPTIONS = ("--net", "flatten, dense 8, dense classes", "--batch", "4", "--epochs", "10")


def test_it_ends_with_the_option_to_type_and_records_nothing(lenswork: Any, folder: Path) -> None:
    said = lenswork("train", folder, *OPTIONS, "--find-rate")
    assert said.code == 0
    option, rate = said.out.splitlines()[-1].split()
    assert option == "--learning-rate"
    assert lenswork("train", folder, *OPTIONS, option, rate).code == 0
    assert [path.name for path in (folder.parent / "runs").iterdir() if path.is_dir()] == [
        "stripes-1"
    ]


def test_json_has_the_suggestion_and_the_curve(lenswork: Any, folder: Path) -> None:
    content = json.loads(lenswork("train", folder, *OPTIONS, "--find-rate", "--json").out)
    assert content["suggestion"] > 0
    assert len(content["rates"]) == len(content["losses"]) == len(content["smoothed"])
    assert content["rates"][0] == pytest.approx(1e-6)


def test_the_test_is_drawn_where_asked(lenswork: Any, folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "rates.png"
    said = lenswork("train", folder, *OPTIONS, "--find-rate", "--out", target)
    assert said.out.splitlines()[-1] == f"drawn in {target}"
    with Image.open(target) as picture:
        assert picture.width > 900
        assert np.asarray(picture.convert("L")).std() > 5


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--find-rate", "--name", "one"), "leave out --name"),
        (("--find-rate", "--fresh", "--ray", "auto"), "leave out --ray, --fresh"),
        (("--find-rate", "--out", "rates.txt"), "--out must end in .png"),
        (("--out", "rates.png"), "give --find-rate with it"),
        (("--find-rate", "--epochs", "1"), "20 steps at the least"),
    ],
)
def test_what_makes_no_sense_is_refused(
    lenswork: Any, folder: Path, options: tuple[str, ...], reason: str
) -> None:
    said = lenswork("train", folder, *OPTIONS, *options)
    assert said.code == 2
    assert reason in said.err
    assert "Traceback" not in said.err


def test_where_no_rate_helps_it_says_so_and_ends_with_1(lenswork: Any, tmp_path: Path) -> None:
    """Pictures that are all alike, so that nothing tells the classes apart."""
    for name in ("a", "b"):
        for number in range(40):
            path = tmp_path / "same" / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (8, 8)).save(path)
    said = lenswork("train", tmp_path / "same", *OPTIONS, "--find-rate")
    assert said.code == 1
    assert "no learning rate lowered the loss" in said.err
    assert "--learning-rate" not in said.out


def test_python_finds_a_rate_for_a_module_of_one_s_own() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 3))
    test = package.find_rate(striped_data(), net=module, epochs=5, batch=8)
    assert test.suggestion is not None


def test_python_says_what_train_would_say_of_an_opened_set() -> None:
    with pytest.raises(UsageError, match="this data set is cut already"):
        package.find_rate(striped_data(), validation=0.1)
