"""How a picture becomes the network's input: one object for training and for ever after.

Nothing here needs torch, so that a prediction without it sees the same pixels.
"""

import re
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import numpy as np
import PIL
from PIL import Image
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from lenswork.cores import available_cores
from lenswork.data.cache.rows import Rows, open_rows
from lenswork.data.dataset import EncodedPictures, PictureSource
from lenswork.data.decode import (
    DECODER,
    PIXEL_LIMIT,
    decode_as,
    decode_bytes,
    decode_file,
    printable,
    read_content,
    to_array,
    to_plain,
)
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
    RGB, and divided by 255 when `normalise` is true. With `reduced`, a JPEG is first decoded at
    a half, a quarter or an eighth of its size, the smallest that is at least twice as large as
    the target on both sides.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    height: int = Field(ge=1, le=LARGEST_SIDE)
    width: int = Field(ge=1, le=LARGEST_SIDE)
    colours: Colours
    resize: Resize = "bilinear"
    normalise: bool = True
    reduced: bool = False

    @model_serializer(mode="wrap")
    def _without_default(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Full decoding is written as before there was any other."""
        said: dict[str, Any] = handler(self)
        if not self.reduced:
            said.pop("reduced", None)
        return said

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

    @property
    def pixels(self) -> str:
        """Everything that decides the pixels of a picture brought to `input_shape`, as text."""
        size = "reduced" if self.reduced else "full"
        return (
            f"{self.height}x{self.width} {self.colours}, {self.resize} resize, {size} decoding, "
            f"decoder {DECODER}, Pillow {PIL.__version__}"
        )

    def apply(self, picture: Picture) -> Picture:
        """Bring one picture of any size, (h, w, 1 or 3) uint8, to `input_shape`, still uint8."""
        if picture.shape == self.input_shape:
            return picture
        return self._fit(Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture))

    def apply_bytes(
        self, content: bytes, name: str = "the picture", *, pixel_limit: int = PIXEL_LIMIT
    ) -> Picture:
        """Decode a file's bytes and apply; raises `PictureError` with `name` in it."""
        return decode_as(
            self._apply_image, content, name, pixel_limit=pixel_limit, at_least=self._at_least
        )

    def read_file(self, path: Path, *, pixel_limit: int = PIXEL_LIMIT) -> Picture:
        """Decode a file and apply; raises `PictureError` naming it."""
        return self.apply_bytes(read_content(path)[0], printable(path), pixel_limit=pixel_limit)

    def open_file(self, path: Path) -> Picture:
        """A file as `apply` wants it: at its own size or, with `reduced`, at its reduced one."""
        return decode_file(path, at_least=self._at_least)

    def open_bytes(
        self, content: bytes, name: str = "the picture", *, pixel_limit: int = PIXEL_LIMIT
    ) -> Picture:
        """A file's bytes as `open_file` gives a file; raises `PictureError` with `name` in it."""
        return decode_bytes(content, name, pixel_limit=pixel_limit, at_least=self._at_least)

    def open(self, source: PictureSource, index: int) -> Picture:
        """One picture of a source as `apply` wants it; raises `PictureError` naming it."""
        if isinstance(source, EncodedPictures):
            return decode_bytes(*source.encoded(index), at_least=self._at_least)
        return source.read(index)

    def read(self, source: PictureSource, index: int) -> Picture:
        """Read one picture of a source and apply; raises `PictureError` naming it."""
        if isinstance(source, EncodedPictures):
            return self.apply_bytes(*source.encoded(index))
        return self.apply(source.read(index))

    def read_all(self, source: PictureSource, ids: Sequence[str] | None = None) -> Pictures:
        """Read and apply to every picture of a source: (count, height, width, channels) uint8.

        Pictures in files come from the cache of decoded pictures, as far as they are there, and
        are kept in it (`data.cache.rows`); `ids` are their names inside the data. Raises one
        `PictureError` that names every picture that could not be read (the first ten by name).
        """
        rows = open_rows(source, self, ids)
        try:
            errors = _fill_all(rows)
        finally:
            rows.finish()
        if errors:
            refuse_unreadable(errors, len(source))
        return rows.pictures

    def describe(self) -> str:
        """One line: what is done to every picture."""
        scaling = "divided by 255" if self.normalise else "not normalised (0 to 255)"
        size = ", JPEGs decoded at reduced size" if self.reduced else ""
        return f"{self.height}x{self.width} {self.colours}, {self.resize} resize, {scaling}{size}"

    def _apply_image(self, image: Image.Image, name: str) -> Picture:
        """`apply` to an opened picture, which need not become an array at its own size."""
        if image.size == (self.width, self.height):
            return self.apply(to_array(image, name))
        return self._fit(to_plain(image, name))

    def _fit(self, image: Image.Image) -> Picture:
        """From mode L or RGB to `input_shape`."""
        mode = "L" if self.colours == "grey" else "RGB"
        if image.mode != mode:
            image = image.convert(mode)
        if image.size != (self.width, self.height):
            image = image.resize((self.width, self.height), _FILTERS[self.resize])
        return np.asarray(image).reshape(self.input_shape)

    @property
    def _at_least(self) -> tuple[int, int] | None:
        return (2 * self.height, 2 * self.width) if self.reduced else None


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


def _fill_all(rows: Rows) -> list[PictureError]:
    """Fill what is missing, on all cores; the errors of what could not be read."""
    errors: list[PictureError] = []
    places = deque(rows.missing.tolist())

    def work(_: int) -> None:
        while places:
            try:
                place = places.popleft()
            except IndexError:  # another thread took the last one
                return
            try:
                rows.fill(place)
            except PictureError as error:
                errors.append(error)

    workers = available_cores()
    with ThreadPoolExecutor(max_workers=workers) as pool:
        try:
            list(pool.map(work, range(workers)))
        except BaseException:
            places.clear()  # so that the threads end
            raise
    return errors


def refuse_unreadable(errors: list[PictureError], count: int) -> None:
    """Raise the only error, or one that names all of them (the first ten in words)."""
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
