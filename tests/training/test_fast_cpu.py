"""The allocator setting."""

import platform

from lenswork.training.fast_cpu import keep_freed_memory


def test_freed_memory_is_kept_where_glibc_is_and_nothing_breaks_elsewhere() -> None:
    assert keep_freed_memory() is (platform.libc_ver()[0] == "glibc")
