"""Several views of one picture, answered together: "flip", "shift 1" or "flip, shift 1".

The mean of a network's logits over views that show the same thing is steadier than one answer
(Krizhevsky et al. 2012, "ImageNet classification", section 4.1, with five crops and their mirror
images). It costs as many passes through the network as there are views.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from lenswork.errors import UsageError
from lenswork.model.network import to_input

ONE = "one"
MOST_PIXELS = 100


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

    def of(self, pictures: Tensor) -> Iterator[Tensor]:
        """Each view of pictures (batch, height, width, channels), of the same shape."""
        for moved in self._moved(pictures):
            yield moved
            if self.flip:
                yield moved.flip(2)

    def _moved(self, pictures: Tensor) -> Iterator[Tensor]:
        yield pictures
        for side in (1, 2) if self.shift else ():
            for pixels in (-self.shift, self.shift):
                yield moved(pictures, side, pixels)


def moved(pictures: Tensor, side: int, pixels: int) -> Tensor:
    """Pictures moved along an axis, 1 for up and 2 for left; the edge is repeated."""
    length = pictures.shape[side]
    places = (torch.arange(length, device=pictures.device) + pixels).clamp_(0, length - 1)
    return pictures.index_select(side, places)


def answer(network: nn.Module, pictures: Tensor, scale: float, views: Views) -> Tensor:
    """The mean logits, (batch, outputs), over the views of 8-bit pictures (batch, h, w, c)."""
    logits: Tensor | None = None
    for view in views.of(pictures):
        one = network(to_input(view, scale))
        logits = one if logits is None else logits + one
    if logits is None:
        raise TypeError("there is at least one view of each picture")
    return logits / len(views) if len(views) > 1 else logits
