"""The notebooks are their sources, run; and they run."""

import base64
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from notebook_cells import Cell, cells_of, notebook_of
from notebook_outputs import shrink

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "docs" / "notebooks"
NAMES = sorted(path.stem for path in (NOTEBOOKS / "source").glob("*.py"))
LINK = re.compile(r"\]\(([^)#:]+)\)")
ABSOLUTE = re.compile(r"(?<![\w.:/<])/[\w.-]+/|\b[A-Za-z]:\\")  # a path of some machine
LARGEST_BYTES = 400_000


def source_of(name: str) -> str:
    return (NOTEBOOKS / "source" / f"{name}.py").read_text("utf-8")


def outputs_of(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [output for cell in cells for output in cell.get("outputs", [])]


def test_a_script_falls_into_cells_of_code_and_of_text() -> None:
    script = "# %% [markdown]\n# # Head\n#\n# Text.\n\n# %%\nx = 1\n\ny = 2\n\n# %%\nx + y\n"
    assert cells_of(script) == [
        Cell("markdown", "# Head\n\nText."),
        Cell("code", "x = 1\n\ny = 2"),
        Cell("code", "x + y"),
    ]


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("import os\n# %%\n", "first cell's '# %%' line, got 'import os'"),
        ("# %% [raw]\nx\n", r"expected '# %%' or '# %% \[markdown\]', got '# %% \[raw\]'"),
        ("# %% [markdown]\ntext\n", "behind '# ', got 'text'"),
    ],
)
def test_what_is_no_cell_is_refused(script: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        cells_of(script)


def test_cells_keep_their_names_so_that_a_notebook_changes_where_its_source_does() -> None:
    made = notebook_of("week-9", [Cell("markdown", "Text."), Cell("code", "x")])
    assert [cell["id"] for cell in made["cells"]] == ["week-9-01", "week-9-02"]
    assert made == notebook_of("week-9", [Cell("markdown", "Text."), Cell("code", "x")])


def png_of(pixels: NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def opened(output: dict[str, Any], kind: str) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(base64.b64decode(output["data"][kind]))) as picture:
        return np.asarray(picture.convert("RGB"))


def test_a_small_picture_is_kept_as_it_is() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    output = {"data": {"image/png": png_of(pixels)}}
    shrink(output)
    assert np.array_equal(opened(output, "image/png"), pixels)


def test_a_large_drawing_keeps_its_size_in_256_colours() -> None:
    ramp = np.arange(3 * 90_000, dtype=np.uint32).reshape(300, 300, 3)
    pixels = (ramp // 900 % 256).astype(np.uint8)
    pixels[::7] = np.random.default_rng(0).integers(0, 256, (43, 300, 3), dtype=np.uint8) // 64 * 64
    output = {"data": {"image/png": png_of(pixels)}}
    before = len(output["data"]["image/png"])
    shrink(output)
    made = opened(output, "image/png")
    assert made.shape == pixels.shape
    assert len(np.unique(made.reshape(-1, 3), axis=0)) <= 256
    assert len(output["data"]["image/png"]) < before


def test_a_photograph_becomes_a_jpeg_of_its_size() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    output = {"data": {"image/png": png_of(pixels)}}
    shrink(output)
    assert list(output["data"]) == ["image/jpeg"]
    assert opened(output, "image/jpeg").shape == pixels.shape


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_of_the_docs_is_its_source_run_to_the_end(name: str) -> None:
    text = (NOTEBOOKS / f"{name}.ipynb").read_text("utf-8")
    kept = json.loads(text)["cells"]
    made = notebook_of(name, cells_of(source_of(name)))["cells"]
    again = f"make notebooks NAMES={name} brings it up to date"
    assert [(cell["cell_type"], "".join(cell["source"])) for cell in kept] == [
        (cell["cell_type"], cell["source"]) for cell in made
    ], again
    counts = [cell["execution_count"] for cell in kept if cell["cell_type"] == "code"]
    assert counts == list(range(1, len(counts) + 1)), again
    assert not complaints(kept)
    assert len(text.encode()) <= LARGEST_BYTES


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_shows_no_path_of_the_machine_that_ran_it(name: str) -> None:
    shown = [
        output["text"]
        if "text" in output
        else {kind: said for kind, said in output["data"].items() if "image" not in kind}
        for output in outputs_of(json.loads((NOTEBOOKS / f"{name}.ipynb").read_text())["cells"])
    ]
    without_pictures = re.sub(r"base64,[A-Za-z0-9+/=]*", "", json.dumps(shown))
    assert ABSOLUTE.findall(without_pictures.replace("\\n", " ")) == []


@pytest.mark.parametrize("text", ["run in /some/where", "'/a.b/c'", "(C:\\me)", "\n/x/y"])
def test_a_path_of_some_machine_is_known_as_one(text: str) -> None:
    assert ABSOLUTE.search(text)


def test_fractions_addresses_and_paths_of_the_project_are_none() -> None:
    assert not ABSOLUTE.search("<b>24/64/128</b> https://example.org/a/b runs/first/figures")


@pytest.mark.parametrize("name", NAMES)
def test_what_a_notebook_links_to_is_there(name: str) -> None:
    links = [link for cell in cells_of(source_of(name)) for link in LINK.findall(cell.text)]
    assert links
    assert [link for link in links if not (NOTEBOOKS / link).exists()] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_to_its_end_in_its_short_form(name: str, tmp_path: Path) -> None:
    before = (NOTEBOOKS / f"{name}.ipynb").read_bytes()
    make_up(tmp_path / "inside" / "made-up" / "clothes")
    make_up(tmp_path / "inside" / "made-up" / "digits")
    done = run_script("--out", tmp_path / "out", "--inside", tmp_path / "inside", name)
    assert done.returncode == 0, done.stdout + done.stderr
    made = json.loads((tmp_path / "out" / f"{name}.ipynb").read_text("utf-8"))["cells"]
    assert not complaints(made)
    assert all(cell["execution_count"] for cell in made if cell["cell_type"] == "code")
    assert (NOTEBOOKS / f"{name}.ipynb").read_bytes() == before


@pytest.mark.slow
def test_the_short_form_is_never_written_into_the_docs() -> None:
    done = run_script()
    assert done.returncode == 2
    assert "say where they go with --out" in done.stderr


@pytest.mark.slow
def test_words_are_brought_up_to_date_without_a_run_but_code_is_not(tmp_path: Path) -> None:
    name = NAMES[0]
    kept = (NOTEBOOKS / f"{name}.ipynb").read_text("utf-8")
    made = tmp_path / f"{name}.ipynb"
    cells = json.loads(kept)
    cells["cells"][0]["source"] = ["An older text."]
    made.write_text(json.dumps(cells), "utf-8")
    done = run_script("--text", "--out", tmp_path, name)
    assert done.returncode == 0, done.stderr
    assert made.read_text("utf-8") == kept
    next(cell for cell in cells["cells"] if cell["cell_type"] == "code")["source"] = ["x = 1"]
    made.write_text(json.dumps(cells), "utf-8")
    refused = run_script("--text", "--out", tmp_path, name)
    assert refused.returncode == 1
    assert "the code has changed since it was run" in refused.stderr


def complaints(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Errors, and what a notebook would paint red."""
    return [
        output
        for output in outputs_of(cells)
        if output["output_type"] == "error" or output.get("name") == "stderr"
    ]


def run_script(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "make_notebooks.py"), *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LENSWORK_SHORT": "1", "OMP_NUM_THREADS": "1"},
    )


def make_up(folder: Path) -> None:
    """Ten classes of 28x28 grey pictures, told apart by where a bright patch is."""
    chance = np.random.default_rng(0)
    for part, count in (("train", 12), ("test", 4)):
        for label in range(10):
            place = folder / part / f"class {label}"
            place.mkdir(parents=True)
            for number in range(count):
                picture = chance.integers(0, 90, (28, 28), dtype=np.uint8)
                row, column = 4 * (label // 2), 14 * (label % 2)
                picture[row + 2 : row + 10, column + 2 : column + 12] += 150
                Image.fromarray(picture).save(place / f"{number}.png")
