"""The pieces that PNG and JPEG files are made of, looked at without unpacking a pixel."""

import zlib
from collections.abc import Iterator

import numpy as np

PNG_START = b"\x89PNG\r\n\x1a\n"
MOST_JOINED = 2**24  # bytes: beside the decoding of a larger file nothing is won
_PASSED_OVER = frozenset((0xC4, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)))  # tables, notes


def png_chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk's kind, and where its data begin and end, perhaps behind the end of the file."""
    start = 16
    while start <= len(content):
        end = start + int.from_bytes(content[start - 8 : start - 4])
        yield content[start - 4 : start], start, end
        start = end + 12


def is_torn_png(content: bytes) -> bool:
    """Whether the checksum of a piece of a PNG's pixels says that it is missing or altered.

    Python's zlib sums up more than a gigabyte a second.
    """
    whole = memoryview(content)
    return any(
        kind == b"IDAT"
        and int.from_bytes(content[end : end + 4]) != zlib.crc32(whole[start - 4 : end])
        for kind, start, end in png_chunks(content)
    )


def with_joined_pixels(content: bytes) -> bytes:
    """A PNG with the pieces of its pixels as one; anything else, or what is cut off, as it is.

    The pieces have no meaning of their own (PNG, 3rd edition, section 11.2.3). Pillow goes through
    Python for each, of which a photograph has hundreds, and there threads wait for each other. It
    asks for no checksum of pixels, and the piece made here has a wrong one: `is_torn_png` is for
    the file as it was.
    """
    if not content.startswith(PNG_START) or len(content) > MOST_JOINED:
        return content
    pieces: list[tuple[int, int]] = []
    for kind, start, end in png_chunks(content):
        if kind == b"IDAT":
            pieces.append((start, end))
        elif pieces:
            break
    if len(pieces) < 2 or pieces[-1][1] + 4 > len(content):
        return content
    whole = memoryview(content)
    length = sum(end - start for start, end in pieces)
    return b"".join(
        (
            whole[: pieces[0][0] - 8],
            length.to_bytes(4) + b"IDAT",
            *(whole[start:end] for start, end in pieces),
            whole[pieces[-1][1] :],
        )
    )


def has_one_scan(content: bytes) -> bool:
    """Whether a JPEG goes over its pixels once for certain; where it is in doubt, False.

    That is a sequential one whose first scan holds all its components: a decoder is done behind
    it, whatever follows (ITU-T T.81, annex B.2).
    """
    place, components = 2, b""
    while content[place : place + 1] == b"\xff" and place + 4 <= len(content):
        kind = content[place + 1]
        if kind == 0xDA:  # start of scan
            return bool(components) and content[place + 4 : place + 5] == components
        if kind in (0xC0, 0xC1) and not components:  # baseline and extended sequential frames
            components = content[place + 9 : place + 10]
        elif kind not in _PASSED_OVER:
            return False
        place += 2 + int.from_bytes(content[place + 2 : place + 4])
    return False


def scans_in(content: bytes) -> int:
    """The most scans that a JPEG can have."""
    data = np.frombuffer(content, dtype=np.uint8)  # of a photograph, a sixth of `count`'s time
    marks = np.flatnonzero(data[:-1] == 0xFF) + 1  # in data a zero follows each 0xff
    return int(np.count_nonzero(data[marks] == 0xDA))
