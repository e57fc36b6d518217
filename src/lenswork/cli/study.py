"""`lenswork study`: settings and seeds, compared until something is known."""

from pathlib import Path
from typing import Any

import click

from lenswork.cli.ask_study import HowToRun, carried_out, more_seeds, run_options, said_of
from lenswork.cli.options import home_option, json_option, print_json
from lenswork.cli.outputs import check_output
from lenswork.cli.recipe_options import recipe_options
from lenswork.cli.study_plan import print_plan_json, show_plan
from lenswork.cli.study_verdict import show_verdict
from lenswork.errors import LensworkError, PlanError
from lenswork.record.writer import slug
from lenswork.study.ahead import ahead_of
from lenswork.study.builtin import BUILTIN
from lenswork.study.conduct import fitting_workers
from lenswork.study.folder import (
    Study,
    extended,
    list_studies,
    open_study,
    studies_folder,
    there_already,
)
from lenswork.study.plan import LONGEST_NAME, Plan
from lenswork.study.report import write_report
from lenswork.study.summary import summarise
from lenswork.training.recipe import Recipe


class PlanOrCommand(click.Group):
    """`lenswork study NAME` carries a plan out, unless NAME is one of the commands here."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `run` before whatever does not begin with a command."""
        if args and args[0] not in {*self.commands, "-h", "--help"}:
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=PlanOrCommand)
def command() -> None:
    """Train a grid of settings with several seeds each, and say what is true about them.

    `lenswork study PLAN`, where PLAN is a TOML file or one of filters, depth, epochs, normalise,
    size, convolutions-or-dense; `lenswork study run --help` tells the options. Left in the middle
    or extended with more --seeds, the same command does only what is missing.
    """


@command.command("run")
@click.argument("plan")
@click.option("--data", help="A folder, or a known data set, in place of the plan's.")
@click.option(
    "--seeds", type=click.IntRange(1), help="Trainings of each setting [default: the plan's, or 5]."
)
@click.option("--name", help="The study's name [default: PLAN-DATA].")
@click.option("--plan-only", is_flag=True, help="Show the plan and the time it would take.")
@run_options
@recipe_options
def run_plan(
    plan: str,
    data: str | None,
    seeds: int | None,
    name: str | None,
    how: HowToRun,
    as_json: bool,
    plan_only: bool,
    **fields: Any,
) -> None:
    """Carry out PLAN: a TOML file, or the name of a built-in one.

    The options that `lenswork train` has change the plan's base.
    """
    chosen = chosen_plan(plan, data, seeds, name, said_of(fields))
    if plan_only:
        _foretell_only(chosen, how)
        return
    _tell(carried_out(chosen, how), as_json)


def _foretell_only(plan: Plan, how: HowToRun) -> None:
    local = fitting_workers(plan, how.data_home, how.workers)
    there = there_already(plan, how.home)
    ended: set[str] = set()
    if there is not None:
        if there.plan.seeds > plan.seeds and not how.quiet:
            click.echo(more_seeds(there))
        plan = extended(plan, there)
        states = {"done"} if how.retry_failed else {"done", "failed"}
        ended = {one.trial.name for one in there.records() if one.state in states}
    missing = [trial for trial in plan.trials() if trial.name not in ended]
    ahead = ahead_of(studies_folder(how.home) / plan.name, missing, local, how.data_home)
    if how.quiet:
        print_plan_json(plan, ahead)
    else:
        show_plan(plan, ahead, local)


@command.command("show")
@click.argument("name")
@home_option
@json_option
def show_study(name: str, home: Path | None, as_json: bool) -> None:
    """Show what the study NAME (or its folder) has found so far."""
    _tell(open_study(name, home), as_json)


@command.command("report")
@click.argument("name")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
              help="An .html or .md file [default: NAME.html in this folder].")  # fmt: skip
@home_option
def report_study(name: str, out: Path | None, home: Path | None) -> None:
    """Write the study NAME as one HTML file that holds everything, or as Markdown."""
    study = open_study(name, home)
    out = out or Path(f"{study.name}.html")
    check_output(out, "--out", suffixes=(".html", ".md"))
    for file in write_report(study, out):
        click.echo(f"written to {file}")


@command.command("list")
@home_option
@json_option
def list_all(home: Path | None, as_json: bool) -> None:
    """List the studies of a home and how far they are."""
    rows, problems = [], []
    for name in list_studies(home):
        try:
            rows.append(_progress_row(open_study(name, home)))
        except (LensworkError, OSError) as error:
            problems.append(f"cannot read {name}: {error}")
    for problem in problems:
        click.echo(problem, err=True)
    if as_json:
        print_json(rows)
        return
    if not rows and not problems:
        click.echo(f"no studies in {studies_folder(home)}: lenswork study filters makes one")
    for row in rows:
        failed = f", {row['failed']} failed" if row["failed"] else ""
        click.echo(f"{row['study']}: {row['done']} of {row['trials']} trials done{failed}")


def _progress_row(study: Study) -> dict[str, Any]:
    states = [record.state for record in study.records()]
    done, failed = states.count("done"), states.count("failed")
    return {"study": study.name, "trials": len(states), "done": done, "failed": failed}


def _tell(study: Study, as_json: bool) -> None:
    """Print the verdict; a study of which every trial failed has none."""
    records = study.records()
    if records and all(record.state == "failed" for record in records):
        reasons = "; ".join(sorted({record.reason for record in records}))
        raise LensworkError(
            f"all {len(records)} trials of study {study.name} failed: {reasons}. Mend the cause, "
            "then the same command with --retry-failed"
        )
    summary = summarise(study)
    if as_json:
        print_json(summary.as_dict())
    else:
        show_verdict(summary)


def chosen_plan(
    words: str, data: str | None, seeds: int | None, name: str | None, fields: dict[str, Any]
) -> Plan:
    """The plan that is meant, with everything that was said on the command line."""
    if words in BUILTIN:
        plan = BUILTIN[words]
    elif Path(words).is_file():
        plan = Plan.read(words)
    else:
        raise PlanError(
            f"there is no plan {words!r}: give a TOML file, or one of {', '.join(BUILTIN)}"
        )
    if data is not None:
        fields = {**fields, "data": data}
    if fields:
        plan = plan.with_base(**fields)
    if seeds is not None:
        plan = plan.changed(seeds=seeds)
    return plan.changed(name=name or default_name(plan))


def default_name(plan: Plan) -> str:
    """The plan's and the data's name."""
    return f"{plan.name}-{slug(str(plan.base.get('data', Recipe().data)))}"[:LONGEST_NAME]
