"""Counts and times for Prometheus, in its text format.

https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4.
"""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SIZES = (1, 2, 4, 8, 16, 32, 64)
Labels = tuple[tuple[str, str], ...]


@dataclass
class _Histogram:
    """How many values were at most each bound, cumulative only when they are written."""

    bounds: Sequence[float]
    counts: list[int] = field(default_factory=list)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def lines(self, name: str, labels: Labels) -> Iterator[str]:
        """The buckets, the sum and the count."""
        below = 0
        for bound, count in zip((*map(_number, self.bounds), "+Inf"), self.counts, strict=True):
            below += count
            yield f"{name}_bucket{_labels((*labels, ('le', bound)))} {below}"
        yield f"{name}_sum{_labels(labels)} {_number(self.total)}"
        yield f"{name}_count{_labels(labels)} {below}"


class Metrics:
    """What a server has done since it began; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[Labels, int] = {}
        self._pictures: dict[Labels, int] = {}
        self._took: dict[Labels, _Histogram] = {}
        self._batches: dict[Labels, _Histogram] = {}
        self._engine: dict[Labels, _Histogram] = {}

    def request(self, path: str, status: int, seconds: float) -> None:
        """One answered request; `path` is the route, which has no names of users in it."""
        with self._lock:
            _count(self._requests, (("path", path), ("status", str(status))))
            self._took.setdefault((("path", path),), _Histogram(SECONDS)).add(seconds)

    def batch(self, model: str, pictures: int, seconds: float) -> None:
        """One batch that a model answered."""
        labels = (("model", model),)
        with self._lock:
            _count(self._pictures, labels, pictures)
            self._batches.setdefault(labels, _Histogram(SIZES)).add(pictures)
            self._engine.setdefault(labels, _Histogram(SECONDS)).add(seconds)

    def text(self, waiting: Mapping[str, int]) -> str:
        """Everything; `waiting` are the pictures in each model's queue."""
        queues: dict[Labels, int] = {(("model", name),): count for name, count in waiting.items()}
        with self._lock:
            lines = [
                *_counter("lenswork_requests_total", "Requests answered.", self._requests),
                *_counter("lenswork_pictures_total", "Pictures answered.", self._pictures),
                *_told("lenswork_queue_pictures", "gauge", "Pictures that wait.", queues),
                *_histogram("lenswork_request_seconds", "Time of a request.", self._took),
                *_histogram("lenswork_batch_pictures", "Pictures in a batch.", self._batches),
                *_histogram("lenswork_batch_seconds", "Time of a batch.", self._engine),
            ]
        return "\n".join(lines) + "\n"


def _count(counts: dict[Labels, int], labels: Labels, more: int = 1) -> None:
    counts[labels] = counts.get(labels, 0) + more


def _counter(name: str, meaning: str, counts: Mapping[Labels, int]) -> Iterator[str]:
    return _told(name, "counter", meaning, counts)


def _told(name: str, kind: str, meaning: str, counts: Mapping[Labels, int]) -> Iterator[str]:
    yield from _head(name, kind, meaning)
    for labels, count in counts.items():
        yield f"{name}{_labels(labels)} {count}"


def _histogram(name: str, meaning: str, found: Mapping[Labels, _Histogram]) -> Iterator[str]:
    yield from _head(name, "histogram", meaning)
    for labels, histogram in found.items():
        yield from histogram.lines(name, labels)


def _head(name: str, kind: str, meaning: str) -> Iterator[str]:
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} {kind}"


def _labels(labels: Iterable[tuple[str, str]]) -> str:
    said = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)
    return f"{{{said}}}" if said else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    return f"{value:g}" if value < 1e5 and value == round(value, 6) else repr(float(value))
