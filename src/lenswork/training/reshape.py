"""Changes of where things are in the training pictures, (batch, height, width, channels)."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from lenswork.model.viewed import moved


def shift(pictures: Tensor, amounts: Mapping[str, float], chance: torch.Generator) -> Tensor:
    """Move the whole batch by up to `shift` pixels each way; edges are repeated.

    One move for all pictures of a batch costs next to nothing, and the next batch has another.
    """
    pixels = int(amounts["shift"])
    for side in (1, 2):
        move = int(torch.randint(-pixels, pixels + 1, (), generator=chance))
        pictures = moved(pictures, side, move) if move else pictures
    return pictures


def warp(pictures: Tensor, amounts: Mapping[str, float], chance: torch.Generator) -> Tensor:
    """Mirror, turn, zoom, stretch and move each picture, all in one sampling.

    Pictures that are only mirrored keep their 8 bits.
    """
    if amounts.keys() == {"flip"}:
        chosen = torch.rand(len(pictures), generator=chance) < amounts["flip"]
        return torch.where(chosen.to(pictures.device).view(-1, 1, 1, 1), pictures.flip(2), pictures)
    return sampled(pictures, _by_chance(pictures.shape, amounts, chance))


def sampled(pictures: Tensor, matrices: Tensor) -> Tensor:
    """Pictures seen through matrices of `places`, (batch, 2, 3), bilinear, as float.

    What comes in over the edge is the picture's own mirror image.
    """
    maps = pictures.to(torch.float32).permute(0, 3, 1, 2)
    grid = F.affine_grid(matrices.to(pictures.device), list(maps.shape), align_corners=False)
    seen = F.grid_sample(maps, grid, padding_mode="reflection", align_corners=False)
    return seen.permute(0, 2, 3, 1)


def places(shape: torch.Size, angle: Tensor, across: Tensor, down: Tensor, move: Tensor) -> Tensor:
    """From a place in the new picture to one in the old, (batch, 2, 3), sides from -1 to 1.

    Each picture is turned anticlockwise by `angle` (batch,) in radians and shown 1 / `across` times
    as wide (mirrored where that is below 0) and 1 / `down` times as high; then the place that is
    seen at its middle is `move` (batch, 2), right and down.
    """
    count, height, width = shape[:3]
    matrices = torch.empty(count, 2, 3)
    aspect = width / height  # the same angle in a picture that is not square
    matrices[:, 0, 0], matrices[:, 0, 1] = angle.cos() * across, -angle.sin() * down / aspect
    matrices[:, 1, 0], matrices[:, 1, 1] = angle.sin() * across * aspect, angle.cos() * down
    matrices[:, :, 2] = move
    return matrices


def _by_chance(shape: torch.Size, amounts: Mapping[str, float], chance: torch.Generator) -> Tensor:
    count = shape[0]
    said = {name: amounts.get(name, 0.0) for name in ("flip", "turn", "zoom", "stretch", "move")}
    angle = math.radians(said["turn"]) * uniform(count, chance)
    larger = (1 + said["zoom"]) ** uniform(count, chance)
    wider = (1 + said["stretch"]) ** (uniform(count, chance) / 2)
    mirrored = torch.rand(count, generator=chance) < said["flip"]
    across = torch.where(mirrored, -1.0, 1.0) / (larger * wider)
    down = wider / larger
    right, below = (2 * said["move"] * uniform(count, chance) for _ in range(2))
    return places(shape, angle, across, down, torch.stack((right, below), 1))


def erase(pictures: Tensor, amounts: Mapping[str, float], chance: torch.Generator) -> Tensor:
    """Fill a rectangle, `erase` of the picture's height and width, with its mean colour.

    DeVries and Taylor 2017, "Improved regularization of convolutional neural networks with
    cutout"; the rectangle may reach over the edge, as there.
    """
    inside = torch.ones(len(pictures), *pictures.shape[1:3], 1, dtype=torch.bool)
    for axis in (1, 2):
        length = pictures.shape[axis]
        centres = torch.rand(len(pictures), 1, 1, 1, generator=chance) * length
        shape = [1, 1, 1, 1]
        shape[axis] = length
        away = (torch.arange(length).view(shape) + 0.5 - centres).abs()
        inside = inside & (away <= amounts["erase"] * length / 2)
    mean = pictures.to(torch.float32).mean((1, 2), keepdim=True).to(pictures.dtype)
    return torch.where(inside.to(pictures.device), mean, pictures)


def uniform(count: int, chance: torch.Generator) -> Tensor:
    """(count,) numbers from -1 to 1."""
    return 2 * torch.rand(count, generator=chance) - 1
