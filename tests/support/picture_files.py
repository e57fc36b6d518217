"""Picture files of every kind, made here so that a test knows each pixel of them."""

import io
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from lenswork.kinds import Picture

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
ORIENTATION = 0x0112


def patches(rows: Sequence[Sequence[tuple[int, int, int]]], side: int = 16) -> Picture:
    """Even squares of colour, (rows * side, columns * side, 3), which JPEG keeps almost exactly."""
    return np.array(rows, np.uint8).repeat(side, axis=0).repeat(side, axis=1)


def four_colours() -> Picture:
    """A 32x48 picture that looks different in each of the eight orientations."""
    return patches([[RED, GREEN, GREEN], [BLUE, WHITE, RED]])


def noise(height: int, width: int, channels: int, seed: int = 0) -> Picture:
    """Random pixels, (height, width, channels)."""
    shape = (height, width, channels)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def encoded(image: Image.Image | Picture, kind: str, **options: object) -> bytes:
    """The bytes of a file of `kind`, as Pillow writes it."""
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def exif(orientation: int) -> Image.Exif:
    """EXIF data that say only how the camera was held."""
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    return tags


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG file, with its length and checksum."""
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def png(
    width: int, height: int, bits: int, colour_type: int, rows: Sequence[bytes], extra: bytes = b""
) -> bytes:
    """A PNG file with these rows of samples; `extra` are chunks before them."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    samples = b"".join(b"\0" + row for row in rows)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + extra
        + png_chunk(b"IDAT", zlib.compress(samples))
        + png_chunk(b"IEND", b"")
    )


def grey_tiff(
    width: int, bits: int, samples: bytes, *, white_is_zero: bool = False, sample_format: int = 1
) -> bytes:
    """A TIFF file of one row of grey; `sample_format` is 1 unsigned, 2 signed, 3 float."""
    tags = [
        (256, 4, width),
        (257, 4, 1),
        (258, 3, bits),
        (259, 3, 1),  # not compressed
        (262, 3, 0 if white_is_zero else 1),
        (273, 4, 8 + 2 + 12 * 10 + 4),  # the samples begin behind these tags
        (277, 3, 1),
        (278, 4, 1),
        (279, 4, len(samples)),
        (339, 3, sample_format),
    ]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + samples


def write_classes(root: Path, classes: Mapping[str, int]) -> Path:
    """A small PNG file a picture: `{"train/cats": 3}` makes train/cats/cats-0.png to cats-2.png."""
    content = encoded(noise(2, 2, 1), "PNG")
    for folder, count in classes.items():
        place = root / folder
        place.mkdir(parents=True)
        for index in range(count):
            (place / f"{place.name}-{index}.png").write_bytes(content)
    return root
