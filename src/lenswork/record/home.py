"""Where runs are kept."""

import os
from pathlib import Path

from lenswork.errors import UsageError
from lenswork.paths import typed

RECIPE = "recipe.toml"  # the file that makes a folder a run


def home_folder(home: str | Path | None = None) -> Path:
    """The folder of runs: `home`, or LENSWORK_HOME, or ./runs; it need not be there yet.

    Raises `UsageError` when it is a file.
    """
    folder = typed(home or os.environ.get("LENSWORK_HOME") or "runs")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"runs are kept in a folder, but {folder} is a file: name another --home")
    return folder


def refuse_unwritable(home: Path) -> None:
    """Raise `UsageError` when no run could be written to `home`, before any work is done."""
    there = home
    while not there.exists():
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(f"cannot write runs to {home}: {there} may not be written to")
