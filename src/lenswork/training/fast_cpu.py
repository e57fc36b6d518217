"""What makes small networks train faster on a CPU, each with its measured reason."""

import ctypes
import functools
import platform

M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
KEEP_BYTES = 1 << 30


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
