"""Trials that another study of the same home has done already.

The same recipe and seed on the same data is the same training: `filters`, `depth` and `epochs` all
have the notes' Conv 32 x 2 after 10 epochs among their settings. Its answers are the same to the
bit, but not its times: they were measured beside other work, and are left out of the study's costs.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from lenswork.data.subset import take_training
from lenswork.errors import LensworkError
from lenswork.record.environment import versions
from lenswork.record.run import Run
from lenswork.record.train import open_for
from lenswork.record.writer import UNFINISHED
from lenswork.study.folder import PLAN, TAKEN_OVER, TRIALS, Study
from lenswork.study.plan import Trial
from lenswork.training.choose import choose
from lenswork.training.recipe import Recipe

Pictures = dict[str, int]  # in each part


def take_over(study: Study, trials: Sequence[Trial], data_home: Path | None) -> list[Trial]:
    """Copy the runs of `trials` that other studies beside this one hold; returns those trials.

    A run is the same when its recipe, filled in, is the same to the last field, its data has as
    many pictures in each part, and it was made with the versions that are installed now.
    """
    runs = list(_runs_beside(study))
    if not runs:
        return []
    settings = {trial.setting: trial.recipe for trial in trials}
    filled = {name: _filled_in(recipe, data_home) for name, recipe in settings.items()}
    taken = []
    for trial in trials:
        recipe, pictures = filled[trial.setting]
        wanted = recipe.changed(seed=trial.seed)
        same = (r for r in runs if r.recipe == wanted and r.start.get("pictures") == pictures)
        if run := next(same, None):
            _copy(run, study.trials_folder / trial.name)
            taken.append(trial)
    return taken


def _runs_beside(study: Study) -> Iterator[Run]:
    """The finished runs of the other studies in the same folder, made with today's versions."""
    installed = versions()
    for plan in sorted(study.path.parent.glob(f"*/{PLAN}")):
        if plan.parent == study.path:
            continue
        for folder in sorted((plan.parent / TRIALS).glob("*/")):
            try:
                run = Run(folder)
                if run.status == "finished" and run.environment["packages"] == installed:
                    yield run
            except LensworkError:  # a damaged run of another study is none that can be taken
                continue


def _filled_in(recipe: Recipe, data_home: Path | None) -> tuple[Recipe, Pictures]:
    """The recipe as its run would record it, and how many pictures its data has."""
    recipe, data = open_for(recipe, data_home)
    data = take_training(data, recipe.train_pictures, recipe.seed)
    return choose(recipe, data).recipe, {name: len(part) for name, part in data.parts.items()}


def _copy(run: Run, path: Path) -> None:
    """Have a copy of a run's folder appear whole, with a note of where it was trained."""
    folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=path.parent))
    shutil.copytree(run.path, folder, dirs_exist_ok=True)
    study = run.path.parent.parent.name
    (folder / TAKEN_OVER).write_text(f"{study}/{run.name}\n", "utf-8")
    folder.rename(path)
