"""A study's plan on the terminal: what will be done, and how long it will take."""

from collections import Counter
from collections.abc import Sequence

import click
from rich.markup import escape
from rich.table import Table

from lenswork.cli.options import print_json, table_console
from lenswork.record.durations import format_seconds
from lenswork.study.conduct import Foretold
from lenswork.study.plan import Plan, Setting, Trial
from lenswork.study.workers import Workers


def show_plan(plan: Plan, missing: Sequence[Trial], expected: Foretold, workers: Workers) -> None:
    """Print what will be done and how long it will take."""
    console = table_console()
    console.print(f"[bold]{escape(plan.name)}[/]  {escape(plan.question)}".rstrip())
    base = ", ".join(f"{key} {value}" for key, value in plan.base.items())
    console.print(f"all: {escape(base)}", soft_wrap=True)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("setting", "trials to do", "one takes about", "what it changes"):
        table.add_column(name, justify="right" if name[0] == "t" else "left")
    seeds = Counter(trial.setting for trial in missing)
    for setting in plan.settings:
        pace = expected.settings.get(setting.name)
        time = "" if pace is None else format_seconds(pace)
        changes = ", ".join(f"{key} {value}" for key, value in _changes(plan, setting).items())
        table.add_row(*map(escape, (setting.name, str(seeds[setting.name]), time, changes)))
    console.print(table)
    trials = "1 trial" if len(missing) == 1 else f"{len(missing):,} trials"
    click.echo(f"{trials}, about {format_seconds(expected.seconds)} with {workers.describe()}")


def print_plan_json(plan: Plan, missing: Sequence[Trial], expected: Foretold) -> None:
    """The same as JSON."""
    seeds = Counter(trial.setting for trial in missing)
    settings = [
        {
            "setting": setting.name,
            "changes": _changes(plan, setting),
            "trials": seeds[setting.name],
            "seconds_a_trial": expected.settings.get(setting.name),
        }
        for setting in plan.settings
    ]
    print_json({"plan": plan.model_dump(), "settings": settings, "seconds": expected.seconds})


def _changes(plan: Plan, setting: Setting) -> dict[str, object]:
    return {key: value for key, value in setting.fields.items() if plan.base.get(key) != value}
