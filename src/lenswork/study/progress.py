"""A study as it goes: one table on a terminal, one line a trial in a log."""

import statistics
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from lenswork.record.durations import format_seconds
from lenswork.record.progress import progress_console
from lenswork.record.run import Run
from lenswork.study.ended import TRIAL_SECONDS, Foretold, TrialDone
from lenswork.study.folder import Study, TrialRecord
from lenswork.study.plan import Trial

REFRESH_A_SECOND = 1
MOST_RUNNING = 3  # named in a row
EARLY = 0.2  # of the work: until then the pace says less than what was foretold


@dataclass(frozen=True)
class SettingRow:
    """One setting so far: how many of its seeds are done or failed, and what is going on."""

    name: str
    seeds: int
    done: int
    failed: int
    running: tuple[str, ...]
    accuracies: tuple[float, ...]

    def cells(self) -> tuple[str, str, str, str]:
        """Name, progress, accuracy so far, what runs."""
        failed = f", {self.failed} failed" if self.failed else ""
        return (
            self.name,
            f"{self.done} of {self.seeds}{failed}",
            accuracy_text(self.accuracies),
            "; ".join(self.running[:MOST_RUNNING]),
        )


def setting_rows(records: tuple[TrialRecord, ...]) -> list[SettingRow]:
    """The records of all trials, a row a setting."""
    by_setting: dict[str, list[TrialRecord]] = {}
    for record in records:
        by_setting.setdefault(record.trial.setting, []).append(record)
    return [
        SettingRow(
            name=name,
            seeds=len(rows),
            done=sum(row.state == "done" for row in rows),
            failed=sum(row.state == "failed" for row in rows),
            running=tuple(_running(row) for row in rows if row.state == "running"),
            accuracies=tuple(
                found
                for row in rows
                if row.state == "done" and row.run
                if (found := _accuracy(row.run)) is not None
            ),
        )
        for name, rows in by_setting.items()
    ]


def accuracy_text(accuracies: tuple[float, ...]) -> str:
    """The mean, with the standard deviation once there are two: 98.91% ± 0.12."""
    if not accuracies:
        return ""
    mean = statistics.fmean(accuracies)
    if len(accuracies) == 1:
        return f"{mean:.2%}"
    return f"{mean:.2%} ± {100 * statistics.stdev(accuracies):.2f}"


def shown_study(
    study: Study,
    ended: Iterator[TrialDone],
    foretold: Foretold | None = None,
    console: Console | None = None,
    *,
    done: Collection[str] = (),
) -> Iterator[TrialDone]:
    """Yield `ended` again and show how the study goes.

    `done` are the names of trials that are known to be taken over, and not in what was foretold.
    """
    console = console or progress_console()
    clock = Clock(study.missing(), foretold, done)
    if console.is_terminal:
        live = Live(
            get_renderable=lambda: study_table(study, clock),
            console=console,
            refresh_per_second=REFRESH_A_SECOND,
            transient=True,
        )
        with live:
            for one in ended:
                clock.finish(one)
                yield one
        return
    for one in ended:
        clock.finish(one)
        console.print(f"{trial_line(one)}; {clock}", soft_wrap=True, markup=False)
        yield one


class Clock:
    """The time left: what was foretold, corrected by the pace of the trials that are done.

    `taken_over` are the names of trials that are no work and were not foretold.
    """

    def __init__(
        self,
        trials: Sequence[Trial],
        foretold: Foretold | None,
        taken_over: Collection[str] = (),
    ) -> None:
        self.foretold = foretold
        self.trials = len(trials)
        self.taken_over = set(taken_over)
        self.to_do = {trial.name: trial for trial in trials if trial.name not in self.taken_over}
        self.work = self.work_foretold = sum(map(self._work, self.to_do.values()))
        self.done = 0
        self.work_done = 0.0
        self.began = time.perf_counter()

    def finish(self, ended: TrialDone) -> None:
        """Count one trial as done; one that was taken over was no work."""
        self.done += 1
        work = self._work(ended.trial)
        was_to_do = self.to_do.pop(ended.trial.name, None) is not None
        if not ended.taken_over:
            self.work_done += work
            self.work += 0.0 if was_to_do else work
        elif was_to_do:
            self.work -= work

    @property
    def seconds_left(self) -> float | None:
        """The estimate, or None where there is nothing to go by."""
        gone = time.perf_counter() - self.began
        if self.foretold is not None and self.work_done < EARLY * self.work:
            return self._foretold_left(self.foretold, gone)
        return gone * (self.work - self.work_done) / self.work_done if self.work_done else None

    def _foretold_left(self, foretold: Foretold, gone: float) -> float | None:
        """What is left of the time foretold; None once the trials have proved it too short.

        It is too short where the trials that have not begun alone would take longer.
        """
        left = foretold.seconds * self.work / self.work_foretold - gone
        works = sorted(map(self._work, self.to_do.values()), reverse=True)
        waiting = sum(works[foretold.at_once :]) / foretold.at_once
        return left if left >= max(TRIAL_SECONDS, waiting) else None

    def __str__(self) -> str:
        left = self.seconds_left
        text = f"{self.done} of {self.trials} trials"
        if left is None or self.done == self.trials:
            return text
        return f"{text}, about {format_seconds(left)} left"

    def _work(self, trial: Trial) -> float:
        """A trial's share of the work, in seconds where they were foretold."""
        training = 0.0 if self.foretold is None else self.foretold.settings.get(trial.setting, 0.0)
        return TRIAL_SECONDS + training


def trial_line(ended: TrialDone) -> str:
    """A trial that has ended, in one line."""
    head = f"{ended.trial.setting}, seed {ended.trial.seed}"
    if ended.run is None:
        return f"{head}: FAILED: {ended.reason}"
    seconds = format_seconds(sum(row["train_seconds"] for row in ended.run.history))
    how = "taken over from another study" if ended.taken_over else f"in {seconds}"
    return f"{head}: {ended.run.accuracy().fraction:.2%} {how}"


def study_table(study: Study, clock: Clock) -> Table:
    """The live table."""
    table = Table(box=None, header_style="bold", pad_edge=False, title_justify="left")
    table.title = f"{study.name}: {clock}"
    for name in ("setting", "seeds", "accuracy so far", "now"):
        table.add_column(name, no_wrap=name != "now")
    for row in setting_rows(study.records()):
        table.add_row(*map(escape, row.cells()))
    return table


def _accuracy(run: Run) -> float | None:
    """As the run's last line says it: its answers may be damaged, and are large to read anew."""
    return run.metrics.get("test_accuracy", run.metrics.get("val_accuracy"))


def _running(record: TrialRecord) -> str:
    run: Run | None = record.run
    epochs = 0 if run is None else len(run.history)
    total = "?" if run is None else run.recipe.epochs
    return f"seed {record.trial.seed}: epoch {epochs + 1} of {total}"
