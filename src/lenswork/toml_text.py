"""TOML of people whom one need not trust."""

import re
import tomllib
from typing import Any

DEEPEST = 32  # parts of one dotted key
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
