"""All runs of a home, from an index that can be deleted at any time."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from shutil import copytree, rmtree

import pytest
from tiny_data import striped_data

from lenswork.errors import RunError
from lenswork.record import index
from lenswork.record.index import INDEX, list_runs, open_run
from lenswork.record.run import Run, RunSummary
from lenswork.record.train import train


@pytest.fixture(scope="module")
def one_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("original")
    return train(striped_data(), home=home, net="flatten, dense classes", epochs=2, progress=False)


@pytest.fixture
def home(tmp_path: Path, one_run: Run) -> Path:
    """A home with three runs."""
    for name in ("ant", "bee", "cat"):
        copytree(one_run.path, tmp_path / name)
    return tmp_path


def names(home: Path) -> set[str]:
    return {summary.name for summary in list_runs(home)[0]}


def test_every_run_folder_is_listed(home: Path) -> None:
    assert names(home) == {"ant", "bee", "cat"}
    assert list_runs(home)[1] == []


def test_deleting_the_index_loses_nothing(home: Path) -> None:
    before = list_runs(home)
    for path in home.glob(f"{INDEX}*"):
        path.unlink()
    assert list_runs(home) == before


def test_a_damaged_index_is_made_anew(home: Path) -> None:
    before = list_runs(home)
    for path in home.glob(f"{INDEX}-*"):
        path.unlink()
    (home / INDEX).write_bytes(b"this is no database" * 100)
    assert list_runs(home) == before


def test_runs_that_come_go_and_change_are_noticed(home: Path) -> None:
    assert names(home) == {"ant", "bee", "cat"}
    rmtree(home / "ant")
    copytree(home / "bee", home / "dog")
    history = home / "cat" / "history.jsonl"
    history.write_text("".join(history.read_text().splitlines(keepends=True)[:3]))
    summaries = {summary.name: summary for summary in list_runs(home)[0]}
    assert set(summaries) == {"bee", "cat", "dog"}
    assert (summaries["cat"].epochs, summaries["cat"].status) == (1, "killed")
    assert (summaries["dog"].epochs, summaries["dog"].status) == (2, "finished")


def test_a_folder_that_cannot_be_read_is_named_and_the_others_are_listed(home: Path) -> None:
    (home / "bee" / "recipe.toml").write_text("epochs = 'many'")
    summaries, problems = list_runs(home)
    assert {summary.name for summary in summaries} == {"ant", "cat"}
    (problem,) = problems
    assert "bee" in problem
    assert "epochs" in problem


def test_an_index_that_takes_no_more_hides_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path | str) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute("PRAGMA query_only = ON")
        return connection

    connect = index._connect
    monkeypatch.setattr(index, "_connect", full)
    assert names(home) == {"ant", "bee", "cat"}
    rmtree(home / "cat")
    assert names(home) == {"ant", "bee"}


def test_a_folder_that_may_not_be_looked_into_is_named_and_the_others_are_listed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "locked").mkdir()
    is_file = Path.is_file

    def look(path: Path) -> bool:
        if path.parent.name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", look)
    summaries, [problem] = list_runs(home)
    assert {summary.name for summary in summaries} == {"ant", "bee", "cat"}
    assert "locked" in problem
    assert "Permission denied" in problem


def test_a_run_that_is_deleted_while_it_is_listed_hides_no_other(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = home / "ant" / "history.jsonl"
    history.write_text("".join(history.read_text().splitlines(keepends=True)[:-1]))
    assert names(home) == {"ant", "bee", "cat"}
    current = index._current

    def meanwhile(path: Path, row: str) -> RunSummary | None:
        if path.name == "ant":
            rmtree(path)
        return current(path, row)

    monkeypatch.setattr(index, "_current", meanwhile)
    assert names(home) == {"bee", "cat"}


def test_a_home_that_is_not_there_has_no_runs(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "nowhere") == ([], [])
    assert not (tmp_path / "nowhere").exists()


def test_a_run_is_opened_by_name_by_path_and_as_the_last(home: Path) -> None:
    assert open_run("bee", home).path == home / "bee"
    assert open_run(home / "cat", Path("elsewhere")).path == home / "cat"
    assert open_run("last", home).name == list_runs(home)[0][0].name


def test_a_name_that_no_run_has_lists_those_that_exist(home: Path) -> None:
    with pytest.raises(RunError, match=r"there is no run 'owl' in .*; it has cat, bee, ant"):
        open_run("owl", home)


def test_a_name_cannot_lead_out_of_the_home(home: Path) -> None:
    (home / "inner").mkdir()
    with pytest.raises(RunError, match="there is no run"):
        open_run("inner/../../outside", home)


@pytest.mark.parametrize("row", ['{"name": 1}', "no JSON", "[]"])
def test_rows_of_another_version_are_read_again(home: Path, row: str) -> None:
    before = list_runs(home)
    with closing(sqlite3.connect(home / INDEX)) as database, database:
        database.execute("UPDATE runs SET row = ?", (row,))
    assert list_runs(home) == before


def test_a_folder_in_the_making_is_no_run_yet(home: Path) -> None:
    (home / "ant").rename(home / ".new-ant")
    assert names(home) == {"bee", "cat"}


def test_a_folder_that_no_index_can_name_is_told_of_and_hides_no_other(home: Path) -> None:
    (home / "ant").rename(home / os.fsdecode(b"caf\xe9"))
    runs, problems = list_runs(home)
    assert {run.name for run in runs} == {"bee", "cat"}
    assert len(problems) == 1
    assert problems[0].endswith(": the folder's name is not UTF-8: rename it")


@pytest.mark.parametrize("name", ["history.jsonl", "environment.json"])
def test_a_pipe_in_the_place_of_a_record_is_told_of_and_waited_for_by_nobody(
    home: Path, name: str
) -> None:
    (home / "bee" / name).unlink()
    os.mkfifo(home / "bee" / name)
    runs, [problem] = list_runs(home)
    assert {run.name for run in runs} == {"ant", "cat"}
    assert f"bee/{name}" in problem
    assert "expected a file, got a pipe" in problem
