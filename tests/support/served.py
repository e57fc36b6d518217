"""Pictures to send to a server."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image
from starlette.testclient import TestClient

from lenswork.kinds import Picture

Serve = Callable[..., TestClient]
PNG = {"content-type": "image/png"}


def picture(seed: int, side: int = 20) -> Picture:
    """A square of random colours."""
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)


def png(seed: int, side: int = 20) -> bytes:
    """The same as a file."""
    memory = io.BytesIO()
    Image.fromarray(picture(seed, side)).save(memory, "PNG")
    return memory.getvalue()
