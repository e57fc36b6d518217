"""How answers are timed, the same for every program."""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from arrays import read_part
from nets import NETS

CALLS, WARMING = 400, 40
TIMES = 3
SIZES = (32, 256, 1000)


def answer_arguments() -> argparse.ArgumentParser:
    """What a program that answers is told."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--arrays", type=Path, required=True)
    parser.add_argument("--net", choices=list(NETS), required=True)
    parser.add_argument("--many", type=int, required=True, help="pictures answered at once")
    return parser


def test_pictures(asked: argparse.Namespace) -> np.ndarray:
    """As many 8-bit pictures (count, height, width, channels) as are to be answered at once."""
    pictures, _ = read_part(asked.arrays, "test")
    return np.ascontiguousarray(pictures[: asked.many])


def timed(
    one: Callable[[np.ndarray], object],
    many: Callable[[np.ndarray, int], np.ndarray],
    pictures: np.ndarray,
) -> dict[str, float]:
    """Time `one(picture)` call by call, and `many(pictures, batch size)` at its best size."""
    times = []
    for call in range(WARMING + CALLS):
        picture = pictures[call % len(pictures)]
        began = time.perf_counter()
        one(picture)
        times.append(1000 * (time.perf_counter() - began))
    measured = sorted(times[WARMING:])
    sizes = [size for size in SIZES if size < len(pictures)] + [len(pictures)]
    return {
        "one_ms": statistics.median(measured),
        "one_slow_ms": measured[int(0.95 * len(measured))],
        "many_seconds": min(seconds(many, pictures, size) for size in sizes),
    }


def seconds(
    many: Callable[[np.ndarray, int], np.ndarray], pictures: np.ndarray, size: int
) -> float:
    """The best of some tries after a first, which may compile."""
    times = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        answers = many(pictures, size)
        times.append(time.perf_counter() - began)
        if len(answers) != len(pictures):
            raise SystemExit(f"{len(answers)} answers to {len(pictures)} pictures")
    return min(times[1:])
