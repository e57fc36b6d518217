"""Pixels divided by 255, or not."""

from collections.abc import Sequence

from lenswork.record.run import Run
from lenswork.study.report import CAPTIONS
from lenswork.study.words import notes as notes_of
from notes.desk import Desk
from notes.part import Drawn, Found, Part, Table
from notes.parts.studies import SHORT_EPOCHS, carried_out, facts_of
from notes.tables import anew_sentences, conditions

GOAL = 0.99
NAME = "normalise-dense"
DIVIDED, RAW = "divided by 255", "not divided"
SEEDS = 3


def measure(desk: Desk) -> Found:
    """Train a net both ways, and see by which epoch the training accuracy passes 0.99."""
    less = desk.only(SHORT_EPOCHS)
    line = f"study normalise --net dense-512 --seeds {SEEDS} --name {NAME}{less}"
    study, summary, shown = carried_out(desk, line, NAME)
    runs = {name: study.runs(name) for name in summary.results.settings}
    figures = desk.draw_study(study, summary, "normalise", ("way",))
    return Found(
        verdicts=(
            _passed(runs[DIVIDED], runs[RAW]),
            *anew_sentences(summary),
            *notes_of(summary.verdict),
        ),
        shown=(shown.paragraph(),),
        conditions=conditions(study, summary),
        figures=tuple(Drawn(file, CAPTIONS[what]) for what, file in figures.items()),
        tables=(
            Table(
                f"When the training accuracy passes {GOAL}, seed by seed (- is never):",
                ("setting", "by epoch", "training accuracy after the last"),
                tuple((name, _epochs(ones), _last(ones)) for name, ones in runs.items()),
            ),
        ),
        facts={
            **facts_of(summary),
            "passed": {name: [first_epoch(run) for run in ones] for name, ones in runs.items()},
        },
    )


def first_epoch(run: Run, goal: float = GOAL) -> int | None:
    """The first epoch whose training accuracy is `goal` or more."""
    return next(
        (row["epoch"] for row in run.history if row["metrics"]["accuracy"] >= goal),
        None,
    )


def _passed(divided: Sequence[Run], raw: Sequence[Run]) -> str:
    """By which epoch the dense net passes the goal, both ways."""
    never = all(first_epoch(run) is None for run in raw)
    when = "never" if never else f"at epoch {_epochs(raw)}"
    each = " (a number for each seed)" if len(raw) > 1 else ""
    return (
        f"Divided by 255, a dense layer of 512 passes {GOAL} on the training pictures at epoch "
        f"{together(_epochs(divided))}; not divided {when}, and "
        f"after the last epoch it stands at {_last(raw)}{each}."
    )


def together(said: str) -> str:
    """Such as "5 with each of 3 seeds" for "5, 5, 5"; another list as it is."""
    numbers = said.split(", ")
    alike = len(set(numbers)) == 1 < len(numbers)
    return f"{numbers[0]} with each of {len(numbers)} seeds" if alike else said


def _epochs(runs: Sequence[Run]) -> str:
    found = (first_epoch(run) for run in runs)
    return ", ".join("-" if epoch is None else str(epoch) for epoch in found)


def _last(runs: Sequence[Run]) -> str:
    return ", ".join(f"{run.metrics['accuracy']:.4f}" for run in runs)


PART = Part(
    name="normalise",
    title="Divided by 255",
    question="What does dividing the pixels by 255 do?",
    rows=("divided by 255 or not",),
    said="a tip: with pixels divided by 255 the training accuracy passes 0.99 at epoch 5, without "
    "it is about 0.95 after epoch 10.",
    measure=measure,
)
