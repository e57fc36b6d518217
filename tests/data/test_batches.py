"""Every pass meets every picture once, in an order that the seed alone decides."""

from collections.abc import Iterable
from itertools import chain, islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lenswork.data.batches import batch_ends, batch_stream


def passes(count: int, batch: int, seed: int, laps: int) -> list[list[list[int]]]:
    """The batches of the first `laps` passes."""
    stream = batch_stream(count, batch, seed)
    steps = len(batch_ends(count, batch)) + 1
    return [[next(stream).tolist() for _ in range(steps)] for _ in range(laps)]


def order(batches: Iterable[list[int]]) -> list[int]:
    """The pictures in the order in which they are met."""
    return list(chain.from_iterable(batches))


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(count=st.integers(1, 70), batch=st.integers(1, 40), seed=st.integers(0, 2**40))
def test_each_pass_meets_each_picture_once(count: int, batch: int, seed: int) -> None:
    for batches in passes(count, batch, seed, laps=3):
        assert sorted(order(batches)) == list(range(count))
        assert all(len(one) == batch for one in batches[:-1])
        assert 1 <= len(batches[-1]) <= batch + 1


@pytest.mark.parametrize(
    ("count", "batch", "sizes"),
    [
        (10, 5, [5, 5]),
        (12, 5, [5, 5, 2]),
        (11, 5, [5, 6]),  # a lonely picture joins the batch before it
        (3, 2, [3]),
        (6, 5, [6]),
        (5, 1, [1, 1, 1, 1, 1]),
        (4, 9, [4]),
        (1, 9, [1]),
        (1, 1, [1]),
    ],
)
def test_what_is_left_over_makes_the_last_batch(count: int, batch: int, sizes: list[int]) -> None:
    for batches in passes(count, batch, 0, laps=2):
        assert [len(one) for one in batches] == sizes


def test_the_same_seed_gives_the_same_order() -> None:
    assert passes(50, 8, 7, laps=3) == passes(50, 8, 7, laps=3)


def test_another_seed_gives_another_order() -> None:
    assert passes(50, 8, 7, laps=1) != passes(50, 8, 8, laps=1)


def test_no_two_passes_are_alike() -> None:
    orders = [tuple(order(batches)) for batches in passes(50, 8, 7, laps=5)]
    assert len(set(orders)) == 5


def test_the_size_of_a_batch_does_not_change_the_order() -> None:
    assert order(passes(50, 8, 7, laps=1)[0]) == order(passes(50, 20, 7, laps=1)[0])


def test_steps_go_on_where_they_stopped() -> None:
    """An epoch of fewer steps than a pass leaves the rest of the pass to the next epoch."""
    stream = batch_stream(20, 4, 3)
    epochs = [list(islice(stream, 3)) for _ in range(5)]  # 15 steps are three passes of 5
    met = np.concatenate([batch for epoch in epochs for batch in epoch])
    assert np.bincount(met).tolist() == [3] * 20
    assert met.tolist() == order(map(order, passes(20, 4, 3, laps=3)))


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(count=st.integers(1, 40), batch=st.integers(1, 20), skip=st.integers(0, 90))
def test_a_stream_that_skips_goes_on_like_one_that_has_passed_there(
    count: int, batch: int, skip: int
) -> None:
    whole = islice(batch_stream(count, batch, 5), skip, skip + 30)
    skipped = islice(batch_stream(count, batch, 5, skip), 30)
    assert [one.tolist() for one in skipped] == [one.tolist() for one in whole]
