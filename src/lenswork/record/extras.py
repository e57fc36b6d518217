"""Packages that only some options need."""

from collections.abc import Iterator
from contextlib import contextmanager

from lenswork.errors import UsageError


@contextmanager
def needed_by(option: str, package: str, extra: str) -> Iterator[None]:
    """Turn a failed import into a `UsageError` that says which of the extras to install."""
    try:
        yield
    except ImportError as error:
        raise UsageError(
            f"{option} needs {package} ({error}): pip install 'lenswork[{extra}]'"
        ) from error
