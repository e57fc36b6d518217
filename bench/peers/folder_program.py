"""What a program that trains from a folder of files is told, and what it notes and answers."""

import argparse
import statistics
import time
from pathlib import Path

from measuring import answer
from nets import NETS, Net


def folder_arguments() -> argparse.ArgumentParser:
    """The arguments of the programs that train from a folder with train/CLASS/picture."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--kept", type=Path, required=True, help="where it may keep decoded ones")
    parser.add_argument("--net", choices=list(NETS), required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--started", type=float, required=True, help="when, by time.time()")
    parser.add_argument("--fill", action="store_true", help="only decode all pictures once")
    return parser


def net_of(asked: argparse.Namespace) -> Net:
    """The net that is trained."""
    return NETS[asked.net]


class Clock:
    """Notes times from its making, which is when the imports are done."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.imports_seconds = time.time() - asked.started
        self.began = time.perf_counter()
        self.first_step: float | None = None
        self.epochs: list[float] = []

    def step_done(self) -> None:
        """A step of the optimizer is done; only the first one counts."""
        if self.first_step is None:
            self.first_step = time.perf_counter() - self.began

    def epoch_done(self) -> None:
        """An epoch is done."""
        self.epochs.append(time.perf_counter() - self.began)

    def answer(self, peak_rss_mb: float, libraries: list[str], threads: int | None = None) -> None:
        """Print what was noted.

        The first step and the first epoch count from the moment that the imports were done, the
        later epochs from the end of the one before.
        """
        pairs = zip(self.epochs[:-1], self.epochs[1:], strict=True)
        measures = {
            "first_step_seconds": self.first_step,
            "first_epoch_seconds": self.epochs[0],
            "later_epoch_seconds": statistics.median(after - before for before, after in pairs),
            "imports_seconds": self.imports_seconds,
            "peak_rss_mb": peak_rss_mb,
        }
        answer(measures, libraries, threads)
