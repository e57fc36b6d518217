"""Wall time and memory of `lenswork predict FILE PICTURE`, a new process.

With `--by torch` onnxruntime is hidden from it, as on a machine that does not have it.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from measuring import answer, peak_rss_mb

MAKER = Path(__file__).with_name("lenswork_classifier.py")  # apart, so that this process is small


def main() -> None:
    """Make the files, run the command once, answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--by", choices=["onnxruntime", "torch"], required=True)
    asked = parser.parse_args()
    subprocess.run([sys.executable, MAKER, asked.home, "conv-32x2", str(asked.seed)], check=True)
    code = "from lenswork.cli.app import main; main()"
    if asked.by == "torch":
        code = f"import sys; sys.modules['onnxruntime'] = None; {code}"
    files = [str(asked.home / name) for name in ("classifier.safetensors", "picture.png")]
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-c", code, "predict", *files], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(child.pid, 0)
    wall_seconds = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit("the command failed")
    measures = {"wall_seconds": wall_seconds, "peak_rss_mb": peak_rss_mb(usage)}
    answer(measures, ["lenswork", asked.by])


if __name__ == "__main__":
    main()
