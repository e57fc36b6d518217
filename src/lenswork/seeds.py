"""Where every random generator starts.

One seed for a run; each use of chance gets its own stream, so that adding a new use leaves
the others as they were.
"""

import zlib

import numpy as np


def stream_seed(seed: int, purpose: str) -> int:
    """A 63-bit seed for one `purpose` ("order", "weights", ...) of a run's `seed`."""
    key = zlib.crc32(purpose.encode())
    return int(np.random.SeedSequence([seed, key]).generate_state(1, np.uint64)[0] >> 1)


def generator(seed: int, purpose: str) -> np.random.Generator:
    """A numpy generator for one `purpose` of a run's `seed`."""
    return np.random.default_rng(stream_seed(seed, purpose))
