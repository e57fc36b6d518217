"""`lenswork quiz`: the notes' thirteen questions, each shown on a network of one's own."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from lenswork.cli.options import data_home_option, home_option, json_option, print_json
from lenswork.cli.quiz_asking import ask_all, put, say
from lenswork.cli.quiz_stage import Asked, Stage
from lenswork.look.quiz.questions import LETTERS, QUESTIONS, Question, question


@click.command()
@click.option(
    "--question",
    "numbers",
    type=int,
    multiple=True,
    metavar="N",
    help=f"This question only, 1 to {len(QUESTIONS)}; again for more.",
)
@click.option(
    "--answers",
    is_flag=True,
    help="Ask nothing: print the questions with their answers, as where there is no terminal.",
)
@click.option(
    "--run",
    metavar="RUN",
    help="Whose network shows the answers: a name, a folder or `last` [default: the newest that "
    "is trained].",
)
@click.option(
    "--data",
    metavar="DATA",
    help="The newest network of these pictures instead, or a first one, trained now.",
)
@click.option(
    "--image",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A picture of your own to be looked at.",
)
@click.option("--no-demonstration", is_flag=True, help="The questions only.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="With one --question: change what is shown, such as side=300.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("quiz"),
    show_default=True,
    help="The folder for what is drawn.",
)
@home_option
@data_home_option
@json_option
def command(numbers: Sequence[int], answers: bool, as_json: bool, **options: Any) -> None:
    """Ask the thirteen questions of the course's notes, and show each answer on a real network.

    An answer is a letter, a number, or where sizes are asked for a size. The network is one of
    your own, with its own pictures; who has none is offered a first one on the embedded sample.
    Enter leaves a question out; q, Ctrl-C or the end of the input end the quiz.
    """
    chosen = [question(number) for number in numbers] or list(QUESTIONS)
    asked = Asked.of(options, questions=len(numbers))
    asking = not (answers or as_json) and at_a_terminal()
    stage = Stage(asked, may_ask=asking)
    stage.choose()
    if as_json:
        print_json([_as_dict(one, stage) for one in chosen])
    elif asking:
        ask_all(chosen, stage)
    else:
        if not answers:
            click.echo(
                "no terminal to ask in: these are the questions with their answers", err=True
            )
        for one in chosen:
            _tell(one, stage)


def at_a_terminal() -> bool:
    """Whether somebody can be asked and will see the question."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _tell(one: Question, stage: Stage) -> None:
    """A question with its answer, what is to be said of each choice, and the demonstration."""
    put(one)
    click.echo()
    say(f"The answer is {LETTERS[one.right]}: {one.answer}. {one.whys[one.right]}")
    for letter, why in zip(LETTERS, one.whys, strict=True):
        if why != one.whys[one.right]:
            say(f"{letter}  {why}", indent="  ", hanging="     ")
    stage.show(one)


def _as_dict(one: Question, stage: Stage) -> dict[str, object]:
    return {
        "number": one.number,
        "idea": one.idea,
        "lead": one.lead,
        "question": one.text,
        "choices": [
            {"letter": letter, "text": text, "why": why}
            for letter, text, why in zip(LETTERS, one.choices, one.whys, strict=True)
        ],
        "answer": LETTERS[one.right],
        "page": one.page,
        "command": one.command,
        **stage.as_dict(one),
    }
