"""Run one command to its end and answer with its wall time and peak memory.

python command.py --home FOLDER -- COMMAND ...
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from measuring import answer, peak_rss_mb


def main() -> None:
    """Run the command with an empty home and its output in a file; fail if it fails."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()
    environment = {**os.environ, "LENSWORK_HOME": str(asked.home / "runs")}
    said = asked.home / "said.txt"
    with said.open("w") as output:
        began = time.perf_counter()
        child = subprocess.Popen(asked.command, env=environment, stdout=output, stderr=output)
        _, status, usage = os.wait4(child.pid, 0)  # wait4(2) tells this child's usage alone
        wall_seconds = time.perf_counter() - began
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        sys.exit(f"ended with {code}: {said.read_text()[-2000:]}")
    measures = {"wall_seconds": wall_seconds, "peak_rss_mb": peak_rss_mb(usage)}
    answer(measures, ["lenswork", "torch"])


if __name__ == "__main__":
    main()
