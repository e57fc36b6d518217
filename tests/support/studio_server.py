"""A studio on a port of this machine."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import uvicorn

from lenswork.web.app import studio
from lenswork.web.settings import Settings


class served:  # noqa: N801  # reads as a word where it is used
    """A studio on a free port of this machine, in a thread."""

    def __init__(self, home: Path, folders: tuple[Path, ...] = (), port: int = 0) -> None:
        self._config = uvicorn.Config(
            _unset, port=port, log_config=None, log_level="warning", lifespan="off"
        )
        self._listening = self._config.bind_socket()
        self.port: int = self._listening.getsockname()[1]
        settings = Settings(home=home, folders=folders, host="127.0.0.1", port=self.port)
        self._config.app = studio(settings)
        self._config.timeout_graceful_shutdown = 1
        self._server = uvicorn.Server(self._config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listening]}, daemon=True
        )

    def __enter__(self) -> str:
        self._thread.start()
        until(lambda: self._server.started)
        return f"http://127.0.0.1:{self.port}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._listening.close()


async def _unset(*_: object) -> None:
    """Stands for the application until the port is known."""


def until(holds: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something holds; a test fails that waits longer."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s in vain")
        time.sleep(0.02)
