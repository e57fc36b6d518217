"""The views of pictures, and a network's mean answer to them."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from lenswork.model.network import to_input
from lenswork.model.views import Views


def views_of(pictures: Tensor, views: Views) -> Iterator[Tensor]:
    """Each view of pictures (batch, height, width, channels), of the same shape."""
    for view in views:
        seen = moved(pictures, view.side, view.pixels) if view.pixels else pictures
        yield seen.flip(2) if view.flipped else seen


def moved(pictures: Tensor, side: int, pixels: int) -> Tensor:
    """Pictures moved along an axis, 1 for up and 2 for left; the edge is repeated."""
    length = pictures.shape[side]
    places = (torch.arange(length, device=pictures.device) + pixels).clamp_(0, length - 1)
    return pictures.index_select(side, places)


def answer(network: nn.Module, pictures: Tensor, scale: float, views: Views) -> Tensor:
    """The mean logits, (batch, outputs), over the views of 8-bit pictures (batch, h, w, c)."""
    logits: Tensor | None = None
    for view in views_of(pictures, views):
        one = network(to_input(view, scale))
        logits = one if logits is None else logits + one
    if logits is None:
        raise TypeError("there is at least one view of each picture")
    return logits / len(views) if len(views) > 1 else logits
