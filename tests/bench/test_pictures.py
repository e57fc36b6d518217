"""Peers are given the pictures that Lenswork reads, as plain arrays."""

import json
from pathlib import Path

import numpy as np
import pytest

import pictures
from lenswork.data.dataset import ArraySource, Dataset
from lenswork.data.dataset import Part as DataPart
from part import Pictures
from peers.arrays import read_part
from pictures import MissingDataError, arrays_of, lay_out

SHAPE = (6, 6, 1)


def made(count: int) -> DataPart:
    content = np.random.default_rng(count).integers(0, 256, (count, *SHAPE), np.uint8)
    ids = tuple(str(number) for number in range(count))
    return DataPart(ArraySource(content), np.arange(count) % 2, ids)


def data() -> Dataset:
    return Dataset("tiny", ("cat", "dog"), {"train": made(10), "validation": made(4)})


def test_a_peer_reads_back_what_was_laid_out(tmp_path: Path) -> None:
    lay_out(data(), SHAPE, tmp_path / "tiny-6x6")
    for name, part in (("train", made(10)), ("test", made(4))):
        images, labels = read_part(tmp_path / "tiny-6x6", name)
        assert isinstance(part.source, ArraySource)
        assert np.array_equal(images, part.source.pictures)
        assert labels.tolist() == part.labels.tolist()
    about = json.loads((tmp_path / "tiny-6x6" / "about.json").read_text())
    assert about == {"name": "tiny", "classes": ["cat", "dog"]}


def test_a_few_pictures_are_spread_over_all_of_them(tmp_path: Path) -> None:
    lay_out(data(), SHAPE, tmp_path / "tiny-6x6")
    images, labels = read_part(tmp_path / "tiny-6x6", "train", 3)
    every, _ = read_part(tmp_path / "tiny-6x6", "train")
    assert np.array_equal(images, every[[0, 3, 6]])
    assert labels.tolist() == [0, 1, 0]


def test_an_interrupted_laying_out_leaves_no_folder_that_looks_whole(tmp_path: Path) -> None:
    half = Dataset("tiny", ("cat", "dog"), {"train": made(10)})
    with pytest.raises(MissingDataError, match="tiny has no part to test on"):
        lay_out(half, SHAPE, tmp_path / "tiny-6x6")
    assert not (tmp_path / "tiny-6x6").exists()


def test_a_data_set_that_is_nowhere_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "HOME", tmp_path)
    monkeypatch.setattr(pictures, "locate", lambda _: None)
    with pytest.raises(MissingDataError, match="`lenswork data get mnist` fetches it"):
        arrays_of(Pictures("mnist", (28, 28, 1)))
