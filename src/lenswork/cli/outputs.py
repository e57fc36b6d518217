"""Where a command may write what it was asked to write."""

import os
from collections.abc import Sequence
from pathlib import Path

from lenswork.errors import UsageError
from lenswork.record.home import RECIPE


def check_output(
    path: Path, option: str, suffixes: Sequence[str] = (".png",), spared: Path | None = None
) -> Path:
    """`path` again, if it can be written without harm; raises `UsageError` before any work.

    It must end in one of `suffixes`, lie in a folder that is there and may be written to, and be
    neither `spared` (the picture that is looked at) nor a file in a run's folder that is a record.
    """
    if path.suffix.lower() not in suffixes:
        raise UsageError(f"{option} must end in {' or '.join(suffixes)}, got {path}")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise UsageError(f"{option}: there is no folder {folder}")
    if path.is_dir() or not os.access(folder, os.W_OK):
        raise UsageError(f"{option}: cannot write to {path}")
    if spared is not None and path.exists() and spared.exists() and path.samefile(spared):
        raise UsageError(f"{path} is the picture itself; give another {option}")
    if (folder / RECIPE).is_file() and path.suffix.lower() == ".safetensors":
        raise UsageError(f"{folder} is the record of a run; give another {option}")
    return path
