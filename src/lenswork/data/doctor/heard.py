"""Hearing a library's warnings about one file while many threads read many."""

import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

MOST_KEPT = 3  # of one file


class Heard:
    """A block in which warnings raised by Pillow are collected, each thread's apart.

    `warnings.catch_warnings(record=True)` in each thread would mix the threads' warnings and
    restore wrong filters. Here one block is around all threads, and `taken` gives what the
    calling thread has heard while it is open. Warnings of other modules are shown as ever.
    """

    def __init__(self) -> None:
        self._catch = warnings.catch_warnings()
        self._own = threading.local()

    def __enter__(self) -> "Heard":
        self._catch.__enter__()
        warnings.filterwarnings("always", module=r"PIL\.")
        show = warnings.showwarning

        def keep_or_show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            *rest: Any,
            **named: Any,
        ) -> None:
            kept = getattr(self._own, "messages", None)
            if kept is None or Path(filename).parent.name != "PIL":
                show(message, category, filename, lineno, *rest, **named)
            elif len(kept) < MOST_KEPT and (text := _one_line(message)) not in kept:
                kept.append(text)

        warnings.showwarning = keep_or_show
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._catch.__exit__(kind, error, traceback)

    @contextmanager
    def taken(self) -> Iterator[list[str]]:
        """The warnings that this thread hears in the block, each text once."""
        messages: list[str] = []
        self._own.messages = messages
        try:
            yield messages
        finally:
            self._own.messages = None


def _one_line(message: Warning | str) -> str:
    # a file's own bytes can stand in a warning, and one text is kept for many files
    return sys.intern(" ".join(str(message).split())[:200])
