"""The filter lab: one hand-made kernel laid on a picture, then pooling.

Networks correlate: the kernel is laid on the picture as it is written. Mathematics calls that a
cross-correlation, and convolves by turning the kernel by 180 degrees first; `flip` does that.

The arithmetic, so that another program can come to the same bits: in float64, the products of one
window are added one by one, row by row of the kernel, entries of 0 left out; the sum is multiplied
by the weight. That is `weight * scipy.ndimage.correlate(picture.astype(float), rows)`. Where it
is clipped, values go to 0..255. Pooling takes these numbers, and only then is each rounded to the
nearest integer, halves to the even one (`numpy.rint`).
"""

from dataclasses import dataclass
from importlib.resources import files
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lenswork.data.decode import decode_bytes
from lenswork.errors import UsageError
from lenswork.kinds import Picture
from lenswork.look.kernels import Kernel

Padding = Literal["none", "zero", "edge", "reflect"]
PoolMethod = Literal["max", "avg"]
Values = NDArray[np.float64]  # (height, width, channels)

PHOTOGRAPH = "camera.png"
CORRELATION = (
    "Networks correlate: the kernel is laid on the picture as written. "
    "Mathematics convolves: it turns the kernel by 180° first."
)
CONVOLUTION = (
    "Convolved as in mathematics: the kernel was turned by 180° first. "
    "Networks correlate: they lay it on the picture as written."
)
BLOCK_BYTES = 1 << 18  # rows of sums that stay in a core's cache: 5 times as fast on 12 megapixels


@dataclass(frozen=True)
class FilterLab:
    """What is done to a picture: a kernel's steps and edges, clipping, and pooling.

    `padding` adds size - 1 rows and columns, so that stride 1 keeps the size: zeros, the edge
    pixel ("edge", scipy's "nearest"), or a mirror at the edge pixel ("reflect", scipy's "mirror").
    Pooling windows lie side by side, and what fills no whole window is left out; 1 pools nothing.
    Raises `UsageError` for a stride or pool below 1 and for unknown words.
    """

    kernel: Kernel
    stride: int = 1
    padding: Padding = "none"
    flip: bool = False
    clip: bool = True
    pool: int = 2
    pool_method: PoolMethod = "max"
    colour: bool = False

    def __post_init__(self) -> None:
        for name, value in (("stride", self.stride), ("pool", self.pool)):
            if value < 1:
                raise UsageError(f"{name} must be 1 or more, got {value}")
        _refuse_unknown("padding", self.padding, get_args(Padding))
        _refuse_unknown("pool_method", self.pool_method, get_args(PoolMethod))

    def apply(self, picture: Picture) -> "Filtered":
        """Filter and pool one picture, (height, width, 1 or 3) uint8.

        Raises `UsageError` where the kernel or the pool is larger than what it is laid on, and
        where the colours of a grey picture are asked for.
        """
        original = self._coloured(picture)
        self._refuse_small(original.shape[0], original.shape[1])
        values = correlate(
            original, self.kernel, stride=self.stride, padding=self.padding, flip=self.flip
        )
        values *= self.kernel.weight
        scale = (0.0, 255.0) if self.clip else _scale_of(values)
        shown = np.clip(values, 0, 255) if self.clip else values
        pooled = pool(shown, self.pool, self.pool_method)
        return Filtered(
            self, original, values, to_picture(shown, scale), pooled, to_picture(pooled, scale),
            scale, picture.shape,
        )  # fmt: skip

    def filtered_side(self, side: int) -> int:
        """Rows or columns that the kernel makes of `side` of them."""
        return (side + self._added - self.kernel.size) // self.stride + 1

    @property
    def before(self) -> int:
        """Rows that padding adds above the picture, and columns to its left."""
        if self.padding == "none":
            return 0
        return _before(self.kernel.size, flip=self.flip)

    @property
    def manner(self) -> str:
        """Whether the kernel was laid on as written or turned, in words."""
        return CONVOLUTION if self.flip else CORRELATION

    def size_words(self, side: int) -> tuple[str, str]:
        """How one side comes about: ("512 - 3 + 1 = 510", "floor(510 / 2) = 255")."""
        padded = f"{side} + {self._added}" if self._added else f"{side}"
        filtered = self.filtered_side(side)
        words = f"{padded} - {self.kernel.size} + 1 = {filtered}"
        if self.stride > 1:
            words = f"floor(({padded} - {self.kernel.size}) / {self.stride}) + 1 = {filtered}"
        return words, f"floor({filtered} / {self.pool}) = {filtered // self.pool}"

    @property
    def _added(self) -> int:
        return 0 if self.padding == "none" else self.kernel.size - 1

    def _coloured(self, picture: Picture) -> Picture:
        if self.colour and picture.shape[2] == 1:
            raise UsageError(
                "this picture is grey, so it has no colours to filter; leave colour out"
            )
        if self.colour or picture.shape[2] == 1:
            return picture
        grey = Image.fromarray(picture).convert("L")  # ITU-R 601-2 luma, as training makes grey
        return np.asarray(grey)[:, :, np.newaxis]

    def _refuse_small(self, height: int, width: int) -> None:
        smaller = min(height, width)
        size = self.kernel.size
        if smaller + self._added < size:
            raise UsageError(
                f"a {size}x{size} kernel finds no place on a picture of {height}x{width} pixels: "
                f"{self._room_words(smaller)}"
            )
        side = self.filtered_side(smaller)
        if side >= self.pool:
            return
        sides = f"{self.filtered_side(height)}x{self.filtered_side(width)}"
        room = smaller + self._added - size  # pixels that the kernel can move
        most = room // (self.pool - 1)  # (pool - 1) steps must fit
        if self.stride > 1 and most >= 1:
            raise UsageError(
                f"stride {self.stride} leaves {sides} of a picture of {height}x{width}, and "
                f"pooling {self.pool}x{self.pool} finds no window in that: use a stride of {most} "
                f"at most, or {_smaller_pool(side).removeprefix('use ')}"
            )
        raise UsageError(
            f"pooling {self.pool}x{self.pool} finds no window in the filtered picture of {sides}: "
            f"{_smaller_pool(side)}"
        )

    def _room_words(self, smaller: int) -> str:
        """What makes room for a kernel without padding that is wider than the picture."""
        steps = (self.pool - 1) * self.stride  # that pooling needs besides one place
        padded = (smaller - 1) // self.stride + 1
        words = ["add a padding"]
        if padded < self.pool:
            words = [f"add a padding and {_smaller_pool(padded)}"]
        if smaller > steps:
            words.append(f"use a kernel of {smaller - steps}x{smaller - steps} at most")
        least = self.kernel.size + steps
        return ", or ".join([*words, f"take a picture of {least}x{least} at least"])


