"""How long `lenswork studio` takes from the command until its first page has been read."""

import argparse
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from measuring import answer

TIMES = 5


def first_page_seconds(lenswork: Path, home: Path) -> float:
    """The seconds from the command to the end of its first page; the studio is ended then."""
    words = ["studio", str(home), "--home", str(home / "runs"), "--port", "0", "--no-browser"]
    began = time.perf_counter()
    with subprocess.Popen([lenswork, *words], stdout=subprocess.PIPE, text=True) as studio:
        try:
            said = studio.stdout.readline() if studio.stdout else ""
            with urllib.request.urlopen(said.split()[-1]) as page:  # noqa: S310
                page.read()
            return time.perf_counter() - began
        finally:
            studio.send_signal(signal.SIGINT)


def main() -> None:
    """Measure and answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lenswork", type=Path, required=True)
    parser.add_argument("--home", type=Path, required=True)
    asked = parser.parse_args()
    if not asked.home.is_dir():
        sys.exit(f"--home must be a folder, got {asked.home}")
    seconds = [first_page_seconds(asked.lenswork, asked.home) for _ in range(TIMES)]
    measures = {"page_seconds": statistics.median(seconds), "slowest_seconds": max(seconds)}
    answer(measures, ["lenswork", "starlette", "jinja2"])


if __name__ == "__main__":
    main()
