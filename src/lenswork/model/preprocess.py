"""How a picture becomes the network's input: one object for training and for ever after.

Nothing here needs torch, so that a prediction without it sees the same pixels.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from lenswork.cores import available_cores
from lenswork.data.dataset import ArraySource, PictureSource
from lenswork.errors import PictureError, RecipeError
from lenswork.kinds import Picture, Pictures

Colours = Literal["grey", "rgb"]
Resize = Literal["bilinear", "nearest", "bicubic", "box", "lanczos"]
LARGEST_SIDE = 4096
MOST_ERRORS_SHOWN = 10

_FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "nearest": Image.Resampling.NEAREST,
    "bicubic": Image.Resampling.BICUBIC,
    "box": Image.Resampling.BOX,
    "lanczos": Image.Resampling.LANCZOS,
}


class Preprocess(BaseModel):
    """Size, resize method, colours and scaling of a network's input.

    Every picture is stretched to `height` x `width` with Pillow's `resize` filter (which
    averages when it shrinks, except "nearest"), made grey (ITU-R 601-2 luma, in integers) or
    RGB, and divided by 255 when `normalise` is true.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    height: int = Field(ge=1, le=LARGEST_SIDE)
    width: int = Field(ge=1, le=LARGEST_SIDE)
    colours: Colours
    resize: Resize = "bilinear"
    normalise: bool = True

    @property
    def channels(self) -> int:
        """1 for grey, 3 for RGB."""
        return 1 if self.colours == "grey" else 3

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return (self.height, self.width, self.channels)

    @property
    def scale(self) -> float:
        """What each 8-bit value is multiplied by."""
        return 1 / 255 if self.normalise else 1.0

    def apply(self, picture: Picture) -> Picture:
        """Bring one picture of any size, (h, w, 1 or 3) uint8, to `input_shape`, still uint8."""
        if picture.shape == self.input_shape:
            return picture
        image = Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture)
        image = image.convert("L" if self.colours == "grey" else "RGB")
        if image.size != (self.width, self.height):
            image = image.resize((self.width, self.height), _FILTERS[self.resize])
        return np.asarray(image).reshape(self.input_shape)

    def read_all(self, source: PictureSource) -> Pictures:
        """Read and apply to every picture of a source: (count, height, width, channels) uint8.

        Raises one `PictureError` that names every picture that could not be read (the first
        ten by name).
        """
        if isinstance(source, ArraySource) and source.pictures.shape[1:] == self.input_shape:
            return source.pictures
        pictures = np.empty((len(source), *self.input_shape), dtype=np.uint8)
        errors: list[PictureError] = []

        def read(index: int) -> None:
            try:
                pictures[index] = self.apply(source.read(index))
            except PictureError as error:
                errors.append(error)

        with ThreadPoolExecutor(max_workers=available_cores()) as pool:
            for _ in pool.map(read, range(len(source))):
                pass
        if errors:
            _refuse_unreadable(errors, len(source))
        return pictures

    def describe(self) -> str:
        """One line: what is done to every picture."""
        scaling = "divided by 255" if self.normalise else "not normalised (0 to 255)"
        return f"{self.height}x{self.width} {self.colours}, {self.resize} resize, {scaling}"


def parse_size(text: str) -> tuple[int, int]:
    """(height, width) from "28x28", or from "150" for a square."""
    match = re.fullmatch(r"\s*(\d{1,5})\s*(?:[xX]\s*(\d{1,5}))?\s*", text)
    if not match:
        raise RecipeError(f"size must be HEIGHTxWIDTH in pixels such as 150x150, got {text!r}")
    height = int(match.group(1))
    width = int(match.group(2) or height)
    if not (1 <= height <= LARGEST_SIDE and 1 <= width <= LARGEST_SIDE):
        raise RecipeError(f"each side of size must be from 1 to {LARGEST_SIDE}, got {text!r}")
    return height, width


def _refuse_unreadable(errors: list[PictureError], count: int) -> None:
    if len(errors) == 1:
        raise errors[0]
    named = sorted(str(error) for error in errors)
    lines = "\n  ".join(named[:MOST_ERRORS_SHOWN])
    more = len(named) - MOST_ERRORS_SHOWN
    tail = f"\n  and {more:,} more" if more > 0 else ""
    raise PictureError(
        f"{len(errors):,} of {count:,} pictures cannot be read; repair or remove them:"
        f"\n  {lines}{tail}"
    )
