"""All runs of a home, found quickly: an index that can be deleted at any time."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from lenswork.errors import LensworkError, RunError
from lenswork.record.home import home_folder
from lenswork.record.run import HISTORY, RECIPE, Run, RunSummary

INDEX = "index.sqlite"


def list_runs(home: Path) -> tuple[list[RunSummary], list[str]]:
    """Every run's summary, newest first, and a sentence for each folder that cannot be read.

    Only folders that have changed since the last call are read again.
    """
    if not home.is_dir():
        return [], []
    found = {
        path.name: _stamp(path)
        for path in home.iterdir()
        if not path.name.startswith(".") and _is_run(path)
    }
    with _database(home) as database:
        known = {
            name: (stamp, row)
            for name, stamp, row in database.execute("SELECT name, stamp, row FROM runs")
        }
        summaries, problems, fresh = [], [], []
        for name, stamp in found.items():
            before, row = known.get(name, ("", ""))
            try:
                summary = _current(home / name, row) if before == stamp else None
                if summary is None:
                    _refuse_unnamed(name)
                    summary = Run(home / name).summary()
                    fresh.append((name, stamp, json.dumps(summary.as_dict())))
            except (LensworkError, OSError) as error:
                problems.append(f"{home / name}: {error}")
            else:
                summaries.append(summary)
        gone = [(name,) for name in known if name not in found]
        _remember(database, fresh, gone)
    summaries.sort(key=lambda row: (row.started, row.name), reverse=True)
    return summaries, problems


def open_run(name: str | Path, home: str | Path | None = None) -> Run:
    """Open a run by its name in `home`, by the path of its folder, or `last` for the newest.

    `home` left out is LENSWORK_HOME, or ./runs. Raises `RunError` naming the runs there are.
    """
    home = home_folder(home)
    path = Path(name)
    if (path / RECIPE).is_file():
        return Run(path)
    if str(name) == "last":
        runs, _ = list_runs(home)
        if runs:
            return Run(home / runs[0].name)
        raise RunError(f"there are no runs in {home} yet: make one with lenswork train")
    if path.name == str(name) and (home / path / RECIPE).is_file():
        return Run(home / path)
    names = [summary.name for summary in list_runs(home)[0]]
    shown = f"it has {', '.join(names[:10])}" if names else "it has none yet: lenswork train"
    raise RunError(f"there is no run {str(name)!r} in {home}; {shown}")


def _remember(
    database: sqlite3.Connection, fresh: list[tuple[str, str, str]], gone: list[tuple[str]]
) -> None:
    """Have the index say what was found; where it takes no more, that is read again next time."""
    with suppress(sqlite3.OperationalError), database:  # a full disk, another who writes for long
        database.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", fresh)
        database.executemany("DELETE FROM runs WHERE name = ?", gone)


def _current(path: Path, row: str) -> RunSummary | None:
    """A remembered summary, or None where the row is damaged or from another version.

    Only the state of an unfinished run can have changed without a line.
    """
    try:
        summary = RunSummary.from_dict(json.loads(row))
    except (KeyError, TypeError, ValueError):
        return None
    if summary.status in ("running", "killed"):
        return replace(summary, status=Run(path).status)
    return summary


def _is_run(path: Path) -> bool:
    """Whether a folder is one, or may be: of one that may not be looked into that is said."""
    try:
        return (path / RECIPE).is_file()
    except OSError:
        return True


def _refuse_unnamed(name: str) -> None:
    """Raise `RunError` for a folder that neither a database nor a page can name."""
    try:
        name.encode()
    except UnicodeEncodeError as error:  # bytes that are not UTF-8 come as lone surrogates
        raise RunError("the folder's name is not UTF-8: rename it") from error


def _stamp(path: Path) -> str:
    try:
        status = (path / HISTORY).stat()
    except OSError:
        return "no history"
    return f"{status.st_size} {status.st_mtime_ns}"


@contextmanager
def _database(home: Path) -> Iterator[sqlite3.Connection]:
    """The index of `home`; in memory where it cannot be written, made anew where it is damaged."""
    path = home / INDEX
    try:
        connection = _connect(path)
    except sqlite3.OperationalError:  # a home that may only be read
        connection = _connect(":memory:")
    except sqlite3.DatabaseError:
        for name in (INDEX, f"{INDEX}-wal", f"{INDEX}-shm"):
            (home / name).unlink(missing_ok=True)
        connection = _connect(path)
    with closing(connection):
        yield connection


def _connect(path: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=10)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(files("lenswork.record").joinpath("schema.sql").read_text("utf-8"))
        connection.execute("SELECT name, stamp, row FROM runs LIMIT 1").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection
