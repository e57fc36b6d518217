"""Unpacking a zip archive from a stranger: all of it, inside one folder, or nothing."""

import os
import re
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lenswork.errors import DataError

CHUNK_BYTES = 1 << 18
ENCRYPTED_FLAG = 0x1
END_MAGIC = b"PK\x05\x06"
END_BYTES = 22 + 0xFFFF  # the end record, and a comment of any length
ZIP64_COUNT = 0xFFFF  # the count is in another record
FORBIDDEN = re.compile(r'[\x00-\x1f\\:*?"<>|]')  # \ and : are paths and drives on Windows


@dataclass(frozen=True)
class Limits:
    """What an archive may unpack to: bytes in all, entries, and bytes a byte of the archive."""

    total_bytes: int = 4 * 1024**3
    entries: int = 100_000
    ratio: float = 200.0


def extract_zip(archive: Path, destination: Path, limits: Limits | None = None) -> None:
    """Unpack `archive` as the new folder `destination`, which must not exist yet.

    The files are written to a temporary folder beside it, which is renamed when all is there:
    on any failure nothing is left. Raises `DataError` for a damaged archive and for one with
    `..`, absolute paths, drive letters, links, special files, two entries of one name, or more
    than `limits` allow, counted in bytes that were really unpacked.
    """
    if destination.exists():
        raise DataError(f"{destination}: expected nothing there to unpack {archive} to, got a file")
    try:
        with tempfile.TemporaryDirectory(
            prefix=f".{destination.name}-", dir=destination.parent
        ) as temporary:
            staging = Path(temporary) / "content"  # made here, so with the user's permissions
            staging.mkdir()
            _unpack(archive, staging, limits or Limits())
            staging.rename(destination)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,  # a compression or version that zipfile does not know
    ) as error:
        raise DataError(
            f"{archive}: expected a whole zip archive, got one that cannot be unpacked ({error}); "
            "delete it and fetch it again"
        ) from error
    except OSError as error:
        raise DataError(
            f"cannot unpack {archive} to {destination}: {error.strerror or error}"
        ) from error


def _unpack(archive: Path, staging: Path, limits: Limits) -> None:
    with zipfile.ZipFile(archive) as opened:
        entries = opened.infolist()
        allowed_bytes = min(limits.total_bytes, int(limits.ratio * archive.stat().st_size))
        _refuse_missing_entries(archive, len(entries))
        _refuse_bad_entries(archive, entries)
        _refuse_too_much(archive, entries, limits.entries, allowed_bytes)
        left_bytes = allowed_bytes
        for entry in entries:
            target = staging.joinpath(*_parts(entry))
            if entry.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with opened.open(entry) as source, target.open("xb") as file:
                written_bytes = _copy(source, file, left_bytes)
            left_bytes -= written_bytes
            if left_bytes < 0:
                raise DataError(_too_much(archive, allowed_bytes, "it unpacks to more"))
            if written_bytes != entry.file_size:
                raise DataError(
                    f"{archive}: expected {entry.file_size:,} bytes in {entry.filename!r}, "
                    f"got {written_bytes:,}; delete the archive and fetch it again"
                )


def _refuse_missing_entries(archive: Path, entries: int) -> None:
    """Compare with the count at the archive's end, which zipfile does not look at."""
    with archive.open("rb") as file:
        file.seek(-min(END_BYTES, archive.stat().st_size), os.SEEK_END)
        _, _, end = file.read().rpartition(END_MAGIC)
    (claimed,) = struct.unpack_from("<H", end, 6)
    if claimed not in (entries, ZIP64_COUNT):
        raise DataError(
            f"{archive}: expected {claimed:,} entries, as its end says, got {entries:,}; the "
            "archive is damaged: delete it and fetch it again"
        )


def _copy(source: IO[bytes], target: IO[bytes], left_bytes: int) -> int:
    """Copy until the end, or until more than `left_bytes` were written; return the bytes."""
    written_bytes = 0
    while written_bytes <= left_bytes and (chunk := source.read(CHUNK_BYTES)):
        target.write(chunk)
        written_bytes += len(chunk)
    return written_bytes


def _parts(entry: zipfile.ZipInfo) -> list[str]:
    return entry.filename.rstrip("/").split("/")


def _refuse_bad_entries(archive: Path, entries: Sequence[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for entry in entries:
        # zipfile cuts a name at its first zero byte, so the name as written is looked at too
        problem = _name_problem(entry.orig_filename) or _name_problem(entry.filename)
        problem = problem or _kind_problem(entry)
        folded = "/".join(_parts(entry)).casefold()
        if problem is None and folded in seen:
            problem = "has the name of an earlier entry"
        if problem is not None:
            raise DataError(
                f"{archive}: expected plain files and folders inside one folder, but the entry "
                f"{entry.orig_filename!r} {problem}; nothing was unpacked, do not trust this "
                "archive"
            )
        seen.add(folded)


def _name_problem(name: str) -> str | None:
    if name.startswith("/"):
        return "is an absolute path"
    if re.match(r"[A-Za-z]:", name):
        return "has a drive letter"
    if FORBIDDEN.search(name):
        return "has a character that a file's name must not have"
    parts = name.removesuffix("/").split("/")
    if ".." in parts:
        return "climbs out of the folder with '..'"
    if any(part in ("", ".") or part != part.rstrip(". ") for part in parts):
        return "has a part that is empty or ends in a dot or a space"
    return None


def _kind_problem(entry: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "is a link"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a special file"
    if entry.is_dir() and entry.file_size:
        return "is a folder with content of its own"
    if entry.flag_bits & ENCRYPTED_FLAG:
        return "is encrypted"
    return None


def _refuse_too_much(
    archive: Path, entries: Sequence[zipfile.ZipInfo], allowed_entries: int, allowed_bytes: int
) -> None:
    if len(entries) > allowed_entries:
        raise DataError(
            f"{archive}: expected at most {allowed_entries:,} entries, got {len(entries):,}; "
            "nothing was unpacked"
        )
    claimed = sum(entry.file_size for entry in entries)
    if claimed > allowed_bytes:
        raise DataError(_too_much(archive, allowed_bytes, f"it claims {claimed:,}"))


def _too_much(archive: Path, allowed_bytes: int, got: str) -> str:
    return (
        f"{archive}: expected at most {allowed_bytes:,} bytes from a zip archive of "
        f"{archive.stat().st_size:,}, {got}: this may be a zip bomb; nothing was kept"
    )
