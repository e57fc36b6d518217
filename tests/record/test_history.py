"""The history keeps whole lines only, whatever the disk does."""

import json
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lenswork.record.history import append


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """A limit on the size of files stands for a disk that fills up: a write is cut, then fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


@pytest.mark.parametrize("room", [0, 1, 40, 60, 99])
def test_a_line_that_the_disk_cuts_leaves_nothing_of_itself(tmp_path: Path, room: int) -> None:
    history = tmp_path / "history.jsonl"
    append(tmp_path, {"event": "started", "net": "x" * 200_000})
    before = history.read_bytes()
    with files_of_at_most(len(before) + room), pytest.raises(OSError, match="File too large"):
        append(tmp_path, {"event": "epoch", "net": "y" * 70})  # 100 bytes
    assert history.read_bytes() == before
    append(tmp_path, {"event": "failed"})
    events = [json.loads(line)["event"] for line in history.read_text().splitlines()]
    assert events == ["started", "failed"]
