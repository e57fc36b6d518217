"""Keeping a library's warnings from the user while it reads files that are odd but readable."""

import threading
import warnings
from types import TracebackType


class Quiet:
    """A block in which warnings raised inside the modules that match `module` are not shown.

    Many threads may be in it at once. With a plain `warnings.catch_warnings` in each of them the
    first to leave would restore the filters under the others, and the last would restore wrong
    ones; here the first to come sets the filter and the last to leave restores what was there.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._lock = threading.Lock()
        self._inside = 0
        self._before = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._before = warnings.catch_warnings()
                self._before.__enter__()
                warnings.filterwarnings("ignore", module=self._module)
            self._inside += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._before.__exit__(kind, error, traceback)
