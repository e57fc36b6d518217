"""Every kind of picture file becomes upright 8-bit grey or RGB, or a sentence that says why not."""

import io
import os
import socket
import struct
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_files import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    encoded,
    exif,
    four_colours,
    grey_tiff,
    noise,
    patches,
    png,
    png_chunk,
)
from PIL import Image, ImageCms

from lenswork.data import decode
from lenswork.data.decode import (
    decode_bytes,
    decode_file,
    printable,
    shape_in_bytes,
    shape_in_file,
)
from lenswork.data.quiet import Quiet
from lenswork.errors import PictureError
from lenswork.kinds import Picture

COLOUR = noise(9, 13, 3)
GREY = noise(9, 13, 1)
LOSSY = 6  # the most that a level of an even patch may be off after JPEG or lossy WebP


def same(one: Picture, other: Picture, within: int = 0) -> bool:
    difference = np.abs(one.astype(int) - other.astype(int)) if one.shape == other.shape else 999
    return bool(np.max(difference) <= within)


def close(picture: Picture, patched: Picture) -> bool:
    """Whether the middle of every patch kept its colour; lossy kinds blur the edges."""
    middles = np.s_[8::16, 8::16]
    return picture.shape == patched.shape and same(picture[middles], patched[middles], LOSSY)


def refusal(content: bytes) -> str:
    with pytest.raises(PictureError) as caught:
        decode_bytes(content, "cat.jpg")
    return str(caught.value)


# --- each kind, pixel for pixel ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_adobe_deflate"}),
        ("TIFF", {"compression": "packbits"}),
    ],
)
def test_lossless_rgb_comes_back_as_it_was(kind: str, options: dict[str, object]) -> None:
    picture = decode_bytes(encoded(COLOUR, kind, **options))
    assert picture.dtype == np.uint8
    assert same(picture, COLOUR)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_lossless_grey_stays_one_channel(kind: str) -> None:
    assert same(decode_bytes(encoded(GREY, kind)), GREY)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 95}),
        ("JPEG", {"quality": 95, "progressive": True}),
        ("JPEG", {"quality": 95, "subsampling": 0}),
        ("WEBP", {"quality": 95}),
        ("TIFF", {"compression": "jpeg", "quality": 95}),
    ],
)
def test_lossy_rgb_keeps_the_colour_of_even_patches(kind: str, options: dict[str, object]) -> None:
    assert close(decode_bytes(encoded(four_colours(), kind, **options)), four_colours())


def test_a_grey_jpeg_stays_one_channel() -> None:
    grey = four_colours()[:, :, :1]
    assert close(decode_bytes(encoded(grey, "JPEG", quality=95)), grey)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF"])
def test_one_bit_pictures_are_black_and_white(kind: str) -> None:
    black_and_white = np.where(GREY > 127, 255, 0).astype(np.uint8)
    content = encoded(Image.fromarray(black_and_white[:, :, 0]).convert("1"), kind)
    assert same(decode_bytes(content), black_and_white)


def test_grey_of_two_bits_spans_black_to_white() -> None:
    content = png(4, 1, 2, 0, [bytes([0b00_01_10_11])])
    assert decode_bytes(content)[0, :, 0].tolist() == [0, 85, 170, 255]


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF"])
def test_palettes_are_looked_up(kind: str) -> None:
    image = Image.fromarray(four_colours()).convert("P", palette=Image.Palette.ADAPTIVE)
    assert image.mode == "P"
    assert same(decode_bytes(encoded(image, kind)), four_colours())


def test_a_grey_gif_is_a_palette_of_greys() -> None:
    picture = decode_bytes(encoded(four_colours()[:, :, :1], "GIF"))
    assert same(picture, four_colours()[:, :, [0, 0, 0]])


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_counts(kind: str) -> None:
    frames = [Image.new("RGB", (8, 6), colour) for colour in (RED, GREEN, BLUE)]
    lossless = {"lossless": True} if kind == "WEBP" else {}
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **lossless)
    assert same(decode_bytes(content), patches([[RED]], 1).repeat(6, 0).repeat(8, 1))


