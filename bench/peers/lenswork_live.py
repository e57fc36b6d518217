"""How much longer the epochs of a run take while it is watched, in turn with unwatched ones."""

import argparse
import re
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from measuring import answer
from playwright.sync_api import sync_playwright

from lenswork.record.run import Run

NET = "conv 32, pool, conv 32, pool, flatten, dense 128, dense classes"
PICTURES, QUICK_PICTURES = 30_000, 3_000
TURNS, QUICK_TURNS = 10, 2
EPOCHS_A_TURN = 4  # watched: the change and one that counts; unwatched: the same
READERS = 20
NAME = "watched"


def main() -> None:
    """Train, watch every other pair of epochs, answer."""
    asked = _arguments()
    turns = QUICK_TURNS if asked.pictures else TURNS
    home = asked.home / "runs"
    where = ["--home", str(home), "--data-home", str(asked.data.parent)]
    words = ["train", "fashion-mnist", "--recipe", "notes", "--net", NET, "--name", NAME]
    words += ["--train-pictures", str(QUICK_PICTURES if asked.pictures else PICTURES)]
    words += ["--epochs", str(2 + EPOCHS_A_TURN * turns), "--seed", str(asked.seed)]
    watch = watched_by_page if asked.watched_by == "page" else watched_by_readers
    with (
        _studio(asked.lenswork, where) as address,
        watch(address) as look,
        (asked.home / "said.txt").open("w") as said,
    ):
        training = subprocess.Popen([asked.lenswork, *words, *where], stdout=said, stderr=said)
        take_turns(home / NAME, look, turns, training)
        if training.wait() != 0:
            sys.exit(f"ended with {training.returncode}: {(asked.home / 'said.txt').read_text()}")
    seconds = [row["train_seconds"] for row in Run(home / NAME).history]
    pairs = [
        (seconds[first + 1], seconds[first + 3])
        for first in range(1, 1 + EPOCHS_A_TURN * turns, EPOCHS_A_TURN)
    ]
    watched, alone = zip(*pairs, strict=True)
    measures = {
        "slower_percent": 100 * (statistics.median(one / other for one, other in pairs) - 1),
        "watched_seconds": statistics.median(watched),
        "alone_seconds": statistics.median(alone),
    }
    answer(measures, ["lenswork", "torch", "starlette"], epochs_seconds=seconds)


def take_turns(
    path: Path, look: Callable[[bool], None], turns: int, training: subprocess.Popen[bytes]
) -> None:
    """Begin to watch after the first epoch, and change every two epochs."""
    for change in range(2 * turns):
        while not has_epochs(path, 1 + 2 * change):
            if training.poll() is not None:
                return
            time.sleep(0.02)
        look(change % 2 == 0)


def has_epochs(path: Path, count: int) -> bool:
    """Whether so many epochs are recorded."""
    with suppress(OSError):
        return (path / "history.jsonl").read_bytes().count(b'"event": "epoch"') >= count
    return False


@contextmanager
def watched_by_page(address: str) -> Iterator[Callable[[bool], None]]:
    """A browser that shows the run's page, or an empty one."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})

        def look(watching: bool) -> None:
            page.goto(f"{address}runs/{NAME}" if watching else "about:blank")
            if watching:
                page.wait_for_selector("#wrong img")

        yield look
        browser.close()


@contextmanager
def watched_by_readers(address: str) -> Iterator[Callable[[bool], None]]:
    """Twenty connections to the run's events, or none."""
    open_ones: list[socket.socket] = []
    port = int(address.rstrip("/").rsplit(":", 1)[1])
    request = f"GET /runs/{NAME}/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()

    def look(watching: bool) -> None:
        while open_ones:
            one = open_ones.pop()
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for _ in range(READERS if watching else 0):
            one = socket.create_connection(("127.0.0.1", port))
            one.sendall(request)
            open_ones.append(one)
            threading.Thread(target=_read, args=(one,), daemon=True).start()

    yield look
    look(False)


def _read(one: socket.socket) -> None:
    with suppress(OSError):
        while one.recv(65536):
            pass


@contextmanager
def _studio(lenswork: str, where: list[str]) -> Iterator[str]:
    """The address of a studio, which ends with the block."""
    words = [lenswork, "studio", "--no-browser", "--port", "0", *where]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        said = server.stdout.readline() if server.stdout else ""
        found = re.search(r"http://\S+", said)
        if found is None:
            sys.exit(f"the studio has not said where it is: {said!r}")
        yield found[0]
    finally:
        server.terminate()
        server.communicate()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pictures", type=int, default=0, help="not 0: little work")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--lenswork", required=True)
    parser.add_argument("--watched-by", choices=("page", "readers"), required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
