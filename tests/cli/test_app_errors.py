"""An error's text cannot steer the terminal that shows it."""

from pathlib import Path
from typing import Any


def test_what_steers_a_terminal_is_shown_as_its_code(lenswork: Any, tmp_path: Path) -> None:
    (tmp_path / "no\x1b[2Jfolder").mkdir()
    said = lenswork("train", tmp_path / "no\x1b[2Jfolder")
    assert said.code == 2
    assert "\x1b" not in said.err.replace("\x1b[1m", "").replace("\x1b[31m", "")
    assert "no\\x1b[2Jfolder" in said.err
