"""Make the notebooks in docs/notebooks from the scripts in docs/notebooks/source, and run them.

Run as `python scripts/make_notebooks.py [--text] [--out FOLDER] [--inside FOLDER] [NAME ...]`; a
name is such as week-2. With --text only the words are brought up to date, and nothing is run. The
known data sets are found as `lenswork` finds them, or fetched. With LENSWORK_SHORT=1 each is run in
its short form, which needs --out: its numbers say nothing.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from notebook_cells import cells_of, notebook_of
from notebook_outputs import shrink

NOTEBOOKS = Path(__file__).resolve().parents[1] / "docs" / "notebooks"
SOURCES = NOTEBOOKS / "source"
CELL_SECONDS = 1800
LARGEST_BYTES = 400_000  # of a notebook: it is kept with the code, and read on slow lines
SHORT, DATA = "LENSWORK_SHORT", "LENSWORK_DATA"


def main() -> None:
    """Make and run the notebooks that were asked for, or all."""
    names = sorted(path.stem for path in SOURCES.glob("*.py"))
    asked = argparse.ArgumentParser(description="Make the notebooks and run them.")
    asked.add_argument("names", nargs="*", metavar="NAME", help=f"Of {', '.join(names)}.")
    asked.add_argument("--text", action="store_true", help="Change the words only; run nothing.")
    asked.add_argument("--out", type=Path, help="Where they go [default: docs/notebooks].")
    asked.add_argument("--inside", type=Path, help="Where they run [default: a new folder].")
    given = asked.parse_args()
    if unknown := sorted(set(given.names) - set(names)):
        asked.error(f"there is no {', '.join(unknown)}; there are {', '.join(names)}")
    if os.environ.get(SHORT) == "1" and given.out is None:
        asked.error(f"with {SHORT}=1 the numbers say nothing: say where they go with --out")
    out = given.out or NOTEBOOKS
    out.mkdir(parents=True, exist_ok=True)
    if given.text:
        for name in given.names or names:
            retell(name, out)
        return
    with tempfile.TemporaryDirectory() as folder:
        inside = (given.inside or Path(folder) / "inside").resolve()
        inside.mkdir(parents=True, exist_ok=True)
        keep_apart(Path(folder), inside)
        for name in given.names or names:
            print(f"{name} ...", flush=True)
            try:
                size = make(name, inside, out)
            except CellExecutionError as error:
                sys.exit(f"{name}: {error}")
            print(f"{name}: {size:,} bytes", flush=True)


def keep_apart(folder: Path, inside: Path) -> None:
    """Keep Jupyter's files out of the user's home, and this machine's paths out of the outputs."""
    os.environ["IPYTHONDIR"] = str(folder / "ipython")
    os.environ["JUPYTER_RUNTIME_DIR"] = str(folder / "runtime")
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # a warning to debuggers
    place = os.environ.get(DATA, "")
    if place and Path(place).is_dir():
        link = inside / "data"
        link.unlink(missing_ok=True)
        link.symlink_to(Path(place).resolve())
        os.environ[DATA] = link.name


def make(name: str, inside: Path, out: Path) -> int:
    """Make one notebook, run it in the folder `inside`, and write it; returns its bytes."""
    cells = cells_of((SOURCES / f"{name}.py").read_text("utf-8"))
    notebook = nbformat.from_dict(notebook_of(name, cells))
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(inside)}},
    )
    client.execute()
    notebook.metadata.language_info = {"name": "python"}  # no version: it would change for nothing
    for cell in notebook.cells:
        cell.metadata = {}
        for output in cell.get("outputs", []):
            shrink(output)
            if "text" in output:
                output.text = output.text.replace(f"{inside}/", "")
    return write(notebook, out / f"{name}.ipynb")


def retell(name: str, out: Path) -> None:
    """Bring a notebook's words up to date; its code must be that which was run."""
    path = out / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    made = cells_of((SOURCES / f"{name}.py").read_text("utf-8"))
    ran = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    if ran != [cell.text for cell in made if cell.kind == "code"]:
        sys.exit(f"{name}: the code has changed since it was run: make it without --text")
    done = iter(cell for cell in notebook.cells if cell.cell_type == "code")
    notebook.cells = nbformat.from_dict(
        [
            {**next(done), "id": entry["id"]} if entry["cell_type"] == "code" else entry
            for entry in notebook_of(name, made)["cells"]
        ]
    )
    write(notebook, path)


def write(notebook: nbformat.NotebookNode, path: Path) -> int:
    """Write a notebook that is not too large; returns its bytes."""
    nbformat.validate(notebook)
    text = nbformat.writes(notebook) + "\n"
    size = len(text.encode())
    path.write_text(text, "utf-8")  # even if too large: a long run is not thrown away
    if size > LARGEST_BYTES:
        sys.exit(f"{path} has {size:,} bytes, and {LARGEST_BYTES:,} are the most: draw less")
    return size


if __name__ == "__main__":
    main()
