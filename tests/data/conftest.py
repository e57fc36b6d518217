"""A faulty server on loopback, tiny data sets, and a machine with no data on it."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from lenswork.data import sources

if TYPE_CHECKING:
    from faulty_server import FaultyServer


def load_neighbour(name: str) -> ModuleType:
    """Import the helper `name` from this folder, which is on no import path."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


faulty_server = load_neighbour("faulty_server")
load_neighbour("tiny_sets")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator["FaultyServer"]:
    """A server on loopback, reached without a proxy."""
    monkeypatch.setenv("NO_PROXY", "*")
    with faulty_server.FaultyServer() as running:
        yield running


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no data set on it; returns the cache, which is not there yet."""
    cache = tmp_path / "cache" / "lenswork" / "data"
    monkeypatch.delenv(sources.VARIABLE, raising=False)
    monkeypatch.setattr(sources, "SYSTEM_HOMES", ())
    monkeypatch.setattr(sources, "cache_home", lambda: cache)
    return cache
