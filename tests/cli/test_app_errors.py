"""An error's text cannot steer the terminal that shows it."""

from pathlib import Path
from typing import Any

from PIL import Image


def test_what_steers_a_terminal_is_shown_as_its_code(lenswork: Any, tmp_path: Path) -> None:
    (tmp_path / "no\x1b[2Jfolder").mkdir()
    said = lenswork("train", tmp_path / "no\x1b[2Jfolder")
    assert said.code == 2
    assert "\x1b" not in said.err.replace("\x1b[1m", "").replace("\x1b[31m", "")
    assert "no\\x1b[2Jfolder" in said.err


def test_a_class_that_steers_a_terminal_is_shown_as_its_code(lenswork: Any, tmp_path: Path) -> None:
    for name, count in (("cats\x1b]0;owned\x07", 12), ("dogs", 2)):
        (tmp_path / name).mkdir()
        for number in range(count):
            Image.new("L", (8, 8), number).save(tmp_path / name / f"{number}.png")
    said = lenswork("train", tmp_path)
    assert said.code == 2
    assert "\x1b]" not in said.err
    assert "cats\\x1b]0;owned\\x07" in said.err
