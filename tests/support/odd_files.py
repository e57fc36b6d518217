"""Picture files of kinds that Pillow does not write, from the formats' descriptions."""

import struct
import zlib
from collections.abc import Mapping, Sequence

import numpy as np
from picture_files import png_chunk

from lenswork.kinds import Picture

SHORT, LONG = 3, 4  # the sorts of number in a TIFF file
STRIPS, TILES = 273, 324  # TIFF tags that say where samples begin
# what libjpeg-turbo 2.1 writes with arith_code = TRUE for a left half of 200 and a right one of 40
ARITHMETIC_JPEG = bytes.fromhex(
    "ffd8ffdb0043000201010101010201010102020202020403020202020504040304060506060605060606070908"
    "060709070606080b08090a0a0a0a0a06080b0c0b0a0c090a0a0affc9000b080010002001011100ffcc00060010"
    "1005ffda0008010100003f00d2de4003d825ea75c8ffd9"
)


def tiff(tags: Mapping[int, tuple[int, Sequence[int]]], samples: bytes, order: str = "<") -> bytes:
    """A TIFF file of one page; strips and tiles are given from the first sample on."""
    letters = {SHORT: "H", LONG: "I"}
    first = 8 + 2 + 12 * len(tags) + 4
    long = {
        tag: len(values) * struct.calcsize(letters[kind])
        for tag, (kind, values) in tags.items()
        if len(values) * struct.calcsize(letters[kind]) > 4
    }
    begin = first + sum(long.values())
    entries, beyond = b"", b""
    for tag, (kind, values) in sorted(tags.items()):
        placed = [begin + value for value in values] if tag in (STRIPS, TILES) else values
        packed = struct.pack(f"{order}{len(placed)}{letters[kind]}", *placed)
        if tag in long:
            packed, beyond = struct.pack(f"{order}I", first + len(beyond)), beyond + packed
        entries += struct.pack(f"{order}HHI", tag, kind, len(values)) + packed.ljust(4, b"\0")
    mark = b"II*\0" if order == "<" else b"MM\0*"
    header = mark + struct.pack(f"{order}IH", 8, len(tags))
    return header + entries + bytes(4) + beyond + samples


def colour_tiff(
    picture: Picture, *, bits: int = 8, planes: bool = False, order: str = "<"
) -> bytes:
    """A TIFF file of RGB, pixel by pixel or a plane a colour; of 16 bits 257 times as much."""
    height, width, _ = picture.shape
    wide = picture.astype(f"{order}u2") * 257 if bits == 16 else picture
    samples = (wide.transpose(2, 0, 1) if planes else wide).tobytes()
    parts = 3 if planes else 1
    size = len(samples) // parts
    tags = {
        256: (LONG, [width]),
        257: (LONG, [height]),
        258: (SHORT, [bits] * 3),
        259: (SHORT, [1]),
        262: (SHORT, [2]),
        STRIPS: (LONG, [size * part for part in range(parts)]),
        277: (SHORT, [3]),
        278: (LONG, [height]),
        279: (LONG, [size] * parts),
        284: (SHORT, [2 if planes else 1]),
    }
    return tiff(tags, samples, order)


def tiled_tiff(picture: Picture, side: int = 16) -> bytes:
    """A TIFF file of grey in squares, filled up with white at the right and below."""
    height, width, _ = picture.shape
    rows, columns = -(-height // side), -(-width // side)
    whole = np.full((rows * side, columns * side), 255, np.uint8)
    whole[:height, :width] = picture[:, :, 0]
    tiles = whole.reshape(rows, side, columns, side).transpose(0, 2, 1, 3).tobytes()
    count, size = rows * columns, side * side
    tags = {
        256: (LONG, [width]),
        257: (LONG, [height]),
        258: (SHORT, [8]),
        259: (SHORT, [1]),
        262: (SHORT, [1]),
        277: (SHORT, [1]),
        322: (LONG, [side]),
        323: (LONG, [side]),
        TILES: (LONG, [size * place for place in range(count)]),
        325: (LONG, [size] * count),
    }
    return tiff(tags, tiles)


def bmp(
    size: tuple[int, int],
    bits: int,
    pixels: bytes,
    *,
    palette: bytes = b"",
    compression: int = 0,
    masks: bytes = b"",
) -> bytes:
    """A BMP file; `size` is (width, height), a height below 0 says that the first row is on top."""
    start = 14 + 40 + len(masks) + len(palette)
    header = struct.pack(
        "<IiiHHIIiiII", 40, *size, 1, bits, compression, len(pixels), 0, 0, len(palette) // 4, 0
    )
    file = b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start)
    return file + header + masks + palette + pixels


def rows_of_bmp(picture: Picture) -> bytes:
    """Rows of blue, green, red from the bottom up, each filled to four bytes."""
    rows = picture[::-1, :, ::-1]
    padding = bytes(-rows[0].size % 4)
    return b"".join(row.tobytes() + padding for row in rows)


def adam7(picture: Picture) -> bytes:
    """An RGB picture as an interlaced PNG: seven passes, each a coarser grid (PNG, section 8)."""
    height, width, _ = picture.shape
    grids = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
             (0, 1, 1, 2))  # fmt: skip
    lines = b""
    for left, top, right, down in grids:
        grid = picture[top::down, left::right]
        lines += b"".join(b"\0" + row.tobytes() for row in grid if row.size)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    return png_of(header, lines)


def png_of(header: bytes, lines: bytes, extra: bytes = b"") -> bytes:
    """A PNG file of a header and its filtered lines; `extra` are chunks between them."""
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + extra
        + png_chunk(b"IDAT", zlib.compress(lines))
        + png_chunk(b"IEND", b"")
    )


def repeated(piece: bytes, times: int) -> bytes:
    """The same piece many times as one zlib stream, compressed but once (RFC 1950, 1951)."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = stream.compress(piece) + stream.flush(zlib.Z_FULL_FLUSH)
    check = 1
    for _ in range(times):
        check = zlib.adler32(piece, check)
    return b"\x78\xda" + block * times + b"\x03\0" + struct.pack(">I", check)


def segments(jpeg: bytes) -> dict[int, tuple[int, int]]:
    """Where the segments before a JPEG file's pixels begin and end, by marker; the last of each."""
    found, place, marker = {}, 2, 0
    while marker != 0xDA:
        marker = jpeg[place + 1]
        end = place + 2 + int.from_bytes(jpeg[place + 2 : place + 4])
        found[marker] = (place, end)
        place = end
    return found


def png_chunks(content: bytes) -> dict[bytes, tuple[int, int]]:
    """Where the chunks of a PNG file begin and end, by name; the last of each."""
    found, place = {}, 8
    while place < len(content):
        end = place + 12 + int.from_bytes(content[place : place + 4])
        found[content[place + 4 : place + 8]] = (place, end)
        place = end
    return found