def test_of_a_multi_picture_jpeg_the_first_counts() -> None:
    two = Image.fromarray(four_colours()[:, ::-1])
    content = encoded(four_colours(), "MPO", quality=95, save_all=True, append_images=[two])
    assert b"MPF\0" in content
    assert close(decode_bytes(content), four_colours())


# --- colours that are not RGB -----------------------------------------------------------------


def cmyk_jpeg() -> bytes:
    """A JPEG of one colour that is stored inverted, as Adobe's programs and Pillow write it."""
    image = Image.new("CMYK", (16, 16), (0, 102, 204, 51))
    content = encoded(image, "JPEG", quality=100)
    assert b"Adobe" in content
    return content


def test_cmyk_is_the_light_that_the_inks_leave() -> None:
    expected = patches([[(204, 122, 41)]])  # R = (255 - C) * (255 - K) / 255 and so on
    assert same(decode_bytes(cmyk_jpeg()), expected, 3)
    tiff = encoded(Image.new("CMYK", (16, 16), (0, 102, 204, 51)), "TIFF")
    assert same(decode_bytes(tiff), expected, 1)


def test_cmyk_without_the_adobe_mark_is_read_inverted_as_browsers_do() -> None:
    content = cmyk_jpeg()
    mark = content.index(b"\xff\xee")
    length = 2 + int.from_bytes(content[mark + 2 : mark + 4])
    unmarked = content[:mark] + content[mark + length :]
    assert b"Adobe" not in unmarked
    assert same(decode_bytes(unmarked), decode_bytes(content))


def test_ycck_is_turned_into_cmyk_first() -> None:
    # Adobe's YCCK holds the inks 0, 102, 204 as if they were R, G, B (ITU-R 601), and 255 - K
    stored = (83, 196, 69, 204)
    image = Image.new("CMYK", (16, 16), tuple(255 - value for value in stored))  # Pillow inverts
    content = bytearray(encoded(image, "JPEG", quality=100))
    content[content.index(b"Adobe") + 11] = 2  # transform: YCCK
    assert same(decode_bytes(bytes(content)), patches([[(204, 122, 41)]]), 4)


def test_lab_tiff_is_turned_into_rgb() -> None:
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    lab = ImageCms.applyTransform(Image.fromarray(patches([[RED, GREEN, BLUE]])), to_lab)
    assert lab is not None
    assert same(
        decode_bytes(encoded(lab, "TIFF")), patches([[RED, GREEN, BLUE]]), 24
    )  # 8-bit LAB is coarse


# --- transparency -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options"), [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True, "exact": True})]
)
def test_transparent_pixels_are_laid_on_white(kind: str, options: dict[str, object]) -> None:
    pixels = np.array([[[200, 0, 0, 255], [200, 0, 0, 0], [200, 0, 0, 51]]], np.uint8)
    picture = decode_bytes(encoded(Image.fromarray(pixels), kind, **options))
    assert same(picture, np.array([[[200, 0, 0], [255, 255, 255], [244, 204, 204]]], np.uint8), 1)


@pytest.mark.parametrize(
    ("kind", "options"), [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})]
)
def test_an_alpha_channel_that_hides_nothing_changes_nothing(
    kind: str, options: dict[str, object]
) -> None:
    image = Image.fromarray(COLOUR)
    image.putalpha(255)
    assert same(decode_bytes(encoded(image, kind, **options)), COLOUR)
    image.putpixel((12, 8), (10, 20, 30, 254))  # the last pixel, hardly transparent
    nearly = decode_bytes(encoded(image, kind, **options))
    assert nearly[8, 12].tolist() == [11, 21, 31]
    assert same(nearly[:8], COLOUR[:8])


