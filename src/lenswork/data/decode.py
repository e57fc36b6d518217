"""From a file or bytes to an upright 8-bit picture, whatever kind of file it is."""

import io
import logging
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import (
    ExifTags,
    Image,
    ImageFile,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401 - Pillow opens a named format only once its plug-in is loaded
)

from lenswork.data.quiet import Quiet
from lenswork.data.segments import has_one_scan, is_torn_png, scans_in, with_joined_pixels
from lenswork.errors import PictureError
from lenswork.kinds import Picture

PICTURE_SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .webp .bmp .gif .tif .tiff".split()  # noqa: SIM905
)
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
DECODER = 1  # one more whenever the same file may come out with other pixels
PIXEL_LIMIT = 89_000_000  # just under the size at which Pillow warns of a decompression bomb
MOST_PIXELS = 2 * 89_478_485  # Pillow's own limit, which no `pixel_limit` raises
BYTE_LIMIT = 8 * PIXEL_LIMIT  # four 16-bit samples a pixel, not compressed
_LARGE = 50_000_000  # bytes from which on a file is read only if it begins like a picture
# a FIFO that has come in a file's place is opened without waiting, and then refused
_READING = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)

_MOST_SCANNED = 40 * PIXEL_LIMIT  # pixels in all scans of a JPEG together: some seconds
_SMALLEST_SCAN = 10  # bytes
_CHUNK = 2**20  # bytes
_FED_AT_ONCE = 2**24  # bytes: threads wait for each other at each block that Pillow takes
_BAND_PIXELS = 2**20  # worked on at once, so that no copies of a large picture are made
_SIGNATURES = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG",
    "WebP": rb"(?s)RIFF....WEBP",
    "BMP": rb"BM",
    "GIF": rb"GIF8",
    "TIFF": rb"II[*+]\0|MM\0[*+]",
}
_TURNS = {  # EXIF 2.32, tag Orientation: what brings the stored rows upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = (  # these swap height and width
    Image.Transpose.TRANSPOSE,
    Image.Transpose.ROTATE_270,
    Image.Transpose.TRANSVERSE,
    Image.Transpose.ROTATE_90,
)
_PILLOW_WARNINGS = Quiet(r"PIL\.")
logging.getLogger("PIL").addHandler(logging.NullHandler())  # else its errors go to the terminal


def decode_file(
    path: Path, *, pixel_limit: int = PIXEL_LIMIT, at_least: tuple[int, int] | None = None
) -> Picture:
    """Decode one file's first frame, (height, width, 1 or 3) uint8, upright.

    Grey files give one channel, all others RGB; transparent pixels are laid on white; 16-bit
    samples are brought to 8. A picture of more than `pixel_limit` pixels is refused. With
    `at_least`, (height, width), a JPEG may come out at a half, a quarter or an eighth of its size
    (`decode_bytes`). Raises `PictureError` naming the file and what is wrong with it.
    """
    content, _ = read_content(path)
    return decode_bytes(content, printable(path), pixel_limit=pixel_limit, at_least=at_least)


def read_content(path: Path) -> tuple[bytes, os.stat_result]:
    """The bytes of a file that is to be decoded, and what the disk said of it as it was read.

    Raises `PictureError` for what is not there, not a regular file or too large for a picture.
    """
    try:
        return _read_regular(os.fspath(path))
    except _UnlikeAPictureFileError as error:
        raise PictureError(f"cannot read {printable(path)}: {error}") from error
    except FileNotFoundError as error:
        raise PictureError(f"cannot read {printable(path)}: there is no such file") from error
    except OSError as error:
        raise PictureError(f"cannot read {printable(path)}: {error.strerror}") from error


def decode_bytes(
    content: bytes,
    name: str = "the picture",
    *,
    pixel_limit: int = PIXEL_LIMIT,
    at_least: tuple[int, int] | None = None,
) -> Picture:
    """Decode the bytes of a picture file as `decode_file` does; `name` is used in errors.

    With `at_least`, (height, width) of the upright picture, a JPEG is decoded at the smallest of
    1, 1/2, 1/4 and 1/8 of its size that is no smaller than that on either side: the decoder then
    leaves out the high frequencies of each block of 8x8, and most of the work.
    """
    return decode_as(to_array, content, name, pixel_limit=pixel_limit, at_least=at_least)


def decode_as(
    finish: Callable[[Image.Image, str], Picture],
    content: bytes,
    name: str = "the picture",
    *,
    pixel_limit: int = PIXEL_LIMIT,
    at_least: tuple[int, int] | None = None,
) -> Picture:
    """What `finish` makes of the upright picture, which has the mode of its file, and its name.

    A large picture that is to become small need not be copied as an array on its way.
    """
    with opened_bytes(with_joined_pixels(content), name, pixel_limit) as opened:
        load_checked(opened, content, name, at_least)
        return finish(upright(opened), name)


