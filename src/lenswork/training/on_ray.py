"""Training one network on a Ray cluster, by Ray Train's TorchTrainer.

    for event in train_on_ray(recipe, data, "10.0.0.5:6379", workers=4):
        ...

The events are those of `fit`, so they are shown and recorded alike. They come by way of an actor
that the first worker writes to and this side reads; what to stop goes the other way.
"""

import importlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from threading import Event as Flag
from typing import Any

import torch

from lenswork import __version__
from lenswork.data.carried import carried
from lenswork.data.dataset import Dataset
from lenswork.errors import LensworkError, UsageError
from lenswork.training.choose import choose
from lenswork.training.cluster import connected, describe_cluster, own_error
from lenswork.training.events import Event, StepDone
from lenswork.training.recipe import Recipe
from lenswork.training.shared import fit_shared

PASS_SECONDS = 0.25  # between two messages


class Link:
    """The actor between the first worker and this side."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.stopped = False

    def put(self, events: Sequence[Event]) -> bool:
        """Take events of the worker; true when it is to end."""
        self.events += events
        return self.stopped

    def take(self, stop: bool) -> list[Event]:
        """Give this side all events since the last time."""
        self.stopped = self.stopped or stop
        events, self.events = self.events, []
        return events


class Sender:
    """Passes a worker's events on, a few times a second: a message a step would cost more."""

    def __init__(self, pass_on: Callable[[Sequence[Event]], bool]) -> None:
        self.pass_on = pass_on
        self.waiting: list[Event] = []
        self.stopped = False
        self.passed = time.perf_counter()

    def send(self, event: Event) -> None:
        """Keep a step for a moment; pass anything else on at once."""
        self.waiting.append(event)
        if not isinstance(event, StepDone) or time.perf_counter() - self.passed > PASS_SECONDS:
            self.stopped = self.pass_on(self.waiting)
            self.waiting = []
            self.passed = time.perf_counter()


def train_on_ray(
    recipe: Recipe,
    data: Dataset,
    address: str = "auto",
    workers: int = 2,
    *,
    stop: Flag | None = None,
) -> Iterator[Event]:
    """Train on the CPUs of the Ray cluster at `address` with `workers` processes.

    Each batch is shared between them, so it is the same training as `fit`'s, rounded otherwise
    (`training/shared.py`). Raises `ClusterError`, `UsageError` for more workers than CPUs, what
    `fit` raises, and `LensworkError` when a worker or its node is lost.
    """
    if workers < 1:
        raise UsageError(f"expected 1 worker or more, got {workers}")
    choose(recipe, data)
    with connected(address) as ray:
        if workers > ray.cluster_resources()["CPU"]:
            raise UsageError(
                f"{workers} workers need a CPU each, the Ray cluster at {address} has "
                f"{describe_cluster(ray)}"
            )
        link = ray.remote(num_cpus=0)(Link).remote()
        # in a list, a reference is passed on as it is: the launching process needs no pictures
        handed = [ray.put(carried(data)), link]
        launch = ray.remote(num_cpus=0, max_retries=0)(_launch)
        work = launch.remote(recipe.to_toml(), workers, handed, __version__)
        try:
            yield from _events(ray, link, work, stop)
        finally:
            ray.cancel(work, force=True)
            ray.kill(link)


def _events(ray: Any, link: Any, work: Any, stop: Flag | None) -> Iterator[Event]:
    """What the first worker sends, until all have ended; raises what ended them."""
    running = True
    while running:
        _, waiting = ray.wait([work], timeout=PASS_SECONDS)
        running = bool(waiting)
        try:
            yield from ray.get(link.take.remote(stop is not None and stop.is_set()))
            if not running:
                reason = ray.get(work)
                if reason is not None:
                    raise LensworkError(f"the training on Ray has failed: {reason}")
        except ray.exceptions.RayError as error:
            reason = own_error(ray, error)
            raise LensworkError(f"the training on Ray has failed: {reason}") from error


def _launch(recipe: str, workers: int, handed: Sequence[Any], version: str) -> str | None:
    """On the cluster: have TorchTrainer run `_work` in every worker; why it failed, if it did."""
    train = importlib.import_module("ray.train")
    of_torch = importlib.import_module("ray.train.torch")
    with tempfile.TemporaryDirectory(prefix="lenswork-") as folder:
        trainer = of_torch.TorchTrainer(
            _work,
            train_loop_config={"recipe": recipe, "handed": handed, "version": version},
            scaling_config=train.ScalingConfig(num_workers=workers),
            run_config=train.RunConfig(storage_path=folder),
            torch_config=of_torch.TorchConfig(backend="gloo"),
        )
        try:
            trainer.fit()
        except train.TrainingFailedError as error:
            return _first_failure(error)
    return None


def _first_failure(error: Exception) -> str:
    """The reason in a worker, if it was there: the lowest rank's that is not a lost neighbour."""
    failures = getattr(error, "worker_failures", {})
    for cause in sorted(failures.values(), key=lambda one: not isinstance(one, LensworkError)):
        return (
            str(cause) if isinstance(cause, LensworkError) else f"{type(cause).__name__}: {cause}"
        )
    return f"{type(error).__name__}: {error}"


def _work(config: dict[str, Any]) -> None:
    """In a worker, whose process group Ray Train has begun."""
    if config["version"] != __version__:
        raise UsageError(
            f"the node has lenswork {__version__}, this machine has {config['version']}"
        )
    ray = importlib.import_module("ray")
    first = importlib.import_module("ray.train").get_context().get_world_rank() == 0
    torch.set_num_threads(1)
    data, link = config["handed"]
    sender = Sender(lambda events: ray.get(link.put.remote(events)))
    recipe = Recipe.from_toml(config["recipe"])
    for event in fit_shared(recipe, ray.get(data), lambda: sender.stopped):
        if first:
            sender.send(event)
