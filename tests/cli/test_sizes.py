"""`lenswork sizes`."""

import json
from pathlib import Path
from typing import Any

import pytest

NET = "conv 2, conv 2, flatten, dense classes"
QUICK = ("--seeds", "2", "--net", NET, "--epochs", "1", "--workers", "1")


@pytest.mark.slow
def test_it_judges_size_and_net_apart_and_draws_what_is_lost(
    lenswork: Any, folder: Path, tmp_path: Path
) -> None:
    words = ("sizes", folder, "--sizes", "12,6", *QUICK)
    said = lenswork(*words, "--out", tmp_path / "lost.png")
    assert said.code == 0, said.err
    assert "Of 12 pictures, 12 pixels gets " in said.out
    assert "The size changed, the net held:" in said.out
    assert "The net changed, the size held:" in said.out
    assert (tmp_path / "lost.png").read_bytes().startswith(b"\x89PNG")
    found = json.loads(lenswork(*words, "--json").out)
    assert [pair["changed"] for pair in found["pairs"]] == ["size", "net"]
    (moved,) = found["moved"]
    assert moved["from"] == "12 pixels"
    assert f"6 pixels (same net) loses {len(moved['lost'])} of those" in said.out


@pytest.mark.parametrize(
    ("sizes", "text"),
    [
        ("12", "at least two different ones"),
        ("12,huge", "size must be HEIGHTxWIDTH"),
        ("12,", "size must be HEIGHTxWIDTH"),
    ],
)
def test_sizes_that_are_none_are_refused(
    lenswork: Any, folder: Path, sizes: str, text: str
) -> None:
    said = lenswork("sizes", folder, "--sizes", sizes, *QUICK)
    assert said.code == 2
    assert text in said.err
