"""Where a training is told of."""

import io
import sys
from pathlib import Path

import pytest
from tiny_data import striped_data, write_striped_folder

import lenswork as lw

NET = "flatten, dense classes"


class OutStream(io.StringIO):
    """As a notebook's kernel has it in place of standard output."""


OutStream.__module__ = "ipykernel.iostream"


def test_a_training_is_told_of_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lw.train(striped_data(), net=NET, epochs=1, home=tmp_path)
    said = capsys.readouterr()
    assert "epoch 1/1" in said.err
    assert said.out == ""


def test_in_a_notebook_nothing_is_told_where_it_would_be_painted_red(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = OutStream()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        patch.setenv("FORCE_COLOR", "1")  # as a kernel does
        lw.train(striped_data(), net=NET, epochs=2, home=tmp_path)
    lines = out.getvalue().splitlines()
    assert sum(line.startswith("epoch ") for line in lines) == 2
    assert "\x1b" not in out.getvalue()
    assert capsys.readouterr().err == ""


def test_python_is_told_what_of_a_folder_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_striped_folder(tmp_path / "stripes")
    (folder / "train" / "high" / "phone.heic").write_bytes(b"of a telephone")
    lw.train(folder, net=NET, epochs=1, home=tmp_path / "runs")
    said = "note: 1 of 13 files in train/high/ is a picture in HEIC, which training cannot read"
    assert said in capsys.readouterr().err
