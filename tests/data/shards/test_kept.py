"""What came of shards over HTTP is kept for whoever wants it, up to a limit."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from shard_sets import PieceServer, packed, source_of

from lenswork.data.open import open_data
from lenswork.data.shards import kept
from lenswork.data.shards.kept import Kept
from lenswork.data.shards.source import ShardSource


def test_only_what_is_wanted_is_kept_and_only_until_it_is_let_go() -> None:
    one = Kept()
    one.want([2, 3])
    for number in range(4):
        one.note(number, bytes(number))
    assert one.files == {2: bytes(2), 3: bytes(3)}
    one.let_go()
    one.note(2, bytes(2))
    assert not one.files


def test_no_more_is_kept_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_BYTES", 5)
    one = Kept()
    one.want(range(3))
    for number in range(3):
        one.note(number, bytes(3))
    assert list(one.files) == [0]


@pytest.fixture
def pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PieceServer]:
    """A server of packed shards."""
    monkeypatch.setenv("NO_PROXY", "*")
    packed(tmp_path, train=20, shards=2)
    with PieceServer(tmp_path).running() as server:
        yield server


@pytest.fixture
def source(pieces: PieceServer) -> ShardSource:
    return source_of(open_data(pieces.address()))


def test_shapes_come_with_one_request_and_are_known_then(
    pieces: PieceServer, source: ShardSource
) -> None:
    for _ in range(2):
        places = source.in_one_shard(8)
        source.know_shapes(places)
        assert {source.shape(place) for place in places.tolist()} == {(12, 12, 1)}
    assert len(pieces.asked(".tar")) == 1


def test_what_is_kept_is_the_file_and_is_not_asked_for_again(
    pieces: PieceServer, source: ShardSource
) -> None:
    source.keep([3, 12])
    passed = dict(source.contents(source.forwards()))
    before = len(pieces.requests)
    again = dict(source.contents(np.array([3, 12])))
    assert again == {place: passed[place] for place in (3, 12)}
    assert len(pieces.requests) == before
