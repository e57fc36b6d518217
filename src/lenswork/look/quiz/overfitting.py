"""Question 11: the run's own curves, and the gap between training and held-out pictures."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lenswork.errors import UsageError
from lenswork.kinds import SplitName
from lenswork.look.quiz.shown import Curve, Curves, Demonstration, Table, few, percent
from lenswork.look.quiz.subject import Subject, Wanted
from lenswork.record.accuracy import Accuracy
from lenswork.record.index import list_runs

MOST_RUNS = 8
PARTS: tuple[tuple[str, SplitName], ...] = (("val_", "validation"), ("test_", "test"))

Rows = Sequence[Mapping[str, Any]]


def overfitting(subject: Subject, wanted: Wanted) -> Demonstration:  # noqa: ARG001
    """Show the run's curves and say whether the gap is more than chance."""
    history = subject.run.history
    prefix, part = _held_out(subject, history)
    accuracy = subject.run.accuracy(part)
    return Demonstration(
        said=(_gap_said(subject, history, part, accuracy), *_lowest_said(history, prefix, part)),
        parts=(
            _curves("Accuracy", history, "accuracy", prefix, part, shares=True),
            _curves("Loss", history, "loss", prefix, part, shares=False),
            *_others(subject),
        ),
    )


def _held_out(subject: Subject, history: Rows) -> tuple[str, SplitName]:
    """What the held-out metrics of this run begin with, and the part that they are of."""
    for prefix, part in PARTS:
        if history and f"{prefix}accuracy" in history[-1]["metrics"]:
            return prefix, part
    raise UsageError(
        f"run {subject.run.name} was trained without validation or test pictures, so nothing can "
        "show whether it overfits: choose another run"
    )


def _gap_said(subject: Subject, history: Rows, part: SplitName, accuracy: Accuracy) -> str:
    """The gap of the weights that were kept, held against what so many pictures can tell."""
    kept = subject.run.end.get("kept_epoch") or len(history)
    trained = float(history[kept - 1]["metrics"]["accuracy"])
    gap = trained - accuracy.fraction
    which = "the last" if kept == len(history) else f"number {kept}, whose weights were kept,"
    facts = (
        f"In {which} of {few(len(history), 'epoch')} {percent(trained)} of the training pictures "
        f"were answered right, of the {part} pictures {accuracy}."
    )
    if trained > accuracy.high:
        return (
            f"{facts} The gap is {100 * gap:.1f} points, more than chance explains: this network "
            f"overfits.{_another_kind(subject, part)}"
        )
    if gap > 0:
        return (
            f"{facts} The gap of {100 * gap:.1f} points is within what {accuracy.n:,} pictures can "
            "tell: no overfitting is to be seen."
        )
    return (
        f"{facts} There is no gap. Training accuracy is counted while the weights still move, and "
        "on changed pictures where there is augmentation, so it may well be the lower one."
    )


def _another_kind(subject: Subject, part: SplitName) -> str:
    """What else makes a gap, where the held-out pictures were not drawn from the training ones."""
    if part == "validation" and subject.run.recipe.validation is not None:
        return ""
    return (
        f" Or the {part} pictures are of another kind, which can be, because they were not drawn "
        f"from the training pictures: lenswork doctor {subject.run.recipe.data} tells."
    )


def _lowest_said(history: Rows, prefix: str, part: SplitName) -> tuple[str, ...]:
    """Whether the held-out loss has turned while the training loss went on falling."""
    losses = [float(row["metrics"].get(f"{prefix}loss", math.nan)) for row in history]
    finite = [(loss, epoch) for epoch, loss in enumerate(losses, 1) if math.isfinite(loss)]
    if len(finite) < 2:
        return ()
    lowest, epoch = min(finite)
    if epoch == len(losses):
        return (
            f"The {part} loss was lowest, {lowest:.4f}, in the last epoch: it was still falling.",
        )
    return (
        (
            f"The {part} loss was lowest, {lowest:.4f}, after epoch {epoch} and is {losses[-1]:.4f}"
            " now. Where it goes on rising while the training loss falls, the network learns its "
            "own pictures by heart."
        ),
    )


def _curves(
    title: str, history: Rows, metric: str, prefix: str, part: str, *, shares: bool
) -> Curves:
    def values(name: str) -> tuple[float | None, ...]:
        found = (float(row["metrics"].get(name, math.nan)) for row in history)
        return tuple(value if math.isfinite(value) else None for value in found)

    return Curves(
        title,
        "epoch",
        tuple(float(row["epoch"]) for row in history),
        (
            Curve("training", values(metric), 1),
            Curve(part, values(f"{prefix}{metric}"), 2),
        ),
        shares,
    )


def _others(subject: Subject) -> tuple[Table, ...]:
    """The gaps of the reader's other runs on the same data."""
    runs, _ = list_runs(subject.home)
    rows: list[tuple[str, ...]] = []
    marked: list[int] = []
    for run in runs:
        held = run.test_accuracy if run.val_accuracy is None else run.val_accuracy
        if run.data != subject.run.recipe.data or run.accuracy is None or held is None:
            continue
        if run.name == subject.run.name:
            marked.append(len(rows))
        gap = f"{100 * (run.accuracy - held):.1f} points"
        rows.append((run.name, run.net, percent(run.accuracy), percent(held), gap))
    if len(rows) < 2:
        return ()
    return (
        Table(
            f"The gaps of your runs on {subject.run.recipe.data}",
            ("run", "net", "training", "held out", "gap"),
            tuple(rows[:MOST_RUNS]),
            numbers=(2, 3, 4),
            marked=tuple(marked),
        ),
    )
