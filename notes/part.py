"""What a part of the notes is made of, and what measuring it finds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from notes.desk import Desk
from notes.printed import Shown


@dataclass(frozen=True)
class Drawn:
    """A figure by its file's name, and what it shows."""

    file: str
    caption: str


@dataclass(frozen=True)
class Table:
    """A table of the page; `caption` stands before it, and numbers stand to the right."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Found:
    """What a part has found: sentences, what commands printed, figures, tables.

    The first of `verdicts` answers the question. `facts` are the numbers behind the sentences,
    and `conditions` what their reader must know.
    """

    verdicts: tuple[str, ...]
    shown: tuple[Shown, ...]
    conditions: tuple[str, ...]
    figures: tuple[Drawn, ...] = ()
    tables: tuple[Table, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """A section of the page: what the notes `said`, and how to `measure` it here.

    `rows` name what of the notes it answers.
    """

    name: str
    title: str
    question: str
    rows: tuple[str, ...]
    said: str
    measure: Callable[[Desk], Found]
