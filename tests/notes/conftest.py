"""A desk whose commands run in this process, and are remembered."""

from pathlib import Path

import pytest
from commands_here import Here

from notes.desk import Desk


@pytest.fixture
def here() -> Here:
    """The commands' runner."""
    return Here()


@pytest.fixture
def desk(tmp_path: Path, here: Here) -> Desk:
    """A home and a folder of figures that are empty."""
    return Desk(tmp_path / "home", tmp_path / "figures", runner=here)
