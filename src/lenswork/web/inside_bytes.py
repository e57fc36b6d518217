"""All maps of a picture as one answer: numbers as JSON, then the picture's and the maps' bytes.

The first four bytes are the length of the JSON, little-endian. Maps follow layer by layer, the
channels of a layer one after the other, each value as one byte between the ends of its channel's
colours; of vectors each unit is a map of one value. A script can so change the scale by itself.
"""

import json
import struct
from collections.abc import Collection
from typing import Any

from lenswork.look.feature_maps import LayerMaps
from lenswork.look.grid import all_channel_maps
from lenswork.visible import visible
from lenswork.web.inside_look import Look

MOST_CHANNELS, MOST_UNITS = 64, 2048
DIGITS = 6


def packed(look: Look, every: Collection[int] = ()) -> bytes:
    """The picture, the answer and the first maps of every layer, all of those in `every`."""
    maps = all_channel_maps(look.classifier, look.shown, outputs=look.outputs)
    answer = maps.predictions[0]
    levels = [
        layer.levels(None if number in every else first_of(layer.shape))[0]
        for number, layer in enumerate(maps.layers)
    ]
    said = {
        "look": look.key,
        "id": visible(look.shown.id),
        "truth": look.shown.truth,
        "changed": look.changed,
        "answer": answer.class_name,
        "probabilities": [answer.probabilities[name] for name in look.classifier.classes],
        "layers": [
            _numbers(layer, len(its)) for layer, its in zip(maps.layers, levels, strict=True)
        ],
    }
    head = json.dumps(said).encode()
    return b"".join(
        [
            struct.pack("<I", len(head)),
            head,
            look.picture.tobytes(),
            *(its.tobytes() for its in levels),
        ]
    )


def first_of(shape: tuple[int, ...]) -> int:
    """How many channels or units of a layer are shown before anyone asks for all."""
    return min(shape[-1], MOST_CHANNELS if len(shape) == 3 else MOST_UNITS)


def _numbers(layer: LayerMaps, count: int) -> dict[str, Any]:
    ends = count if layer.vector is None else 1  # the units of a vector share one scale
    return {
        "count": count,
        "low": [_short(value) for value in layer.low[0, :ends]],
        "high": [_short(value) for value in layer.high[0, :ends]],
        "least": _short(layer.low.min()),
        "greatest": _short(layer.high.max()),
        "dead": list(layer.dead) if layer.vector is None else [],
        "words": layer.line().partition(", ")[2],  # without the name and the shape
    }


def _short(value: float) -> float:
    return float(f"{float(value):.{DIGITS}g}")