@dataclass(frozen=True)
class Filtered:
    """A picture before and after a kernel and pooling.

    original: (height, width, channels) uint8, what was filtered: grey, or with its colours
    values: (filtered height, filtered width, channels) float64, weight x sum, not clipped
    filtered: the same as a uint8 picture
    pooled_values: (pooled height, pooled width, channels) float64, pooled from clipped values
    pooled: the same as a uint8 picture
    scale: the values that are black and white in `filtered` and `pooled`: 0 and 255 when clipped;
        otherwise symmetric about 0, which is then mid-grey, or from 0 where nothing is below it
    given_shape: (height, width, channels) of the picture before it was made grey
    """

    lab: FilterLab
    original: Picture
    values: Values
    filtered: Picture
    pooled_values: Values
    pooled: Picture
    scale: tuple[float, float]
    given_shape: tuple[int, ...]

    @property
    def colours(self) -> str:
        """What became of the picture's colours, in words."""
        if self.lab.colour:
            return "in colour"
        return "made grey" if self.given_shape[2] == 3 else "grey"

    @property
    def beyond(self) -> tuple[float, float]:
        """The shares of the values that lie below 0 and above 255."""
        return float(np.mean(self.values < 0)), float(np.mean(self.values > 255))

    @property
    def effect(self) -> str:
        """The range of the values, and what clipping did to it, in a sentence."""
        words = f"Values from {_short(self.values.min())} to {_short(self.values.max())}"
        if not self.lab.clip:
            low, high = self.scale
            middle = ", 0 is mid-grey" if low < 0 else ""
            return f"{words}, not clipped: {_short(low)} is black{middle}, {_short(high)} is white."
        below, above = self.beyond
        if not below and not above:
            return f"{words}; nothing to clip."
        shares = f"{_share(below)} were below 0, {_share(above)} above 255"
        return f"{words}, clipped to 0..255: {shares}."

    @property
    def sizes(self) -> dict[str, str]:
        """The size of each picture in words: {"filtered": "510x510: 512 - 3 + 1 = 510", ...}."""
        height, width = (self.lab.size_words(side) for side in self.original.shape[:2])
        sides = [height] if height == width else [height, width]
        words = {"original": format_size(self.original)}
        for place, (name, picture) in enumerate(self._made()):
            words[name] = f"{format_size(picture)}: {'; '.join(side[place] for side in sides)}"
        return words

    def _made(self) -> list[tuple[str, Picture]]:
        made = [("filtered", self.filtered), ("pooled", self.pooled)]
        return made if self.lab.pool > 1 else made[:1]


