"""Notebooks as readable scripts: `# %%` begins a cell of code, `# %% [markdown]` one of text."""

import re
from dataclasses import dataclass
from typing import Any, Literal

MARK = re.compile(r"^# %%[ ]*(.*)\n", re.MULTILINE)
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}

Kind = Literal["code", "markdown"]


@dataclass(frozen=True)
class Cell:
    """One cell: its kind and its text, without the comment signs of a text cell."""

    kind: Kind
    text: str


def cells_of(script: str) -> list[Cell]:
    """The cells of a script; raises `ValueError` that names what is no cell's."""
    before, *pieces = MARK.split(script)
    if before.strip():
        raise ValueError(f"expected the first cell's '# %%' line, got {before.strip()[:40]!r}")
    return [
        _cell(mark, body.strip("\n")) for mark, body in zip(pieces[::2], pieces[1::2], strict=True)
    ]


def _cell(mark: str, body: str) -> Cell:
    if mark == "[markdown]":
        return Cell("markdown", "\n".join(map(_uncommented, body.splitlines())))
    if mark:
        raise ValueError(f"expected '# %%' or '# %% [markdown]', got '# %% {mark}'")
    return Cell("code", body.strip())


def _uncommented(line: str) -> str:
    if line != "#" and not line.startswith("# "):
        raise ValueError(f"expected a line of text behind '# ', got {line!r}")
    return line[2:]


def notebook_of(name: str, cells: list[Cell]) -> dict[str, Any]:
    """The notebook as nbformat 4.5 has it, nothing executed; its cells are numbered by `name`."""
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": KERNEL, "language_info": {"name": "python"}},
        "cells": [_entry(f"{name}-{number:02d}", cell) for number, cell in enumerate(cells, 1)],
    }


def _entry(identity: str, cell: Cell) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "cell_type": cell.kind,
        "id": identity,
        "metadata": {},
        "source": cell.text,
    }
    return entry if cell.kind == "markdown" else {**entry, "execution_count": None, "outputs": []}
