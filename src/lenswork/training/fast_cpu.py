"""What makes small networks train faster on a CPU, each with its measured reason."""

import ctypes
import functools
import platform
import sys
from types import TracebackType

import torch

M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
KEEP_BYTES = 1 << 30
ENOUGH = 1 << 18  # numbers for torch to share out among all its threads


@functools.cache
def keep_freed_memory() -> bool:
    """Let glibc keep freed memory for the next step instead of giving it back; True if it will.

    Every step allocates the same few megabytes of feature maps. By default glibc returns blocks
    over 32 MB at once and smaller ones at the top of the heap soon after, and each step pays
    for fresh pages, filled with zeros by the kernel. For Conv 32 x 2 at batch 32 this takes
    a quarter of the step (docs/benchmarks.md).
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    mallopt.argtypes = (ctypes.c_int, ctypes.c_int)
    mallopt.restype = ctypes.c_int
    return bool(mallopt(M_MMAP_THRESHOLD, KEEP_BYTES)) and bool(
        mallopt(M_TRIM_THRESHOLD, KEEP_BYTES)
    )


class denormals_flushed:  # noqa: N801  # reads as a word where it is used
    """In its block numbers below 1.2e-38 are zero in this thread, and as before after it.

    The mean of gradients that have become zero, as at a border that is always black, falls by a
    tenth each step until it is the smallest number of all, and stays there, since nine tenths of
    that are rounded to it. Processors take a hundred cycles and more for each such number: with
    them Adam took four times as long on dense 512 (docs/benchmarks.md). TensorFlow flushes too.

    Only in a block: numpy warns where zero is all that is left below.
    """

    def __enter__(self) -> None:
        self._before = sys.float_info.min / 2 == 0
        torch.set_flush_denormal(True)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        torch.set_flush_denormal(self._before)


@functools.cache
def begin_threads() -> None:
    """Begin torch's threads, which go on as they begin: with denormals flushed.

    A pool that has begun before, by other work with torch in this process, stays as it is, and
    is slower.
    """
    with denormals_flushed():
        torch.zeros(ENOUGH).add_(1)
