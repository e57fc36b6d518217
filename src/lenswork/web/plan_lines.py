"""A study's axis as a person types it: one value a line, with a name before it or without.

16                          a number
conv-32x2                   a text, plain or in quotation marks
wide = 64                   a value with a name of its own
sgd = { optimizer = "sgd", momentum = 0.9 }     several fields at once
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from lenswork.toml_text import read_toml
from lenswork.training.recipe import recipe_fields

NAMED = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^"=<>!{\[\s](?:[^=<>!]*[^=<>!\s])?)\s*=(?!=)\s*(\S.*)')
TEXTS = frozenset(row.name for row in recipe_fields() if row.kind is str and not row.many)
PLAIN = (str, bool, int, float, list, dict)


def read_values(axis: str, text: str) -> list[Any] | dict[str, Any]:
    """The values of an axis, a table where any of them has a name of its own.

    Raises `ValueError` where one name stands twice.
    """
    entries = [_read_line(axis, line) for line in text.splitlines() if line.strip()]
    if all(name is None for name, _ in entries):
        return [value for _, value in entries]
    table: dict[str, Any] = {}
    for name, value in entries:
        said = name if name is not None else _own_name(axis, value)
        if said in table:
            raise ValueError(f"two values are called {said!r}: give each a name of its own")
        table[said] = value
    return table


def written_values(axis: str, values: Sequence[Any] | Mapping[str, Any]) -> str:
    """The lines that `read_values` reads as these values."""
    if not isinstance(values, Mapping):
        return "\n".join(written(value) for value in values)
    return "\n".join(
        written(value)
        if name == _own_name(axis, value) and not isinstance(value, Mapping)
        else f"{_written_name(name)} = {written(value)}"
        for name, value in values.items()
    )


def read(text: str, *, is_text: bool = False) -> Any:
    """A value as TOML has it, or else the text itself; `is_text` keeps a number's text a text."""
    try:
        found = read_toml(f"value = {text}")
    except (ValueError, RecursionError):
        return text.strip()
    value = found["value"] if set(found) == {"value"} else text
    if not isinstance(value, PLAIN) or (is_text and not isinstance(value, str | list | dict)):
        return text.strip()
    return value


def written(value: Any) -> str:
    """The text that `read` reads as this value, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(name)} = {_strict(one)}" for name, one in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, str) and value.strip() == value and "\n" not in value:
        plain = value and read(value) == value and not NAMED.fullmatch(value)
        return value if plain else _strict(value)
    return _strict(value)


def _read_line(axis: str, line: str) -> tuple[str | None, Any]:
    is_text = axis in TEXTS
    found = NAMED.fullmatch(line)
    if found is None:
        return None, read(line.strip(), is_text=is_text)
    name = json.loads(found[1]) if found[1].startswith('"') else found[1].strip()
    return name, read(found[2].strip(), is_text=is_text)


def _own_name(axis: str, value: Any) -> str:
    """The name that a plan gives a value without one."""
    shown = ("on" if value else "off") if isinstance(value, bool) else str(value)
    return f"{axis} {shown}"


def _written_name(name: str) -> str:
    """Plain where it is read back as it is, or else in quotation marks."""
    found = NAMED.fullmatch(f"{name} = 1")
    plain = found is not None and found[1] == name and not name.startswith('"')
    return name if plain else json.dumps(name, ensure_ascii=False)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)


def _strict(value: Any) -> str:
    """A value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_strict, value))}]"
    if isinstance(value, Mapping):
        return written(value)
    return repr(value) if isinstance(value, float) else str(value)
