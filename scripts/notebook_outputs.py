"""What a notebook shows, made small enough to be kept with the code."""

import base64
import io
from typing import Any

from PIL import Image

PNG, JPEG = "image/png", "image/jpeg"
PLAIN_LETTERS = 15_000  # of a picture in base64 that is left as it is
PALETTE_LETTERS = 30_000  # beyond it, it holds photographs
COLOURS = 256
QUALITY = 45
WIDEST = 760  # pixels: a page of a notebook is hardly wider


def shrink(output: dict[str, Any]) -> None:
    """Give a large PNG picture 256 colours and a width that fits; a photograph becomes a JPEG."""
    data = output.get("data", {})
    encoded = data.get(PNG)
    if encoded is None or len(encoded) < PLAIN_LETTERS:
        return
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
        colours = picture.convert("RGB")
    if colours.width > WIDEST:
        colours = colours.resize((WIDEST, round(colours.height * WIDEST / colours.width)))
    few = _encoded(colours.quantize(COLOURS), "PNG", optimize=True)
    if len(few) < len(encoded):
        data[PNG] = few
    if len(data[PNG]) > PALETTE_LETTERS:
        photograph = _encoded(colours, "JPEG", quality=QUALITY, optimize=True)
        if len(photograph) < len(data[PNG]):
            del data[PNG]
            data[JPEG] = photograph


def _encoded(picture: Image.Image, kind: str, **how: Any) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **how)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
