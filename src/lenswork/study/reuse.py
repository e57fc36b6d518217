"""Trials that another study of the same home has done already.

The same recipe and seed on the same data is the same training: `filters`, `depth` and `epochs` all
have the notes' Conv 32 x 2 after 10 epochs among their settings. Its answers are the same to the
bit, but not its times: they were measured beside other work, and are left out of the study's costs.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lenswork import __version__
from lenswork.errors import LensworkError
from lenswork.record.environment import versions
from lenswork.record.run import Run
from lenswork.record.writer import UNFINISHED
from lenswork.study.digests import DataNow
from lenswork.study.folder import PLAN, TAKEN_OVER, TRIALS, Study
from lenswork.study.plan import Trial


def done_beside(
    path: Path, trials: Sequence[Trial], data_home: Path | None = None
) -> dict[str, Run]:
    """The runs of `trials`, by these' names, that other studies beside the one at `path` hold.

    A run is the same when its recipe, filled in, is the same to the last field, it has read the
    same pictures and labels (by their digests), and it was made with the versions that are
    installed now. `path` need not be there yet.
    """
    runs = list(_runs_beside(path)) if trials else []
    if not runs:
        return {}
    now = DataNow(data_home)
    found = {}
    for trial in trials:
        wanted = now.filled_in(trial.recipe)
        alike = (run for run in runs if run.recipe == wanted)
        same = next((run for run in alike if now.are_those_of(run, trial.recipe)), None)
        if same is not None:
            found[trial.name] = same
    return found


def take_over(study: Study, trials: Sequence[Trial], done: Mapping[str, Run]) -> list[Trial]:
    """Copy the runs that `done_beside` has found of `trials`; returns the trials it has them of."""
    taken = [trial for trial in trials if trial.name in done and done[trial.name].path.is_dir()]
    for trial in taken:
        _copy(done[trial.name], study.trials_folder / trial.name)
    return taken


def study_of(run: Run) -> str:
    """The name of the study that a trial's run is in."""
    return run.path.parent.parent.name


def _runs_beside(path: Path) -> Iterator[Run]:
    """The finished runs of the other studies in the same folder, made with today's versions."""
    installed = versions()
    for plan in sorted(path.parent.glob(f"*/{PLAN}")):
        if plan.parent.name == path.name:
            continue
        for folder in sorted((plan.parent / TRIALS).glob("*/")):
            try:
                run = Run(folder)
                made_with = run.environment["lenswork"], run.environment["packages"]
                if run.status == "finished" and made_with == (__version__, installed):
                    _ = run.recipe  # raises where it is damaged
                    yield run
            except LensworkError:  # a damaged run of another study is none that can be taken
                continue


def _copy(run: Run, path: Path) -> None:
    """Have a copy of a run's folder appear whole, with a note of where it was trained."""
    folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=path.parent))
    shutil.copytree(run.path, folder, dirs_exist_ok=True)
    (folder / TAKEN_OVER).write_text(f"{study_of(run)}/{run.name}\n", "utf-8")
    folder.rename(path)
