"""The parts of a demonstration as a page needs them: addresses of pictures, and JSON."""

import json
from collections.abc import Mapping
from typing import Any

from lenswork.kinds import Picture
from lenswork.look.quiz.shown import Curves, Sweep
from lenswork.web.images import png_uri

LARGEST_SIDE = 480  # pixels of a picture in a demonstration
MOST_VALUES = 25_000  # of a map that are sent to be read off
DIGITS = 4


def uri(picture: Picture) -> str:
    """The picture as a data: address, no larger than a page shows it."""
    side = LARGEST_SIDE if max(picture.shape[:2]) > LARGEST_SIDE else None
    return png_uri(picture, side)


def curves(part: Curves) -> str:
    """What plots.js draws, as JSON."""
    return json.dumps(
        {
            "x": part.x,
            "series": [
                {
                    "label": one.label,
                    "values": one.values,
                    "colour": one.colour,
                    "dash": one.dash,
                }
                for one in part.curves
            ],
            "percent": part.percent,
            "xlabel": part.xlabel,
        },
        allow_nan=False,
    )


def sweep(part: Sweep) -> str:
    """How the window goes over the picture, as JSON."""
    return json.dumps(
        {
            "window": part.window,
            "stride": part.stride,
            "corner": part.corner,
            "shape": part.values.shape,
        }
    )


def values(part: Sweep) -> list[float]:
    """The map's numbers, place by place, where they are few enough to send."""
    if part.values.size > MOST_VALUES:
        return []
    return [float(f"{value:.{DIGITS}g}") for value in part.values.ravel().tolist()]


DRAWN: Mapping[str, Any] = {"uri": uri, "curves": curves, "sweep": sweep, "values": values}
