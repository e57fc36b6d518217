"""Taking turns with other work on the machine: one program is measured while all else waits."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def turn(lock: Path | None) -> Iterator[None]:
    """Within, `lock` is held: what is started with `flock LOCK COMMAND` waits until the end.

    None waits for nobody and keeps nobody waiting.
    """
    if lock is None:
        yield
        return
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
