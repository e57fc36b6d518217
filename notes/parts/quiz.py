"""The quiz: thirteen questions, each shown on a network of one's own."""

from lenswork.cli.app import COMMANDS
from lenswork.look.quiz.questions import QUESTIONS
from notes.desk import Desk
from notes.part import Found, Part, Table
from notes.parts.data import conditions_now
from notes.printed import Shown

LAST = 13  # after shrinking the pictures results differ, why?


def measure(desk: Desk) -> Found:
    """List the questions with the notes' answers."""
    shown: tuple[Shown, ...] = ()
    if "quiz" in COMMANDS:
        line = f"quiz --question {LAST} --answers --no-demonstration"
        shown = (desk.lenswork(line),)
    rows = tuple((str(one.number), one.text, one.answer) for one in QUESTIONS)
    return Found(
        verdicts=(
            (
                f"All {len(QUESTIONS)} questions are asked by `lenswork quiz` and on the studio's "
                "Learn page, each followed by a demonstration on a real network. The notes' answer "
                f"to question {LAST} is half of the truth: the size and the net were changed "
                "together, and only [one against the other](#300-pixels-or-150) tells which it was."
            ),
        ),
        shown=shown,
        conditions=conditions_now(),
        tables=(Table("", ("", "question", "the notes' answer"), rows),),
        facts={"questions": len(QUESTIONS)},
    )


PART = Part(
    name="quiz",
    title="The quiz",
    question="The thirteen questions?",
    rows=("quiz",),
    said="thirteen questions, answered in a word or two.",
    measure=measure,
)