def shape_in_file(path: Path) -> tuple[int, int, int]:
    """What `decode_file` would give, (height, width, 1 or 3), from the file's header alone.

    Raises `PictureError` for a file whose header cannot be read; the pixels may be damaged yet.
    """
    return shape_in_bytes(read_content(path)[0], printable(path))


def shape_in_bytes(content: bytes, name: str = "the picture") -> tuple[int, int, int]:
    """The same from the bytes of a picture file."""
    with opened_bytes(content, name, PIXEL_LIMIT) as opened:
        width, height = opened.size
        if may_be_turned(opened, content) and turn_of(opened) in SIDEWAYS:
            height, width = width, height
        grey = opened.mode in ("1", "L", "LA") or opened.mode.startswith("I;16")
        return height, width, 1 if grey else 3


def may_be_turned(image: Image.Image, content: bytes) -> bool:
    """Whether to ask for the orientation: of a PNG Pillow decodes all pixels to tell it.

    The size of a TIFF is already that of the upright picture.
    """
    if image.format == "PNG":
        return b"eXIf" in content or b"Raw profile type" in content
    return image.format != "TIFF"


@contextmanager
def opened_bytes(content: bytes, name: str, pixel_limit: int) -> Iterator[ImageFile.ImageFile]:
    """A picture whose header has been read; what its decoder raises becomes `PictureError`."""
    if not content:
        raise PictureError(f"cannot read {name}: the file is empty (0 bytes)")
    try:
        with _PILLOW_WARNINGS, Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            _refuse_too_many_pixels(opened, name, pixel_limit)
            yield opened
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError(f"cannot read {name}: {_unlike_a_picture(content)}") from error
    except Image.DecompressionBombError as error:
        raise PictureError(
            f"cannot read {name}: it unpacks to more than {min(pixel_limit, MOST_PIXELS):,} pixels"
        ) from error
    except Exception as error:  # a damaged file can make a decoder raise anything
        problem = str(error) or type(error).__name__
        raise PictureError(f"cannot read {name}: the file is damaged ({problem})") from error


def load_checked(
    opened: ImageFile.ImageFile,
    content: bytes,
    name: str,
    at_least: tuple[int, int] | None = None,
) -> None:
    """Unpack a picture opened from `content`, and refuse two that Pillow itself would not.

    They are a JPEG that would take for ever, and a PNG of whose pixels some are missing or altered.
    `at_least` is that of `decode_bytes`.
    """
    _refuse_many_scans(opened, content, name)
    if at_least is not None and opened.format in ("JPEG", "MPO"):
        height, width = at_least[::-1] if turn_of(opened) in SIDEWAYS else at_least
        opened.draft(None, (width, height))
    if opened.format in ("JPEG", "MPO", "PNG"):  # of one piece; a TIFF may name one place often
        opened.decodermaxblock = max(opened.decodermaxblock, min(len(content), _FED_AT_ONCE))
    opened.load()
    if opened.format == "PNG" and is_torn_png(content):  # Pillow takes what is missing as black
        raise ValueError("a part of its pixels is missing or has been written over")


def to_array(image: Image.Image, name: str = "the picture") -> Picture:
    """An opened picture of any mode as (height, width, 1 or 3) uint8."""
    if image.mode == "RGBA" and _is_opaque(image):  # half the work of the way through `to_plain`
        pixels = np.frombuffer(image.tobytes("raw", "RGB"), dtype=np.uint8)
        return pixels.reshape(image.height, image.width, 3)
    array = np.asarray(to_plain(image, name))
    return array[:, :, np.newaxis] if array.ndim == 2 else array


def to_plain(image: Image.Image, name: str = "the picture") -> Image.Image:
    """An opened picture of any mode as one of mode L or RGB, with nothing transparent."""
    if image.mode in ("I", "F"):
        kind = "integers" if image.mode == "I" else "floats"
        raise PictureError(
            f"cannot read {name}: expected samples of 8 or 16 bits, found 32-bit {kind}, "
            "whose range nobody knows; save it as an 8-bit or 16-bit file"
        )
    if image.mode.startswith("I;16"):
        return Image.fromarray(_from_wide_grey(image))
    if image.has_transparency_data and not (image.mode == "RGBA" and _is_opaque(image)):
        image = _on_white(image)
    plain = "L" if image.mode in ("1", "L") else "RGB"
    return image if image.mode == plain else image.convert(plain)


