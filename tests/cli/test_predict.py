"""`lenswork predict`: what it prints, whatever files are called."""

from pathlib import Path
from typing import Any

import pytest
from portable import portable


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "net.safetensors"
    portable().save(path)
    return path


def test_names_of_files_cannot_steer_the_terminal(
    lenswork: Any, saved: Path, folder: Path, tmp_path: Path
) -> None:
    steering, broken = tmp_path / "\x1b]0;owned\x07.png", tmp_path / "\x1b[2J.png"
    steering.write_bytes(next(folder.rglob("*.png")).read_bytes())
    broken.write_bytes(b"none")
    said = lenswork("predict", saved, steering, broken)
    assert said.code == 1
    assert r"\x1b]0;owned\x07.png: class" in said.out
    assert r"cannot read" in said.err
    assert "\x1b" not in said.out + said.err
