"""A faulty server on loopback, tiny data sets, and a machine with no data on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from faulty_server import FaultyServer

from lenswork.data import sources


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    """A server on loopback, reached without a proxy."""
    monkeypatch.setenv("NO_PROXY", "*")
    with FaultyServer() as running:
        yield running


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no data set on it; returns the cache, which is not there yet."""
    cache = tmp_path / "cache" / "lenswork" / "data"
    monkeypatch.delenv(sources.VARIABLE, raising=False)
    monkeypatch.setattr(sources, "SYSTEM_HOMES", ())
    monkeypatch.setattr(sources, "cache_home", lambda: cache)
    return cache
