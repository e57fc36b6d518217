"""A study's plan on the terminal: what will be done, and how long it will take."""

from collections import Counter

import click
from rich.markup import escape
from rich.table import Table

from lenswork.cli.options import print_json, table_console
from lenswork.record.durations import format_seconds
from lenswork.study.ahead import Ahead, twin_lines, what_is_to_do
from lenswork.study.plan import Plan, Setting
from lenswork.study.workers import Workers


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


def _changes(plan: Plan, setting: Setting) -> dict[str, object]:
    return {key: value for key, value in setting.fields.items() if plan.base.get(key) != value}
