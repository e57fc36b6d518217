"""A drawing brought to the form that MNIST's digits were brought to."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lenswork.kinds import Picture

BOX, FIELD = 20, 28  # pixels: the longer side of a digit, the side of its picture
INK = 32  # how far from the ground a grey must be to count as drawn


def centred(picture: Picture) -> Picture:
    """The drawing in a square of its longer side, in MNIST's size and place there.

    What is drawn is brought to 20 of 28 parts of the square, its proportions kept, and moved
    until its centre of mass is the square's (LeCun and Cortes, "The MNIST database of handwritten
    digits": "size normalized to fit in a 20x20 pixel box while preserving their aspect ratio",
    "centered in a 28x28 image by computing the center of mass"). Around it is the ground, the
    median colour of the drawing's edge. A picture with nothing drawn on it stays as it is.

    `picture` is (height, width, 1 or 3) uint8; the result is (side, side, 1 or 3).
    """
    ink = _ink(picture)
    drawn = ink >= INK
    if not drawn.any():
        return picture
    rows, columns = (np.flatnonzero(drawn.any(axis=axis)) for axis in (1, 0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    side = max(picture.shape[:2])
    scale = side * BOX / FIELD / max(ink[box].shape)
    height, width = (max(1, round(length * scale)) for length in ink[box].shape)
    mass = _resized(ink[box][:, :, np.newaxis], height, width)[:, :, 0]
    top, left = (_start(mass.sum(axis=axis, dtype=np.float64), side) for axis in (1, 0))
    placed = np.empty((side, side, picture.shape[2]), np.uint8)
    placed[:] = _ground(picture)
    placed[top : top + height, left : left + width] = _resized(picture[box], height, width)
    return placed


def _ink(picture: Picture) -> Picture:
    """How far each pixel is from the ground, (height, width)."""
    away = np.abs(picture.astype(np.int16) - _ground(picture).astype(np.int16))
    ink: Picture = away.max(axis=2).astype(np.uint8)
    return ink


def _ground(picture: Picture) -> Picture:
    """The median colour of the edge, (channels,)."""
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    ground: Picture = np.median(edge, axis=0).astype(np.uint8)
    return ground


def _resized(picture: Picture, height: int, width: int) -> Picture:
    grey = picture.shape[2] == 1
    image = Image.fromarray(picture[:, :, 0] if grey else picture)
    resized: Picture = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))
    return resized[:, :, np.newaxis] if grey else resized


def _start(mass: NDArray[np.float64], side: int) -> int:
    """Where a side must begin for its centre of mass to lie in the middle, as far as it fits."""
    middle = float((mass * (np.arange(len(mass)) + 0.5)).sum() / mass.sum())
    return int(np.clip(round(side / 2 - middle), 0, side - len(mass)))
