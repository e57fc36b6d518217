"""What pixels are multiplied by before a Keras model sees them."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenswork.errors import UsageError
from lenswork.use.keras_net import LARGEST, Line

SAME = 1e-6  # relative: 1/255 is written with more or fewer digits
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,20})?(?:e-?[0-9]{1,2})?"
_SCALE = re.compile(rf"({_NUMBER})(?:\s*/\s*({_NUMBER}))?\s*(?:([+-])\s*({_NUMBER}))?")


@dataclass(frozen=True)
class Scale:
    """`factor` x pixel + `offset`, of pixels from 0 to 255; a number each, or one a channel."""

    factor: NDArray[np.float64]
    offset: NDArray[np.float64]

    @property
    def normalises(self) -> bool:
        """Whether it divides by 255 and does nothing else."""
        return bool(np.allclose(self.factor, 1 / 255, rtol=SAME, atol=0)) and not self.offset.any()

    @property
    def does_nothing(self) -> bool:
        """Whether pixels stay from 0 to 255."""
        return bool((self.factor == 1).all()) and not self.offset.any()

    def __str__(self) -> str:
        return f"{_said(self.factor)} x pixel + {_said(self.offset)}"


def parse_scale(text: str) -> Scale:
    """Read "1/255", "1" or "1/127.5 - 1"; raises `UsageError`."""
    match = _SCALE.fullmatch(text.strip().lower())
    over, under, sign, moved = match.groups() if match else (None, None, None, None)
    if over is None or float(under or 1) == 0 or float(over) == 0:
        raise UsageError(
            "scale: expected 1/255, 1 (nothing is done), or a factor and an offset such as "
            f"'1/127.5 - 1', got {text[:60]!r}"
        )
    factor = float(over) / float(under or 1)
    offset = float(moved or 0) * (-1 if sign == "-" else 1)
    if max(factor, abs(offset)) > LARGEST:
        raise UsageError(f"scale: expected numbers up to {LARGEST:,}, got {text[:60]!r}")
    return Scale(np.array([factor]), np.array([offset]))


def scale_of(line: Line, given: str | None) -> Scale:
    """What the model does to pixels itself, or what was given; raises `UsageError` for neither."""
    own = None
    if line.scale is not None and line.offset is not None:
        own = Scale(line.scale, line.offset)
    if own is not None and given is not None and not parse_scale(given).does_nothing:
        raise UsageError(
            f"the model rescales pixels itself ({own}): leave --scale out, or they would be "
            "rescaled twice"
        )
    if own is None and given is None:
        raise UsageError(
            "the Keras model does not say how pixels were scaled: give --scale 1/255 if its "
            "training divided them by 255, or --scale 1 if they went in from 0 to 255"
        )
    return own if own is not None else parse_scale("1" if given is None else given)


def _said(values: NDArray[np.float64]) -> str:
    return ", ".join(f"{value:.6g}" for value in values)
