"""The command line, called as a shell would."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tiny_data import write_striped_folder

from lenswork.cli.app import main


@dataclass(frozen=True)
class Said:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def lenswork(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Command:
    """Run a command with runs kept in `tmp_path/runs`."""
    monkeypatch.setenv("LENSWORK_HOME", str(tmp_path / "runs"))
    monkeypatch.delenv("LENSWORK_DATA", raising=False)

    def run(*words: str | Path) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        printed = capsys.readouterr()
        return Said(int(end.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two classes under train/ and validation/."""
    return write_striped_folder(tmp_path / "stripes")


@pytest.fixture
def trained(lenswork: Command, folder: Path) -> Path:
    """The path of a recorded run."""
    plain = ("--net", "flatten, dense classes", "--views", "one", "--label-smoothing", "0")
    said = lenswork("train", folder, "--epochs", "6", *plain)
    assert said.code == 0, said.err
    return folder.parent / "runs" / "stripes-1"
