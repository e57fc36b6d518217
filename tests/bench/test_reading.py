"""The folders that the bench reads are made whole, once, and its programs answer about them."""

import io
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import folders
import made_pictures
from environments import LISTS
from folders import Wanted, few_of, folder_of, made
from lenswork import open_data

PROGRAMS = ("torch_folder.py", "lenswork_folder.py")
NET = ("--net", "horses-150", "--batch", "2", "--epochs", "2")


def numbered(number: int) -> bytes:
    if number < 0:
        raise ValueError("no such picture")
    return str(number).encode()


def wanted(*numbers: int) -> list[Wanted]:
    return [Wanted(f"a/{number}", number, numbered) for number in numbers]


def contents(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): file.read_text()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_making_a_folder_goes_on_where_it_ended(tmp_path: Path) -> None:
    folder = tmp_path / "numbers"
    with pytest.raises(ValueError, match="no such picture"):
        made(folder, wanted(0, 1, -1))
    before = (folder / "a" / "0").stat().st_mtime_ns

    assert contents(made(folder, wanted(0, 1, 2))) == {"a/0": "0", "a/1": "1", "a/2": "2"}

    assert (folder / "a" / "0").stat().st_mtime_ns == before


def test_a_folder_that_is_complete_is_not_searched_again(tmp_path: Path) -> None:
    folder = made(tmp_path / "numbers", wanted(0))
    assert contents(made(folder, wanted(0, -1))) == {"a/0": "0"}


def test_a_few_pictures_of_a_data_set_are_a_data_set(tmp_path: Path) -> None:
    for part, count in (("train", 9), ("validation", 5)):
        for kind in ("cat", "dog"):
            place = tmp_path / "whole" / part / kind
            place.mkdir(parents=True)
            for number in range(count):
                (place / f"{number}.jpg").write_bytes(made_pictures.small(number))
    few = open_data(few_of(tmp_path / "whole", tmp_path / "few", 6))
    assert few.describe() == "few: 2 classes, 6 train, 4 validation"


@pytest.mark.parametrize("draw", [made_pictures.photo, made_pictures.small])
def test_a_made_picture_comes_from_its_number_alone(draw: Any) -> None:
    assert draw(3) == draw(3)
    assert draw(3) != draw(5)


def test_a_made_photograph_has_the_spectrum_of_a_photograph() -> None:
    """Field (1987): amplitude falls as 1 / frequency, so its slope is -1 on logarithmic axes."""
    grey = np.asarray(Image.open(io.BytesIO(made_pictures.photo(0))).convert("L"), np.float64)
    side = min(grey.shape)
    square = grey[:side, :side] - grey.mean()
    amplitude = np.abs(np.fft.rfft2(square * np.outer(np.hanning(side), np.hanning(side))))
    frequency = np.hypot(np.fft.fftfreq(side)[:, np.newaxis], np.fft.rfftfreq(side)[np.newaxis])
    edges = np.geomspace(0.005, 0.1, 12)
    rings = [(frequency >= low) & (frequency < high) for low, high in itertools.pairwise(edges)]
    means = [amplitude[ring].mean() for ring in rings]
    slope = np.polyfit(np.log(np.sqrt(edges[:-1] * edges[1:])), np.log(means), 1)[0]
    assert slope == pytest.approx(-1, abs=0.15)


def test_the_folders_that_grow_have_the_promised_numbers_of_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "PICTURES", tmp_path)
    monkeypatch.setattr(folders, "SIZES", (2_000, 4_000))
    many = folder_of("many", quick=True)
    for count in (20, 40):
        data = open_data(many / str(count))
        assert len(data.classes) == 10
        assert sum(len(part) for part in data.parts.values()) == count


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Six training pictures of two classes and two to validate on."""
    for part, count in (("train", 3), ("validation", 1)):
        for kind in ("cat", "dog"):
            place = tmp_path / "pictures" / part / kind
            place.mkdir(parents=True)
            for number in range(count):
                picture = made_pictures.small(2 * number + (kind == "dog"))
                (place / f"{number}.jpg").write_bytes(picture)
    return tmp_path / "pictures"


def answer_of(script: str, *arguments: str) -> dict[str, float]:
    """The measures that a peer prints last."""
    done = subprocess.run(
        [sys.executable, LISTS / script, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    measures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])["measures"]
    return measures


@pytest.mark.slow
@pytest.mark.parametrize("again", [(), ("--again",)], ids=["cold", "again"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_tells_when_its_first_step_and_its_epochs_were_done(
    program: str, again: tuple[str, ...], pictures: Path, tmp_path: Path
) -> None:
    where = ("--home", str(tmp_path), "--folder", str(pictures))
    found = answer_of("first_step.py", *where, *again, "--", program, *NET)
    assert 0 < found["first_step_seconds"] < found["first_epoch_seconds"]
    assert found["later_epoch_seconds"] > 0
    assert found["imports_seconds"] > 0
    assert found["peak_rss_mb"] > 100  # PyTorch alone has that


@pytest.mark.slow
def test_a_folder_is_opened_checked_and_trained_on_cold_and_warm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "PICTURES", tmp_path)
    monkeypatch.setattr(folders, "SIZES", (4_000,))
    many = folder_of("many", quick=True)
    command = str(Path(sys.executable).with_name("lenswork"))
    asked = ("--count", "4000", "--pictures", "1", "--home", str(tmp_path), "--lenswork", command)
    found = answer_of("lenswork_large.py", "--folder", str(many), *asked)
    for name in ("scan", "check", "doctor", "cold", "warm"):
        assert found[f"{name}_seconds"] > 0
        assert 0 < found[f"{name}_rss_mb"] <= found["peak_rss_mb"]
    assert 0 < found["anonymous_mb"] < found["peak_rss_mb"]
