"""The order in which training pictures are met."""

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lenswork.seeds import generator

Indices = NDArray[np.int64]  # (batch,)


def batch_stream(count: int, batch: int, seed: int, skip: int = 0) -> Iterator[Indices]:
    """Batches of picture indices without end: pass after pass, each in a new order.

    Every pass meets each of `count` pictures once; its last batch holds what is left over. A
    single left-over picture joins the batch before it, since statistics of one mean nothing. The
    first `skip` batches are left out, whole passes of them without being drawn.
    """
    ends = batch_ends(count, batch)
    first_lap, left_out = divmod(skip, len(ends) + 1)
    for lap in itertools.count(first_lap):
        order = generator(seed, f"order {lap}").permutation(count)
        yield from np.split(order, ends)[left_out:]
        left_out = 0


def batch_ends(count: int, batch: int) -> Indices:
    """Where each batch of a pass but the last ends."""
    ends = np.arange(batch, count, batch, dtype=np.int64)
    lonely = len(ends) > 0 and batch > 1 and count - ends[-1] == 1
    return ends[:-1] if lonely else ends
