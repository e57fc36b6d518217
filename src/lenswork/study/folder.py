"""A recorded study: one folder in which every trial is a run like any other.

plan.toml        what is asked
trials/NAME/     one run folder a trial, named after its setting and seed
failures.json    trials that ended in an error, with the reason

A study can be left at any time: what is missing is what has no finished run and no failure.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from lenswork.errors import PlanError, RunError, UsageError
from lenswork.files import write_bytes
from lenswork.locks import is_held
from lenswork.model.spec import parse_net
from lenswork.record.home import home_folder, refuse_unwritable
from lenswork.record.run import Run
from lenswork.study.plan import Plan, Trial
from lenswork.training.recipe import Recipe

STUDIES = "studies"  # the folder in a home of runs
PLAN, TRIALS, FAILURES, LOCK = "plan.toml", "trials", "failures.json", ".running"
STOP = ".stop"  # there from the moment that someone asks it to stop
LOCK_SECONDS = 0.5  # a report that asks whether it is carried out holds its lock for a moment
TAKEN_OVER = "taken-over"  # in a trial's folder: the study that trained it

State = Literal["done", "failed", "running", "missing"]


@dataclass(frozen=True)
class TrialRecord:
    """A trial and what has become of it; `reason` says why it failed."""

    trial: Trial
    state: State
    run: Run | None = None
    reason: str = ""


class Study:
    """A study's folder, read as it is asked for."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).resolve()
        if not (self.path / PLAN).is_file():
            raise RunError(f"expected a study's folder with {PLAN} in it, found none at {path}")
        self.plan = Plan.read(self.path / PLAN)
        self._checked: set[str] = set()  # trials whose recipe is the plan's

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def trials_folder(self) -> Path:
        """Where the trials' runs are."""
        return self.path / TRIALS

    def records(self) -> tuple[TrialRecord, ...]:
        """Every trial of the plan with its state, in the plan's order."""
        failures = self.failures()
        return tuple(self._record(trial, failures) for trial in self.plan.trials())

    def missing(self) -> tuple[Trial, ...]:
        """The trials that are still to be done."""
        return tuple(record.trial for record in self.records() if record.state == "missing")

    def runs(self, setting: str) -> tuple[Run, ...]:
        """The finished runs of one setting, by seed."""
        return tuple(
            record.run
            for record in self.records()
            if record.state == "done" and record.trial.setting == setting and record.run
        )

    def failures(self) -> dict[str, str]:
        """Why trials of the plan failed, by their names."""
        there = self._failures()
        return {
            trial.name: there[trial.name] for trial in self.plan.trials() if trial.name in there
        }

    def _failures(self) -> dict[str, str]:
        path = self.path / FAILURES
        if not path.is_file():
            return {}
        try:
            found = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise RunError(f"{path} is damaged: {error}; delete it to try those again") from error
        if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
            raise RunError(
                f"{path} is damaged: expected a table of trials' names and reasons, got "
                f"{str(found)[:60]}; delete it to try those again"
            )
        return found

    def note_failure(self, name: str, reason: str) -> None:
        """Write down why a trial failed."""
        self._write_failures({**self._failures(), name: reason})

    def forget_failures(self) -> None:
        """Have every failed trial done again."""
        self._write_failures({})

    def clear(self, trial: Trial) -> None:
        """Take away what an interrupted trial left behind."""
        folder = self.trials_folder / trial.name
        if folder.exists():
            shutil.rmtree(folder)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other process from carrying out the same study; raises `UsageError`."""
        lock = FileLock(self.path / LOCK)
        try:
            lock.acquire(timeout=LOCK_SECONDS)
        except Timeout:
            raise UsageError(
                f"study {self.name} is being carried out by another process: wait for it, or stop "
                "it; what it has done is kept"
            ) from None
        try:
            yield
        finally:
            lock.release()

    @property
    def is_carried_out(self) -> bool:
        """Whether a process carries it out at this moment."""
        return is_held(self.path / LOCK)

    def ask_to_stop(self) -> None:
        """Have the process that carries it out leave it within a second or so.

        Raises `UsageError` when there is none.
        """
        if not self.is_carried_out:
            raise UsageError(
                f"study {self.name} is not being carried out, so there is nothing to stop"
            )
        (self.path / STOP).touch()

    def is_asked_to_stop(self) -> bool:
        """Whether someone has asked it to stop since it was last begun or gone on with."""
        return (self.path / STOP).exists()

    def forget_stop(self) -> None:
        """Take the wish to stop as done."""
        (self.path / STOP).unlink(missing_ok=True)

    def _record(self, trial: Trial, failures: dict[str, str]) -> TrialRecord:
        if trial.name in failures:
            return TrialRecord(trial, "failed", reason=failures[trial.name])
        path = self.trials_folder / trial.name
        try:
            run = Run(path)
            status = run.status
        except RunError:
            return TrialRecord(trial, "missing")
        if status in ("finished", "stopped"):
            self._check_recipe(trial, run)
            return TrialRecord(trial, "done", run)
        return TrialRecord(trial, "running" if status == "running" else "missing", run)

    def _check_recipe(self, trial: Trial, run: Run) -> None:
        """Raise `RunError` when a run was trained as the plan no longer says."""
        if trial.name in self._checked:
            return
        for field in sorted(trial.recipe.model_fields_set - {"seed"}):
            wanted, found = _said(trial.recipe, field), _said(run.recipe, field)
            if wanted != found:
                raise RunError(
                    f"trial {trial.name} of study {self.name} was trained with {field} {found}, "
                    f"but {self.path / PLAN} now says {wanted}: bring the plan back, give the "
                    f"changed one a name of its own with --name, or delete {run.path}"
                )
        self._checked.add(trial.name)

    def _write_failures(self, failures: dict[str, str]) -> None:
        content = json.dumps(failures, indent=2, ensure_ascii=False)
        write_bytes(self.path / FAILURES, content.encode("utf-8", "replace"))


def studies_folder(home: str | Path | None = None) -> Path:
    """Where studies are kept: `studies` in the home of runs."""
    return home_folder(home) / STUDIES


def start_study(plan: Plan, home: str | Path | None = None) -> Study:
    """Make a study's folder, or open the one that is there for the same plan.

    More seeds extend it. Raises `PlanError` when the folder holds another plan under the name.
    """
    folder = studies_folder(home)
    refuse_unwritable(folder)
    path = folder / plan.name
    there = there_already(plan, home)
    if there is not None:
        plan = extended(plan, there)
        if plan == there.plan:
            return there
    (path / TRIALS).mkdir(parents=True, exist_ok=True)
    write_bytes(path / PLAN, plan.to_toml().encode())
    return Study(path)


def there_already(plan: Plan, home: str | Path | None = None) -> Study | None:
    """The study of the plan's name as it is, or None."""
    path = studies_folder(home) / plan.name
    return Study(path) if (path / PLAN).is_file() else None


