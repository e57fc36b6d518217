"""What the commands share that ask one question of data by a study of their own."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from lenswork.cli.options import data_home_option, home_option, json_option
from lenswork.cli.recipe_options import recipe_options
from lenswork.cli.study_plan import show_plan
from lenswork.data.dataset import Dataset
from lenswork.errors import UsageError
from lenswork.record.train import CUT_FIELDS, open_for
from lenswork.study.ahead import ahead_of
from lenswork.study.conduct import begin, conduct, fitting_workers
from lenswork.study.folder import Study
from lenswork.study.plan import Plan
from lenswork.study.progress import shown_study
from lenswork.study.ray_workers import RayWorkers
from lenswork.study.workers import Workers
from lenswork.training.recipe import Recipe

Command = Callable[..., Any]


@dataclass(frozen=True)
class HowToRun:
    """Where the data and studies are, and who carries trials out; `quiet` prints no plan."""

    home: Path | None
    data_home: Path | None
    workers: int | None
    ray: str | None
    retry_failed: bool
    quiet: bool


def run_options(command: Command) -> Command:
    """How trials are carried out: the command is given `how` and `as_json`."""

    @functools.wraps(command)
    def gathered(
        home: Path | None,
        data_home: Path | None,
        workers: int | None,
        ray: str | None,
        retry_failed: bool,
        as_json: bool,
        **others: Any,
    ) -> Any:
        how = HowToRun(home, data_home, workers, ray, retry_failed, quiet=as_json)
        return command(how=how, as_json=as_json, **others)

    return _with_options(
        gathered,
        click.option("--workers", type=click.IntRange(1), help="Processes [default: one a core]."),
        click.option("--ray", metavar="ADDRESS", help="Use this Ray cluster (extra `ray`)."),
        click.option("--retry-failed", is_flag=True, help="Do failed trials again."),
        home_option,
        data_home_option,
        json_option,
    )


def study_options(seeds: int) -> Callable[[Command], Command]:
    """DATA, how the study is carried out, and one option a field of the recipe."""

    def decorate(command: Command) -> Command:
        return _with_options(
            command,
            click.argument("data", required=False),
            click.option(
                "--seeds",
                type=click.IntRange(1),
                default=seeds,
                show_default=True,
                help="Trainings of each setting.",
            ),
            click.option("--name", help="The study's name in place of the default."),
            run_options,
            recipe_options,
        )

    return decorate


def said_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe's fields that the command line says."""
    return {name: value for name, value in fields.items() if value not in (None, ())}


def opened_for(data: str | None, how: HowToRun, fields: Mapping[str, Any]) -> Dataset:
    """The data that is asked about, cut as the recipe's `fields` say."""
    cut = {name: fields[name] for name in CUT_FIELDS & fields.keys()}
    return open_for(Recipe(**({} if data is None else {"data": data}), **cut), how.data_home)[1]


def carried_out(plan: Plan, how: HowToRun) -> Study:
    """Do what is missing of the plan's study, here or on a cluster."""
    cluster = None if how.ray is None else RayWorkers(checked_address(how.ray))
    if cluster is not None:
        cluster.at_once()  # raises where no cluster answers, before anything is measured
    local = fitting_workers(plan, how.data_home, how.workers)
    chosen: Workers = cluster or local
    study = begin(plan, how.home, how.data_home)
    if how.retry_failed:
        study.forget_failures()
    if study.plan.seeds > plan.seeds and not how.quiet:
        click.echo(more_seeds(study))
    missing = study.missing()
    if missing:
        ahead = ahead_of(study.path, missing, local, how.data_home, chosen.at_once())
        if not how.quiet:
            show_plan(study.plan, ahead, chosen)
        ended = conduct(study, chosen, how.data_home, ahead.done)
        for _ in shown_study(study, ended, ahead.foretold, done=ahead.done):
            pass
    return study


def more_seeds(study: Study) -> str:
    """That a study has more seeds than were asked for."""
    return f"study {study.name} has {study.plan.seeds:,} seeds already; all are shown"


def checked_address(address: str) -> str:
    """The address of a Ray cluster; raises `UsageError` for none."""
    if not address.strip():
        raise UsageError("--ray: expected a cluster's address, such as auto or HOST:PORT, got none")
    return address


def _with_options(command: Command, *options: Callable[[Command], Command]) -> Command:
    """The command with these options, in this order in its help."""
    for option in reversed(options):
        command = option(command)
    return command
