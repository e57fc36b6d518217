"""Words that the findings about folders share."""

from collections.abc import Sequence
from pathlib import Path

from lenswork.data.decode import printable
from lenswork.data.doctor.codes import quoted
from lenswork.data.doctor.survey import Folder

REFUSED = "training refuses it"
SHOWN = 5  # names in a sentence
# What cures begin with
COMMANDS = ("lenswork ", "mv ", "rmdir ", "chmod ", "cp ", "find ", "convmv ")


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    shown = [printable(Path(name)) for name in names[:SHOWN]]
    return ", ".join(map(_shown, shown)) + more


def _shown(name: str) -> str:
    return name if name == name.strip() and name.isprintable() else repr(name)


def in_data(folder: Folder) -> str:
    """A folder as a sentence names it."""
    return f"{folder.id}/" if folder.id else printable(folder.path)


def named(folders: Sequence[Folder]) -> list[str]:
    """The folders as a finding names them; the data itself needs no name."""
    return [f"{folder.id}/" for folder in folders if folder.id]


def go_to(meant: Sequence[str], otherwise: str) -> str:
    """The cure that examines what was probably meant."""
    return "\n".join(f"lenswork doctor {quoted(path)}" for path in meant) or otherwise


def move_all(source: Path, target: Path) -> str:
    """The command that brings what is in one folder into another, writing over nothing."""
    return f"mv -n {quoted(source)}/* {quoted(target)}/ && rmdir {quoted(source)}"
