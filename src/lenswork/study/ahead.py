"""What is ahead of a study: what will be trained, what is taken over, and how long it takes."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lenswork.amounts import counted
from lenswork.record.durations import format_seconds
from lenswork.record.run import Run
from lenswork.study.conduct import Foretold, fitting_workers, foretell
from lenswork.study.folder import extended, studies_folder, there_already
from lenswork.study.plan import Plan, Trial
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


def foretold_words(plan: Plan, home: Path, data_home: Path | None) -> str:
    """What is to do for `plan` and how long it takes here, measured for a second a setting.

    Raises `PlanError` for a plan that does not fit its data or another study's of its name.
    """
    workers = fitting_workers(plan, data_home)
    there = there_already(plan, home)
    ended: set[str] = set()
    if there is not None:
        plan = extended(plan, there)
        ended = {one.trial.name for one in there.records() if one.state in ("done", "failed")}
    missing = [trial for trial in plan.trials() if trial.name not in ended]
    ahead = ahead_of(studies_folder(home) / plan.name, missing, workers, data_home)
    return what_is_to_do(ahead, workers)


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
        taken = f"{counted(there, 'trial')}, {whole}taken over from {names}"
        return taken if there else "nothing to do"
    time = f"about {format_seconds(ahead.foretold.seconds)} with {workers.describe()}"
    if there:
        return f"{counted(there, 'trial')} taken over from {names}, {here:,} to do, {time}"
    return f"{counted(here, 'trial')}, {time}"
