"""The thirteen questions of the notes, in order, with the idea that each asks about.

Nothing here needs torch, so that a list of the questions is there at once.
"""

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Self

from lenswork.errors import UsageError

LETTERS = "abcd"
SIDE = re.compile(r"(\d+)(?:\s*[x×]\s*\1)?")  # of a square: 26, 26x26, 26 × 26


@dataclass(frozen=True)
class Question:
    """One idea and the question about it; `choices[right]` is the notes' own answer.

    `lead` introduces the idea. `whys[choice]` says to one who chooses it why it is right, or what
    is true in it and what is not. `looks` says what the reader's own network will show; `page` and
    `command` are where to read and to try more.
    """

    number: int
    idea: str
    lead: str
    text: str
    choices: tuple[str, ...]
    whys: tuple[str, ...]
    right: int
    looks: str
    page: str
    command: str

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        """A question as questions.toml has it."""
        choices = row.pop("choice")
        texts, whys = (tuple(one[key] for one in choices) for key in ("text", "why"))
        return cls(choices=texts, whys=whys, **row)

    @property
    def answer(self) -> str:
        """The notes' answer."""
        return self.choices[self.right]

    @property
    def asks_for_a_size(self) -> bool:
        """Whether the choices are sizes of squares, which can be typed as numbers."""
        return all(SIDE.fullmatch(choice) for choice in self.choices)

    def chosen(self, said: str) -> int:
        """The choice that was meant: its letter, its number from 1, its words, or a size typed.

        Raises `UsageError` that says what can be typed.
        """
        word = said.strip().rstrip(".)").casefold()
        known = [choice.casefold() for choice in self.choices]
        if word in known:
            return known.index(word)
        if len(word) == 1 and word in LETTERS:
            return LETTERS.index(word)
        side = SIDE.fullmatch(word) if self.asks_for_a_size else None
        if side is not None and f"{side[1]}x{side[1]}" in known:
            return known.index(f"{side[1]}x{side[1]}")
        if word in [str(number) for number in range(1, len(known) + 1)]:
            return int(word) - 1
        begun = [place for place, choice in enumerate(known) if choice.startswith(word)]
        if len(word) > 2 and len(begun) == 1:
            return begun[0]
        sizes = f", or a size such as {self.choices[0]}" if self.asks_for_a_size else ""
        raise UsageError(f"{said.strip()!r} is none of the four: type a to d, 1 to 4{sizes}")


@dataclass(frozen=True)
class Chapter:
    """Ideas that belong together; `page` is where the studio does more with them, and its name."""

    title: str
    lead: str
    page: tuple[str, str]
    numbers: tuple[int, ...]


QUESTIONS: tuple[Question, ...] = tuple(
    Question.of(row)
    for row in tomllib.loads(
        files("lenswork.look.quiz").joinpath("questions.toml").read_text("utf-8")
    )["question"]
)

CHAPTERS: tuple[Chapter, ...] = (
    Chapter(
        "Looking at a picture",
        "Small squares of numbers find features; pooling keeps what they found.",
        ("/lab", "Filter lab"),
        (1, 2, 3),
    ),
    Chapter(
        "Shapes and their price",
        "Every size follows from the one before it, and so does what it costs.",
        ("/new", "New run"),
        (4, 5, 6),
    ),
    Chapter(
        "Pictures from a folder",
        "Where labels come from, and what happens to each picture before a network sees it.",
        ("/data", "Data"),
        (7, 8, 9, 10),
    ),
    Chapter(
        "What to believe",
        "Learnt by heart or understood? And what made the difference?",
        ("/studies", "Studies"),
        (11, 12, 13),
    ),
)

OF_A_PICTURE = frozenset({1, 2, 3, 8, 9, 10, 12})
"""The questions whose demonstrations take a picture of the reader's own."""


def question(number: int) -> Question:
    """The question of this number; raises `UsageError` where there is none."""
    if not 1 <= number <= len(QUESTIONS):
        raise UsageError(f"questions are numbered 1 to {len(QUESTIONS)}, got {number}")
    return QUESTIONS[number - 1]


def chapter_of(number: int) -> Chapter:
    """The chapter that a question is in."""
    return next(chapter for chapter in CHAPTERS if number in chapter.numbers)
