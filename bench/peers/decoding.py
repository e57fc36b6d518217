"""What the decoders' peers share: which files, how many threads, and the answer."""

import argparse
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from measuring import answer

Decode = Callable[[bytes], np.ndarray]  # to (side, side, 3) uint8


def decoder_arguments() -> argparse.ArgumentParser:
    """The arguments of every decoder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True, help="with train/CLASS/PICTURE")
    parser.add_argument("--side", type=int, required=True)
    parser.add_argument("--most", type=int, required=True, help="pictures, spread over all")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--reduced", action="store_true")
    return parser


def files_of(asked: argparse.Namespace) -> list[Path]:
    """Some of the folder's training pictures, read once so that the system remembers them."""
    found = sorted(path for path in (asked.folder / "train").rglob("*") if path.is_file())
    chosen = found[:: max(1, len(found) // asked.most)][: asked.most]
    for path in chosen:
        path.read_bytes()
    return chosen


def time_threads(decode: Decode, asked: argparse.Namespace, libraries: list[str]) -> None:
    """Decode all files on so many threads, and answer."""
    files = files_of(asked)
    rows = np.zeros((len(files), asked.side, asked.side, 3), dtype=np.uint8)  # pages not there yet
    places = iter(range(len(files)))
    start = threading.Barrier(asked.threads + 1)

    def work(_: int) -> None:
        start.wait()
        for place in places:
            rows[place] = decode(files[place].read_bytes())

    with ThreadPoolExecutor(asked.threads) as pool:
        done = [pool.submit(work, number) for number in range(asked.threads)]
        start.wait()
        clock = Clock()
        for one in done:
            one.result()
        clock.answer(len(files), libraries, asked.threads)


class Clock:
    """Wall time and processor time (of all threads) since it was made."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._began_busy = time.process_time()

    def answer(self, count: int, libraries: list[str], threads: int) -> None:
        """The answer of a decoder that has just decoded `count` pictures."""
        seconds = time.perf_counter() - self._began
        busy = time.process_time() - self._began_busy
        measures = {"pictures_a_second": count / seconds, "busy_ms": 1000 * busy / count}
        answer(measures, libraries, threads, pictures=count, seconds=seconds)


def scale_for(size: Sequence[int], least: int) -> int:
    """8, 4, 2 or 1: the most by which both sides can be divided and be no less than `least`."""
    return next((scale for scale in (8, 4, 2) if min(size) // least >= scale), 1)
