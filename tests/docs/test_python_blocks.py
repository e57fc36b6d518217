"""The Python of the pages runs, and what it imports is there."""

import ast
import importlib
from pathlib import Path

import numpy as np
import pytest
from pages import DOCS, Block, blocks
from PIL import Image
from tiny_data import striped_pictures

from lenswork import load

PYTHON = [block for page in sorted(DOCS.glob("*.md")) for block in blocks(page)
          if block.language == "python"]  # fmt: skip


@pytest.fixture
def pets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with pets/cats, pets/dogs and new.png, in which the code runs."""
    part = striped_pictures(30, 2, seed=1, channels=3)
    for index, label in enumerate(part.labels):
        folder = tmp_path / "pets" / ("cats", "dogs")[label]
        folder.mkdir(parents=True, exist_ok=True)
        picture = np.kron(part.source.read(index), np.ones((2, 2, 1), np.uint8))
        Image.fromarray(picture).save(folder / f"{index:03d}.png")
    Image.fromarray(picture).save(tmp_path / "new.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LENSWORK_HOME", raising=False)
    return tmp_path


def run(page: str) -> None:
    """Run a page's blocks one after the other, as a reader would."""
    names: dict[str, object] = {"__name__": "__page__"}
    for block in blocks(DOCS / page):
        if block.language == "python":
            code = compile("\n" * (block.line - 1) + block.text, str(block.page), "exec")
            exec(code, names)  # noqa: S102


def test_the_quickstarts_python_runs(pets: Path) -> None:
    run("quickstart.md")
    assert (pets / "runs" / "pets-1" / "classifier.safetensors").is_file()


def test_the_examples_of_extending_run(pets: Path) -> None:
    run("extending.md")
    assert load(pets / "lion.safetensors").classes == ("cats", "dogs")
    told = (pets / "epochs.csv").read_text().splitlines()
    assert [line.split(",")[:2] for line in told] == [["from-a-table", "1"], ["from-a-table", "2"]]
    assert len((pets / "live.csv").read_text().splitlines()) == 2
    assert (pets / "runs" / "gated").is_dir()


def named(block: Block) -> str:
    return f"{block.page.name}:{block.line}"


@pytest.mark.parametrize("block", PYTHON, ids=named)
def test_what_a_block_imports_of_lenswork_is_there(block: Block) -> None:
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lenswork"):
            module = importlib.import_module(node.module or "")
            assert [one.name for one in node.names if not hasattr(module, one.name)] == []
