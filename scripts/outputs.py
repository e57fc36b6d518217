"""What commands print, kept in a file with its conditions, so that pages can show and cite it."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from lenswork.record.environment import environment

COLUMNS = "100"


def printed(
    command: str,
    folder: Path,
    *,
    variables: Mapping[str, str] | None = None,
    progress: bool = False,
    names: Sequence[tuple[str, str]] = (),
) -> list[str]:
    """The lines that `lenswork COMMAND` prints, run in `folder`; ends the program where it fails.

    `variables` are set for it; with `progress` what it says meanwhile belongs to the lines. `names`
    are (a path as it is here, as a reader would have it).
    """
    print(f"$ lenswork {command}", flush=True)
    without_home = {name: text for name, text in os.environ.items() if name != "LENSWORK_HOME"}
    done = subprocess.run(
        [sys.executable, "-m", "lenswork", *shlex.split(command)],
        cwd=folder,
        env={**without_home, "COLUMNS": COLUMNS, **(variables or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if progress else None,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        sys.exit(f"lenswork {command}: expected it to end with 0, got {done.returncode}")
    text = done.stdout
    for here, name in (*names, (f"{folder.resolve()}/", "")):
        text = text.replace(here, name)
    return [line.rstrip() for line in text.strip("\n").splitlines()]


def keep(path: Path, shown: Mapping[str, Sequence[str]]) -> None:
    """Write what each command printed to a file, with the date, the machine and the versions."""
    now = environment("cpu")
    content = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {key: now[key] for key in ("processor", "cores", "threads", "python")},
        "packages": now["packages"],
        "shown": [{"command": command, "lines": lines} for command, lines in shown.items()],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


def kept(path: Path) -> dict[str, list[str]]:
    """What each command printed, as it was kept."""
    content = json.loads(path.read_text("utf-8"))
    return {one["command"]: one["lines"] for one in content["shown"]}
