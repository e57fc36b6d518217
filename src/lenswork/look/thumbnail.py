"""A small copy of a picture that a page can show, also inside itself."""

import base64
import io
from typing import Literal

import numpy as np
from PIL import Image

from lenswork.kinds import Picture

SMALL_PICTURE = 64 * 64  # pixels of a colour picture that is kept without loss


def thumbnail(picture: Picture, largest: int) -> tuple[bytes, Literal["png", "jpeg"]]:
    """The picture as a file, made smaller where a side is more than `largest` pixels; its kind."""
    grey = picture.shape[2] == 1
    image = Image.fromarray(np.squeeze(picture, 2) if grey else picture)
    image.thumbnail((largest, largest))
    buffer = io.BytesIO()
    if grey or image.width * image.height <= SMALL_PICTURE:
        image.save(buffer, "PNG", optimize=True)
        return buffer.getvalue(), "png"
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue(), "jpeg"


def data_uri(picture: Picture, largest: int) -> str:
    """The same as a `data:` address."""
    content, kind = thumbnail(picture, largest)
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
