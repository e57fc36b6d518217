"""TOML of people whom one need not trust."""

import re
import tomllib
from pathlib import Path
from typing import Any

DEEPEST = 32  # parts of one dotted key
LONGEST_BYTES = 1_000_000  # of a file; a recipe has some hundred, a large plan some thousand
LONGEST_SHOWN = 60  # characters of a wrong value in an error
PART = r"""(?:(?<![\w-])[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
TOO_DEEP = re.compile(rf"(?:{PART}[ \t]*+\.[ \t]*+){{{DEEPEST}}}")


def read_toml(text: str) -> dict[str, Any]:
    """TOML as a table.

    Raises `ValueError` for what is none, has a key of very many parts, whose every beginning the
    reader would keep, or a number that is too long to be written again; and `RecursionError` for
    tables that lie too deep in one another.
    """
    deep = TOO_DEEP.search(text)
    if deep:
        raise ValueError(f"a key has more than {DEEPEST} parts: {deep[0][:20]}…")
    content = tomllib.loads(text)
    repr(content)  # reads 0xfff... of any length, but writes no more than 4,300 digits
    return content


def toml_file(path: Path) -> str:
    """The text of a file of at most a megabyte, which may be a pipe.

    Raises `OSError`, and `ValueError` for a longer one or one that is not UTF-8.
    """
    with path.open("rb") as file:
        content = file.read(LONGEST_BYTES + 1)
    if len(content) > LONGEST_BYTES:
        raise ValueError(f"it is longer than {LONGEST_BYTES:,} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8 text") from error


def shown(value: object) -> str:
    """A value as an error shows it: its beginning, where it is long."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
