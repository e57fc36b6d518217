"""The part of the corpus that is far too large, or only says so, and what is very small or long."""

import struct
from collections.abc import Iterator

import numpy as np
from odd_files import LONG, SHORT, STRIPS, repeated, segments, tiff
from odd_kinds import Odd
from picture_files import encoded, noise, png, png_chunk
from PIL import Image

COLOUR = noise(9, 13, 3)
DAMAGED, TOO_MANY = "damaged", "it unpacks to"


def bombs() -> Iterator[Odd]:
    """Small files that claim to be, or are, far too large."""
    yield Odd("900 million pixels, one colour.png", _one_colour(30_000), says=TOO_MANY)
    yield Odd("claims 60,000 x 60,000.png", png(60_000, 60_000, 8, 2, [b"abc"]), says=TOO_MANY)
    most = 2**31 - 1
    yield Odd("claims all that a header can.png", png(most, most, 8, 6, [b"abcd"]), says=TOO_MANY)
    grey = {256: (LONG, [60_000]), 257: (LONG, [60_000]), 258: (SHORT, [8]), 259: (SHORT, [1]),
            262: (SHORT, [1]), STRIPS: (LONG, [0]), 277: (SHORT, [1]),
            279: (LONG, [3])}  # fmt: skip
    yield Odd("claims 60,000 x 60,000.tif", tiff(grey, b"abc"), says=TOO_MANY)
    yield Odd("claims a billion strips.tif", _claiming_values(), says=DAMAGED)
    small = {**grey, 256: (LONG, [4]), 257: (LONG, [1])}
    many = {**small, 277: (SHORT, [65_535])}
    yield Odd("claims 65,535 samples a pixel.tif", tiff(many, b"abcd"), says=DAMAGED)
    loop = bytearray(tiff(small, b"abcd"))
    loop[10 + 12 * len(small) : 14 + 12 * len(small)] = struct.pack("<I", 8)
    yield Odd("its next page is itself.tif", bytes(loop), shows=grey_of([b"abcd"]))
    for name, changed in {
        "a tile of 4 billion pixels": {322: (LONG, [65_536]), 323: (LONG, [65_536]),
                                       324: (LONG, [0]), 325: (LONG, [4])},
        "strips of 4 billion rows": {278: (LONG, [2**32 - 1]), 279: (LONG, [2**32 - 1])},
        "4 billion bits a sample": {258: (LONG, [2**32 - 1])},
    }.items():  # fmt: skip
        for packing, kind in ((1, "stored"), (5, "LZW"), (8, "deflate"), (7, "JPEG")):
            odd = {**small, **changed, 259: (SHORT, [packing])}
            if 324 in changed:
                del odd[STRIPS], odd[279]
            content, claim = tiff(odd, b"abcd"), f"claims {name}, {kind}.tif"
            if kind == "stored" and 258 not in changed:  # the four samples are there
                yield Odd(claim, content, shows=grey_of([b"abcd"]))
            else:
                yield Odd(claim, content, says=DAMAGED)
    for name, content in _with_sizes().items():
        yield Odd(f"claims too much{name}", content, says=TOO_MANY)
    for chunk in (b"zTXt", b"iTXt", b"iCCP"):
        middle = b"\1\0\0\0" if chunk == b"iTXt" else b"\0"
        text = png_chunk(chunk, b"note\0" + middle + repeated(bytes(1_000_000), 100))
        name = f"100 MB of {chunk.decode()}.png"
        yield Odd(name, png(2, 1, 8, 0, [b"ab"], text), says=DAMAGED)
    yield Odd("20 scans.jpg", _with_scans(64, 14), shows=np.full((64, 64, 1), 128, np.uint8))
    yield Odd("1,000 scans of 4 million pixels.jpg", _with_scans(2_000, 994), says="1,000 scans")
    frame = Image.new("L", (8, 8))
    many_frames = {"save_all": True, "append_images": [Image.new("L", (8, 8), n % 256) for n in
                   range(1, 200)], "duration": 20}  # fmt: skip
    yield Odd("200 frames.gif", encoded(frame, "GIF", **many_frames), shape=(8, 8, 3))
    yield Odd("200 frames.png", encoded(frame, "PNG", **many_frames), shape=(8, 8, 1))


