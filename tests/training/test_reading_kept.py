"""What has been read before a training was refused or left is kept for the next one."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny_data import write_striped_folder

from lenswork.data.cache import rows as cache
from lenswork.data.cache.home import entries_in
from lenswork.data.dataset import Dataset
from lenswork.data.open import open_data
from lenswork.errors import PictureError, UsageError
from lenswork.model.preprocess import Preprocess
from lenswork.training import prepare as preparing
from lenswork.training.prepare import prepare
from lenswork.training.reading import Reading
from lenswork.training.recipe import Recipe

RECIPE = Recipe(data="stripes", recipe="notes", net="flatten, dense classes", epochs=1, batch=8)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the cache, in which every set of files is kept, however small."""
    monkeypatch.setenv("LENSWORK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "LEAST_BYTES", 0)
    monkeypatch.setattr(cache, "MEMORY_BYTES", 0)
    return tmp_path / "cache"


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    return open_data(write_striped_folder(tmp_path / "stripes"))


def kept(home: Path) -> list[tuple[int, int]]:
    """Of each entry the rows that are filled, and all."""
    return sorted((one.facts.filled, one.facts.count) for one in entries_in(home))


@pytest.fixture
def slow_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that takes its time, so that whoever does not wait for it is gone before."""
    real: Callable[[int], None] = os.fsync

    def slow(descriptor: int) -> None:
        time.sleep(0.1)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", slow)


def test_one_picture_that_cannot_be_read_keeps_the_others_before_it_is_told(
    data: Dataset, home: Path, tmp_path: Path, slow_disk: None
) -> None:
    picture = tmp_path / "stripes/train/high/000.png"
    picture.write_bytes(picture.read_bytes()[:60])
    with pytest.raises(PictureError, match=r"000\.png"):
        prepare(RECIPE, data, None, "cpu")
    assert kept(home) == [(12, 12), (23, 24)]


def test_an_interrupt_while_pictures_are_read_keeps_those_that_were(
    data: Dataset, home: Path, monkeypatch: pytest.MonkeyPatch, slow_disk: None
) -> None:
    def interrupted(reading: Reading) -> None:
        reading.wait("train", np.arange(3))
        raise KeyboardInterrupt

    monkeypatch.setattr(Reading, "wait_for_all", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prepare(RECIPE, data, None, "cpu")
    assert kept(home)[-1][1] == 24
    assert kept(home)[-1][0] >= 3


def test_what_goes_wrong_once_reading_has_begun_leaves_no_thread_behind(
    data: Dataset, home: Path, monkeypatch: pytest.MonkeyPatch, slow_disk: None
) -> None:
    def refuse(*_: object) -> None:
        raise MemoryError("on the device")

    monkeypatch.setattr(preparing, "OVERLAP_FROM", 1)
    monkeypatch.setattr(preparing, "make_optimizer", refuse)
    before = threading.active_count()
    with pytest.raises(MemoryError, match="on the device"):
        prepare(RECIPE, data, None, "cpu", overlap=True)
    assert threading.active_count() == before


def test_a_limit_that_is_no_size_is_refused_before_anything_is_decoded(
    data: Dataset, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LENSWORK_CACHE_LIMIT", "abc")
    monkeypatch.setattr(Preprocess, "apply_bytes", None)
    with pytest.raises(UsageError, match="in LENSWORK_CACHE_LIMIT, got 'abc'"):
        prepare(RECIPE, data, None, "cpu")
