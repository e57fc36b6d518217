"""Carrying out a study: what is missing is done, what fails is written down."""

import math
from collections.abc import Generator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from lenswork.data.subset import take_training
from lenswork.errors import PlanError, RunError
from lenswork.record.run import Run
from lenswork.record.train import open_for
from lenswork.study.digests import DataNow
from lenswork.study.ended import TRIAL_SECONDS as TRIAL_SECONDS
from lenswork.study.ended import Foretold as Foretold
from lenswork.study.ended import TrialDone as TrialDone
from lenswork.study.folder import Study, extended, start_study, there_already
from lenswork.study.plan import Plan, Trial
from lenswork.study.progress import shown_study
from lenswork.study.results import changed_data, refuse_other_pictures
from lenswork.study.reuse import done_beside, take_over
from lenswork.study.workers import LocalWorkers, Outcome, Task, Workers, local_workers
from lenswork.training.choose import choose
from lenswork.training.recipe import Recipe

PACE_SECONDS = 1.0  # of each setting's training, to foretell the rest
START_SECONDS = 3.0  # of a process, until it has loaded torch


def run_study(
    plan: Plan,
    *,
    home: str | Path | None = None,
    data_home: Path | None = None,
    workers: Workers | None = None,
    progress: bool = True,
) -> Study:
    """Carry out `plan` and return its record; one that was begun before is gone on with.

    `workers` left out are processes on this machine. With `progress` each trial that ends is told
    of, and how long the others will take. Raises `PlanError` before anything is trained for a plan
    that does not fit its data.
    """
    found = fitting_workers(plan, data_home)
    study = begin(plan, home, data_home)
    ended = conduct(study, workers or found, data_home)
    for _ in shown_study(study, ended) if progress else ended:
        pass
    return study


def begin(plan: Plan, home: str | Path | None = None, data_home: Path | None = None) -> Study:
    """Make a study's folder, or extend the one that is there, on the data that it began with.

    Raises `PlanError` as `start_study` does, and `RunError` when pictures or labels have changed;
    the study is then as it was.
    """
    there = there_already(plan, home)
    if there is not None:
        done = {one.trial.name for one in there.records() if one.state == "done"}
        if any(trial.name not in done for trial in extended(plan, there).trials()):
            _refuse_changed_since(there, data_home)
    return start_study(plan, home)


def fitting_workers(
    plan: Plan, data_home: Path | None = None, most: int | None = None
) -> LocalWorkers:
    """Check every setting against its data; processes on this machine that the memory allows.

    Raises `PlanError` that names the setting.
    """
    recipes, opened = [], []
    chosen: dict[str, tuple[Recipe, Recipe]] = {}
    for setting in plan.settings:
        try:
            recipe, data = open_for(Recipe(**setting.fields), data_home)
            data = take_training(data, recipe.train_pictures, recipe.seed)
            choice = choose(recipe, data)
        except PlanError:
            raise
        except Exception as error:
            raise PlanError(f"setting {setting.name!r}: {error}") from error
        recipes.append(recipe)
        opened.append(data)
        chosen[setting.name] = Recipe(**setting.fields), choice.recipe
    _refuse_twins(chosen)
    return local_workers(recipes, opened, most)


def _refuse_twins(chosen: Mapping[str, tuple[Recipe, Recipe]]) -> None:
    """Settings that only the data make one recipe would be trained with the same seeds.

    `chosen` has each setting's recipe as the plan says it, and filled in.
    """
    for (one, (said, filled)), (other, (also_said, also)) in combinations(chosen.items(), 2):
        if filled == also and said != also_said:
            raise PlanError(
                f"settings {one!r} and {other!r} are the same training on this data: leave one "
                "out. To compare a recipe with itself write both alike in the plan; then each "
                "is trained with seeds of its own"
            )


def conduct(
    study: Study,
    workers: Workers,
    data_home: Path | None = None,
    done: Mapping[str, Run] | None = None,
) -> Generator[TrialDone, None, None]:
    """Do what is missing, and yield each trial as it ends.

    What another study beside this one has done alike is copied; `done` is what `done_beside`
    (`study/reuse.py`) has found of it, looked for here when left out.

    Asked to stop (`Study.ask_to_stop`) it ends within a second or so; what is in the making then is
    left as any interrupted trial. Raises `UsageError` when another process carries out the study.
    """
    with study.alone():
        study.forget_stop()  # one that a kill has left is not meant for us
        trials = {trial.name: trial for trial in study.missing()}
        for trial in trials.values():
            study.clear(trial)
        if done is None:
            done = done_beside(study.path, tuple(trials.values()), data_home)
        for trial in take_over(study, tuple(trials.values()), done):
            yield TrialDone(trial, Run(study.trials_folder / trial.name), taken_over=True)
            del trials[trial.name]
        tasks = [
            Task(trial.name, trial.recipe, study.trials_folder, data_home)
            for trial in trials.values()
        ]
        for outcome in workers.run(tasks, study.is_asked_to_stop):
            trial = trials[outcome.name]
            reason = _failure(study, outcome)
            if reason is None:
                _refuse_changed_data(study, trial)
            if reason is not None:
                study.note_failure(trial.name, reason)
            run = None if reason else Run(study.trials_folder / trial.name)
            yield TrialDone(trial, run, reason)
        study.forget_stop()


def foretell(
    trials: Sequence[Trial],
    workers: LocalWorkers,
    data_home: Path | None = None,
    at_once: int | None = None,
) -> Foretold:
    """Train each setting of `trials` for a second to say how long all of them will take.

    It is measured on this machine, for `at_once` trials at the same time wherever they will run;
    left out, as many as there are workers. No trials take no time, and nothing is measured.
    """
    if not trials:
        return Foretold({}, 0.0)
    at_once = at_once or workers.count
    firsts = {trial.setting: trial for trial in reversed(trials)}
    tasks = [Task(trial.name, trial.recipe, Path(), data_home) for trial in firsts.values()]
    paces = workers.paces(tasks, PACE_SECONDS)
    settings = {name: pace for name, pace in zip(firsts, paces, strict=True) if pace is not None}
    whole = [TRIAL_SECONDS + settings.get(trial.setting, 0.0) for trial in trials]
    return Foretold(settings, START_SECONDS + max(*whole, sum(whole) / at_once), at_once)


def _refuse_changed_since(study: Study, data_home: Path | None) -> None:
    """Raise `RunError` when the data are not those of the study's finished trials any more."""
    now = DataNow(data_home)
    met: set[str] = set()
    for record in study.records():
        if record.state != "done" or record.run is None or record.trial.setting in met:
            continue
        met.add(record.trial.setting)
        part = now.changed_part(record.run, record.trial.recipe)
        if part is not None:
            raise RunError(changed_data(study.name, part, f"trial {record.run.name}", "today"))


def _refuse_changed_data(study: Study, trial: Trial) -> None:
    """Raise `RunError`, and keep nothing of the trial, when its data are not its setting's."""
    runs = study.runs(trial.setting)
    try:
        refuse_other_pictures(study.name, runs)
    except RunError:
        study.clear(trial)
        raise


def _failure(study: Study, outcome: Outcome) -> str | None:
    """Why a trial has no network that can be compared."""
    if outcome.reason is not None:
        return outcome.reason
    run = Run(study.trials_folder / outcome.name)
    if not all(math.isfinite(value) for value in run.metrics.values()):
        return f"diverged: {run.end.get('stopped')}"
    if not run.answers:
        return "its data have no validation or test pictures to compare by"
    return None
