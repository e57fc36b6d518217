"""The quiz: thirteen questions, each shown on a network of one's own."""

import shutil

from lenswork.look.quiz.questions import QUESTIONS
from notes.desk import Desk
from notes.part import Drawn, Found, Part, Table
from notes.parts.data import conditions_now
from notes.parts.inside import train_missing

ANYWHERE, LAST = 12, 13  # features anywhere in the frame; results that differ after shrinking
DRAWN, FIGURE = "quiz", "notes-quiz.png"


def measure(desk: Desk) -> Found:
    """List the questions with the notes' answers, one of them with its demonstration."""
    train_missing(desk)
    own = desk.folder("own")
    line = f"quiz --question {ANYWHERE} --run horses --answers --out {DRAWN}"
    shown = desk.lenswork(line, folder=own)
    desk.figures.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(own / DRAWN / f"question-{ANYWHERE}.png", desk.figures / FIGURE)
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
        shown=(
            shown,
            desk.lenswork(f"quiz --question {LAST} --answers --no-demonstration"),
        ),
        conditions=conditions_now(),
        figures=(Drawn(desk.drawn(FIGURE), f"What is drawn for question {ANYWHERE}."),),
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
