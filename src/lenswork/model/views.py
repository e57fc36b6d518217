"""Several views of one picture, answered together: "flip", "shift 1" or "flip, shift 1".

The mean of a network's logits over views that show the same thing is steadier than one answer
(Krizhevsky et al. 2012, "ImageNet classification", section 4.1, with five crops and their mirror
images). It costs as many passes through the network as there are views. What the views are is said
here, without torch; `viewed.py` makes them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from lenswork.errors import UsageError

ONE = "one"
MOST_PIXELS = 100


@dataclass(frozen=True)
class View:
    """One view: moved `pixels` along `side` (1 up, 2 left), then mirrored if `flipped`."""

    side: int = 1
    pixels: int = 0
    flipped: bool = False


@dataclass(frozen=True)
class Views:
    """Which views: the picture itself always; mirrored if `flip`; moved by `shift` pixels if any.

    Moved are four: up, down, left and right; edges are repeated. Mirrored is each of the others.
    """

    flip: bool = False
    shift: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "one", "flip", "shift 2" or both with a comma; raises `UsageError`."""
        if text.strip().lower() == ONE:
            return cls()
        flip, shift = False, 0
        for word in text.lower().split(","):
            moved = re.fullmatch(r"\s*shift\s+(\d{1,3})\s*", word)
            if word.strip() == "flip" and not flip:
                flip = True
            elif moved and not shift and 0 < int(moved.group(1)) <= MOST_PIXELS:
                shift = int(moved.group(1))
            else:
                raise UsageError(f"views: expected 'one', 'flip', 'shift 1' or both, got {text!r}")
        return cls(flip, shift)

    def __str__(self) -> str:
        words = [*(["flip"] if self.flip else []), *([f"shift {self.shift}"] if self.shift else [])]
        return ", ".join(words) or ONE

    def __len__(self) -> int:
        return (1 + 4 * bool(self.shift)) * (1 + self.flip)

    def __iter__(self) -> Iterator[View]:
        moves = [(side, way * self.shift) for side in (1, 2) for way in (-1, 1)]
        for side, pixels in [(1, 0), *(moves if self.shift else [])]:
            for flipped in (False, True) if self.flip else (False,):
                yield View(side, pixels, flipped)