def test_lossy_webp_with_alpha_is_laid_on_white() -> None:
    image = Image.fromarray(four_colours())
    image.putalpha(Image.fromarray(four_colours()[:, :, 0]))  # green and blue are hidden
    expected = patches([[RED, WHITE, WHITE], [WHITE, WHITE, RED]])
    assert close(decode_bytes(encoded(image, "WEBP", quality=95)), expected)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_grey_with_alpha_stays_grey(kind: str) -> None:
    pixels = np.array([[[100, 255], [100, 0], [100, 51]]], np.uint8)
    image = Image.fromarray(pixels)
    assert image.mode == "LA"
    picture = decode_bytes(encoded(image, kind))
    assert picture.shape == (1, 3, 1)
    assert picture[0, :, 0].tolist() == [100, 255, 224]


def test_a_palette_with_one_transparent_colour_shows_white_there() -> None:
    image = Image.fromarray(four_colours()).convert("P", palette=Image.Palette.ADAPTIVE)
    green = image.getpixel((20, 2))
    expected = patches([[RED, WHITE, WHITE], [BLUE, WHITE, RED]])
    for kind in ("PNG", "GIF"):
        assert same(decode_bytes(encoded(image, kind, transparency=green)), expected)


def test_a_palette_with_an_alpha_for_each_colour_is_laid_on_white() -> None:
    image = Image.new("P", (3, 1))
    image.putpalette([200, 0, 0] * 3)
    for x in range(3):
        image.putpixel((x, 0), x)
    picture = decode_bytes(encoded(image, "PNG", transparency=bytes([255, 0, 51])))
    assert picture[0].tolist() == [[200, 0, 0], [255, 255, 255], [244, 204, 204]]


def test_one_transparent_colour_of_an_rgb_file_shows_white() -> None:
    picture = decode_bytes(encoded(four_colours(), "PNG", transparency=GREEN))
    assert same(picture, patches([[RED, WHITE, WHITE], [BLUE, WHITE, RED]]))


@pytest.mark.parametrize(("bits", "row"), [(1, 0b01 << 6), (8, 0)])
def test_one_transparent_grey_shows_white_and_stays_grey(bits: int, row: int) -> None:
    samples = bytes([row]) if bits == 1 else bytes([0, 255])
    hidden = png_chunk(b"tRNS", struct.pack(">H", 0))
    picture = decode_bytes(png(2, 1, bits, 0, [samples], hidden))
    assert picture.shape == (1, 2, 1)
    assert picture[0, :, 0].tolist() == [255, 255]


def test_a_transparent_grey_of_16_bits_shows_white() -> None:
    hidden = png_chunk(b"tRNS", struct.pack(">H", 1000))
    picture = decode_bytes(png(2, 1, 16, 0, [struct.pack(">2H", 1000, 30_000)], hidden))
    assert picture[0, :, 0].tolist() == [255, 117]


# --- more than 8 bits -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_grey_of_16_bits_is_rounded_to_the_nearest_of_8(kind: str) -> None:
    samples = np.array([[0, 128, 129, 257, 32_896, 65_406, 65_407, 65_535]], np.uint16)
    picture = decode_bytes(encoded(Image.fromarray(samples), kind))
    assert picture.shape == (1, 8, 1)
    assert picture[0, :, 0].tolist() == [0, 0, 1, 1, 128, 254, 255, 255]


def test_colour_of_16_bits_keeps_its_high_bytes() -> None:
    row = struct.pack(">6H", 0, 0x8012, 0xFFFF, 0x01FF, 0x7F00, 0xFE80)
    assert decode_bytes(png(2, 1, 16, 2, [row])).tolist() == [[[0, 128, 255], [1, 127, 254]]]


def test_colour_and_alpha_of_16_bits_is_laid_on_white() -> None:
    row = struct.pack(">8H", 0x8000, 0, 0, 0xFFFF, 0x8000, 0, 0, 0)
    assert decode_bytes(png(2, 1, 16, 6, [row])).tolist() == [[[128, 0, 0], [255, 255, 255]]]


def test_grey_of_12_bits_spans_black_to_white() -> None:
    content = grey_tiff(2, 12, bytes([0x00, 0x0F, 0xFF]))  # 0 and 4095
    assert decode_bytes(content)[0, :, 0].tolist() == [0, 255]


