"""A study's plan on the terminal: what will be done, and how long it will take."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from lenswork.cli.options import print_json, table_console
from lenswork.record.durations import format_seconds
from lenswork.record.run import Run
from lenswork.study.conduct import Foretold, foretell
from lenswork.study.plan import Plan, Setting, Trial
from lenswork.study.reuse import done_beside, study_of
from lenswork.study.workers import LocalWorkers, Workers


@dataclass(frozen=True)
class Ahead:
    """What is ahead of a study: trials to train, those that are `done` elsewhere, and the time.

    `done` has the runs that are taken over, by the trials' names.
    """

    trials: tuple[Trial, ...]
    done: Mapping[str, Run]
    foretold: Foretold

    @property
    def to_do(self) -> Counter[str]:
        """The number of trials to train, by setting."""
        return Counter(trial.setting for trial in self.trials)


def ahead_of(
    path: Path,
    missing: Sequence[Trial],
    workers: LocalWorkers,
    data_home: Path | None,
    at_once: int | None = None,
) -> Ahead:
    """Look what of `missing` the studies beside `path` have, and foretell the rest."""
    done = done_beside(path, missing, data_home)
    to_do = tuple(trial for trial in missing if trial.name not in done)
    return Ahead(to_do, done, foretell(to_do, workers, data_home, at_once))


def show_plan(plan: Plan, ahead: Ahead, workers: Workers) -> None:
    """Print what will be done and how long it will take."""
    console = table_console()
    console.print(f"[bold]{escape(plan.name)}[/]  {escape(plan.question)}".rstrip())
    base = ", ".join(f"{key} {value}" for key, value in plan.base.items())
    console.print(f"all: {escape(base)}", soft_wrap=True)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("setting", "trials to do", "one takes about", "what it changes"):
        table.add_column(name, justify="right" if name[0] == "t" else "left")
    for setting in plan.settings:
        pace = ahead.foretold.settings.get(setting.name)
        time = "" if pace is None else format_seconds(pace)
        changes = ", ".join(f"{key} {value}" for key, value in _changes(plan, setting).items())
        table.add_row(*map(escape, (setting.name, str(ahead.to_do[setting.name]), time, changes)))
    console.print(table)
    for line in twin_lines(plan):
        click.echo(line)
    click.echo(what_is_to_do(ahead, workers))


def twin_lines(plan: Plan) -> Iterator[str]:
    """Why the seeds of a setting begin far off: a line for each recipe under a second name."""
    for name, (first, twin) in plan.twins().items():
        yield (
            f"{name} is the same recipe as {twin}: its seeds are {first:,} and up, since with the "
            "same seeds both would be the same trainings"
        )


def what_is_to_do(ahead: Ahead, workers: Workers) -> str:
    """Such as "8 trials taken over from filters-mnist, 2 to do, about 40 s with 2 processes"."""
    here, there = len(ahead.trials), len(ahead.done)
    names = ", ".join(dict.fromkeys(map(study_of, ahead.done.values())))
    if not here:
        whole = "all " if there > 1 else ""
        return f"{_trials(there)}, {whole}taken over from {names}" if there else "nothing to do"
    time = f"about {format_seconds(ahead.foretold.seconds)} with {workers.describe()}"
    if there:
        return f"{_trials(there)} taken over from {names}, {here:,} to do, {time}"
    return f"{_trials(here)}, {time}"


def print_plan_json(plan: Plan, ahead: Ahead) -> None:
    """The same as JSON."""
    twins = plan.twins()
    trials = {trial.name: trial.setting for trial in plan.trials()}
    taken_over = Counter(trials[name] for name in ahead.done)
    settings = [
        {
            "setting": setting.name,
            "changes": _changes(plan, setting),
            "trials": ahead.to_do[setting.name],
            "taken_over": taken_over[setting.name],
            "first_seed": twins[setting.name][0] if setting.name in twins else 0,
            "seconds_a_trial": ahead.foretold.settings.get(setting.name),
        }
        for setting in plan.settings
    ]
    print_json({"plan": plan.model_dump(), "settings": settings, "seconds": ahead.foretold.seconds})


def _trials(count: int) -> str:
    return "1 trial" if count == 1 else f"{count:,} trials"


def _changes(plan: Plan, setting: Setting) -> dict[str, object]:
    return {key: value for key, value in setting.fields.items() if plan.base.get(key) != value}