def correlate(
    picture: Picture,
    kernel: Kernel,
    *,
    stride: int = 1,
    padding: Padding = "none",
    flip: bool = False,
) -> Values:
    """The sums of products of every window, without the weight.

    (height, width, channels) uint8 -> (height', width', channels) float64, bit for bit that of
    `scipy.ndimage.correlate` (with `flip`, `convolve`), whose window is centred at size // 2.
    """
    size = kernel.size
    rows = kernel.array[::-1, ::-1] if flip else kernel.array
    padded = _padded(picture, size, padding, before=_before(size, flip=flip))
    height, width = ((side - size) // stride + 1 for side in padded.shape[:2])
    sums = np.zeros((height, width, picture.shape[2]))
    block = max(1, BLOCK_BYTES // sums[0].nbytes)
    for top in range(0, height, block):
        part = sums[top : top + block]
        # (rows under this block, padded width, channels)
        under = padded[top * stride :][: (len(part) - 1) * stride + size].astype(np.float64)
        for (y, x), number in np.ndenumerate(rows):
            if number != 0:
                last = y + (len(part) - 1) * stride + 1, x + (width - 1) * stride + 1
                part += number * under[y : last[0] : stride, x : last[1] : stride]
    return sums


def pool(values: Values, window: int, method: PoolMethod = "max") -> Values:
    """The maximum or mean of each window, (height // window, width // window, channels)."""
    height, width, channels = values.shape
    rows, columns = height // window, width // window
    whole = values[: rows * window, : columns * window]
    squares = whole.reshape(rows, window, columns, window, channels)
    pooled: Values = squares.max((1, 3)) if method == "max" else squares.mean((1, 3))
    return pooled


def to_picture(values: Values, scale: tuple[float, float] = (0.0, 255.0)) -> Picture:
    """Values as 8-bit pixels: `scale` goes to 0 and 255, halves to the even integer."""
    low, high = scale
    stretched = values if (low, high) == (0.0, 255.0) else (values - low) * (255 / (high - low))
    picture: Picture = np.rint(np.clip(stretched, 0, 255)).astype(np.uint8)
    return picture


def photograph() -> Picture:
    """The embedded photograph, (512, 512, 1) uint8: `look/photo/ATTRIBUTION.md`, CC0."""
    return decode_bytes((files("lenswork.look") / "photo" / PHOTOGRAPH).read_bytes(), PHOTOGRAPH)


def format_size(picture: Picture) -> str:
    """Height and width as 510x510."""
    return f"{picture.shape[0]}x{picture.shape[1]}"


def _padded(picture: Picture, size: int, padding: Padding, before: int) -> Picture:
    if padding == "none" or size == 1:
        return picture
    sides = (before, size - 1 - before)
    around = (sides, sides, (0, 0))
    if padding == "zero":
        return np.pad(picture, around)
    return np.pad(picture, around, mode="edge" if padding == "edge" else "reflect")


def _before(size: int, *, flip: bool) -> int:
    """Where a window of even size has its centre, as scipy has it."""
    return (size - 1) // 2 if flip else size // 2


def _smaller_pool(side: int) -> str:
    if side == 1:
        return "use pool 1, which pools nothing"
    return f"use a pool of {side} at most"


def _scale_of(values: Values) -> tuple[float, float]:
    lowest, highest = float(values.min()), float(values.max())
    if lowest < 0:
        most = max(-lowest, highest)
        return -most, most
    return 0.0, max(highest, 255.0)


def _short(number: float) -> str:
    number += 0.0  # -0 is 0
    text = f"{number:,.1f}" if abs(number) >= 10 or number == round(number) else f"{number:.3g}"
    return text.removesuffix(".0")


def _share(fraction: float) -> str:
    if fraction == 0:
        return "none"
    return "under 0.1%" if fraction < 0.001 else f"{fraction:.1%}"


def _refuse_unknown(name: str, word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        raise UsageError(f"{name} must be one of {', '.join(known)}, got {word!r}")