def sizes() -> Iterator[Odd]:
    """The smallest and the longest."""
    one = np.array([[[7, 90, 200]]], np.uint8)
    for kind, name in (("PNG", "png"), ("BMP", "bmp"), ("TIFF", "tif")):
        yield Odd(f"one pixel.{name}", encoded(one, kind), shows=one)
    yield Odd("one pixel.webp", encoded(one, "WEBP", lossless=True), shows=one)
    yield Odd("one pixel.gif", encoded(one[:, :, :1], "GIF"), shows=one[:, :, [0, 0, 0]])
    yield Odd("one pixel.jpg", encoded(one[:, :, :1], "JPEG", quality=100), shape=(1, 1, 1))
    for height, width in ((1, 10_000), (10_000, 1)):
        picture = noise(height, width, 3)
        for kind, name in (("PNG", "png"), ("TIFF", "tif"), ("BMP", "bmp")):
            yield Odd(f"{height} x {width}.{name}", encoded(picture, kind), shows=picture)
        flat = np.full((height, width, 3), 120, np.uint8)
        yield Odd(f"{height} x {width}.jpg", encoded(flat, "JPEG"), shows=flat)
    yield Odd("65,500 wide.jpg", encoded(np.full((1, 65_500, 1), 9, np.uint8), "JPEG"),
              shows=np.full((1, 65_500, 1), 9, np.uint8))  # fmt: skip
    yield Odd("no pixel.png", png(0, 0, 8, 2, []), says=DAMAGED)
    yield Odd("no width.png", png(0, 5, 8, 2, [b""] * 5), says=DAMAGED)
    for name, content in _with_sizes(0, 0).items():
        yield Odd(f"no pixel{name}", content, says=DAMAGED)


def grey_of(rows: list[bytes]) -> np.ndarray:
    return np.array([list(row) for row in rows], np.uint8)[:, :, np.newaxis]


def _with_scans(side: int, more: int) -> bytes:
    """A grey progressive JPEG, whose last scan, of a dozen bytes, comes so many times more."""
    content = encoded(np.full((side, side, 1), 128, np.uint8), "JPEG", progressive=True)
    last = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + last * more + content[-2:]


def _one_colour(side: int) -> bytes:
    """A whole PNG of black and white, which is all there: one byte for some 8,000 pixels."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    pixels = repeated((b"\0" + bytes(side // 8)) * 100, side // 100)
    parts = (png_chunk(b"IHDR", header), png_chunk(b"IDAT", pixels), png_chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _claiming_values() -> bytes:
    """A TIFF whose table of strips has a billion entries, says its header."""
    tags = {256: (LONG, [4]), 257: (LONG, [4]), 258: (SHORT, [8]), 259: (SHORT, [1]),
            262: (SHORT, [1]), STRIPS: (LONG, [0, 4, 8, 12]), 278: (LONG, [1]),
            279: (LONG, [4] * 4)}  # fmt: skip
    content = bytearray(tiff(tags, bytes(16)))
    entry = content.index(struct.pack("<HHI", STRIPS, LONG, 4))
    content[entry + 4 : entry + 8] = struct.pack("<I", 10**9)
    return bytes(content)


def _with_sizes(width: int = 60_000, height: int = 50_000) -> dict[str, bytes]:
    """Whole small files whose headers are changed to say another size, by suffix."""
    bitmap, gif = bytearray(encoded(COLOUR, "BMP")), bytearray(encoded(COLOUR, "GIF"))
    bitmap[18:26] = struct.pack("<ii", width, height)
    frame = gif.index(b"\x2c\0\0\0\0")
    gif[6:10] = gif[frame + 5 : frame + 9] = struct.pack("<HH", width, height)
    jpeg = bytearray(encoded(COLOUR, "JPEG"))
    size = segments(bytes(jpeg))[0xC0][0]
    jpeg[size + 5 : size + 9] = struct.pack(">HH", height, width)
    changed = {".bmp": bytes(bitmap), ".gif": bytes(gif), ".jpg": bytes(jpeg)}
    if width:  # in a WebP 1 is the smallest and 16,384 the largest that can be said
        webp = bytearray(encoded(COLOUR, "WEBP", lossless=True))
        webp[21:25] = struct.pack("<I", 16_383 | 16_383 << 14)
        changed[".webp"] = bytes(webp)
    return changed
