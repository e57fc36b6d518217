"""Start a program that trains from a folder, cold or for the second time, and pass its answer on.

python first_step.py --home FOLDER --folder FOLDER [--again] -- PROGRAM.py ARGUMENTS

Cold: what the system remembers of the files' content is dropped first. With `--again` the program
runs once before, to keep what it keeps, and only the second process is measured.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    """Prepare the start that is asked for, then make it; end as the program ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("program", nargs="+")
    asked = parser.parse_args()
    (asked.home / "kept").mkdir()
    if asked.again:
        start(asked, "--fill")
    else:
        drop_pages(asked.folder)
    start(asked)


def start(asked: argparse.Namespace, *more: str) -> None:
    """Run the program to its end in this Python; its output is ours."""
    script, *arguments = asked.program
    kept = asked.home / "kept"
    environment = {
        **os.environ,
        "LENSWORK_CACHE": str(kept),
        "LENSWORK_HOME": str(asked.home / "runs"),
    }
    command = [
        sys.executable, str(Path(__file__).with_name(script)), *arguments, *more,
        "--folder", str(asked.folder), "--kept", str(kept), "--started",
    ]  # fmt: skip
    done = subprocess.run([*command, str(time.time())], env=environment, check=False)
    if done.returncode:
        sys.exit(f"{script} ended with {done.returncode}")


def drop_pages(folder: Path) -> None:
    """Have the system forget the files' content, so that it comes from the disk again.

    posix_fadvise(2), POSIX_FADV_DONTNEED: without rights of an administrator, and for pages that
    are written back and not mapped. Names and sizes of the files stay known.
    """
    if not hasattr(os, "posix_fadvise"):
        return
    os.sync()
    for place, _, names in os.walk(folder):
        for name in names:
            file = os.open(Path(place) / name, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


if __name__ == "__main__":
    main()
