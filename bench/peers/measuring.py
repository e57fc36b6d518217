"""What a training peer is told on its command line, and the line that it answers with."""

import argparse
import json
import resource
import statistics
import sys
from importlib.metadata import version
from pathlib import Path

from nets import NETS


def arguments() -> argparse.ArgumentParser:
    """The arguments that every training peer is given."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=0, help="0 for all")
    parser.add_argument("--data", type=Path, required=True)
    return parser


def equal_arguments() -> argparse.ArgumentParser:
    """The arguments of the peers that do equal work; `--arrays` has the decoded pictures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=0, help="0 for all")
    parser.add_argument("--arrays", type=Path, required=True)
    parser.add_argument("--net", choices=list(NETS), required=True)
    parser.add_argument("--batch", type=int, required=True)
    return parser


def answer(
    measures: dict[str, float], libraries: list[str], threads: int | None = None, **more: object
) -> None:
    """Print the one line that is read."""
    line = {
        "measures": measures,
        "versions": {name: version(name) for name in libraries},
        "threads": threads,
        **more,
    }
    print(f"\n{json.dumps(line)}", flush=True)


def answer_epochs(
    epoch_seconds: list[float],
    peak_rss_mb: float,
    accuracy: float,
    libraries: list[str],
    threads: int | None = None,
    *,
    pictures: int,
) -> None:
    """The answer of a part of equal work; the first epoch is warming up and stands apart.

    `pictures` are those of an epoch. `peak_rss_mb` is taken when the training ends, before the
    evaluation that follows it.
    """
    measures = {
        "epoch_seconds": statistics.median(epoch_seconds[1:]),
        "first_epoch_seconds": epoch_seconds[0],
        "test_accuracy": accuracy,
        "peak_rss_mb": peak_rss_mb,
    }
    answer(measures, libraries, threads, epochs_seconds=epoch_seconds, pictures=pictures)


def peak_rss_mb(usage: resource.struct_rusage | None = None) -> float:
    """Largest resident memory in MB (10**6 bytes) of this process, or of one that has ended.

    An ended process counts the moment before exec too, when it was still its small parent.
    """
    if usage is None:
        usage = resource.getrusage(resource.RUSAGE_SELF)
    bytes_each = 1 if sys.platform == "darwin" else 1024  # getrusage(2): kilobytes on Linux
    return usage.ru_maxrss * bytes_each / 1e6
