"""A small copy of a picture that a page can hold inside itself."""

import base64
import io

import numpy as np
from PIL import Image

from lenswork.kinds import Picture

SMALL_PICTURE = 64 * 64  # pixels of a colour picture that is kept without loss


def data_uri(picture: Picture, largest: int) -> str:
    """The picture as a `data:` address, made smaller where a side is more than `largest` pixels."""
    grey = picture.shape[2] == 1
    image = Image.fromarray(np.squeeze(picture, 2) if grey else picture)
    image.thumbnail((largest, largest))
    buffer = io.BytesIO()
    lossless = grey or image.width * image.height <= SMALL_PICTURE
    if lossless:
        image.save(buffer, "PNG", optimize=True)
    else:
        image.save(buffer, "JPEG", quality=85)
    kind = "png" if lossless else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
