"""Trainings and studies that a page begins; each is the command that a person would have typed."""

import re
import secrets
import shutil
from pathlib import Path

from lenswork.errors import UsageError
from lenswork.files import write_bytes
from lenswork.record.home import RECIPE
from lenswork.record.run import Run
from lenswork.record.unfinished import refuse_finished
from lenswork.record.writer import Recorder, slug
from lenswork.study.folder import PLAN, extended, there_already
from lenswork.study.plan import Plan
from lenswork.training.recipe import Recipe
from lenswork.web.named import allowed_data
from lenswork.web.processes import Job, folder_of, job_of, start
from lenswork.web.settings import Settings


def start_training(settings: Settings, recipe: Recipe, name: str | None = None) -> str:
    """Begin a training in a process of its own; the name of the run that it will make.

    `name` left out is the next number. Raises `UsageError` for a name that is none or is taken,
    and `DataError` for data that the studio may not open.
    """
    recipe = recipe.changed(data=allowed_data(settings, recipe.data))
    Recorder(settings.home, name)  # refuses what the training would refuse
    folder = _reserved(settings, recipe.data) if name is None else _taken(settings, name)
    try:
        write_bytes(folder / RECIPE, recipe.to_toml().encode())
        words = ("train", "--recipe-file", str(folder / RECIPE), "--name", folder.name, "--fresh")
        start(folder, [*words, *_places(settings)])
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder.name


def resume_training(settings: Settings, run: Run) -> None:
    """Go on with a run that was left unfinished; raises `UsageError` where that cannot be."""
    refuse_finished(run)
    if run.status == "running":
        raise UsageError(f"run {run.name} is being trained already")
    if run.recipe.net is None:
        raise UsageError(
            f"run {run.name} trains a torch module of your own, which the studio does not have: "
            f"go on with it from Python, lenswork.train(net=..., resume={run.name!r})"
        )
    allowed_data(settings, run.recipe.data)
    folder = folder_of(settings, "runs", run.name)
    folder.mkdir(parents=True, exist_ok=True)
    start(folder, ["train", "--resume", str(run.path), *_places(settings)])


def start_study(settings: Settings, plan: Plan, name: str | None = None) -> str:
    """Carry out a plan in a process of its own, or what is missing of its study; the study's name.

    Raises `PlanError` where a study of that name has another plan, `UsageError` when it is being
    carried out already, and `DataError` for data that the studio may not open.
    """
    plan = plan.changed(name=name or plan.name)
    for setting in plan.settings:
        allowed_data(settings, Recipe(**setting.fields).data)
    there = there_already(plan, settings.home)
    if there is not None:
        extended(plan, there)
    folder = folder_of(settings, "studies", plan.name)
    if Job(folder).alive:
        raise UsageError(f"study {plan.name} is being carried out already")
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / PLAN, plan.to_toml().encode())
    words = ("study", "run", str(folder / PLAN), "--name", plan.name)
    start(folder, [*words, *_places(settings)])
    return plan.name


def _places(settings: Settings) -> list[str]:
    """The options that say where runs and data are."""
    said = ["--home", str(settings.home)]
    return said if settings.data_home is None else [*said, "--data-home", str(settings.data_home)]


def _reserved(settings: Settings, data: str) -> Path:
    """A folder for a job whose name nobody else has: of two who make it, one succeeds."""
    stem = slug(data)
    jobs = folder_of(settings, "runs", "")
    jobs.mkdir(parents=True, exist_ok=True)
    names = [path.name for place in (settings.home, jobs) for path in place.iterdir()]
    found = [re.fullmatch(rf"{re.escape(stem)}-(\d+)", name) for name in names]
    number = max((int(match[1]) for match in found if match), default=0)
    while True:
        number += 1
        folder = jobs / f"{stem}-{number}"
        if not (settings.home / folder.name).exists() and _made(folder):
            return folder


def _taken(settings: Settings, name: str) -> Path:
    """The folder for a job of this name; one whose run has gone since gives way."""
    folder = folder_of(settings, "runs", name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    old = job_of(settings, "runs", name)
    if old is not None and not old.alive:
        aside = folder.with_name(f".{name}.{secrets.token_hex(4)}")
        try:
            folder.rename(aside)
        except FileNotFoundError:  # another request was first
            pass
        else:
            shutil.rmtree(aside, ignore_errors=True)
    if not _made(folder):
        raise UsageError(f"a run {name} is being started already: name another")
    return folder


def _made(folder: Path) -> bool:
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True
