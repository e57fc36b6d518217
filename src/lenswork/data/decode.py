"""From a file or bytes to an upright 8-bit picture, whatever kind of file it is."""

import io
import os
import re
import stat
from pathlib import Path

import numpy as np
from PIL import (
    ExifTags,
    Image,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401 - Pillow opens a named format only once its plug-in is loaded
)

from lenswork.data.quiet import Quiet
from lenswork.errors import PictureError
from lenswork.kinds import Picture

PICTURE_SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .webp .bmp .gif .tif .tiff".split()  # noqa: SIM905
)
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
PIXEL_LIMIT = 89_000_000  # just under the size at which Pillow warns of a decompression bomb
BYTE_LIMIT = 8 * PIXEL_LIMIT  # four 16-bit samples a pixel, not compressed

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
_PILLOW_WARNINGS = Quiet(r"PIL\.")


def decode_file(path: Path) -> Picture:
    """Decode one file's first frame, (height, width, 1 or 3) uint8, upright.

    Grey files give one channel, all others RGB; transparent pixels are laid on white; 16-bit
    samples are brought to 8. Raises `PictureError` naming the file and what is wrong with it.
    """
    name = printable(path)
    try:
        _refuse_unlike_a_file(path.stat(), name)
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise PictureError(f"cannot read {name}: there is no such file") from error
    except OSError as error:
        raise PictureError(f"cannot read {name}: {error.strerror}") from error
    return decode_bytes(content, name)


def decode_bytes(content: bytes, name: str = "the picture") -> Picture:
    """Decode the bytes of a picture file as `decode_file` does; `name` is used in errors."""
    if not content:
        raise PictureError(f"cannot read {name}: the file is empty (0 bytes)")
    try:
        with _PILLOW_WARNINGS, Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            _refuse_too_many_pixels(opened, name)
            opened.load()
            return to_array(_upright(opened), name)
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError(f"cannot read {name}: {_unlike_a_picture(content)}") from error
    except Image.DecompressionBombError as error:
        raise PictureError(
            f"cannot read {name}: it unpacks to more than {PIXEL_LIMIT:,} pixels"
        ) from error
    except Exception as error:  # a damaged file can make a decoder raise anything
        problem = str(error) or type(error).__name__
        raise PictureError(f"cannot read {name}: the file is damaged ({problem})") from error


def to_array(image: Image.Image, name: str = "the picture") -> Picture:
    """An opened picture of any mode as (height, width, 1 or 3) uint8."""
    if image.mode in ("I", "F"):
        kind = "integers" if image.mode == "I" else "floats"
        raise PictureError(
            f"cannot read {name}: expected samples of 8 or 16 bits, found 32-bit {kind}, "
            "whose range nobody knows; save it as an 8-bit or 16-bit file"
        )
    if image.mode.startswith("I;16"):
        return _from_wide_grey(image)
    if image.has_transparency_data:
        image = _on_white(image)
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))[:, :, np.newaxis]
    return np.asarray(image.convert("RGB"))


def printable(path: Path) -> str:
    """The path as text that can be printed and stored, even where its bytes are not UTF-8."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _refuse_unlike_a_file(found: os.stat_result, name: str) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise PictureError(f"cannot read {name}: it is a folder, not a file")
    if not stat.S_ISREG(found.st_mode):  # a FIFO or socket would wait for ever
        raise PictureError(f"cannot read {name}: it is not a regular file")
    if found.st_size > BYTE_LIMIT:
        raise PictureError(
            f"cannot read {name}: it has {found.st_size:,} bytes, more than the limit of "
            f"{BYTE_LIMIT:,}"
        )


def _unlike_a_picture(content: bytes) -> str:
    for kind, signature in _SIGNATURES.items():
        if re.match(signature, content):
            return (
                f"it begins like a {kind} picture, but the file is damaged or of a kind of {kind} "
                "that is not supported"
            )
    return (
        "expected a JPEG, PNG, WebP, BMP, GIF or TIFF picture, "
        f"found {len(content):,} bytes that are none of these"
    )


def _refuse_too_many_pixels(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > PIXEL_LIMIT:
        raise PictureError(
            f"cannot read {name}: it unpacks to {width:,} x {height:,} pixels, "
            f"more than the limit of {PIXEL_LIMIT:,}"
        )


def _upright(image: Image.Image) -> Image.Image:
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # damaged notes beside whole pixels; TIFF has turned itself while loading
        return image
    return image if turn is None else image.transpose(turn)


def _from_wide_grey(image: Image.Image) -> Picture:
    """Samples of up to 16 bits as 8-bit grey, rounded; TIFF says how many bits, and if black is 0.

    Pillow applies neither of the two to samples wider than 8 bits, nor PNG's transparent value.
    """
    tags = getattr(image, "tag_v2", {})
    most = 2 ** tags.get(TiffImagePlugin.BITSPERSAMPLE, (16,))[0] - 1
    samples = np.asarray(image, dtype=np.uint32)
    if tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0:  # white is zero
        samples = most - samples
    if isinstance(transparent := image.info.get("transparency"), int):
        samples[samples == transparent] = most
    eight_bit: Picture = ((samples * 255 + most // 2) // most).astype(np.uint8)
    return eight_bit[:, :, np.newaxis]


def _on_white(image: Image.Image) -> Image.Image:
    """The picture as a page would show it; grey stays grey."""
    grey = image.mode in ("1", "L", "LA")
    layered = image.convert("RGBA")
    white = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(white, layered).convert("L" if grey else "RGB")
