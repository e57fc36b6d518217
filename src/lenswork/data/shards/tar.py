"""Tar files read strictly: what is damaged is said, where `tarfile` would stop without a word.

`tarfile` takes a damaged header in the middle of an archive for its end. Nothing is ever written
to disk from a tar, and no name in it is used as a path.
"""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from lenswork.data.decode import BYTE_LIMIT
from lenswork.errors import DataError

BLOCK = 512
END = bytes(2 * BLOCK)  # what a tar ends in
CHUNK = 1 << 20  # bytes
EXTENSION_LIMIT = 1 << 20  # bytes of a long name

_EXTENDED = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
_REGULAR = (tarfile.REGTYPE, tarfile.AREGTYPE)
_OTHERS = {
    tarfile.LNKTYPE: "a hard link",
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.CHRTYPE: "a character device",
    tarfile.BLKTYPE: "a block device",
    tarfile.FIFOTYPE: "a FIFO",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}


class Stream(Protocol):
    """Bytes that come in order."""

    position: int

    def read(self, count: int) -> bytes:
        """The next `count` bytes, fewer only at the end."""
        ...

    def skip(self, count: int) -> None:
        """Pass over `count` bytes."""
        ...


@dataclass(frozen=True)
class Member:
    """A file in a tar: its name, and the bytes at which its content begins and ends."""

    name: str
    offset: int
    size: int


@dataclass
class _Ahead:
    """What the headers before a member's own said of it."""

    name: str | None = None
    size: int | None = None


def members(stream: Stream, where: str) -> Iterator[Member]:
    """Each regular file of a tar, the stream standing at its content, which need not be read.

    Folders are passed over. Raises `DataError` that names `where` and the member before for a
    damaged header, a tar that breaks off or goes on behind its end, and for links, devices and
    sparse files.
    """
    after = "at its beginning"
    ahead = _Ahead()
    while (header := stream.read(BLOCK)) != bytes(BLOCK):
        info = _header(header, where, after, stream.position)
        if info.type in (*_EXTENDED, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME):
            _note(ahead, info, _extension(stream, info, where, after), where)
            continue
        size = _checked_size(info, ahead, where)
        member = Member(ahead.name or info.name, stream.position, size)
        ahead = _Ahead()
        if info.type in _REGULAR:
            yield member
        elif info.type != tarfile.DIRTYPE:
            what = _OTHERS.get(info.type, f"of the unknown type {info.type!r}")
            raise DataError(
                f"{where}: member {text_of(member.name)} is {what}; expected regular files only: "
                "pack the pictures themselves"
            )
        stream.skip(member.offset + padded(size) - stream.position)
        after = f"after member {text_of(member.name)}"
    _refuse_more(stream, where, after)


def padded(size: int) -> int:
    """The bytes that content of `size` bytes takes in a tar."""
    return -(-size // BLOCK) * BLOCK


def member_header(name: str, size: int) -> bytes:
    """The header of a regular file that belongs to nobody and is of no time: whole blocks."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    return info.tobuf(tarfile.PAX_FORMAT, "ascii", "strict")


def is_header(content: bytes, size: int) -> bool:
    """Whether `content` is the whole header of a regular file of `size` bytes."""
    if _is_plain_header(content, size):
        return True
    try:
        info = tarfile.TarInfo.frombuf(content, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return info.type in _REGULAR and info.size == size


def _is_plain_header(content: bytes, size: int) -> bool:
    """The same of a usual header, without making sense of the rest: three times as fast."""
    if len(content) != BLOCK or content[156:157] not in _REGULAR:
        return False
    stored, said = content[148:156].rstrip(b"\0 "), content[124:136].rstrip(b"\0 ")
    if not (stored.isdigit() and said.isdigit()) or b"8" in stored + said or b"9" in stored + said:
        return False
    total = sum(content) - sum(content[148:156]) + 8 * ord(" ")  # POSIX.1: as if it were spaces
    return total == int(stored, 8) and size == int(said, 8)


def text_of(name: str) -> str:
    """A member's name as it can be printed, whatever is in it."""
    text = name.encode("utf-8", "backslashreplace").decode()
    return text if text.isprintable() and text else repr(text)


def _header(header: bytes, where: str, after: str, position: int) -> tarfile.TarInfo:
    if len(header) < BLOCK:
        raise DataError(
            f"{where} is truncated: it breaks off {after}, at byte {position:,}, without the end "
            "of a tar; copy or pack it again"
        )
    try:
        return tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        start = position - BLOCK
        what = "has a damaged header" if start else "is no tar file: it has no header"
        if header.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")) and not start:
            what = "is compressed, expected a plain tar: unpack it first, there is no header"
        raise DataError(
            f"{where} {what} {after}, at byte {start:,} ({error}); copy or pack it again"
        ) from error


def _refuse_more(stream: Stream, where: str, after: str) -> None:
    """Refuse members behind the zeros that end a tar: other readers leave them out in silence.

    What else stands there means nothing (POSIX.1, pax: "undefined").
    """
    place = stream.position - BLOCK
    while rest := stream.read(CHUNK):
        blocks = (rest[start : start + BLOCK] for start in range(0, len(rest), BLOCK))
        if rest.count(0) < len(rest) and any(map(_begins_member, blocks)):
            raise DataError(
                f"{where} ends {after}, at byte {place:,}, and has more members behind its end: "
                "several tars were joined, or a part was never written; copy or pack it again"
            )


def _begins_member(block: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _extension(stream: Stream, info: tarfile.TarInfo, where: str, after: str) -> bytes:
    if not 0 <= info.size <= EXTENSION_LIMIT:
        raise DataError(
            f"{where} has a header of {info.size:,} bytes {after}, more than the limit of "
            f"{EXTENSION_LIMIT:,}"
        )
    content = stream.read(padded(info.size))
    if len(content) < padded(info.size):
        raise DataError(f"{where} is truncated: it breaks off {after}; copy or pack it again")
    return content[: info.size]


def _note(ahead: _Ahead, info: tarfile.TarInfo, content: bytes, where: str) -> None:
    if info.type == tarfile.GNUTYPE_LONGNAME:
        ahead.name = content.rstrip(b"\0").decode("utf-8", "surrogateescape")
        return
    for keyword, value in _records(content, where):
        if keyword.startswith("GNU.sparse"):
            raise DataError(f"{where} has a sparse file; expected regular files only")
        if info.type == tarfile.XGLTYPE:  # of the whole tar; a comment at most concerns nobody
            continue
        if keyword == "path":
            ahead.name = value
        elif keyword == "size":
            ahead.size = int(value) if value.isdecimal() else -1


def _records(content: bytes, where: str) -> Iterator[tuple[str, str]]:
    """The keywords and values of a pax header: `17 path=some.name` and a new line, each."""
    while content:
        length, _, _ = content.partition(b" ")
        record = content[: int(length)] if length.isdigit() and len(length) < 9 else b""
        keyword, equals, value = record[len(length) + 1 : -1].partition(b"=")
        if not equals or not record.endswith(b"\n"):
            raise DataError(f"{where} has a damaged extended header; copy or pack it again")
        yield keyword.decode("utf-8", "replace"), value.decode("utf-8", "surrogateescape")
        content = content[len(record) :]


def _checked_size(info: tarfile.TarInfo, ahead: _Ahead, where: str) -> int:
    size = info.size if ahead.size is None else ahead.size
    if not 0 <= size <= BYTE_LIMIT or size != info.size:
        raise DataError(
            f"{where}: member {text_of(ahead.name or info.name)} has {size:,} bytes; expected 0 "
            f"to {BYTE_LIMIT:,}"
        )
    return size
