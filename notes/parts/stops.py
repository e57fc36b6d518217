"""Stopping as soon as a goal is met, and what that saves.

A training that stops is the beginning of one that does not, so what stopping saves is read from
the recorded epochs of the study of filters: nothing is trained twice for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from lenswork.record.run import Run
from lenswork.record.style import BLUE, PRINT_WIDTH, VERMILION, new_figure, save_figure
from lenswork.study.intervals import Interval, mean_of
from notes.desk import Desk
from notes.part import Drawn, Found, Part, Table
from notes.parts.studies import SHORT_EPOCHS, carried_out
from notes.printed import Shown
from notes.tables import conditions

DENSE = "fashion-mnist --preset dense-512 --recipe notes --epochs 5"
CONVOLUTIONS = "train mnist --preset conv-32x2 --recipe notes --epochs 10"
GOAL = 0.995
RULES = {"stop-loss": "loss < 0.4", "stop-accuracy": "accuracy > 0.6"}
FIGURE = "notes-stops.png"
CAPTION = "Training accuracy on its way to the goal, and test accuracy meanwhile, a line a seed."


@dataclass(frozen=True)
class Stopped:
    """A recorded training, and where it would have stopped: at its end if never.

    Accuracies are fractions; `test` and `test_at_end` are those on the test pictures.
    """

    seed: int
    epoch: int
    epochs: int
    accuracy: float
    test: float
    test_at_end: float

    @property
    def reached(self) -> bool:
        """Whether the goal was met at all."""
        return self.accuracy > GOAL

    @property
    def saved(self) -> float:
        """The part of the epochs that stopping leaves out."""
        return 1 - self.epoch / self.epochs


def measure(desk: Desk) -> Found:
    """Stop at a loss and at an accuracy, ask for a metric that is not there, and weigh 0.995."""
    less = desk.only("--train-pictures 6000")
    printed = [
        desk.trained(name, f"{DENSE} --stop-when '{rule}'{less}") for name, rule in RULES.items()
    ]
    refused = desk.lenswork(f"train {DENSE} --stop-when 'acc > 0.6'", code=2)
    filters = f"study filters{desk.only(SHORT_EPOCHS)}"
    study, summary, _ = carried_out(desk, filters, "filters-mnist")
    runs = study.runs("32 filters")
    stopped = [stopped_of(run) for run in runs]
    desk.figures.mkdir(parents=True, exist_ok=True)
    save_figure(goal_figure(runs), desk.figures / FIGURE)
    return Found(
        verdicts=(
            saved_sentence(stopped),
            *(_where(desk.run(name), rule) for name, rule in RULES.items()),
            (
                "A goal of a metric that is not there is refused before anything is trained, "
                "with the metrics that are: the notes' callback failed with a type error at the "
                "end of its first epoch."
            ),
        ),
        shown=(
            *(one.beginning("epoch", "stopped", "test") for one in printed),
            Shown(refused.command, refused.lines[-1:]),
        ),
        conditions=(*conditions(study, summary), "The trainings printed above: one run each"),
        figures=(Drawn(desk.drawn(FIGURE), CAPTION),),
        tables=(_table(stopped),),
        facts={"stopped": [vars(one) for one in stopped]},
    )


def stopped_of(run: Run) -> Stopped:
    """Where a recorded training passes the goal for the first time."""
    history = run.history
    passed = (row for row in history if row["metrics"]["accuracy"] > GOAL)
    there = next(passed, history[-1])
    return Stopped(
        seed=run.recipe.seed,
        epoch=there["epoch"],
        epochs=len(history),
        accuracy=there["metrics"]["accuracy"],
        test=there["metrics"]["test_accuracy"],
        test_at_end=history[-1]["metrics"]["test_accuracy"],
    )


def goal_figure(runs: Sequence[Run]) -> Figure:
    """Training and test accuracy by epoch, a line a seed, and the goal."""
    figure = new_figure(PRINT_WIDTH, 3.0)
    axes = figure.subplots()
    curves = (("accuracy", BLUE, "training, as met"), ("test_accuracy", VERMILION, "test"))
    for metric, colour, name in curves:
        for place, run in enumerate(runs):
            values = [row["metrics"][metric] for row in run.history]
            epochs = range(1, len(values) + 1)
            label = name if place == 0 else "_"  # one entry a curve in the legend
            axes.plot(epochs, values, color=colour, lw=0.9, marker="o", ms=2, label=label)
    axes.axhline(GOAL, color="black", lw=0.8, ls="--", label=f"goal: above {GOAL}")
    axes.set_xlabel("epoch")
    axes.set_ylabel("accuracy")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.legend(frameon=False, fontsize=8)
    return figure


def saved_sentence(stopped: Sequence[Stopped]) -> str:
    """How many of the epochs stopping leaves out, and what that does to the test accuracy."""
    shares = [one.saved for one in stopped]
    saved = mean_of(shares)
    alike = len(set(shares)) == 1 < len(shares)
    between, each = ("", " with each seed") if alike else (_ends(saved.interval), "")
    change = mean_of([one.test - one.test_at_end for one in stopped])
    reached = sum(one.reached for one in stopped)
    told = change.interval is not None and 0 not in change.interval
    verdict = "differs from" if told else "cannot be told from"
    return (
        f"Stopping at {GOAL} saves {saved.mean:.0%}{between} of the "
        f"{stopped[0].epochs} epochs{each} ({reached} of {len(stopped)} seeds reach it), and the "
        f"test accuracy {verdict} that at the end: {100 * change.mean:+.2f} points"
        f"{_ends(change.interval, percent=False)}."
    )


def _ends(interval: Interval | None, *, percent: bool = True) -> str:
    if interval is None:
        return ""
    if percent:
        return f" ({interval.low:.0%} to {min(interval.high, 1.0):.0%})"
    return f" ({100 * interval.low:+.2f} to {100 * interval.high:+.2f})"


def _where(run: Run, rule: str) -> str:
    """After which epoch a rule ended a single run."""
    metric = rule.split()[0]
    value = run.history[-1]["metrics"][metric]
    ended = "ended it" if run.end.get("stopped") else "was not reached; it ended"
    return (
        f"`{rule}` {ended} after epoch {len(run.history)} of {run.recipe.epochs}, with {metric} "
        f"{value:.4f} (dense 512 on fashion-mnist, one run)."
    )


def _table(stopped: Sequence[Stopped]) -> Table:
    rows = tuple(
        (
            str(one.seed),
            str(one.epoch) if one.reached else "never",
            f"{one.accuracy:.4f}",
            f"{one.test:.4f}",
            f"{one.test_at_end:.4f}",
        )
        for one in stopped
    )
    head = ("seed", "stops after epoch", "training accuracy", "test accuracy then", "at the end")
    command = f"lenswork {CONVOLUTIONS} --stop-when 'accuracy > {GOAL}'"
    return Table(f"Where `{command}` stops, seed by seed:", head, rows)


PART = Part(
    name="stops",
    title="Stop when it is good enough",
    question="What does stopping at 0.995 save?",
    rows=("stop at loss 0.4", "stop at accuracy 0.6", "stop at accuracy 0.995", "no such metric"),
    said="a callback looks at the end of each epoch and stops at a loss below 0.4, or an accuracy "
    "above 0.6, or above 0.995; what that saves was not measured.",
    measure=measure,
)
