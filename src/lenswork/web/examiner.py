"""The program that examines data beside the studio: `python -m lenswork.web.examiner DATA`.

Each line of its output is JSON: {"done", "of"} as it goes on, and at last {"report", "paths"} or
{"error"}. It ends when nobody reads that any more.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from lenswork.data.doctor.examine import examine
from lenswork.errors import LensworkError

BETWEEN_SECONDS = 0.2
NICENESS = 10


def main(data: str, data_home: str | None = None) -> None:
    """Examine every picture of `data` and say what was found."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)  # a training that runs meanwhile goes first
    told = 0.0

    def progress(done: int, of: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= BETWEEN_SECONDS or done == of:
            told = now
            _say({"done": done, "of": of})

    try:
        report = examine(
            data, data_home=None if data_home is None else Path(data_home), progress=progress
        )
    except LensworkError as error:
        _say({"error": str(error)})
        return
    paths = {name: str(path) for name, path in report.paths.items()}
    _say({"report": report.to_json(), "paths": paths})


def _say(message: dict[str, Any]) -> None:
    try:
        print(json.dumps(message), flush=True)  # in ASCII: a path need not be UTF-8
    except BrokenPipeError:  # nobody waits for it any more
        os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
