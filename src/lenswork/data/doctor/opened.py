"""One picture file, read and decoded once: its pixels, and what its file says of itself."""

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import ExifTags, Image

from lenswork.data.decode import (
    FORMATS,
    PIXEL_LIMIT,
    decode_bytes,
    load_checked,
    printable,
    read_content,
    to_array,
    upright,
)
from lenswork.data.doctor.heard import Heard
from lenswork.data.segments import with_joined_pixels
from lenswork.errors import PictureError
from lenswork.kinds import Picture

Problem = Literal["unreadable", "empty", "not a picture", "too large", "cut off", "damaged"]
NO_DATA = 128
BLOCK = 4096  # bytes that disks write at once
LEAST_ZEROS = 512  # bytes
MOST_PLACES = 64  # in a name of a format; a damaged header can make Pillow say anything

_BEGINNINGS = rb"(?s)\xff\xd8\xff|\x89PNG|RIFF....WEBP|BM|GIF8|II[*+]\0|MM\0[*+]"
_ENDS = {"JPEG": rb"\xff\xd9\0*\Z", "PNG": rb"IEND\xaeB`\x82", "GIF": rb";\0*\Z"}
_UNCHECKED = ("WEBP", "BMP", "TIFF")  # whose decoders take zeros for pixels, whoever wrote them


@dataclass(slots=True)
class Opened:
    """What was read of one file; `picture` is None where training would refuse it.

    `image` is the same picture where Pillow has it without a further copy.
    `width` and `height` are in pixels, upright where the picture was decoded. `see_through` is
    the share of pixels that are not opaque, `grey_below` that of rows at a JPEG's end which hold
    nothing but the grey that stands for missing data. `unwritten` is the share of the file's
    bytes, at its end, that a disk seems never to have been given. `problem` and `error` say why it
    is refused.
    """

    content: bytes = b""
    picture: Picture | None = None
    image: Image.Image | None = None
    format: str = ""
    mode: str = ""
    width: int = 0
    height: int = 0
    frames: int = 1
    see_through: float = 0.0
    grey_below: float = 0.0
    unwritten: float = 0.0
    orientation: int = 1
    warnings: tuple[str, ...] = ()
    problem: Problem | None = None
    error: str = ""


def open_picture(path: Path, pixel_limit: int, heard: Heard) -> Opened:
    """Read and decode the file at `path` as training would, and look at its header meanwhile."""
    opened = Opened()
    try:
        opened.content, _ = read_content(path)
    except PictureError as error:
        opened.problem, opened.error = "unreadable", str(error)
        return opened
    with heard.taken() as messages:
        try:
            _decode(opened, printable(path), pixel_limit)
        except Exception:  # whatever it is, training's own decoder has the word for it
            # and silences Pillow meanwhile, in all threads: what is refused comes before warnings
            _ask_training(opened, printable(path), pixel_limit)
        opened.warnings = tuple(messages)
    return opened


def _decode(opened: Opened, name: str, pixel_limit: int) -> None:
    with Image.open(io.BytesIO(with_joined_pixels(opened.content)), formats=FORMATS) as image:
        opened.format = "JPEG" if image.format == "MPO" else str(image.format)[:MOST_PLACES]
        opened.mode, (opened.width, opened.height) = image.mode, image.size
        if opened.width * opened.height > pixel_limit:
            raise PictureError("too large")
        opened.frames = _frames(image)  # before the pixels, which seeking drops
        load_checked(image, opened.content, name)
        opened.see_through = _see_through(image)
        opened.orientation = _orientation(image)
        turned = upright(image)
        if turned.mode == "RGBA" and not opened.see_through:
            turned = turned.convert("RGB")
            picture = np.asarray(turned)  # what follows would ask for the alpha once more
        else:
            picture = to_array(turned, name)
        if turned.mode in ("L", "RGB") and not turned.has_transparency_data:
            opened.image = turned.copy() if image.format == "GIF" else turned
        if opened.format == "JPEG":
            opened.grey_below = _grey_below(image)
    opened.unwritten = _unwritten(opened.content, opened.format)
    opened.height, opened.width = picture.shape[:2]
    opened.picture = picture


def _ask_training(opened: Opened, name: str, pixel_limit: int) -> None:
    if opened.width * opened.height > PIXEL_LIMIT:  # then its own limit is the one to tell of
        pixel_limit = PIXEL_LIMIT
    try:
        opened.picture = decode_bytes(opened.content, name, pixel_limit=pixel_limit)
        opened.height, opened.width = opened.picture.shape[:2]
    except PictureError as error:
        opened.error = str(error)
        opened.problem = _problem(opened, pixel_limit)


def _problem(opened: Opened, pixel_limit: int) -> Problem:
    if not opened.content:
        return "empty"
    if opened.width * opened.height > pixel_limit or "unpacks to" in opened.error:
        return "too large"
    if not re.match(_BEGINNINGS, opened.content):
        return "not a picture"
    return "cut off" if _breaks_off(opened) else "damaged"


def _breaks_off(opened: Opened) -> bool:
    """Whether the file lacks its end, by its own mark or by what the decoder missed."""
    content = opened.content
    if content.startswith(b"RIFF"):
        return len(content) < 8 + int.from_bytes(content[4:8], "little")
    kinds = (("JPEG", b"\xff\xd8"), ("PNG", b"\x89P"), ("GIF", b"GIF8"))
    kind = next((kind for kind, start in kinds if content.startswith(start)), "")
    if kind:
        return re.search(_ENDS[kind], content[-4096:]) is None
    return re.search("truncated|not enough|Truncated", opened.error) is not None


def _see_through(image: Image.Image) -> float:
    if not image.has_transparency_data or image.mode.startswith("I"):
        return 0.0
    layered = image if "A" in image.getbands() else image.convert("RGBA")
    alpha = layered.getchannel("A")
    if alpha.getextrema()[0] == 255:
        return 0.0
    return 1 - alpha.histogram()[255] / (alpha.width * alpha.height)


def _grey_below(image: Image.Image) -> float:
    """The share of rows at the end in which all is 128, which the decoder puts for no data."""
    last = image.crop((0, image.height - 1, image.width, image.height))
    if (np.asarray(last) != NO_DATA).any():  # nearly always, and soon known
        return 0.0
    stored = np.asarray(image)
    rows = (stored == NO_DATA).reshape(len(stored), -1).all(axis=1)
    return 1.0 if rows.all() else float(rows[::-1].argmin() / len(rows))


def _unwritten(content: bytes, kind: str) -> float:
    """The share of the zeros in which a file ends, where they begin at the border of a block."""
    if kind == "WEBP":
        content = content[: 8 + int.from_bytes(content[4:8], "little")]  # padding behind it is none
    if kind not in _UNCHECKED or content[-1:] != b"\0":
        return 0.0
    start = len(content.rstrip(b"\0"))
    if start % BLOCK or len(content) - start < LEAST_ZEROS:
        return 0.0
    return (len(content) - start) / len(content)


def _orientation(image: Image.Image) -> int:
    try:
        found = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # damaged notes beside whole pixels
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _frames(image: Image.Image) -> int:
    """The pictures in the file; the views that a camera adds to a JPEG are not counted."""
    if image.format in ("JPEG", "MPO"):
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception:  # damage behind the first picture, which is the one that is read
        return 1
