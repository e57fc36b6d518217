"""The golden pictures in a classifier's file, read without its network."""

import math
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from lenswork.errors import ClassifierError
from lenswork.kinds import Picture
from lenswork.model.stored import GOLDEN, MOST_GOLDEN_BYTES, refuse_long_header

SHAPE = 3  # height, width, channels


def golden_in_file(path: Path, most: int | None = None) -> list[Picture]:
    """The first `most` golden pictures, or all, each (height, width, 1 or 3) uint8.

    Raises `ClassifierError` for a file that is no classifier or has none.
    """
    try:
        refuse_long_header(path)
        with safe_open(path, "np") as file:
            every = file.keys()
            names = sorted(name for name in every if name.startswith(GOLDEN))[:most]
            sizes = (math.prod(file.get_slice(name).get_shape()) for name in names)
            if (size := sum(sizes)) > MOST_GOLDEN_BYTES:
                raise ClassifierError(
                    f"{path}: expected at most {MOST_GOLDEN_BYTES:,} bytes of golden pictures, "
                    f"found {size:,}"
                )
            pictures = [file.get_tensor(name) for name in names]
    except (OSError, SafetensorError, TypeError) as error:
        raise ClassifierError(f"{path} cannot be read: {error}") from error
    if not pictures or not all(map(_is_picture, pictures)):
        raise ClassifierError(f"{path} has no golden pictures: it is no classifier of Lenswork's")
    return pictures


def _is_picture(array: Picture) -> bool:
    """As a stranger's file may hold anything."""
    sound = array.dtype == np.uint8 and array.ndim == SHAPE and array.size > 0
    return sound and array.shape[2] in (1, 3)
