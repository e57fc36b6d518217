"""Every picture is met once an epoch, whoever reads, in an order that the seed decides."""

import itertools
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shard_sets import opened, packed, source_of, table_of

from lenswork.data.batches import batch_ends
from lenswork.data.shards.epoch import Streaming, batches_met, met_in_epoch, read_in_order
from lenswork.data.shards.open import open_shards
from lenswork.data.shards.order import epoch_order, fitting_buffer, share_size
from lenswork.data.shards.source import ShardSource
from lenswork.errors import PictureError
from lenswork.kinds import Picture

shard_counts = st.lists(st.integers(1, 12), min_size=1, max_size=5)


@given(
    counts=shard_counts,
    workers=st.integers(1, 7),
    seed=st.integers(0, 99),
    epoch=st.integers(0, 5),
    buffer=st.integers(1, 30),
)
def test_each_picture_is_met_once_over_all_workers(
    counts: list[int], workers: int, seed: int, epoch: int, buffer: int
) -> None:
    source = table_of(counts)
    shares = [
        epoch_order(source, seed=seed, epoch=epoch, buffer=buffer, worker=w, workers=workers)
        for w in range(workers)
    ]
    assert Counter(np.concatenate([s.meeting for s in shares]).tolist()) == Counter(
        range(len(source))
    )
    for worker, share in enumerate(shares):
        assert sorted(share.reading.tolist()) == sorted(share.meeting.tolist())
        assert len(share.meeting) == share_size(len(source), worker, workers)
    assert max(len(s.meeting) for s in shares) - min(len(s.meeting) for s in shares) <= 1


@given(counts=shard_counts, seed=st.integers(0, 99), buffer=st.integers(1, 30))
def test_a_picture_waits_in_a_buffer_of_that_size_and_shards_are_read_forwards(
    counts: list[int], seed: int, buffer: int
) -> None:
    source = table_of(counts)
    order = epoch_order(source, seed=seed, epoch=0, buffer=buffer)
    read_at = {place: at for at, place in enumerate(order.reading.tolist())}
    assert all(read_at[place] < at + buffer for at, place in enumerate(order.meeting.tolist()))
    shards = source.table.shards[order.reading]
    runs = [shard for shard, _ in itertools.groupby(shards.tolist())]
    assert len(runs) == len(counts)
    for shard in runs:
        assert np.all(np.diff(order.reading[shards == shard]) > 0)
    if buffer == 1:
        assert order.meeting.tolist() == order.reading.tolist()


@given(counts=shard_counts, skip=st.integers(0, 40), buffer=st.integers(1, 30))
def test_the_rest_of_an_order_is_its_tail_and_reads_nothing_else(
    counts: list[int], skip: int, buffer: int
) -> None:
    order = epoch_order(table_of(counts), seed=1, epoch=0, buffer=buffer)
    rest = order.rest(skip)
    assert rest.meeting.tolist() == order.meeting.tolist()[skip:]
    assert sorted(rest.reading.tolist()) == sorted(rest.meeting.tolist())


def test_seed_and_epoch_change_the_order_and_nothing_else_does() -> None:
    source = table_of([40, 40, 40])
    orders = {
        (seed, epoch): epoch_order(source, seed=seed, epoch=epoch, buffer=20).meeting.tolist()
        for seed in (0, 1)
        for epoch in (0, 1)
    }
    assert len({tuple(order) for order in orders.values()}) == 4
    again = epoch_order(source, seed=1, epoch=1, buffer=20).meeting.tolist()
    assert again == orders[1, 1]


def test_a_wrong_worker_or_buffer_is_refused() -> None:
    for wrong in ({"buffer": 0}, {"buffer": 1, "worker": 2, "workers": 2}):
        with pytest.raises(ValueError, match="expected a buffer of 1 or more and a worker"):
            epoch_order(table_of([3]), seed=0, epoch=0, **wrong)


def test_the_buffer_is_what_fits_whichever_pictures_are_in_it() -> None:
    assert fitting_buffer(np.array([10, 50, 40, 10]), most_bytes=100) == 3
    assert fitting_buffer(np.array([10, 50, 40, 10]), most_bytes=99) == 2
    assert fitting_buffer(np.array([500]), most_bytes=100) == 1
    assert fitting_buffer(np.full(30_000, 1)) == 10_000


# --- streamed ---------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_streamed_pictures_are_those_of_the_part(tmp_path: Path, workers: int) -> None:
    data = opened(tmp_path / "out", train=11, shards=4)
    source, seen = source_of(data), Counter[int]()
    for worker in range(workers):
        how = Streaming(seed=3, buffer=4, worker=worker, workers=workers, threads=2, ahead=3)
        for place, picture in met_in_epoch(source, how, epoch=2):
            seen[place] += 1
            assert picture.tolist() == source.read(place).tolist()
    assert seen == Counter(range(11))


