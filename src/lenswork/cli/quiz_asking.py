"""Asking the quiz's questions one after another, and what is said at the end."""

import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import click

from lenswork.amounts import counted
from lenswork.errors import UsageError
from lenswork.look.quiz.questions import LETTERS, QUESTIONS, Question, chapter_of
from lenswork.visible import visible

WIDEST, NARROWEST = 92, 40  # letters of a line that reads well
ENDINGS = ("q", "quit", "exit")


class Showing(Protocol):
    """What follows an answer."""

    def show(self, one: Question) -> None:
        """Give the demonstration of a question."""


class Ended(Exception):  # noqa: N818  # no error: somebody has had enough
    """The reader ends the quiz."""


@dataclass
class Score:
    """The questions by what became of them."""

    asked: int
    right: list[Question] = field(default_factory=list)
    wrong: list[Question] = field(default_factory=list)
    left_out: list[Question] = field(default_factory=list)

    def count(self, one: Question, chosen: int | None) -> None:
        """Take an answer; None where there was none."""
        if chosen is None:
            self.left_out.append(one)
        else:
            (self.right if chosen == one.right else self.wrong).append(one)

    def __str__(self) -> str:
        answered = len(self.right) + len(self.wrong)
        unreached = self.asked - answered - len(self.left_out)
        parts = [f"{len(self.right)} of {counted(answered, 'answer')} right"]
        if self.left_out:
            parts.append(f"{len(self.left_out)} left out")
        if unreached:
            parts.append(f"{unreached} not reached")
        return ", ".join(parts)


def ask_all(questions: Sequence[Question], stage: Showing) -> None:
    """Ask, explain and show one question after another; then the score and what to read."""
    score = Score(len(questions))
    try:
        for place, one in enumerate(questions):
            put(one)
            chosen = _answer_to(one)
            score.count(one, chosen)
            explain(one, chosen)
            stage.show(one)
            if place + 1 < len(questions):
                _go_on()
    except (click.Abort, KeyboardInterrupt):
        click.echo()
    except Ended:
        pass
    conclude(score)


def put(one: Question) -> None:
    """The idea, the question and its choices."""
    title = f"{one.number} of {len(QUESTIONS)}  {one.idea}"
    click.echo(f"\n{click.style(title, bold=True)}  ({chapter_of(one.number).title})\n")
    say(one.lead)
    click.echo()
    say(one.text, bold=True)
    for letter, choice in zip(LETTERS, one.choices, strict=True):
        say(f"{letter}  {choice}", indent="  ", hanging="     ")


def explain(one: Question, chosen: int | None) -> None:
    """Whether it was right, and why; what is true in a wrong answer comes first."""
    because = f"{one.answer}. {one.whys[one.right]}"
    click.echo()
    if chosen == one.right:
        say(f"Right: {because}")
        return
    if chosen is not None:
        say(f"Not quite. {one.whys[chosen]}")
    say(f"The answer is {LETTERS[one.right]}: {because}")


def conclude(score: Score) -> None:
    """The score, and what to read and try next."""
    click.echo(f"\n{click.style(str(score), bold=True)}")
    missed = sorted((*score.wrong, *score.left_out), key=lambda one: one.number)
    if missed:
        click.echo("to read and to try:")
        for one in missed:
            click.echo(f"  {one.number:>2}  {one.idea:<22}  {one.page:<22}  {one.command}")
    elif score.right:
        click.echo(
            "next: docs/studies.md, how to tell a difference from chance: lenswork study filters"
        )


def say(text: str, *, indent: str = "", hanging: str | None = None, bold: bool = False) -> None:
    """A paragraph, broken where the terminal or a page that reads well ends."""
    columns = shutil.get_terminal_size((WIDEST, 24)).columns
    filled = textwrap.fill(
        visible(text),
        max(NARROWEST, min(WIDEST, columns)),
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_on_hyphens=False,
    )
    click.echo(click.style(filled, bold=True) if bold else filled)


def _answer_to(one: Question) -> int | None:
    """The choice, asked for until it is one; None for Enter."""
    while True:
        said = _typed("your answer, a to d (Enter leaves it out, q ends)").strip()
        if not said:
            return None
        try:
            return one.chosen(said)
        except UsageError as error:
            click.echo(f"  {visible(str(error), lines=False)}")


def _go_on() -> None:
    _typed("Enter goes on, q ends")


def _typed(prompt: str) -> str:
    """A line from the reader; raises `Ended` for a word that ends."""
    click.echo()
    said: str = click.prompt(prompt, default="", show_default=False)
    if said.strip().casefold() in ENDINGS:
        raise Ended
    return said
