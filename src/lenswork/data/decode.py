"""From a file or bytes to an upright 8-bit picture, whatever kind of file it is."""

import io
from pathlib import Path

import numpy as np
from PIL import (
    Image,
    ImageOps,
    TiffImagePlugin,  # noqa: F401 - Pillow opens a named format only once its plug-in is loaded
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from lenswork.errors import PictureError
from lenswork.kinds import Picture

PICTURE_SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .webp .bmp .gif .tif .tiff".split()  # noqa: SIM905
)
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
PIXEL_LIMIT = 89_000_000  # just under the size at which Pillow warns of a decompression bomb


def decode_file(path: Path) -> Picture:
    """Decode one file's first frame, (height, width, 1 or 3) uint8, upright.

    Grey files give one channel, all others RGB; transparent pixels are laid on white; 16-bit
    samples are brought to 8. Raises `PictureError` naming the file and what is wrong with it.
    """
    if not path.is_file():  # a FIFO or socket would wait for ever
        problem = "it is not a regular file" if path.exists() else "there is no such file"
        raise PictureError(f"cannot read {path}: {problem}")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PictureError(f"cannot read {path}: {error.strerror}") from error
    return decode_bytes(content, name=str(path))


def decode_bytes(content: bytes, name: str = "the picture") -> Picture:
    """Decode the bytes of a picture file as `decode_file` does; `name` is used in errors."""
    if not content:
        raise PictureError(f"cannot read {name}: the file is empty (0 bytes)")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            _refuse_too_many_pixels(opened, name)
            opened.load()
            return to_array(ImageOps.exif_transpose(opened), name)
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError(
            f"cannot read {name}: expected a JPEG, PNG, WebP, BMP, GIF or TIFF picture, "
            f"found {len(content):,} bytes that are none of these"
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(
            f"cannot read {name}: it unpacks to more than {PIXEL_LIMIT:,} pixels"
        ) from error
    except Exception as error:  # a damaged file can make a decoder raise anything
        raise PictureError(f"cannot read {name}: the file is damaged ({error})") from error


def to_array(image: Image.Image, name: str = "the picture") -> Picture:
    """An opened picture of any mode as (height, width, 1 or 3) uint8."""
    if image.mode == "F":
        raise PictureError(
            f"cannot read {name}: expected samples of 8 or 16 bits, found 32-bit floats, "
            "whose range nobody knows; save it as an 8-bit or 16-bit file"
        )
    if image.mode.startswith("I"):
        return _from_wide_grey(np.asarray(image), name)
    if image.has_transparency_data:
        image = _on_white(image)
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))[:, :, np.newaxis]
    return np.asarray(image.convert("RGB"))


def _refuse_too_many_pixels(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > PIXEL_LIMIT:
        raise PictureError(
            f"cannot read {name}: it unpacks to {width:,} x {height:,} pixels, "
            f"more than the limit of {PIXEL_LIMIT:,}"
        )


def _from_wide_grey(samples: np.ndarray, name: str) -> Picture:
    if samples.min() < 0 or samples.max() > 65535:
        raise PictureError(
            f"cannot read {name}: expected grey samples of 0 to 65535, found "
            f"{samples.min()} to {samples.max()}; save it as an 8-bit or 16-bit file"
        )
    eight_bit = (samples.astype(np.uint32) + 128) // 257  # 65535 = 255 * 257
    return eight_bit.astype(np.uint8)[:, :, np.newaxis]


def _on_white(image: Image.Image) -> Image.Image:
    """The picture as a page would show it; grey stays grey."""
    grey = image.mode == "LA" or (image.mode == "L" and "transparency" in image.info)
    layered = image.convert("RGBA")
    white = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(white, layered).convert("L" if grey else "RGB")
