"""Changes of what the training pictures' pixels look like, (batch, height, width, channels).

Numbers go from 0 to 255, in and out.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

WHITE = 255.0
LUMA = (0.299, 0.587, 0.114)  # of red, green, blue in a grey: ITU-R BT.601
MOST_SATURATION = 1.5
LIFT = 0.3 * WHITE  # what is added or taken away at the most
CHANNEL_SPREAD = 0.3  # of the numbers that mix the channels
BORDER_PIXELS = 8  # whose colours stand for the background
NEAR, FAR = 0.05, 0.2  # of white: how near in colour a pixel must be to count as background
SOFT = 0.04  # of white: over how much the background fades out
FILTER_CONTRAST = 0.25  # standard deviation of a filtered picture, of white


def recolour(pictures: Tensor, amounts: Mapping[str, float], chance: torch.Generator) -> Tensor:
    """Make pictures lighter or darker (`light`), mix their colours (`colour`), or make them grey.

    One 3x3 matrix and one number for each picture: saturation, mixed channels and a gain, all
    drawn by chance. Pictures without colours get the gain and the number only.
    """
    count, channels = len(pictures), pictures.shape[3]
    light, colour = amounts.get("light", 0.0), amounts.get("colour", 0.0)
    saturation = 1 + colour * (MOST_SATURATION * torch.rand(count, generator=chance) - 1)
    faded = torch.rand(count, generator=chance) < amounts.get("grey", 0.0)
    saturation = torch.where(faded, torch.zeros(()), saturation).view(-1, 1, 1)
    mixed = colour * CHANNEL_SPREAD * torch.randn(count, 3, 3, generator=chance)
    gain = torch.exp(math.log1p(light) * (2 * torch.rand(count, 1, 1, generator=chance) - 1))
    lift = LIFT * min(light, 1.0) * (2 * torch.rand(count, 1, 1, generator=chance) - 1)
    matrix = torch.ones(count, 1, 1)
    if channels == 3:
        own = saturation * torch.eye(3) + (1 - saturation) * torch.tensor(LUMA).expand(3, 3)
        matrix = own + mixed * saturation.clamp(max=1)
    return through(pictures, matrix * gain, lift)


def through(pictures: Tensor, matrix: Tensor, lift: Tensor) -> Tensor:
    """Each pixel's channels times a matrix (batch, channels, channels), plus `lift` (batch, 1, 1).

    A matrix of (batch, 1, 1) is a gain of pictures without colours.
    """
    count, height, width, channels = pictures.shape
    flat = pictures.to(torch.float32).reshape(count, height * width, channels)
    there = pictures.device
    lifted = lift.to(there).expand(count, 1, channels)
    changed = torch.baddbmm(lifted, flat, matrix.mT.to(there))
    return changed.clamp_(0, WHITE).view(pictures.shape)


def relight(pictures: Tensor, amounts: Mapping[str, float], chance: torch.Generator) -> Tensor:
    """Make pictures brighter or darker (`brightness`), and harder or softer (`contrast`)."""
    gain, spread = (
        (1 + amounts.get(name, 0.0)) ** (2 * torch.rand(len(pictures), generator=chance) - 1)
        for name in ("brightness", "contrast")
    )
    return relit(pictures, gain, spread)


def relit(pictures: Tensor, gain: Tensor, spread: Tensor) -> Tensor:
    """Pixels times `gain` (batch,), then `spread` (batch,) times as far from the picture's mean.

    The mean is that of the picture in grey, so that no colour is shifted.
    """
    whole = pictures.to(torch.float32)
    there = pictures.device
    mean = whole.mean((1, 2), keepdim=True)
    if pictures.shape[3] == 3:
        mean = (mean * torch.tensor(LUMA, device=there)).sum(3, keepdim=True)
    gain, spread = (factor.to(there).view(-1, 1, 1, 1) for factor in (gain, spread))
    changed = torch.addcmul(mean * gain * (1 - spread), whole, gain * spread)
    return changed.clamp_(0, WHITE)


def replace_background(
    pictures: Tensor, amounts: Mapping[str, float], chance: torch.Generator
) -> Tensor:
    """Replace what has the colours of the border, in `background` of the pictures.

    By one colour in half of them, by another picture of the batch in the others: where the
    background tells nothing, nothing can be learned from it. Only even backgrounds are found.
    """
    count, height, width, channels = pictures.shape
    flat = pictures.to(torch.float32).view(count, height * width, channels)
    border = _border_places(count, height, width, chance).to(pictures.device)
    samples = flat.gather(1, border[:, :, None].expand(-1, -1, channels))
    distance = torch.cdist(flat, samples).amin(2).view(count, 1, height, width) / WHITE
    limit = NEAR + (FAR - NEAR) * torch.rand(count, 1, 1, 1, generator=chance)
    mask = F.avg_pool2d(((limit.to(pictures.device) - distance) / SOFT).sigmoid(), 3, 1, 1)
    chosen = torch.rand(count, 1, 1, 1, generator=chance) < amounts["background"]
    plain = torch.rand(count, 1, 1, 1, generator=chance) < 0.5
    paint = WHITE * torch.rand(count, 1, 1, channels, generator=chance)
    other = torch.randperm(count, generator=chance).to(pictures.device)
    whole = flat.view(pictures.shape)
    there = pictures.device
    fill = torch.where(plain.to(there), paint.to(there), whole[other])
    return torch.lerp(whole, fill, mask.permute(0, 2, 3, 1) * chosen.to(there))


def filter_by_chance(
    pictures: Tensor, amounts: Mapping[str, float], chance: torch.Generator
) -> Tensor:
    """Blend `texture` of the pictures with themselves under a 3x3 filter of random numbers.

    Textures and colours change, shapes stay: Xu et al. 2021, "Robust and generalizable visual
    representation learning via random convolutions".
    """
    count, height, width, channels = pictures.shape
    filters = torch.randn(count * channels, channels, 3, 3, generator=chance)
    strength = torch.rand(count, 1, 1, 1, generator=chance)
    chosen = torch.rand(count, 1, 1, 1, generator=chance) < amounts["texture"]
    whole = pictures.to(torch.float32)
    maps = whole.permute(0, 3, 1, 2).reshape(1, count * channels, height, width)
    framed = F.pad(maps, (1, 1, 1, 1), mode="replicate")
    seen = F.conv2d(framed, filters.to(pictures.device), groups=count)
    seen = seen.view(count, channels, height, width).permute(0, 2, 3, 1)
    spread, mean = torch.std_mean(seen, (1, 2), correction=0, keepdim=True)
    seen = ((seen - mean) / (spread + 1e-3) * FILTER_CONTRAST + 0.5) * WHITE
    return torch.lerp(whole, seen, (strength * chosen).to(pictures.device)).clamp_(0, WHITE)


def _border_places(count: int, height: int, width: int, chance: torch.Generator) -> Tensor:
    """Some pixels of the border of each picture, as places in a row of all pixels."""
    along = torch.rand(count, BORDER_PIXELS, generator=chance)
    side = torch.randint(4, (count, BORDER_PIXELS), generator=chance)
    rows = torch.where(side == 0, 0, torch.where(side == 1, height - 1, (along * height).long()))
    columns = torch.where(side == 2, 0, torch.where(side == 3, width - 1, (along * width).long()))
    return rows * width + columns
