"""Taking turns: whoever holds the lock is alone on the machine."""

import fcntl
from pathlib import Path

import pytest

from turns import turn


def test_while_a_program_is_measured_others_wait_for_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with lock.open("w") as other:
        with turn(lock), pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)

        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_without_a_lock_nothing_waits() -> None:
    with turn(None):
        pass
