"""One virtual environment for each peer, made when it is first needed."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from part import PROJECT

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".bench"
LISTS = ROOT / "bench" / "peers"


def python_of(environment: str) -> Path:
    """The Python of `environment`, which is made first if it is missing or out of date."""
    if environment == PROJECT:
        return _project_python()
    folder = HOME / environment
    stamp = folder / "made-from.sha256"
    wanted = _digest(environment)
    if not stamp.exists() or stamp.read_text() != wanted:
        _make(folder, LISTS / f"{environment}.txt")
        stamp.write_text(wanted)  # last, so that a half-made environment is made again
    return folder / "bin" / "python"


def _project_python() -> Path:
    own = ROOT / ".venv" / "bin" / "python"
    return own if own.exists() else Path(sys.executable)


def _digest(environment: str) -> str:
    made_from = (LISTS / f"{environment}.txt").read_bytes() + sys.version.encode()
    return hashlib.sha256(made_from).hexdigest()


def _make(folder: Path, versions: Path) -> None:
    print(f"making the environment of {folder.name} from {versions.name}", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--requirement", str(versions)], check=True)
