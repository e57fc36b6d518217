"""Paths as people type them."""

from pathlib import Path

from lenswork.errors import UsageError


def typed(path: str | Path) -> Path:
    """The path with a home folder in place of `~`; raises `UsageError` for a user who is nobody."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UsageError(f"there is no user whose home is meant by {path}") from error