@pytest.mark.parametrize("bits", [8, 16])
def test_a_tiff_in_which_white_is_zero_is_turned_round(bits: int) -> None:
    samples = struct.pack("<2H", 0, 60_138) if bits == 16 else bytes([0, 234])
    content = grey_tiff(2, bits, samples, white_is_zero=True)
    assert decode_bytes(content)[0, :, 0].tolist() == [255, 21]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (grey_tiff(2, 32, struct.pack("<2f", 0.25, 1.0), sample_format=3), "floats"),
        (grey_tiff(2, 32, struct.pack("<2I", 5, 200)), "integers"),
        (grey_tiff(2, 16, struct.pack("<2h", -5, 300), sample_format=2), "integers"),
    ],
)
def test_samples_of_unknown_range_are_refused(content: bytes, kind: str) -> None:
    assert refusal(content) == (
        f"cannot read cat.jpg: expected samples of 8 or 16 bits, found 32-bit {kind}, whose range "
        "nobody knows; save it as an 8-bit or 16-bit file"
    )


def test_a_kind_of_tiff_that_is_not_supported_is_called_a_tiff() -> None:
    content = grey_tiff(2, 64, struct.pack("<2d", 0.5, 1.0), sample_format=3)
    assert "it begins like a TIFF picture, but the file is damaged or of a kind" in refusal(content)


# --- upright ----------------------------------------------------------------------------------

