"""A new run's folder: what it is called, and what is in it before the first step."""

import json
import re
import shutil
import tempfile
import unicodedata
from pathlib import Path

from lenswork.data.shards.names import SUFFIX as SHARD
from lenswork.data.shards.names import shown_source
from lenswork.errors import UsageError
from lenswork.files import write_bytes
from lenswork.record.environment import environment
from lenswork.record.history import append, started_line
from lenswork.record.run import ENVIRONMENT, LOCK, RECIPE, Run
from lenswork.record.unfinished import refuse_finished
from lenswork.training.events import Started

LONGEST_NAME = 60
UNFINISHED = ".new-"  # before the name of a folder that is being made


def check_name(home: Path, name: str, *, resume: bool) -> None:
    """Raise `UsageError` for a name that no run can have in `home`.

    With `resume` it may be that of a run that was left unfinished.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) or len(name) > LONGEST_NAME:
        raise UsageError(
            f"a run's name has letters, digits, '.', '_' and '-' only and at most "
            f"{LONGEST_NAME} of them, got {name!r}"
        )
    if name == "last" or name.startswith("index.sqlite"):
        raise UsageError(f"a run cannot be called {name}: the name is taken")
    if (home / name).exists():
        if resume and (home / name / RECIPE).is_file():
            refuse_finished(Run(home / name))
            return
        raise UsageError(f"there is a run {name} in {home} already: name another")


def make_folder(home: Path, name: str | None, started: Started) -> Path:
    """The folder of a new run, whole at once; `name` left out is that of its data with a number."""
    home.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=home))
    try:
        folder.chmod(0o755)
        write_bytes(folder / RECIPE, started.recipe.to_toml().encode())
        conditions = json.dumps(environment(started.device), indent=2)
        write_bytes(folder / ENVIRONMENT, conditions.encode())
        append(folder, started_line(started))
        (folder / LOCK).touch()
        return _take_name(folder, name, slug(started.recipe.data))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def slug(data: str) -> str:
    """A short readable name for runs on `data`: its last part in plain letters.

    Of shards it is that of their folder; of an address neither password nor token is part of it.
    """
    path = Path(shown_source(data))
    last = (path.parent if path.suffix == SHARD else path).name or path.resolve().name
    plain = unicodedata.normalize("NFKD", last).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:24].strip("-") or "run"


def _take_name(folder: Path, wanted: str | None, stem: str) -> Path:
    """Rename the new folder to a name that no other run has."""
    home = folder.parent
    number = _highest_number(home, stem) + 1
    while True:
        path = home / (wanted or f"{stem}-{number}")
        try:
            return folder.rename(path)
        except OSError as error:
            if not path.exists():
                raise
            if wanted:
                raise UsageError(f"there is a run {wanted} in {home} now") from error
            number += 1


def _highest_number(home: Path, stem: str) -> int:
    found = [re.fullmatch(rf"{re.escape(stem)}-(\d+)", child.name) for child in home.iterdir()]
    return max((int(match.group(1)) for match in found if match), default=0)
