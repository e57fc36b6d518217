"""The Python of the pages runs, and what it imports is there."""

import ast
import importlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pages import DOCS, Block, blocks
from PIL import Image
from tiny_data import striped_pictures
from tiny_studies import HereWorkers

from lenswork import load, train
from lenswork.cli.app import lenswork
from lenswork.use.onnx_export import export_onnx

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


def run(page: str, *, data: str = "") -> dict[str, Any]:
    """Run a page's blocks as a reader would, on pets in place of `data`; what they have named."""
    names: dict[str, Any] = {"__name__": "__page__"}
    for block in blocks(DOCS / page):
        if block.language == "python":
            text = block.text.replace(data, "pets") if data else block.text
            code = compile("\n" * (block.line - 1) + text, str(block.page), "exec")
            exec(code, names)  # noqa: S102
    return names


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


def test_the_network_of_ones_own_is_looked_at(pets: Path) -> None:
    (pets / "new.png").rename(pets / "cat.png")
    run("look.md")
    assert (pets / "maps.png").is_file()


def test_rows_are_kept_and_filled_as_the_page_of_the_cache_does(pets: Path) -> None:
    names = run("cache.md", data="horses-or-humans-150")
    assert np.array_equal(names["rows"].pictures, names["pictures"])


def test_the_shards_of_the_page_are_met(pets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lenswork.main(["pack", "pets", "shards"], prog_name="lenswork", standalone_mode=False)
    capsys.readouterr()
    run("shards.md")
    assert re.fullmatch(r"\(\d+, \d+, \d+, 3\)\n", capsys.readouterr().out)


def test_an_onnx_file_is_asked_as_the_page_of_exports_does(
    pets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained = train("pets", net="flatten, dense classes", size="8x8", epochs=1, progress=False)
    export_onnx(trained.classifier, "mnist.onnx")
    trained.classifier.save("classifier.safetensors")
    (pets / "new.png").rename(pets / "digit.png")
    capsys.readouterr()
    run("export.md")
    (said,) = trained.classifier.predict("digit.png")
    assert capsys.readouterr().out == f"{said.class_name}\n"


def test_the_study_of_the_page_is_carried_out(pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workers = HereWorkers()  # processes of their own would each load torch first
    monkeypatch.setattr("lenswork.study.conduct.fitting_workers", lambda *_: workers)
    names = run("studies.md", data="fashion-mnist")
    assert len(workers.asked) == 2 * 3
    (pair,) = names["summary"].verdict.pairs
    assert pair.anew.word in ("better", "worse", "cannot tell")
    assert (pets / "runs" / "studies" / "batch" / "plan.toml").is_file()


def named(block: Block) -> str:
    return f"{block.page.name}:{block.line}"


@pytest.mark.parametrize("block", PYTHON, ids=named)
def test_what_a_block_imports_of_lenswork_is_there(block: Block) -> None:
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lenswork"):
            module = importlib.import_module(node.module or "")
            assert [one.name for one in node.names if not hasattr(module, one.name)] == []
