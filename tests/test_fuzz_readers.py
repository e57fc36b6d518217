"""Every file that is read, with any bytes changed, is read or refused in words, and soon.

Pictures, classifiers, Keras and ONNX files have tests of their own. `LENSWORK_FUZZ=20000 pytest
tests/test_fuzz_readers.py` tries that many changes of each kind, others each time.
"""

import contextlib
import gzip
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recorded_runs import write_run
from shard_sets import labelled, tar_of
from tiny_sets import digits, idx_files, npz_bytes

from lenswork.data.idx import read_npz, read_pictures
from lenswork.data.open import open_data
from lenswork.errors import LensworkError
from lenswork.model.spec import parse_net
from lenswork.record.predictions import read_predictions
from lenswork.record.run import Run
from lenswork.study.plan import Plan
from lenswork.training.recipe import Recipe

TRIES = int(os.environ.get("LENSWORK_FUZZ", "60"))
FUZZ = settings(
    max_examples=TRIES,
    derandomize="LENSWORK_FUZZ" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
MOST_SECONDS = 1.0  # of processor time
PLAN = """name = "rates"
question = "Which rate?"
seeds = 3
[base]
data = "mnist"
epochs = 2
[axes]
learning_rate = [0.1, 0.01]
"""


def record_of(file: str) -> Callable[[Path], bytes]:
    """A file of a run's record."""

    def made(folder: Path) -> bytes:
        write_run(folder / "run", [0, 1, 2, 0], [0, 1, 2, 1])
        return (folder / "run" / file).read_bytes()

    return made


def idx(folder: Path) -> bytes:
    return next(content for name, content in idx_files(digits()).items() if "images" in name)


def read_run(path: Path) -> object:
    """Everything that a list of runs and a page of one read."""
    run = Run(path.parent)
    return run.summary(), run.status, run.history, run.metrics, run.classes


READERS: dict[str, tuple[str, Callable[[Path], bytes], Callable[[Path], object]]] = {
    "idx": ("images-idx3-ubyte", lambda folder: gzip_free(idx(folder)), read_pictures),
    "npz": ("a.npz", lambda _: npz_bytes(digits()), read_npz),
    "shards": (
        "a-000.tar",
        lambda _: tar_of(labelled(["cat", "dog"] * 4)),
        lambda path: open_data(str(path)),
    ),
    "recipe": ("recipe.toml", record_of("recipe.toml"), Recipe.read),
    "plan": ("plan.toml", lambda _: PLAN.encode(), Plan.read),
    "net": (
        "net.txt",
        lambda _: (
            b"conv 8 5x5 stride 2 same leaky-relu no-bias, pool avg 3x3, flatten, "
            b"dropout 0.2, batchnorm epsilon 0.1, dense classes"
        ),
        lambda path: parse_net(path.read_bytes().decode("latin-1")),
    ),
    "predictions": (
        "predictions.npz",
        record_of("predictions.npz"),
        lambda path: read_predictions(path, 3),
    ),
    "history": ("history.jsonl", record_of("history.jsonl"), read_run),
    "environment": ("environment.json", record_of("environment.json"), read_run),
}


def gzip_free(content: bytes) -> bytes:
    """The content itself, so that a change reaches more than a checksum."""
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


@pytest.mark.parametrize("kind", READERS)
def test_a_file_with_any_bytes_changed_is_read_or_refused(
    kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name, make, read = READERS[kind]
    folder = tmp_path_factory.mktemp(kind)
    whole = make(folder)
    run = folder / "run"
    path = (run if run.is_dir() else folder) / name
    path.write_bytes(whole)
    read(path)
    place = st.integers(0, len(whole) - 1)

    @given(
        changes=st.lists(st.tuples(place, st.integers(0, 255)), max_size=8),
        end=st.none() | place,
        more=st.binary(max_size=16),
    )
    @FUZZ
    def changed(changes: list[tuple[int, int]], end: int | None, more: bytes) -> None:
        content = bytearray(whole)
        for at, value in changes:
            content[at] = value
        path.write_bytes(bytes(content[:end]) + more)
        start = time.process_time()
        with contextlib.suppress(LensworkError):
            read(path)
        assert time.process_time() - start < MOST_SECONDS

    changed()


def test_the_files_that_are_changed_are_good_ones(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [0, 1], [0, 1])
    answers = read_predictions(run.path / "predictions.npz", 3)
    assert np.array_equal(answers["test"].truth, [0, 1])
