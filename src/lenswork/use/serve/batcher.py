"""Pictures of several requests answered together, by one thread a model."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lenswork.kinds import Pictures, Probabilities
from lenswork.model.contract import Contract
from lenswork.use.serve.limits import Limits, busy, unavailable
from lenswork.use.serve.metrics import Metrics


class Engine(Protocol):
    """What answers pictures: a `Classifier`, or another runtime that keeps the same contract."""

    contract: Contract

    def probabilities(self, pictures: Pictures) -> Probabilities:
        """(count, classes) of (count, height, width, channels) uint8 at the contract's size."""
        ...


@dataclass(frozen=True)
class _Job:
    pictures: Pictures
    answer: "Future[Probabilities]"


class Batcher:
    """A queue before an engine, which only its own thread calls.

    A batch begins as soon as the engine is free; it waits for more only while requests are known
    to be on their way, so that a single client is answered at once.
    """

    def __init__(self, name: str, engine: Engine, limits: Limits, metrics: Metrics) -> None:
        self.name = name
        self.engine = engine
        self._limits = limits
        self._metrics = metrics
        self._jobs: deque[_Job] = deque()
        self._waiting = self._coming = 0
        self._stopping = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name=f"answers of {name}", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Pictures in the queue."""
        return self._waiting

    @contextmanager
    def coming(self) -> Iterator[None]:
        """For the time in which a request's pictures are read."""
        self._count_coming(1)
        try:
            yield
        finally:
            self._count_coming(-1)

    def submit(self, pictures: Pictures) -> "Future[Probabilities]":
        """Put pictures, (count, height, width, channels), in the queue; raises `Refusal`."""
        answer: Future[Probabilities] = Future()
        with self._changed:
            if self._stopping:
                raise unavailable("the server is stopping", "a request after that")
            if self._waiting and self._waiting + len(pictures) > self._limits.queue:
                raise busy(
                    f"{self._waiting} waiting and {len(pictures)} more",
                    f"at most {self._limits.queue} pictures waiting for {self.name}",
                )
            self._waiting += len(pictures)
            self._jobs.append(_Job(pictures, answer))
            self._changed.notify()
        return answer

    def stop(self) -> None:
        """Answer what waits, take nothing more, and end."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def _count_coming(self, more: int) -> None:
        with self._changed:
            self._coming += more
            self._changed.notify()

    def _work(self) -> None:
        while jobs := self._next():
            taken = [job for job in jobs if job.answer.set_running_or_notify_cancel()]
            if taken:
                self._answer(taken)

    def _next(self) -> list[_Job]:
        """The jobs of one batch; none when all is done."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._stopping)
            end = time.monotonic() + self._limits.wait_seconds
            while self._coming and self._waiting < self._limits.batch and not self._stopping:
                left = end - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            jobs: list[_Job] = []
            count = 0
            while self._jobs and (
                not jobs or count + len(self._jobs[0].pictures) <= self._limits.batch
            ):
                jobs.append(self._jobs.popleft())
                count += len(jobs[-1].pictures)
            self._waiting -= count
            return jobs

    def _answer(self, jobs: list[_Job]) -> None:
        start = time.perf_counter()
        try:
            rows = self.engine.probabilities(_together(jobs))
        except Exception as error:  # the thread must live: whoever asked is told
            for job in jobs:
                job.answer.set_exception(error)
            return
        self._metrics.batch(self.name, len(rows), time.perf_counter() - start)
        ends = np.cumsum([len(job.pictures) for job in jobs])
        for job, answers in zip(jobs, np.split(rows, ends[:-1]), strict=True):
            job.answer.set_result(answers)


def _together(jobs: list[_Job]) -> Pictures:
    """The pictures of several jobs; those of a single one are not copied."""
    return jobs[0].pictures if len(jobs) == 1 else np.concatenate([job.pictures for job in jobs])