def printable(path: Path) -> str:
    """The path as text that can be printed and stored, even where its bytes are not UTF-8."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


class _UnlikeAPictureFileError(Exception):
    """A path that leads to no file, or to one that is no picture by its size."""


def _read_regular(path: str) -> tuple[bytes, os.stat_result]:
    """By system calls alone: of small files a tenth of the time of `Path.read_bytes`."""
    _refuse_unlike_a_file(os.stat(path))  # noqa: PTH116 - before: opening a FIFO waits for ever
    descriptor = os.open(path, _READING)
    try:
        status = os.fstat(descriptor)
        _refuse_unlike_a_file(status)  # it may have been exchanged since
        if status.st_size > _LARGE:
            if not _begins_like_a_picture(os.read(descriptor, 16)):
                raise _UnlikeAPictureFileError(_none_of_these(status.st_size))
            os.lseek(descriptor, 0, os.SEEK_SET)
        content = os.read(descriptor, status.st_size + 1)
        while len(content) != status.st_size and (more := os.read(descriptor, _CHUNK)):
            content += more  # a disk may give less than was asked for, and a file may grow
            if len(content) > BYTE_LIMIT:
                raise _UnlikeAPictureFileError(f"it grew over the limit of {BYTE_LIMIT:,} bytes")
        return content, status
    finally:
        os.close(descriptor)


def _refuse_unlike_a_file(found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise _UnlikeAPictureFileError("it is a folder, not a file")
    if not stat.S_ISREG(found.st_mode):  # a FIFO or socket would wait for ever
        raise _UnlikeAPictureFileError("it is not a regular file")
    if found.st_size > BYTE_LIMIT:
        raise _UnlikeAPictureFileError(
            f"it has {found.st_size:,} bytes, more than the limit of {BYTE_LIMIT:,}"
        )


def _refuse_many_scans(opened: Image.Image, content: bytes, name: str) -> None:
    """A scan of a dozen bytes can go over all pixels, and a progressive JPEG has any number."""
    pixels = opened.width * opened.height
    if opened.format not in ("JPEG", "MPO"):
        return
    if len(content) // _SMALLEST_SCAN * pixels <= _MOST_SCANNED:  # so few do not fit
        return
    if has_one_scan(content):
        return
    scans = scans_in(content)
    if scans * pixels > _MOST_SCANNED:
        raise PictureError(
            f"cannot read {name}: it goes over its {pixels:,} pixels in {scans:,} scans, which "
            f"would take very long; the limit here is {_MOST_SCANNED // pixels:,}"
        )


def _unlike_a_picture(content: bytes) -> str:
    for kind, signature in _SIGNATURES.items():
        if re.match(signature, content):
            return (
                f"it begins like a {kind} picture, but the file is damaged or of a kind of {kind} "
                "that is not supported"
            )
    return _none_of_these(len(content))


def _begins_like_a_picture(start: bytes) -> bool:
    return any(re.match(signature, start) for signature in _SIGNATURES.values())


def _none_of_these(count: int) -> str:
    return (
        "expected a JPEG, PNG, WebP, BMP, GIF or TIFF picture, "
        f"found {count:,} bytes that are none of these"
    )


def _refuse_too_many_pixels(image: Image.Image, name: str, limit: int) -> None:
    width, height = image.size
    if width * height > limit:
        raise PictureError(
            f"cannot read {name}: it unpacks to {width:,} x {height:,} pixels, "
            f"more than the limit of {limit:,}"
        )


def turn_of(image: Image.Image) -> Image.Transpose | None:
    """What brings the stored rows upright, None for nothing."""
    try:
        return _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # damaged notes beside whole pixels
        return None


def upright(image: Image.Image) -> Image.Image:
    """The picture turned as its EXIF orientation says."""
    turn = turn_of(image)  # none for a TIFF, which has turned itself while loading
    return image if turn is None else image.transpose(turn)


def _from_wide_grey(image: Image.Image) -> NDArray[np.uint8]:
    """Samples of up to 16 bits as 8-bit grey, rounded; TIFF says how many bits, and if black is 0.

    Pillow applies neither of the two to samples wider than 8 bits, nor PNG's transparent value.
    """
    tags = getattr(image, "tag_v2", {})
    most = 2 ** tags.get(TiffImagePlugin.BITSPERSAMPLE, (16,))[0] - 1
    stored = np.asarray(image)
    eight_bit = np.empty(stored.shape, np.uint8)  # (height, width)
    for top, bottom in _bands(image):
        samples = stored[top:bottom].astype(np.uint32)
        if tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0:  # white is zero
            samples = most - samples
        if isinstance(transparent := image.info.get("transparency"), int):
            samples[samples == transparent] = most
        eight_bit[top:bottom] = (samples * 255 + most // 2) // most
    return eight_bit


def _is_opaque(image: Image.Image) -> bool:
    """Whether an alpha channel hides nothing, as in most pictures that have one."""
    alpha = image.tobytes("raw", "A")  # with numpy, a quarter of the time of `getextrema`
    return bool(np.frombuffer(alpha, dtype=np.uint8).min() == 255)


def _on_white(image: Image.Image) -> Image.Image:
    """The picture as a page would show it; grey stays grey."""
    seen = Image.new("L" if image.mode in ("1", "L", "LA") else "RGB", image.size)
    for top, bottom in _bands(image):
        place = (0, top, image.width, bottom)
        layered = image.crop(place).convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        seen.paste(Image.alpha_composite(white, layered).convert(seen.mode), place)
    return seen


def _bands(image: Image.Image) -> Iterator[tuple[int, int]]:
    """The first row of each band, and the first behind it."""
    rows = max(1, _BAND_PIXELS // image.width)
    for top in range(0, image.height, rows):
        yield top, min(top + rows, image.height)
