"""The kinds of array that travel through the stages, with their shapes."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]  # (height, width, channels), channels 1 (grey) or 3 (RGB)
PictureShape = tuple[int, int, int]  # height, width, channels
Pictures = NDArray[np.uint8]  # (count, height, width, channels)
Labels = NDArray[np.int64]  # (count,), index into the classes
Probabilities = NDArray[np.float32]  # (count, classes), each row sums to 1

SplitName = Literal["train", "validation", "test"]
SPLIT_NAMES: tuple[SplitName, ...] = ("train", "validation", "test")
