"""Training pictures as they come through shards: shuffled, decoded ahead in threads, in batches."""

import itertools
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from queue import Full, Queue
from threading import Event, Thread

import numpy as np

from lenswork.cores import available_cores
from lenswork.data.batches import batch_ends
from lenswork.data.dataset import Part
from lenswork.data.decode import decode_bytes
from lenswork.data.shards.order import Order, epoch_order, fitting_buffer, share_size
from lenswork.data.shards.source import ShardSource
from lenswork.kinds import Labels, Picture, Pictures

AHEAD_A_THREAD = 16  # decoded pictures that wait
PAUSE_SECONDS = 0.1  # between two looks whether anybody still wants what is read
LEAVING_SECONDS = 2.0
Met = tuple[int, Picture]  # the place in the part, and the picture
Decode = Callable[[bytes, str], Picture]  # of a file's bytes and its name for errors
Change = Callable[[Picture], Picture]


def unchanged(picture: Picture) -> Picture:
    """The same picture."""
    return picture


@dataclass(frozen=True)
class Streaming:
    """How the shards of a part are streamed.

    `buffer` is the number of pictures that are shuffled among each other, by default what fits
    into 256 MB; of `workers`, this is number `worker`, from 0. At most `ahead` pictures are
    decoded before they are asked for, in `threads`.
    """

    seed: int = 0
    buffer: int | None = None
    worker: int = 0
    workers: int = 1
    threads: int | None = None
    ahead: int | None = None

    def order(self, source: ShardSource, epoch: int) -> Order:
        """The order of one epoch, the first of which is 0."""
        sizes = source.table.sizes[source.numbers]
        return epoch_order(
            source,
            seed=self.seed,
            epoch=epoch,
            buffer=fitting_buffer(sizes) if self.buffer is None else self.buffer,
            worker=self.worker,
            workers=self.workers,
        )


def met_in_epoch(
    source: ShardSource,
    streaming: Streaming,
    epoch: int,
    *,
    skip: int = 0,
    decode: Decode = decode_bytes,
    change: Change = unchanged,
) -> Generator[Met, None, None]:
    """The pictures of one epoch in the order they are met, each with its place in the part.

    The first `skip` are left out, neither decoded nor, but for those in between, read. In threads,
    `decode` is given each file's bytes and a name for errors, and `change` what it returns. Raises
    `PictureError` naming the member and shard of a picture that cannot be read. Close it when it
    is left before its end.
    """
    return _decoded(source, streaming.order(source, epoch).rest(skip), streaming, decode, change)


def read_in_order(
    source: ShardSource, *, decode: Decode = decode_bytes, threads: int | None = None
) -> Generator[Met, None, None]:
    """Every picture once with its place in the part, shard by shard: one request each over HTTP.

    This is how to read a whole part that comes from elsewhere; `read` asks anew for each picture.
    """
    order = Order(source.forwards(), source.forwards())
    return _decoded(source, order, Streaming(threads=threads), decode, unchanged)


def batches_met(
    part: Part,
    batch: int,
    streaming: Streaming,
    *,
    skip: int = 0,
    decode: Decode = decode_bytes,
    change: Change = unchanged,
) -> Generator[tuple[Pictures, Labels], None, None]:
    """Batches without end, epoch after epoch; the last of each is cut as `batch_stream` does.

    Each is (batch, height, width, channels) uint8 and (batch,) labels; `decode` and `change` (see
    `met_in_epoch`) must bring all pictures to one shape. The first `skip` batches are left out.
    The part's source must be a `ShardSource`.
    """
    source = part.source
    if not isinstance(source, ShardSource):
        raise TypeError(f"expected a part in shards, got a {type(source).__name__}")
    count = share_size(len(part), streaming.worker, streaming.workers)
    if count == 0:
        return
    bounds = [0, *batch_ends(count, batch).tolist(), count]
    first, done = divmod(skip, len(bounds) - 1)
    for epoch in itertools.count(first):
        met = met_in_epoch(
            source, streaming, epoch, skip=bounds[done], decode=decode, change=change
        )
        with closing(met):
            for start, end in itertools.pairwise(bounds[done:]):
                places, pictures = zip(*itertools.islice(met, end - start), strict=True)
                yield np.stack(pictures), part.labels[list(places)]
        done = 0


def _decoded(
    source: ShardSource, order: Order, streaming: Streaming, decode: Decode, change: Change
) -> Generator[Met, None, None]:
    def picture_of(place: int, content: bytes) -> Picture:
        return change(decode(content, source.name(place)))

    threads = streaming.threads or available_cores()
    ahead = streaming.ahead or AHEAD_A_THREAD * threads
    return _decoded_ahead(_as_met(source, order), picture_of, threads, ahead)


def _as_met(source: ShardSource, order: Order) -> Generator[tuple[int, bytes], None, None]:
    """Read in one order and give in the other; what waits is at most the buffer of the order."""
    waiting: dict[int, bytes] = {}
    with closing(source.contents(order.reading)) as reading:
        for place in order.meeting.tolist():
            while place not in waiting:
                read, content = next(reading)
                waiting[read] = content
            yield place, waiting.pop(place)


def _decoded_ahead(
    work: Generator[tuple[int, bytes], None, None],
    decode: Callable[[int, bytes], Picture],
    threads: int,
    ahead: int,
) -> Generator[Met, None, None]:
    """The decoded pictures in order, while a thread reads what comes and others decode it."""
    results: Queue[tuple[int, Future[Picture]] | BaseException | None] = Queue(ahead)
    unwanted = Event()

    def put(item: tuple[int, Future[Picture]] | BaseException | None) -> bool:
        while not unwanted.is_set():
            try:
                results.put(item, timeout=PAUSE_SECONDS)
            except Full:
                continue
            return True
        return False

    def read() -> None:
        try:
            for place, content in work:
                if not put((place, pool.submit(decode, place, content))):
                    return
            put(None)
        except BaseException as error:  # raised where the pictures are asked for
            put(error)
        finally:
            work.close()

    with ThreadPoolExecutor(threads) as pool:
        reader = Thread(target=read, name="shard reader", daemon=True)
        reader.start()
        try:
            while (item := results.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                place, picture = item
                yield place, picture.result()
        finally:
            unwanted.set()
            reader.join(LEAVING_SECONDS)  # it may be waiting for a server that says nothing
            pool.shutdown(cancel_futures=True)
