"""A run that cannot go on because its pictures have changed says which, where that can be known."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_data import striped_data, write_striped_folder

from lenswork.data.dataset import Dataset
from lenswork.data.open import open_data
from lenswork.record.resume import Training, recorded
from lenswork.record.run import Run
from lenswork.record.writer import Recorder
from lenswork.training.events import EpochDone, StepDone
from lenswork.training.recipe import Recipe
from lenswork.training.state import StateError

QUICK: dict[str, Any] = {"net": "flatten, dense classes", "recipe": "notes", "epochs": 3}


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every picture is decoded: a cache might keep one whose file has its size and date."""
    monkeypatch.setenv("LENSWORK_CACHE", "off")


def go(home: Path, data: Dataset, until: type | None = None, seconds: float = 0.0) -> None:
    """Train as run "one" to its end, or to an event of a kind, and leave it there as a kill does.

    `seconds` are those between two checkpoints.
    """
    recorder = Recorder(home, "one", resume=True, checkpoint_seconds=seconds)
    training = Training(Recipe(data=data.source or data.name, **QUICK), data, device="cpu")
    events = recorded(training, recorder)
    for event in events:
        if until is not None and isinstance(event, until):
            recorder._fail = lambda *_: None  # type: ignore[method-assign]
            events.close()  # type: ignore[attr-defined]
            return


def refusal(home: Path, data: Dataset) -> str:
    with pytest.raises(StateError) as caught:
        go(home, data)
    assert Run(home / "one").resumable
    said = str(caught.value)
    assert said.startswith("run one was begun with other pictures: ")
    assert said.endswith("; bring back those it was begun with, or begin anew")
    return said


def darker(path: Path) -> None:
    """The picture with other pixels, and the date that the file had."""
    other = path.parent / "002.png"
    content, status = other.read_bytes(), path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def rewrite_all(path: Path) -> None:
    for file in path.parents[1].rglob("*.png"):
        content = file.read_bytes()
        file.unlink()
        file.write_bytes(content)
    darker(path)


@pytest.mark.parametrize(
    ("change", "counted", "dated"),
    [
        (
            lambda path: path.write_bytes((path.parent / "002.png").read_bytes()),
            "those of train have changed",
            "written since then ({when}): {path}",
        ),
        (darker, "those of train have changed", "written since then ({when}): {path}"),
        (
            lambda path: path.unlink(),
            "train has 23, and had 24",
            "files were added to, taken from or renamed in {path.parent} since then ({when})",
        ),
        (
            lambda path: path.rename(path.with_name("zzz.png")),
            "those of train have changed",
            "written since then ({when}): {path.parent}/zzz.png",
        ),
        (
            rewrite_all,
            "those of train have changed",
            "all of their files were written since then ({when}), so no date tells which",
        ),
    ],
    ids=["written", "put in its place with its date", "deleted", "renamed", "all written"],
)
def test_the_files_that_are_newer_than_the_run_are_named(
    tmp_path: Path, change: Callable[[Path], None], counted: str, dated: str
) -> None:
    folder = write_striped_folder(tmp_path / "stripes")
    go(tmp_path / "runs", open_data(folder), EpochDone)
    path = folder / "train" / "high" / "000.png"
    change(path)
    said = refusal(tmp_path / "runs", open_data(folder))
    started = Run(tmp_path / "runs" / "one").environment["started"]
    when = f"{started[:10]} {started[11:16]} UTC"
    assert f": {counted}; {dated.format(when=when, path=path)}; " in said


def test_many_files_are_counted_after_the_first_five(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "stripes")
    go(tmp_path / "runs", open_data(folder), EpochDone)
    names = sorted((folder / "train" / "low").iterdir())
    for path in names[:8]:
        path.write_bytes(names[-1].read_bytes())
    said = refusal(tmp_path / "runs", open_data(folder))
    assert f"{', '.join(map(str, names[:5]))} and 3 more; bring back" in said


def test_before_the_first_checkpoint_their_number_is_compared_and_named_alike(
    tmp_path: Path,
) -> None:
    folder = write_striped_folder(tmp_path / "stripes")
    go(tmp_path / "runs", open_data(folder), StepDone, seconds=1e9)
    (folder / "validation" / "low" / "001.png").unlink()
    said = refusal(tmp_path / "runs", open_data(folder))
    assert ": validation has 11, and had 12; files were added to, taken from or" in said
    assert f"renamed in {folder / 'validation' / 'low'} since then" in said


def test_pictures_that_are_in_no_files_have_no_dates(tmp_path: Path) -> None:
    go(tmp_path, striped_data(validation=12), EpochDone)
    said = refusal(tmp_path, striped_data(train=59, validation=13))
    assert "train has 59, and had 60, validation has 13, and had 12; they are in no files" in said


@pytest.mark.parametrize("started", ["yesterday", "2026-11-24T03:00:00", "0001-01-01T00:00+14:00"])
def test_a_record_that_does_not_say_when_it_was_begun_names_no_file(
    tmp_path: Path, started: str
) -> None:
    folder = write_striped_folder(tmp_path / "stripes")
    go(tmp_path / "runs", open_data(folder), EpochDone)
    facts = tmp_path / "runs" / "one" / "environment.json"
    now = Run(facts.parent).environment["started"]
    facts.write_text(facts.read_text().replace(now, started))
    darker(folder / "train" / "high" / "000.png")
    assert "no files whose dates would tell" in refusal(tmp_path / "runs", open_data(folder))
