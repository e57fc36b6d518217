"""Where the batches of a training come from."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from lenswork.data.batches import batch_stream
from lenswork.data.dataset import Part
from lenswork.data.shards.epoch import Streaming, batches_met
from lenswork.model.preprocess import Preprocess
from lenswork.training.evaluate import Prepared
from lenswork.training.reading import Reading

Batch = tuple[Tensor, Tensor]  # (batch, height, width, channels) uint8, labels (batch,)
Batches = Generator[Batch, None, None]  # whoever leaves it before its end closes it


class Feed(Protocol):
    """The training pictures in batches, pass after pass without end."""

    def __len__(self) -> int:
        """The pictures of a pass."""
        ...

    def batches(self, skip: int = 0) -> Batches:
        """Batches as they are met, the first `skip` left out; the same ones each time."""
        ...


@dataclass(frozen=True)
class MemoryFeed:
    """Pictures that are in memory, or on their way into it by `reading`."""

    part: Prepared
    batch: int
    seed: int
    reading: Reading

    def __len__(self) -> int:
        return len(self.part)

    def batches(self, skip: int = 0) -> Batches:
        """Batches in the order of `batch_stream`; each waits until its pictures are there."""
        device = self.part.labels.device
        for places in batch_stream(len(self.part), self.batch, self.seed, skip):
            self.reading.wait("train", places)
            yield self.part.at(torch.from_numpy(places).to(device))


@dataclass(frozen=True)
class StreamFeed:
    """Pictures in shards, read and decoded anew in each pass."""

    part: Part
    preprocess: Preprocess
    batch: int
    seed: int
    device: torch.device

    def __len__(self) -> int:
        return len(self.part)

    def batches(self, skip: int = 0) -> Batches:
        """Batches in the order of `epoch_order`; raises `PictureError` naming member and shard."""
        stream = batches_met(
            self.part,
            self.batch,
            Streaming(seed=self.seed),
            skip=skip,
            decode=self.preprocess.apply_bytes,
        )
        with closing(stream):
            for pictures, labels in stream:
                yield (
                    torch.from_numpy(pictures).to(self.device),
                    torch.from_numpy(labels).to(self.device),
                )


def first_places(count: int, batch: int, seed: int) -> np.ndarray:
    """The order in which a `MemoryFeed` meets all pictures for the first time, (count,)."""
    places, seen = [], 0
    for chosen in batch_stream(count, batch, seed):
        places.append(chosen)
        seen += len(chosen)
        if seen >= count:
            break
    return np.concatenate(places)
