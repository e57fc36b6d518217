"""Classifiers and data that pages ask for, opened once and kept while they are fresh."""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from rich.filesize import decimal

from lenswork.data.dataset import Dataset
from lenswork.data.folder import SPLIT_FOLDERS
from lenswork.data.known import KNOWN, SAMPLE
from lenswork.data.sources import locate
from lenswork.errors import DataError
from lenswork.model.answering import Answering
from lenswork.model.classifier import Classifier
from lenswork.record.run import Run
from lenswork.record.train import open_for
from lenswork.training.recipe import Recipe
from lenswork.use.fast import load_fast
from lenswork.web.named import allowed_data
from lenswork.web.settings import Settings

Kept = TypeVar("Kept")
Key = tuple[object, ...]


class Shelf(Generic[Kept]):
    """The last few things that were opened; one thread opens at a time, and nobody else waits."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._lock = Lock()
        self._making = Lock()

    def get(self, key: Key, make: Callable[[], Kept]) -> Kept:
        """What is kept under `key`, made now if it is not there."""
        kept = self.peek(key)
        if kept is None:
            with self._making:
                kept = self.peek(key)  # another thread may have made it meanwhile
                if kept is None:
                    kept = make()
                    self.put(key, kept)
        return kept

    def peek(self, key: Key) -> Kept | None:
        """What is kept under `key`, if it is there."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Key, kept: Kept) -> None:
        """Keep a thing that was made elsewhere."""
        with self._lock:
            self._kept[key] = kept
            self._kept.move_to_end(key)
            while len(self._kept) > self._room:
                self._kept.popitem(last=False)


_CLASSIFIERS: Shelf[Classifier] = Shelf(4)
_ANSWERING: Shelf[Answering] = Shelf(4)
_DATA: Shelf[Dataset] = Shelf(3)


def classifier_of(run: Run) -> Classifier:
    """The run's classifier, its golden pictures checked once; raises `RunError` if it has none."""
    stamp = _stamp(run.classifier_path)
    return _CLASSIFIERS.get((run.path, stamp), lambda: run.classifier)


def answering_of(run: Run) -> Answering:
    """What answers pictures as `lenswork predict` does, to the last digit.

    Where onnxruntime is there it computes, and the last digit of its sums is another than torch's.
    """
    path = run.classifier_path
    if not path.is_file():
        return run.classifier  # says how to get one
    return _ANSWERING.get((run.path, _stamp(path)), lambda: load_fast(path))


def data_of(settings: Settings, run: Run) -> Dataset:
    """The data that a run was trained on, cut as it was; raises `DataError` if it may not be."""
    return data_for(settings, run.recipe)


def data_for(settings: Settings, recipe: Recipe) -> Dataset:
    """The data that a recipe names, cut as it says.

    Nothing is fetched: raises `DataError` for a known set that is not on this machine, too.
    """
    name = allowed_data(settings, recipe.data)
    refuse_absent(settings, name)
    recipe = recipe.changed(data=name)
    key = (name, stamp_of(name), recipe.validation, recipe.group, recipe.split_seed)
    return _DATA.get(key, lambda: open_for(recipe, settings.data_home)[1])


def data_named(settings: Settings, said: str) -> Dataset:
    """A known data set or an allowed folder, with its own parts or a part cut for validation.

    Nothing is fetched: raises `DataError` for a known set that is not on this machine, too.
    """
    return data_for(settings, Recipe(data=said))


def refuse_absent(settings: Settings, name: str) -> None:
    """Raise `DataError` for a known set that would have to be fetched."""
    if name in KNOWN and locate(name, settings.data_home) is None:
        size = decimal(KNOWN[name].download_bytes)
        raise DataError(
            f"{name} is not on this machine: lenswork data get {name} fetches it ({size})"
        )


def stamp_of(name: str) -> str:
    """Changes when files come into a data folder or leave it, or are named otherwise."""
    if name in KNOWN or name == SAMPLE.name:
        return ""
    digest = hashlib.sha256()
    for folder in _folders_of(Path(name)):
        size, changed = _stamp(folder)
        digest.update(f"{folder.name} {size} {changed}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:16]


def _folders_of(path: Path) -> Iterator[Path]:
    """The folder, its class folders, and those of its parts; no class folder is listed."""
    yield path
    for child in _children(path):
        yield child
        if child.name.lower() in SPLIT_FOLDERS:
            yield from _children(child)


def _children(path: Path) -> list[Path]:
    try:
        with os.scandir(path) as entries:
            return sorted(path / entry.name for entry in entries if entry.is_dir())
    except OSError:
        return []


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0)
    return (status.st_size, status.st_mtime_ns)
