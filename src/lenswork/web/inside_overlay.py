"""Attribution maps laid over their picture, as small pictures that a page holds inside itself."""

from dataclasses import dataclass

import numpy as np

from lenswork.look.attribution import Attribution
from lenswork.look.attribution_figure import overlay
from lenswork.look.attribution_methods import Numbers
from lenswork.look.thumbnail import data_uri

LARGEST = 480  # pixels of a side


@dataclass(frozen=True)
class Overlay:
    """One map over its picture; `strongest` is what the strongest colour stands for, 0 for none."""

    address: str
    strongest: float


def overlays(found: Attribution) -> list[Overlay]:
    """The map of the network and, where the check was made, one of a network with drawn weights."""
    signed = found.method != "grad-cam"
    maps = [found.values] + ([] if found.sanity is None else [found.sanity.values])
    return [_drawn(found, values, signed=signed) for values in maps]


def _drawn(found: Attribution, values: Numbers, *, signed: bool) -> Overlay:
    image, largest = overlay(found.picture, values, signed=signed)
    picture = np.rint(255 * image.clip(0, 1)).astype(np.uint8)
    return Overlay(data_uri(picture, LARGEST), largest)
