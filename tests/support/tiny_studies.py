"""Studies whose trials are trained in this process, so that a test can see what was asked."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lenswork.record.train import open_for
from lenswork.record.writer import Recorder
from lenswork.study.conduct import TrialDone, conduct
from lenswork.study.folder import Study, start_study
from lenswork.study.plan import Plan
from lenswork.study.processes import go_on
from lenswork.study.workers import Outcome, Task
from lenswork.training.fit import fit


@dataclass
class HereWorkers:
    """Trains in this process; the tasks in `failing` fail."""

    failing: Sequence[str] = ()
    asked: list[str] = field(default_factory=list)

    def run(self, tasks: Sequence[Task], stop: Callable[[], bool] = go_on) -> Iterator[Outcome]:
        for task in tasks:
            if stop():
                return
            self.asked.append(task.name)
            if task.name in self.failing:
                yield Outcome(task.name, "it was asked to fail")
                continue
            recipe, data = open_for(task.recipe, task.data_home)
            for _ in Recorder(task.folder, task.name).record(fit(recipe, data, device="cpu")):
                pass
            yield Outcome(task.name)

    def at_once(self) -> int:
        return 1

    def describe(self) -> str:
        return "this process"


def plan_on(folder: Path, **fields: Any) -> Plan:
    """Two settings, `short` and `long`, of a net that trains in milliseconds."""
    base = {"data": str(folder), "recipe": "notes", "net": "flatten, dense classes", "batch": 8}
    axes = {"epochs": {"short": 1, "long": 2}}
    whole: dict[str, Any] = {"name": "try", "seeds": 2, "base": base, "axes": axes} | fields
    return Plan(**whole)


def carry_out(study: Study, workers: HereWorkers | None = None) -> list[TrialDone]:
    """Do what is missing."""
    return list(conduct(study, workers or HereWorkers()))


def finished_study(folder: Path, home: Path, *, failing: Sequence[str] = (), **plan: Any) -> Study:
    """A study on `folder` of which everything is done."""
    study = start_study(plan_on(folder, **plan), home)
    carry_out(study, HereWorkers(failing))
    return study
