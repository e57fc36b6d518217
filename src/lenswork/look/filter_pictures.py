"""Filters and what excites them as pictures, one by one."""

from functools import cache

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray

from lenswork.errors import UsageError
from lenswork.kinds import Picture
from lenswork.look.filters import Numbers
from lenswork.look.filters_figure import SIGNED, framed
from lenswork.look.strongest import Patch


def weight_pictures(weights: Numbers) -> list[Picture]:
    """Each filter's weights, (filters, height, width, 1 or 3), as (height, width, 3) pixels.

    All are on one scale: grey filters are orange above 0, white at 0 and purple below; those over
    red, green and blue are mid grey at 0. Raises `UsageError` for filters over other maps.
    """
    channels = weights.shape[-1]
    if channels not in (1, 3):
        raise UsageError(
            f"expected filters over 1 or 3 channels, which are pictures, got {channels} channels"
        )
    largest = float(np.abs(weights).max()) or 1.0
    share = np.clip(0.5 + weights / (2 * largest), 0, 1)
    if channels == 1:
        return list(signed_colours()[np.rint(share[..., 0] * 255).astype(np.intp)])
    return list(np.rint(share * 255).astype(np.uint8))


def patch_picture(patch: Patch) -> Picture:
    """A patch in its whole receptive field, chequered outside the picture, (height, width, 3)."""
    pixels: Picture = np.rint(framed(patch) * 255).astype(np.uint8)
    return pixels


@cache
def signed_colours() -> NDArray[np.uint8]:
    """The colours of weights from the lowest to the highest, (256, 3)."""
    colours: NDArray[np.uint8] = colormaps[SIGNED](np.arange(256), bytes=True)[:, :3]
    return colours
