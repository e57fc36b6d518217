"""Pictures as answers to a request."""

import base64
import io

from PIL import Image
from starlette.responses import Response

from lenswork.kinds import Picture

KEPT_SECONDS = 3600


def png(picture: Picture, side: int | None = None, *, crisp: bool = False) -> bytes:
    """The picture as PNG, brought to `side` pixels along its longer side.

    `crisp` keeps pixels as squares, for maps and drawn digits.
    """
    grey = picture.shape[2] == 1
    image = Image.fromarray(picture[:, :, 0] if grey else picture)
    if side is not None and max(image.size) != side:
        scale = side / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, _resampling(scale, crisp=crisp))
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def png_uri(picture: Picture, side: int | None = None) -> str:
    """The same as an address that has the picture in itself."""
    return f"data:image/png;base64,{base64.b64encode(png(picture, side)).decode('ascii')}"


def _resampling(scale: float, *, crisp: bool) -> Image.Resampling:
    if crisp:
        return Image.Resampling.NEAREST
    return Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR


def png_response(content: bytes, *, kept: bool = True) -> Response:
    """A PNG answer; `kept` lets the browser keep it for an hour."""
    return Response(content, media_type="image/png", headers=keeping(kept=kept))


def keeping(*, kept: bool) -> dict[str, str]:
    """The header that lets the browser keep an answer for an hour, or not at all."""
    return {"cache-control": f"private, max-age={KEPT_SECONDS}" if kept else "no-store"}