@pytest.mark.parametrize("skip", [0, 1, 9, 20, 25])
def test_what_follows_a_skip_is_the_tail_and_nothing_before_it_is_decoded(
    tmp_path: Path, skip: int
) -> None:
    source = source_of(opened(tmp_path / "out", train=20))
    decoded: list[int] = []

    def change(picture: Picture) -> Picture:
        decoded.append(1)
        return picture

    how = Streaming(seed=1, buffer=6)
    every = [place for place, _ in met_in_epoch(source, how, 0)]
    rest = [place for place, _ in met_in_epoch(source, how, 0, skip=skip, change=change)]
    assert rest == every[skip:]
    assert len(decoded) == len(rest)


def test_no_more_is_read_ahead_than_was_allowed(tmp_path: Path) -> None:
    source = source_of(opened(tmp_path / "out", train=60))
    decoded: list[int] = []

    def change(picture: Picture) -> Picture:
        decoded.append(1)
        return picture

    how = Streaming(buffer=1, threads=2, ahead=4)
    with closing(met_in_epoch(source, how, 0, change=change)) as met:
        next(met)
        threading.Event().wait(0.3)  # long enough to decode all sixty, were it let
        assert len(decoded) <= 1 + 4 + 1  # the one given, those that wait, one before a full queue


def test_leaving_in_the_middle_ends_the_threads(tmp_path: Path) -> None:
    source = source_of(opened(tmp_path / "out", train=40))
    before = threading.active_count()
    with closing(met_in_epoch(source, Streaming(ahead=2), 0)) as met:
        next(met)
        assert threading.active_count() > before
    assert threading.active_count() == before


def test_batches_go_on_epoch_after_epoch_and_resume_anywhere(tmp_path: Path) -> None:
    part = opened(tmp_path / "out", train=13).train  # 4, 4, and 5: a lonely one joins
    how = Streaming(seed=5, buffer=7)

    def some(skip: int, count: int) -> list[list[list[int]]]:
        with closing(batches_met(part, 4, how, skip=skip)) as batches:
            return [
                [pictures.tolist(), labels.tolist()]
                for pictures, labels in itertools.islice(batches, count)
            ]

    every = some(0, 9)
    assert [len(labels) for _, labels in every] == [4, 4, 5] * 3
    assert len(batch_ends(13, 4)) + 1 == 3
    for skip in range(8):
        assert some(skip, 9 - skip) == every[skip:]
    first, second = ([label for batch in every[at : at + 3] for label in batch[1]] for at in (0, 3))
    assert sorted(first) == sorted(second) == sorted(part.labels.tolist())
    assert first != second


def test_a_whole_part_is_read_in_the_order_of_its_shards(tmp_path: Path) -> None:
    part = opened(tmp_path / "out", train=12).train.subset([11, 3, 5, 0])
    source = part.source
    assert isinstance(source, ShardSource)
    read = dict(read_in_order(source))
    assert {place: picture.tolist() for place, picture in read.items()} == {
        place: source.read(place).tolist() for place in range(4)
    }
    numbers = source.numbers[list(read)]
    assert np.all(np.diff(numbers) > 0)


def test_bytes_can_be_decoded_by_something_else(tmp_path: Path) -> None:
    source = source_of(opened(tmp_path / "out", train=5))

    def size_only(content: bytes, name: str) -> Picture:
        assert name.endswith(".tar")
        return np.full((1, 1, 1), len(content) % 256, dtype=np.uint8)

    for place, picture in met_in_epoch(source, Streaming(), 0, decode=size_only):
        assert picture[0, 0, 0] == len(source.content(place)) % 256
        assert source.shape(place) == (12, 12, 1)


def test_a_picture_that_a_part_has_twice_is_met_twice(tmp_path: Path) -> None:
    part = opened(tmp_path / "out", train=9).train.subset([4, 2, 4, 4, 7])
    source = part.source
    met = [place for place, _ in met_in_epoch(source, Streaming(buffer=2), 0)]  # type: ignore[arg-type]
    assert sorted(met) == [0, 1, 2, 3, 4]


def test_a_worker_without_pictures_has_no_batches(tmp_path: Path) -> None:
    part = opened(tmp_path / "out", train=3, shards=1).train
    shares = [
        list(itertools.islice(batches_met(part, 2, Streaming(worker=w, workers=7)), 1))
        for w in range(7)
    ]
    assert sum(len(share) for share in shares) == 3


def test_a_damaged_picture_is_named_where_it_is_met(tmp_path: Path) -> None:
    out = packed(tmp_path / "out", shards=2)
    source = source_of(open_shards(str(out)))
    shard = out / "train-001.tar"
    content = bytearray(shard.read_bytes())
    number = int(np.flatnonzero(source.table.shards == 1)[3])
    content[int(source.table.offsets[number]) + 20] ^= 1
    shard.write_bytes(content)
    met = []
    with pytest.raises(PictureError) as caught:
        met += [place for place, _ in met_in_epoch(source, Streaming(), 0)]
    assert source.table.members[number] in str(caught.value)
    assert "train-001.tar: its bytes are not those that were packed" in str(caught.value)
