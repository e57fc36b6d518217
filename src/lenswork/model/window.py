"""A window that moves over a map: the places it finds, and the padding around them."""

from dataclasses import dataclass
from typing import Literal

from lenswork.model.shapes import Shape

Padding = int | Literal["same"]


@dataclass(frozen=True)
class Window:
    """A square or oblong window that moves over a map.

    Output sizes: floor((n + 2 padding - k) / stride) + 1, and ceil(n / stride) for "same"
    (Dumoulin and Visin 2016, "A guide to convolution arithmetic", relationship 6).
    """

    height: int
    width: int
    stride: int = 1
    padding: Padding = 0

    def output_size(self, shape: Shape) -> tuple[int, int]:
        """(height, width) of the map that the window makes of a map of `shape`."""
        return self._length(shape[0], self.height), self._length(shape[1], self.width)

    def fits(self, shape: Shape) -> bool:
        """Whether the window finds at least one place on a map of `shape`."""
        return min(self.output_size(shape)) >= 1

    @property
    def smaller_side(self) -> int:
        """The height or the width, whichever is smaller."""
        return min(self.height, self.width)

    def corner(self, shape: Shape) -> tuple[int, int]:
        """(top, left) rows and columns of padding before a map of `shape`."""
        if self.padding == "same":
            left, _, top, _ = self.same_padding(shape)
            return top, left
        return self.padding, self.padding

    def _length(self, size: int, window: int) -> int:
        if self.padding == "same":
            return -(-size // self.stride)
        return (size + 2 * self.padding - window) // self.stride + 1

    def same_padding(self, shape: Shape) -> tuple[int, int, int, int]:
        """(left, right, top, bottom) zeros that "same" adds; the odd one goes right and below.

        The convention of TensorFlow and Keras.
        """
        top, bottom = self._same_sides(shape[0], self.height)
        left, right = self._same_sides(shape[1], self.width)
        return left, right, top, bottom

    def _same_sides(self, size: int, window: int) -> tuple[int, int]:
        total = max((-(-size // self.stride) - 1) * self.stride + window - size, 0)
        return total // 2, total - total // 2

    def reason(self, shape: Shape) -> str:
        """The output size as arithmetic, one term a side that differs."""
        sides = [(shape[0], self.height)]
        if (shape[1], self.width) != sides[0]:
            sides.append((shape[1], self.width))
        reasons = (self._side_reason(size, window) for size, window in sides)
        return "; ".join(reason for reason in reasons if reason)

    def _side_reason(self, size: int, window: int) -> str:
        result = self._length(size, window)
        if self.padding == "same":
            return "" if self.stride == 1 else f"ceil({size} / {self.stride}) = {result}"
        padded = f"{size} + 2 x {self.padding}" if self.padding else f"{size}"
        if self.stride == 1:
            return f"{padded} - {window} + 1 = {result}"
        if window == self.stride and not self.padding:
            return f"floor({size} / {window}) = {result}"
        return f"floor(({padded} - {window}) / {self.stride}) + 1 = {result}"
