"""Processes of a Ray cluster that carry out a study's trials.

The nodes share nothing with this machine: a data set is put into the cluster's object store once,
whatever number of trials train on it, and a run comes back as the bytes of its files. Ray gives a
trial whose process or node was lost to another; only this side writes, so no trial is there twice.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from lenswork import __version__
from lenswork.data.carried import carried
from lenswork.data.dataset import Dataset
from lenswork.errors import LensworkError
from lenswork.files import sync, write_bytes
from lenswork.record.train import open_for
from lenswork.record.writer import UNFINISHED, Recorder
from lenswork.study.processes import STOP_SECONDS, go_on
from lenswork.study.workers import Outcome, Task
from lenswork.training.cluster import connected, cpus_of, describe_cluster, own_error
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe

RETRIES = 5  # of a trial whose process or node was lost: one that kills its node must end too

Files = dict[str, bytes]  # of a run's folder, by name


@dataclass(frozen=True)
class RayWorkers:
    """One trial a CPU of the Ray cluster at `address` (`training/cluster.py` says which).

    A trial whose node goes down runs again on another, up to five times.
    """

    address: str = "auto"

    def run(self, tasks: Sequence[Task], stop: Callable[[], bool] = go_on) -> Iterator[Outcome]:
        """Yield one outcome a task, in the order in which they end; raises `ClusterError`."""
        with connected(self.address) as ray:
            shared = _Shared(ray)
            train = ray.remote(num_cpus=1, max_retries=RETRIES)(_train)
            names: dict[Any, Task] = {}
            try:
                for task in tasks:
                    try:
                        recipe, data = shared.opened(task)
                    except Exception as error:
                        yield Outcome(task.name, _reason(error))
                        continue
                    sent = train.options(name=task.name).remote(
                        task.name, recipe.to_toml(), data, __version__
                    )
                    names[sent] = task
                while names and not stop():
                    ended, _ = ray.wait(list(names), num_returns=1, timeout=STOP_SECONDS)
                    for sent in ended:
                        yield _received(ray, names.pop(sent), sent)
            finally:
                for sent in names:
                    ray.cancel(sent, force=True)

    def at_once(self) -> int:
        """As many as the cluster has CPUs; raises `ClusterError`."""
        with connected(self.address) as ray:
            return max(1, cpus_of(ray))

    def describe(self) -> str:
        """Who works, in a few words; raises `ClusterError`."""
        with connected(self.address) as ray:
            return describe_cluster(ray)


class _Shared:
    """The data sets of the tasks, each opened and put into the object store once."""

    def __init__(self, ray: Any) -> None:
        self.ray = ray
        self.put: dict[tuple[Any, ...], tuple[Recipe, Any]] = {}

    def opened(self, task: Task) -> tuple[Recipe, Any]:
        """The task's recipe, with all that its data set says, and the reference to the data."""
        recipe = task.recipe
        key = (recipe.data, recipe.validation, recipe.group, recipe.split_seed, task.data_home)
        if key not in self.put:
            said, data = open_for(recipe, task.data_home)
            self.put[key] = (said, self.ray.put(carried(data)))
        said, reference = self.put[key]
        cut = {name: getattr(said, name) for name in ("data", "validation", "group", "split_seed")}
        return recipe.changed(**cut), reference


def _train(name: str, recipe: str, data: Dataset, version: str) -> dict[str, Any]:
    """On a node: train and record one trial in a folder of its own, and answer with its files."""
    if version != __version__:
        return {"reason": f"the node has lenswork {__version__}, this machine has {version}"}
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory(prefix="lenswork-") as home:
            recorder = Recorder(Path(home), name)
            for _ in recorder.record(fit(Recipe.from_toml(recipe), data, device="cpu")):
                pass
            folder = recorder.run.path
            return {"reason": None, "files": {p.name: p.read_bytes() for p in folder.iterdir()}}
    except Exception as error:
        return {"reason": _reason(error)}


def _received(ray: Any, task: Task, sent: Any) -> Outcome:
    """The outcome of a task that has ended, its run's folder written."""
    try:
        answer = ray.get(sent)
    except ray.exceptions.RayError as error:
        return Outcome(task.name, own_error(ray, error))
    if answer["reason"] is None:
        _write_folder(task.folder / task.name, answer["files"])
    return Outcome(task.name, answer["reason"])


def _write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Have the folder appear at once with all its files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=path.parent))
    try:
        folder.chmod(0o755)
        for name, content in files.items():
            write_bytes(folder / os.path.basename(name), content)  # noqa: PTH119
        folder.rename(path)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    sync(path.parent)


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "there was not enough memory"
    return str(error) if isinstance(error, LensworkError) else f"{type(error).__name__}: {error}"
