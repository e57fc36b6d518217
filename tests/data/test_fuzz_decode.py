"""Any bytes at all are a picture or a refusal, soon and in little memory.

`LENSWORK_FUZZ=20000 pytest tests/data/test_fuzz_decode.py` tries that many of each kind, others
each time.
"""

import os
import resource
import struct
import time

import numpy as np
import pytest
from hostile import whole_corpus
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_files import png_chunks
from picture_files import encoded, noise

from lenswork.data.decode import decode_bytes, shape_in_bytes
from lenswork.errors import PictureError
from lenswork.kinds import Picture

TRIES = int(os.environ.get("LENSWORK_FUZZ", "150"))
FUZZ = settings(
    max_examples=TRIES,
    derandomize="LENSWORK_FUZZ" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
MOST_SECONDS, MOST_MEGABYTES = 2.0, 200  # of processor time, of memory, for one
LIMIT = 1_000_000  # pixels: a damaged header may claim any size, and shall not make the test slow
KINDS = {
    "JPEG": (".jpg",),
    "PNG": (".png",),
    "GIF": (".gif",),
    "WebP": (".webp",),
    "BMP": (".bmp",),
    "TIFF": (".tif",),
}
SEEDS = {
    kind: [
        odd.content
        for odd in whole_corpus()
        if odd.is_read and odd.name.endswith(suffixes) and len(odd.content) < 20_000
    ]
    for kind, suffixes in KINDS.items()
}
STARTS = (
    b"", b"\xff\xd8\xff\xe0\0\x10JFIF\0", b"\xff\xd8\xff\xdb", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    b"RIFF\x40\0\0\0WEBPVP8 ", b"RIFF\x40\0\0\0WEBPVP8L", b"RIFF\x40\0\0\0WEBPVP8X", b"BM",
    b"GIF87a", b"GIF89a\x08\0\x08\0\x80\0\0", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08",
    b"II+\0\x08\0\0\0",
)  # fmt: skip
NUMBERS = [0, 1, 2, 7, 8, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]


def peak_megabytes() -> float:
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def tried(content: bytes) -> Picture | None:
    """The picture, None for a refusal; anything else fails."""
    began, before = time.process_time(), peak_megabytes()
    picture = None
    try:
        picture = decode_bytes(content, "cat.jpg", pixel_limit=LIMIT)
    except PictureError as error:
        said = str(error)
        assert said.startswith("cannot read cat.jpg: ")
        assert said.encode("utf-8")
        assert "()" not in said
    assert time.process_time() - began < MOST_SECONDS
    assert peak_megabytes() - before < MOST_MEGABYTES
    if picture is None:
        return None
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert picture.shape[2] in (1, 3)
    assert 0 < picture.shape[0] * picture.shape[1] <= LIMIT
    assert shape_in_bytes(content) == picture.shape
    return picture


@st.composite
def damaged(draw: st.DrawFn, kind: str) -> bytes:
    """A real file with bits flipped, bytes taken out, put in or doubled, or its end cut off."""
    content = bytearray(draw(st.sampled_from(SEEDS[kind])))
    for _ in range(draw(st.integers(1, 8))):
        if not content:
            break
        near = draw(st.sampled_from([16, 64, 512, len(content)]))
        place = draw(st.integers(0, min(near, len(content)) - 1))
        what = draw(st.sampled_from(["flip", "out", "in", "double", "number", "cut", "splice"]))
        if what == "flip":
            content[place] ^= 1 << draw(st.integers(0, 7))
        elif what == "out":
            del content[place : place + draw(st.integers(1, 64))]
        elif what == "in":
            content[place:place] = draw(st.binary(min_size=1, max_size=16))
        elif what == "double":
            content[place:place] = content[place : place + draw(st.integers(1, 64))]
        elif what == "number":
            form = draw(st.sampled_from(["<H", ">H", "<I", ">I"]))
            number = draw(st.sampled_from(NUMBERS)) & (0xFFFF if form[1] == "H" else 0xFFFFFFFF)
            packed = struct.pack(form, number)
            content[place : place + len(packed)] = packed
        elif what == "cut":
            del content[place:]
        else:
            other = draw(st.sampled_from(SEEDS[draw(st.sampled_from(sorted(SEEDS)))]))
            content[place:] = other[place:]
    return bytes(content)


def test_there_are_real_files_of_every_kind_to_damage() -> None:
    assert min(len(files) for files in SEEDS.values()) >= 8


@FUZZ
@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=300))
def test_random_bytes_are_read_or_refused(start: bytes, rest: bytes) -> None:
    tried(start + rest)


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_read_or_refused(kind: str) -> None:
    @FUZZ
    @given(content=damaged(kind))
    def check(content: bytes) -> None:
        tried(content)

    check()


TRUE = noise(24, 20, 3)
WHOLE = encoded(TRUE, "PNG")
BEGIN, END = png_chunks(WHOLE)[b"IDAT"]


@FUZZ
@given(
    flips=st.lists(
        st.tuples(st.integers(BEGIN + 8, END - 5), st.integers(1, 255)), min_size=1, max_size=5
    )
)
def test_a_png_whose_pixels_are_damaged_shows_the_true_ones_or_none(
    flips: list[tuple[int, int]],
) -> None:
    content = bytearray(WHOLE)
    for place, bits in flips:
        content[place] ^= bits
    picture = tried(bytes(content))
    assert picture is None or np.array_equal(picture, TRUE)