# How a camera stores an upright picture for each EXIF orientation, by hand and not by Pillow.
STORED = {
    1: lambda picture: picture,
    2: lambda picture: picture[:, ::-1],
    3: lambda picture: picture[::-1, ::-1],
    4: lambda picture: picture[::-1],
    5: lambda picture: picture.transpose(1, 0, 2),
    6: lambda picture: np.rot90(picture, 1),
    7: lambda picture: np.rot90(picture.transpose(1, 0, 2), 2),
    8: lambda picture: np.rot90(picture, -1),
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("kind", "options"),
    [("JPEG", {"quality": 95}), ("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {})],
)
def test_every_orientation_comes_out_upright(
    kind: str, options: dict[str, object], orientation: int
) -> None:
    stored = np.ascontiguousarray(STORED[orientation](four_colours()))
    picture = decode_bytes(encoded(stored, kind, exif=exif(orientation), **options))
    assert close(picture, four_colours())
    assert kind == "JPEG" or same(picture, four_colours())


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_wide_grey_comes_out_upright_too(kind: str) -> None:
    upright = np.arange(6, dtype=np.uint16).reshape(2, 3) * 257
    stored = np.ascontiguousarray(np.rot90(upright, 1))
    content = encoded(Image.fromarray(stored), kind, exif=exif(6))
    assert decode_bytes(content)[:, :, 0].tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_an_orientation_that_does_not_exist_changes_nothing(orientation: int) -> None:
    content = encoded(COLOUR, "PNG", exif=exif(orientation))
    assert same(decode_bytes(content), COLOUR)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "damaged", [b"Exif\0\0garbage!garbage!", b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01", b"Exif\0\0"]
)
def test_damaged_exif_beside_whole_pixels_is_passed_over(kind: str, damaged: bytes) -> None:
    options: dict[str, object] = {"lossless": True} if kind == "WEBP" else {}
    plain = decode_bytes(encoded(four_colours(), kind, **options))
    assert same(decode_bytes(encoded(four_colours(), kind, exif=damaged, **options)), plain)


def test_a_damaged_text_profile_beside_whole_pixels_is_passed_over() -> None:
    text = png_chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 8\nzzzz")
    assert decode_bytes(png(2, 1, 8, 0, [b"ab"], text))[0, :, 0].tolist() == [97, 98]


# --- files that are no pictures, or not whole -------------------------------------------------


def test_an_empty_file_is_called_empty() -> None:
    assert refusal(b"") == "cannot read cat.jpg: the file is empty (0 bytes)"


def test_text_is_none_of_the_kinds() -> None:
    assert refusal(b"dear diary, " * 100) == (
        "cannot read cat.jpg: expected a JPEG, PNG, WebP, BMP, GIF or TIFF picture, found 1,200 "
        "bytes that are none of these"
    )


def test_other_pictures_that_pillow_knows_are_not_opened() -> None:
    assert "none of these" in refusal(encoded(COLOUR, "PPM"))


WHOLE = {
    "JPEG": encoded(four_colours(), "JPEG"),
    "progressive": encoded(four_colours(), "JPEG", progressive=True),
    "grey JPEG": encoded(GREY, "JPEG"),
    "PNG": encoded(COLOUR, "PNG"),
    "palette": encoded(Image.fromarray(COLOUR).convert("P"), "PNG", transparency=bytes([0, 9])),
    "WebP": encoded(four_colours(), "WEBP"),
    "lossless WebP": encoded(COLOUR, "WEBP", lossless=True),
    "BMP": encoded(COLOUR, "BMP"),
    "GIF": encoded(COLOUR, "GIF"),
    "TIFF": encoded(COLOUR, "TIFF"),
    "LZW TIFF": encoded(COLOUR, "TIFF", compression="tiff_lzw"),
    "16-bit TIFF": encoded(Image.fromarray(GREY[:, :, 0].astype(np.uint16) * 257), "TIFF"),
    "turned": encoded(four_colours(), "JPEG", exif=exif(6)),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_cut_off_anywhere_is_refused_unless_no_pixel_is_missing(kind: str) -> None:
    content = WHOLE[kind]
    whole = decode_bytes(content)
    refused = 0
    for length in range(0, len(content), max(1, len(content) // 60)):
        try:
            assert same(decode_bytes(content[:length]), whole)
        except PictureError as error:
            refused += 1
            assert str(error).startswith("cannot read the picture: ")  # noqa: PT017
    assert refused > 50
    assert "damaged" in refusal(content[: len(content) * 2 // 3])


def claiming(kind: str, width: int, height: int) -> bytes:
    """A small file whose header says that it is large."""
    content = bytearray(encoded(COLOUR, kind))
    if kind == "BMP":
        content[18:26] = struct.pack("<ii", width, height)
    elif kind == "GIF":  # the frame as well as the screen
        frame = content.index(b"\x2c\0\0\0\0")
        content[6:10] = content[frame + 5 : frame + 9] = struct.pack("<HH", width, height)
    elif kind == "JPEG":
        sizes = content.index(b"\xff\xc0") + 5
        content[sizes : sizes + 4] = struct.pack(">HH", height, width)
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        png(60_000, 60_000, 8, 2, [b"abc"]),
        grey_tiff(2_000_000_000, 8, b"abc"),
        claiming("BMP", 60_000, 50_000),
        claiming("GIF", 60_000, 50_000),
        claiming("JPEG", 60_000, 50_000),
    ],
    ids=["PNG", "TIFF", "BMP", "GIF", "JPEG"],
)
def test_a_bomb_is_refused_by_what_its_header_claims(content: bytes) -> None:
    assert refusal(content) == "cannot read cat.jpg: it unpacks to more than 89,000,000 pixels"


def test_a_picture_somewhat_over_the_limit_is_refused_with_its_size() -> None:
    assert refusal(png(10_000, 9_000, 8, 2, [b"abc"])) == (
        "cannot read cat.jpg: it unpacks to 10,000 x 9,000 pixels, more than the limit of "
        "89,000,000"
    )


def test_a_picture_just_under_the_limit_of_pixels_is_read(tmp_path: Path) -> None:
    content = encoded(COLOUR, "PNG")
    assert same(decode_bytes(content, pixel_limit=9 * 13), COLOUR)
    (tmp_path / "cat.png").write_bytes(content)
    refused = r"to 13 x 9 pixels, more than the limit of 116$"
    with pytest.raises(PictureError, match=refused):
        decode_bytes(content, pixel_limit=9 * 13 - 1)
    with pytest.raises(PictureError, match=refused):
        decode_file(tmp_path / "cat.png", pixel_limit=9 * 13 - 1)


def test_a_raised_limit_of_pixels_ends_where_pillow_refuses() -> None:
    assert "is damaged" in str(
        caught(png(10_000, 9_000, 8, 2, [b"abc"]), pixel_limit=100_000_000)
    )  # what it has too few pixels for is not called too large
    content = png(60_000, 60_000, 8, 2, [b"abc"])
    assert str(caught(content, pixel_limit=10**10)) == (
        "cannot read the picture: it unpacks to more than 178,956,970 pixels"
    )


def caught(content: bytes, pixel_limit: int) -> PictureError:
    with pytest.raises(PictureError) as error:
        decode_bytes(content, pixel_limit=pixel_limit)
    return error.value


# --- files and what is not a file -------------------------------------------------------------


def file_refusal(path: Path) -> str:
    with pytest.raises(PictureError) as caught:
        decode_file(path)
    return str(caught.value)


def test_a_file_is_read_by_what_is_in_it_not_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(encoded(COLOUR, "PNG"))
    assert same(decode_file(path), COLOUR)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "text.jpg"
    path.write_text("no picture")
    assert file_refusal(path).startswith(f"cannot read {path}: expected a JPEG, PNG,")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gone.png"
    assert file_refusal(path) == f"cannot read {path}: there is no such file"


def test_a_broken_link_is_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "link.png"
    path.symlink_to("gone.png")
    assert file_refusal(path) == f"cannot read {path}: there is no such file"


def test_a_circle_of_links_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "link.png"
    path.symlink_to("link.png")
    assert file_refusal(path) == f"cannot read {path}: Too many levels of symbolic links"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert file_refusal(tmp_path) == f"cannot read {tmp_path}: it is a folder, not a file"


def test_a_fifo_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    path = tmp_path / "fifo.png"
    os.mkfifo(path)
    assert file_refusal(path) == f"cannot read {path}: it is not a regular file"


def test_a_socket_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket may have a hundred characters at most
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.png")
        assert file_refusal(Path("socket.png")) == (
            "cannot read socket.png: it is not a regular file"
        )


def test_a_name_too_long_for_the_disk_is_refused(tmp_path: Path) -> None:
    assert file_refusal(tmp_path / ("x" * 300)).endswith(": File name too long")


def test_a_file_larger_than_any_picture_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "film.jpg"
    with path.open("wb") as file:
        file.truncate(decode.BYTE_LIMIT + 1)  # a hole: takes no room on the disk
    assert file_refusal(path) == (
        f"cannot read {path}: it has 712,000,001 bytes, more than the limit of 712,000,000"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file of which the kernel reads none")
def test_a_disk_that_cannot_read_the_file_is_told() -> None:
    assert file_refusal(Path("/proc/self/mem")) == "cannot read /proc/self/mem: Input/output error"


@pytest.fixture
def open_folder_of_nobody() -> Iterator[Path]:
    """A folder that all may enter, while the test runs as a user without root's powers."""
    if os.name == "nt":
        pytest.skip("needs POSIX permissions")
    with tempfile.TemporaryDirectory(dir="/tmp") as name:  # pytest's is root's alone
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "closed").mkdir(mode=0o700)
        (folder / "closed" / "cat.png").write_bytes(encoded(COLOUR, "PNG"))
        (folder / "cat.png").write_bytes(encoded(COLOUR, "PNG"))
        (folder / "cat.png").chmod(0o000)
        if os.geteuid() != 0:
            (folder / "closed").chmod(0o000)
            yield folder
            (folder / "closed").chmod(0o700)
            return
        os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(0)


def test_a_file_that_may_not_be_read_is_named(open_folder_of_nobody: Path) -> None:
    for path in (open_folder_of_nobody / "cat.png", open_folder_of_nobody / "closed" / "cat.png"):
        assert file_refusal(path) == f"cannot read {path}: Permission denied"


def test_a_name_that_is_not_utf_8_is_read_and_can_be_printed(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png"))
    try:
        path.write_bytes(encoded(COLOUR, "PNG"))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert same(decode_file(path), COLOUR)
    path.write_bytes(b"")
    text = file_refusal(path)
    assert text.encode("utf-8").decode() == text
    assert r"/caf\xe9.png: the file is empty" in text


def test_printable_leaves_other_names_alone() -> None:
    assert printable(Path("Pferde/Fohlen äöü 馬.jpg")) == "Pferde/Fohlen äöü 馬.jpg"


# --- warnings ---------------------------------------------------------------------------------

ODD = encoded(COLOUR, "PNG", exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01")


def test_pillow_warns_of_the_odd_file_that_the_next_test_reads() -> None:
    opened = Image.open(io.BytesIO(ODD))
    with opened as image, pytest.warns(UserWarning, match="Corrupt EXIF data"):
        image.getexif()


def test_no_warning_of_the_decoder_reaches_the_user() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert same(decode_bytes(ODD), COLOUR)
        with pytest.raises(PictureError, match="10,000 x 9,000 pixels"):
            decode_bytes(png(10_000, 9_000, 8, 2, [b"abc"]))
    assert seen == []


def test_warnings_are_as_before_whatever_order_the_threads_leave_in() -> None:
    quiet = Quiet("lenswork_of_this_test")
    before = list(warnings.filters)
    first_left = threading.Event()
    second_in = threading.Event()

    def second() -> None:
        with quiet:
            second_in.set()
            assert first_left.wait(10)
            warnings.warn_explicit("x", UserWarning, "file", 1, module="lenswork_of_this_test")

    thread = threading.Thread(target=second)
    with quiet:
        thread.start()
        assert second_in.wait(10)
    first_left.set()
    thread.join(10)
    assert list(warnings.filters) == before
    with pytest.warns(UserWarning, match="afterwards"):
        warnings.warn_explicit("afterwards", UserWarning, "f", 1, module="lenswork_of_this_test")


def test_other_warnings_are_shown_meanwhile() -> None:
    with pytest.warns(UserWarning, match="of the caller"), Quiet(r"PIL\."):
        warnings.warn("of the caller", UserWarning, stacklevel=1)


# --- anything at all --------------------------------------------------------------------------


def decodes_or_refuses(content: bytes) -> None:
    try:
        picture = decode_bytes(content, "cat.jpg")
    except PictureError as error:
        assert str(error).startswith("cannot read cat.jpg: ")  # noqa: PT017
        assert "()" not in str(error)  # noqa: PT017 - a problem is always named
        return
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert picture.shape[2] in (1, 3)
    assert min(picture.shape) > 0


SEEDS = [*WHOLE.values(), cmyk_jpeg(), ODD, png(2, 1, 16, 2, [bytes(12)])]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    content = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, min(len(content) - 1, draw(st.sampled_from([64, 10_000])))))
        length = draw(st.integers(0, 4))
        content[place : place + length] = draw(st.binary(max_size=6))
        if not content:
            break
    return bytes(content)


FEW = settings(max_examples=300, derandomize=True, deadline=None, database=None)


@FEW
@given(content=st.binary(max_size=200))
def test_random_bytes_are_decoded_or_refused(content: bytes) -> None:
    decodes_or_refuses(content)


@FEW
@given(
    start=st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBPVP8 ", b"BM",
                           b"GIF89a", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"]),
    rest=st.binary(max_size=200),
)  # fmt: skip
def test_random_bytes_behind_a_signature_are_decoded_or_refused(start: bytes, rest: bytes) -> None:
    decodes_or_refuses(start + rest)


@FEW
@given(content=mutated())
def test_damaged_files_are_decoded_or_refused(content: bytes) -> None:
    with (
        pytest.MonkeyPatch.context() as patch
    ):  # a damaged header may claim any size: keep it light
        patch.setattr(decode, "PIXEL_LIMIT", 1_000_000)
        decodes_or_refuses(content)


# --- the shape alone --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", WHOLE)
def test_the_header_says_the_shape_that_decoding_gives(kind: str, tmp_path: Path) -> None:
    shape = decode_bytes(WHOLE[kind]).shape
    assert shape_in_bytes(WHOLE[kind]) == shape
    (tmp_path / "cat.png").write_bytes(WHOLE[kind])
    assert shape_in_file(tmp_path / "cat.png") == shape


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_the_shape_is_that_of_the_upright_picture(kind: str, orientation: int) -> None:
    content = encoded(slopes(10, 20), kind, exif=exif(orientation))
    assert shape_in_bytes(content) == decode_bytes(content).shape


# --- JPEGs at a part of their size ------------------------------------------------------------


def slopes(height: int, width: int) -> Picture:
    """Colours that change slowly from side to side, which every scale shows alike."""
    down, across = np.linspace(0, 255, height)[:, None], np.linspace(0, 255, width)[None]
    levels = np.stack([down + 0 * across, across + 0 * down, (down + across) / 2], axis=2)
    return levels.astype(np.uint8)


@pytest.mark.parametrize(
    ("at_least", "size"),
    [
        ((12, 16), (12, 16)),
        ((1, 1), (12, 16)),
        ((13, 16), (24, 32)),
        ((12, 17), (24, 32)),
        ((24, 33), (48, 64)),
        ((96, 128), (96, 128)),
        ((97, 1), (96, 128)),
        ((5000, 5000), (96, 128)),
    ],
)
def test_a_jpeg_comes_out_at_the_smallest_eighth_that_is_large_enough(
    at_least: tuple[int, int], size: tuple[int, int]
) -> None:
    picture = decode_bytes(encoded(slopes(96, 128), "JPEG", quality=95), at_least=at_least)
    assert picture.shape == (*size, 3)


def test_sides_that_are_no_multiples_are_rounded_up() -> None:
    content = encoded(slopes(97, 131), "JPEG", quality=95)
    assert decode_bytes(content, at_least=(12, 16)).shape == (13, 17, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_upright_sides_are_those_that_count(orientation: int) -> None:
    stored = np.ascontiguousarray(STORED[orientation](slopes(96, 128)))
    content = encoded(stored, "JPEG", quality=95, exif=exif(orientation))
    picture = decode_bytes(content, at_least=(10, 32))
    assert picture.shape == (24, 32, 3)
    assert same(picture, slopes(96, 128)[2::4, 2::4], 8)
    assert decode_bytes(content, at_least=(32, 10)).shape == (48, 64, 3)


@pytest.mark.parametrize(
    "options", [{"progressive": True}, {"subsampling": 0}, {"quality": 95}, {"exif": b"Exif\0\0?"}]
)
def test_at_every_scale_a_smooth_picture_looks_the_same(options: dict[str, object]) -> None:
    content = encoded(slopes(96, 128), "JPEG", **options)
    whole = decode_bytes(content).astype(int)
    for factor in (2, 4, 8):
        small = decode_bytes(content, at_least=(96 // factor, 128 // factor))
        squares = whole.reshape(96 // factor, factor, 128 // factor, factor, 3).mean(axis=(1, 3))
        assert np.abs(small - squares).max() <= 4


def test_grey_and_cmyk_jpegs_come_smaller_too() -> None:
    grey = encoded(slopes(96, 128)[:, :, :1], "JPEG", quality=95)
    assert decode_bytes(grey, at_least=(12, 16)).shape == (12, 16, 1)
    assert same(decode_bytes(cmyk_jpeg(), at_least=(2, 2)), patches([[(204, 122, 41)]], 2), 3)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_other_kinds_come_whole(kind: str) -> None:
    content = encoded(four_colours(), kind)
    assert same(decode_bytes(content, at_least=(1, 1)), decode_bytes(content))


@pytest.mark.parametrize("kind", ["JPEG", "progressive", "turned"])
def test_a_jpeg_cut_off_in_the_middle_is_refused_at_every_scale(kind: str) -> None:
    content = WHOLE[kind]
    with pytest.raises(PictureError, match="damaged"):
        decode_bytes(content[: len(content) * 2 // 3], at_least=(1, 1))
