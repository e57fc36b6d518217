"""The order in which the pictures of shards are met in an epoch, known before any is read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenswork.data.shards.source import ShardSource
from lenswork.seeds import generator

MOST_BUFFERED = 10_000  # pictures
BUFFER_BYTES = 256_000_000  # as they are in their files


@dataclass(frozen=True)
class Order:
    """A worker's share of an epoch: the order it is read in, and that it is met in."""

    reading: NDArray[np.int64]  # (share,), places in the part
    meeting: NDArray[np.int64]  # (share,)

    def rest(self, skip: int) -> "Order":
        """The same without the first `skip` that are met, which are then not read either."""
        meeting = self.meeting[skip:]
        return Order(self.reading[np.isin(self.reading, meeting)], meeting)


def epoch_order(
    source: ShardSource,
    *,
    seed: int,
    epoch: int,
    buffer: int,
    worker: int = 0,
    workers: int = 1,
) -> Order:
    """Shuffle the shards, deal their pictures to the workers, and shuffle each share in a buffer.

    The shards, in an order drawn by seed and epoch and each read forwards, are one row of
    pictures; each worker has an even piece of it, so that its share is contiguous in the shards
    and a shard is cut only where two pieces meet. A picture is met when it is drawn from a buffer
    of `buffer` pictures, and the next one read takes its place (as in tf.data.Dataset.shuffle).
    Every picture is in exactly one share, once.
    """
    if buffer < 1 or not 0 <= worker < workers:
        raise ValueError(
            f"expected a buffer of 1 or more and a worker from 0 to {workers - 1}, got {buffer} "
            f"and {worker}"
        )
    table = source.table
    rank = generator(seed, f"shards {epoch}").permutation(len(table.locations))
    row = np.lexsort((source.numbers, rank[table.shards[source.numbers]]))
    count = len(row)
    reading = row[count * worker // workers : count * (worker + 1) // workers]
    chance = generator(seed, f"buffer {epoch} {worker} of {workers}")
    return Order(reading, _through_buffer(reading, buffer, chance))


def share_size(count: int, worker: int, workers: int) -> int:
    """How many of `count` pictures a worker meets an epoch."""
    return count * (worker + 1) // workers - count * worker // workers


def fitting_buffer(sizes: NDArray[np.int64], most_bytes: int = BUFFER_BYTES) -> int:
    """The most pictures that fit into `most_bytes` whichever they are, from 1 to 10,000."""
    largest_first = np.sort(sizes)[::-1][:MOST_BUFFERED]
    return max(1, int(np.searchsorted(np.cumsum(largest_first), most_bytes, side="right")))


def _through_buffer(
    reading: NDArray[np.int64], buffer: int, chance: np.random.Generator
) -> NDArray[np.int64]:
    held = reading[:buffer].tolist()
    coming = reading[buffer:].tolist()
    met = []
    for slot, place in zip(chance.integers(0, buffer, len(coming)).tolist(), coming, strict=True):
        met.append(held[slot])
        held[slot] = place
    met += [held[at] for at in chance.permutation(len(held))]
    return np.array(met, dtype=np.int64)
