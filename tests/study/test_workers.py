"""What every kind of worker promises: the same tests on each."""

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from work import LONG, kill, local_worker, ray_worker, soon, task

from lenswork.data.open import open_data
from lenswork.record.run import Run
from lenswork.study.ray_workers import RayWorkers
from lenswork.study.workers import LocalWorkers, Outcome, Task, Workers
from lenswork.training.events import Finished
from lenswork.training.fit import fit

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Kind:
    """One kind of worker; `process` finds the one that does a task."""

    workers: Workers
    process: Callable[[str], int | None]
    runs_again: bool


@pytest.fixture(params=["local", "ray"])
def kind(request: pytest.FixtureRequest) -> Kind:
    if request.param == "local":
        return Kind(LocalWorkers(1), lambda _: local_worker(), runs_again=False)
    request.getfixturevalue("connection")
    return Kind(RayWorkers(), ray_worker, runs_again=True)


def outcomes(workers: Workers, tasks: Sequence[Task]) -> dict[str, Outcome]:
    ended = list(workers.run(tasks))
    assert sorted(one.name for one in ended) == sorted(task.name for task in tasks)
    return {one.name: one for one in ended}


def test_every_task_has_one_outcome_and_leaves_its_run_or_a_reason(
    kind: Kind, tmp_path: Path, pictures: Path
) -> None:
    tasks = [
        task(tmp_path, pictures, "nowhere", data="/nowhere/at/all"),
        task(tmp_path, pictures, "small", net="conv 4, pool 20, flatten, dense classes"),
        *(task(tmp_path, pictures, f"good-{seed}", seed) for seed in range(3)),
    ]
    ended = outcomes(kind.workers, tasks)
    assert "'/nowhere/at/all' is neither a folder" in str(ended["nowhere"].reason)
    assert "'pool 20x20' cannot pool a map of" in str(ended["small"].reason)
    folder = tasks[0].folder
    assert sorted(child.name for child in folder.iterdir()) == ["good-0", "good-1", "good-2"]
    for seed in range(3):
        assert ended[f"good-{seed}"].reason is None
        _is_the_run_of(Run(folder / f"good-{seed}"), tasks[2 + seed])


def _is_the_run_of(run: Run, done: Task) -> None:
    """The record is whole, and its answers are those of the same training here."""
    assert run.status == "finished"
    assert run.recipe.data == done.recipe.data
    assert run.classifier.contract.classes == ("high", "low")
    (*_, end) = fit(done.recipe, open_data(done.recipe.data), device="cpu")
    assert isinstance(end, Finished)
    here, there = end.answers["validation"], run.answers["validation"]
    assert there.ids == here.ids
    np.testing.assert_allclose(there.probabilities, here.probabilities, rtol=0, atol=1e-6)


def test_a_worker_that_is_killed_harms_no_other_task(
    kind: Kind, tmp_path: Path, pictures: Path
) -> None:
    tasks = [
        task(tmp_path, pictures, "victim", epochs=400),
        task(tmp_path, pictures, "other"),
    ]
    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(lambda: kill(soon(lambda: kind.process("victim"))))
        ended = outcomes(kind.workers, tasks)
        killing.result()
    assert ended["other"].reason is None
    if kind.runs_again:
        assert ended["victim"].reason is None
        assert Run(tasks[0].folder / "victim").status == "finished"
    else:
        assert signal.SIGKILL.name in str(ended["victim"].reason)


def test_leaving_the_loop_ends_the_work(kind: Kind, tmp_path: Path, pictures: Path) -> None:
    tasks = [
        task(tmp_path, pictures, "short"),
        *(task(tmp_path, pictures, f"long-{seed}", seed, epochs=LONG) for seed in range(3)),
    ]
    running = kind.workers.run(tasks)
    assert next(running) == Outcome("short")
    soon(lambda: kind.process("long"))
    running.close()  # type: ignore[attr-defined]
    soon(lambda: kind.process("long") is None, seconds=10)
    finished = [
        child.name for child in tasks[0].folder.iterdir() if Run(child).status == "finished"
    ]
    assert finished == ["short"]


def test_workers_say_who_they_are(kind: Kind) -> None:
    assert kind.workers.describe() in ("1 process with 1 thread", "2 CPUs on 2 Ray nodes")