def extended(plan: Plan, there: Study) -> Plan:
    """The plan with no fewer seeds than the study has; raises `PlanError` when it is another."""
    _refuse_other(plan, there.plan, there.path)
    return plan.changed(seeds=max(plan.seeds, there.plan.seeds))


def open_study(name: str | Path, home: str | Path | None = None) -> Study:
    """Open a study by its name in `home`, or by the path of its folder.

    Raises `RunError` naming the studies there are.
    """
    if (Path(name) / PLAN).is_file():
        return Study(name)
    folder = studies_folder(home)
    if (folder / name / PLAN).is_file():
        return Study(folder / name)
    there = list_studies(home)
    shown = f"it has {', '.join(there)}" if there else "it has none yet: lenswork study filters"
    raise RunError(f"there is no study {str(name)!r} in {folder}; {shown}")


def list_studies(home: str | Path | None = None) -> Sequence[str]:
    """The names of the studies in a home, in order."""
    return sorted(path.parent.name for path in studies_folder(home).glob(f"*/{PLAN}"))


def _said(recipe: Recipe, field: str) -> object:
    """A field as both a plan and the record of a run say it."""
    value = getattr(recipe, field)
    if field == "net" and value is not None:
        return str(parse_net(value))
    if field == "data":
        return Path(value).name
    return value


def _refuse_other(plan: Plan, there: Plan, path: Path) -> None:
    """Trials of two plans in one folder would be compared as if they were one."""
    ours, theirs = (
        {setting.name: dict(setting.fields) for setting in one.settings} for one in (plan, there)
    )
    for name in (name for name in ours if name in theirs):
        for field in sorted(theirs[name].keys() | ours[name].keys()):
            was, now = theirs[name].get(field, "unsaid"), ours[name].get(field, "unsaid")
            if was != now:
                raise PlanError(
                    f"study {path.name} in {path.parent} was begun with another plan: {field} of "
                    f"{name!r} was {was}, now {now}. Give this one a name of its own with --name"
                )
    if theirs.keys() - ours.keys():
        gone = ", ".join(sorted(theirs.keys() - ours.keys()))
        raise PlanError(
            f"study {path.name} in {path.parent} has settings that this plan has not: {gone}. "
            "Give this one a name of its own with --name"
        )
