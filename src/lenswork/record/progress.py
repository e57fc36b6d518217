"""A run as it goes, on a terminal or in a log."""

import sys
import time
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from lenswork.amounts import counted
from lenswork.data.batches import batch_ends
from lenswork.data.shards.names import shown_source
from lenswork.record.durations import format_seconds
from lenswork.training.events import (
    EpochDone,
    Event,
    Finished,
    Metrics,
    Read,
    Started,
    StepDone,
    Stopped,
)
from lenswork.visible import visible

REFRESH_SECONDS = 0.25


def progress_stream() -> TextIO:
    """Where a training is told of: standard error, but standard output in a notebook.

    A notebook paints standard error red, and nothing has gone wrong.
    """
    return sys.stdout if _in_notebook() else sys.stderr


def progress_console() -> Console:
    """A console there; in a notebook one of plain lines, which cannot be drawn over."""
    if _in_notebook():
        return Console(file=sys.stdout, highlight=False, force_jupyter=False, force_terminal=False)
    return Console(file=sys.stderr, highlight=False)


def _in_notebook() -> bool:
    return type(sys.stdout).__module__.partition(".")[0] == "ipykernel"


def shown(events: Iterator[Event], console: Console | None = None) -> Iterator[Event]:
    """Yield `events` again and show them: a line an epoch, and a bar while one runs.

    Where the output is no terminal there are lines only.
    """
    console = console or progress_console()
    bar = EpochBar(console)
    with bar.progress:
        for event in events:
            match event:
                case Started():
                    bar.begin(event)
                    _introduce(console, event)
                case StepDone():
                    bar.step(event)
                case Read():
                    for note in event.notes:
                        console.print(visible(f"note: {note}"), soft_wrap=True, markup=False)
                case EpochDone():
                    console.print(epoch_line(event, bar.epochs), soft_wrap=True, markup=False)
                    bar.end_epoch(event)
                case Stopped():
                    console.print(
                        f"stopped after epoch {event.epoch}: {event.reason}",
                        soft_wrap=True,
                        markup=False,
                    )
                case Finished():
                    bar.hide()
            yield event


class EpochBar:
    """The bar of the epoch that runs: pictures, pictures a second, time left in the whole run."""

    def __init__(self, console: Console) -> None:
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f} pictures"),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[left]}"),
            console=console,
            transient=True,
            refresh_per_second=4,
            disable=not console.is_terminal,
        )
        self.epochs = 0
        self.task = TaskID(0)
        self.epoch_pictures = 0
        self.seen = 0
        self.skipped = 0  # of a run that goes on
        self.done = 0
        self.trained = 0.0
        self.drawn = self.began = time.perf_counter()

    def begin(self, event: Started) -> None:
        """Start with the run."""
        self.epochs = event.recipe.epochs or 0
        self.epoch_pictures = pictures_an_epoch(event)
        self.skipped = started_pictures(event)
        self.seen = self.skipped - event.epochs * self.epoch_pictures
        self.task = self.progress.add_task(
            f"epoch {event.epochs + 1}", total=self.epoch_pictures, rate="", left=""
        )
        self.began = time.perf_counter()

    def step(self, event: StepDone) -> None:
        """Count a step; draw a few times a second only."""
        self.seen += event.pictures
        self.done += event.pictures
        now = time.perf_counter()
        if now - self.drawn < REFRESH_SECONDS:
            return
        self.drawn = now
        rate = self.done / (self.trained + now - self.began)
        left = (self.epochs * self.epoch_pictures - self.skipped - self.done) / rate
        self.progress.update(
            self.task,
            description=f"epoch {event.epoch}/{self.epochs}",
            completed=min(self.seen, self.epoch_pictures),
            rate=f"{rate:,.0f}/s",
            left=f"{format_seconds(max(left, 0))} left",
        )

    def end_epoch(self, event: EpochDone) -> None:
        """Begin again at the left; evaluation counts to no rate."""
        self.seen = 0
        self.trained += event.train_seconds
        self.began = time.perf_counter()
        self.progress.update(self.task, completed=0)

    def hide(self) -> None:
        """Take the bar away."""
        self.progress.update(self.task, visible=False)


def pictures_an_epoch(event: Started) -> int:
    """How many pictures the first epoch meets: fewer than a pass through all, or several passes."""
    count, batch = event.pictures["train"], event.recipe.batch or 1
    passes, rest = divmod(event.steps_per_epoch, len(batch_ends(count, batch)) + 1)
    return passes * count + min(rest * batch, count)


def started_pictures(event: Started) -> int:
    """How many pictures a run that goes on had been trained on, counting repeated ones."""
    an_epoch = pictures_an_epoch(event)
    steps = event.step - event.epochs * event.steps_per_epoch
    return event.epochs * an_epoch + min(steps * (event.recipe.batch or 1), an_epoch)


def epoch_line(event: EpochDone, epochs: int) -> str:
    """An epoch in one line of text."""
    rate = event.pictures / event.train_seconds
    return (
        f"epoch {event.epoch:>{len(str(epochs))}}/{epochs}  {metrics_text(event.metrics)}  "
        f"{event.train_seconds:.1f} s, {rate:,.0f} pictures/s"
    )


def metrics_text(metrics: Metrics) -> str:
    """Metrics side by side: loss 0.123 accuracy 0.9876 val_loss ..."""
    return "  ".join(f"{name} {value:.4f}" for name, value in metrics.items())


def _introduce(console: Console, event: Started) -> None:
    counts = ", ".join(f"{count:,} {name}" for name, count in event.pictures.items())
    size = f"{event.parameters:,} parameters, {event.recipe.optimizer}, batch {event.recipe.batch}"
    epochs = counted(event.recipe.epochs or 0, "epoch")
    work = f"{epochs} of {counted(event.steps_per_epoch, 'step')} on {event.device}"
    lines = [
        f"{shown_source(event.recipe.data)}: {len(event.classes)} classes, {counts} pictures",
        *(f"  {reason}" for reason in event.reasons),
        f"  {size}, {work}",
    ]
    console.print(visible("\n".join(lines)), markup=False, soft_wrap=True)
