"""What a file's pieces say is true of what a decoder makes of it."""

import io
import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_files import ARITHMETIC_JPEG, png_chunks
from picture_files import encoded, four_colours, noise, png_chunk
from PIL import Image

from lenswork.data.decode import decode_bytes
from lenswork.data.segments import has_one_scan, is_torn_png, scans_in, with_joined_pixels
from lenswork.errors import PictureError

PICTURE = noise(40, 30, 4)
WHOLE = encoded(PICTURE, "PNG")
BEGIN, END = png_chunks(WHOLE)[b"IDAT"]
PIXELS = WHOLE[BEGIN + 8 : END - 4]
FEW = settings(max_examples=60, derandomize=True, deadline=None, database=None)


def in_pieces(*places: int, between: bytes = b"") -> bytes:
    """`WHOLE` with its pixels cut at these places, into as many pieces and one."""
    ends = [0, *sorted(places), len(PIXELS)]
    pieces = [png_chunk(b"IDAT", PIXELS[start:end]) for start, end in pairwise(ends)]
    return WHOLE[:BEGIN] + between.join(pieces) + WHOLE[END:]


def kinds_in(content: bytes) -> list[bytes]:
    kinds, place = [], 8
    while place < len(content):
        kinds.append(content[place + 4 : place + 8])
        place += 12 + int.from_bytes(content[place : place + 4])
    return kinds


@FEW
@given(places=st.lists(st.integers(0, len(PIXELS)), min_size=1, max_size=30))
def test_a_png_in_many_pieces_is_joined_and_shows_the_same(places: list[int]) -> None:
    content = in_pieces(*places)
    joined = with_joined_pixels(content)
    assert kinds_in(joined) == [b"IHDR", b"IDAT", b"IEND"]
    begin, end = png_chunks(joined)[b"IDAT"]
    assert joined[begin + 8 : end - 4] == PIXELS
    with Image.open(io.BytesIO(joined)) as image:
        assert np.array_equal(np.asarray(image), PICTURE)
    assert np.array_equal(decode_bytes(content), decode_bytes(WHOLE))


@pytest.mark.parametrize(
    "content",
    [
        WHOLE,
        b"",
        b"\x89PNG",
        WHOLE[:8],
        in_pieces(900)[:-16],
        encoded(four_colours(), "JPEG"),
        b"RIFF" + in_pieces(900),
    ],
)
def test_what_is_in_one_piece_or_cut_off_or_no_png_stays_as_it_is(content: bytes) -> None:
    assert with_joined_pixels(content) is content


@FEW
@given(
    places=st.lists(st.integers(1, len(PIXELS) - 1), min_size=1, max_size=6),
    length=st.integers(0, len(WHOLE) + 20),
)
def test_a_png_in_pieces_that_is_cut_off_is_refused_unless_no_pixel_is_missing(
    places: list[int], length: int
) -> None:
    content = in_pieces(*places)[:length]
    try:
        assert np.array_equal(decode_bytes(content), decode_bytes(WHOLE))
    except PictureError as error:
        assert str(error).startswith("cannot read the picture: ")  # noqa: PT017


@FEW
@given(
    places=st.lists(st.integers(1, len(PIXELS) - 1), min_size=1, max_size=6),
    flipped=st.integers(BEGIN + 8, END - 5),
)
def test_a_piece_that_was_written_over_is_found_before_the_pieces_are_joined(
    places: list[int], flipped: int
) -> None:
    content = bytearray(in_pieces(*places))
    whole = bytes(content)
    content[flipped] ^= 8
    try:
        assert np.array_equal(decode_bytes(bytes(content)), decode_bytes(whole))
        assert not is_torn_png(bytes(content))
    except PictureError as error:
        assert str(error).startswith("cannot read the picture: ")  # noqa: PT017


def test_a_wrong_checksum_of_any_piece_is_told() -> None:
    for at in (1, 2, 3):
        content = bytearray(in_pieces(500, 1_500))
        place = 8
        for _ in range(at):
            place += 12 + int.from_bytes(content[place : place + 4])
        content[place + 8 + int.from_bytes(content[place : place + 4])] ^= 1  # its checksum
        assert is_torn_png(bytes(content))
        with pytest.raises(PictureError, match="a part of its pixels is missing or has been wr"):
            decode_bytes(bytes(content))


def test_pieces_with_something_between_them_are_refused_as_pillow_does() -> None:
    content = in_pieces(900, between=png_chunk(b"tEXt", b"a\0b"))
    assert with_joined_pixels(content) is content
    with pytest.raises(PictureError, match="damaged"):
        decode_bytes(content)


def test_a_thousand_empty_pieces_are_read() -> None:
    assert np.array_equal(decode_bytes(in_pieces(*[700] * 1_000)), decode_bytes(WHOLE))


# --- scans ------------------------------------------------------------------------------------

GREY = np.full((2_000, 2_000, 1), 128, np.uint8)


def in_scans_of_one_colour(content: bytes, count: int) -> bytes:
    """A colour JPEG whose one scan is exchanged for so many of its first component, of no data."""
    start = content.index(b"\xff\xda")
    one = b"\xff\xda\0\x08\x01\x01\0\0\x3f\0\0\0"
    return content[:start] + one * count + content[-2:]


@pytest.mark.parametrize(
    ("picture", "options", "once"),
    [
        (four_colours(), {}, True),
        (four_colours()[:, :, :1], {}, True),
        (four_colours(), {"subsampling": 0, "quality": 95, "optimize": True}, True),
        (four_colours(), {"exif": b"Exif\0\0\xff\xda\xff\xda", "comment": b"\xff\xda"}, True),
        (four_colours(), {"progressive": True}, False),
        (four_colours()[:, :, :1], {"progressive": True}, False),
    ],
)
def test_a_sequential_jpeg_of_all_colours_at_once_has_one_scan(
    picture: np.ndarray, options: dict[str, object], *, once: bool
) -> None:
    content = encoded(picture, "JPEG", **options)
    assert has_one_scan(content) is once
    assert scans_in(content) >= (1 if once else 2)


def test_what_is_in_doubt_is_not_called_one_scan() -> None:
    colour = encoded(four_colours(), "JPEG")
    frame = colour.index(b"\xff\xc0")
    twice = colour[:frame] + colour[frame : frame + 19] + colour[frame:]
    odd = [b"", b"\xff\xd8", ARITHMETIC_JPEG, in_scans_of_one_colour(colour, 1), twice]
    odd += [colour[:2] + b"\xff" + colour[2:], colour[:2] + b"\xff\xd0" + colour[2:]]
    odd += [colour[: colour.index(b"\xff\xda") + length] for length in range(4)]
    assert not any(map(has_one_scan, odd))


def test_a_sequential_jpeg_with_a_thousand_scans_of_one_colour_is_refused() -> None:
    content = in_scans_of_one_colour(encoded(np.repeat(GREY, 3, axis=2), "JPEG"), 1_000)
    with pytest.raises(PictureError, match="in 1,000 scans"):
        decode_bytes(content)


def test_scans_behind_the_one_that_has_all_cost_no_time() -> None:
    content = encoded(GREY, "JPEG")
    last = content[content.index(b"\xff\xda") : -2]
    content = content[:-2] + last * 1_000 + content[-2:]
    assert has_one_scan(content)
    began = time.process_time()
    try:
        assert np.array_equal(decode_bytes(content), GREY)
    except PictureError as error:
        assert "damaged" in str(error)  # noqa: PT017
    assert time.process_time() - began < 1
