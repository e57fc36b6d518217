"""A hand-made filter laid on a picture, in one call, for a notebook."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from matplotlib.figure import Figure

from lenswork.data.decode import decode_file
from lenswork.kinds import Picture
from lenswork.look.kernels import PRESETS, Kernel, parse_kernel, preset
from lenswork.look.lab import FilterLab, photograph
from lenswork.look.lab_figure import lab_figure, sheet_figure
from lenswork.model.answering import checked_picture

ALL = "all"
NAME = re.compile(r"[A-Za-z]{2}")  # no number has two letters in a row


def draw_filtered(
    kernel: str | Sequence[Sequence[float]] = "laplacian",
    picture: str | Path | Picture | None = None,
    *,
    weight: float = 1.0,
    pool: int = 2,
    clip: bool = True,
) -> Figure:
    """Filter a picture with a kernel, then pool it: the picture, the kernel and both results.

    `kernel` is a preset's name, "all" for a sheet of all presets, rows as text such as
    "0 1 0 / 1 -4 1 / 0 1 0", or rows of numbers; each sum is multiplied by `weight`. `picture` is
    a file or a uint8 array of (height, width, 1 or 3) or (height, width); left out, a photograph
    that comes with Lenswork. Raises `UsageError` for a kernel that is none and for one that finds
    no place on the picture.
    """
    opened = _opened(picture)
    labs = [
        FilterLab(replace(one, weight=one.weight * weight), pool=pool, clip=clip)
        for one in _kernels(kernel)
    ]
    results = [lab.apply(opened) for lab in labs]
    return lab_figure(results[0]) if len(results) == 1 else sheet_figure(results)


def _kernels(said: str | Sequence[Sequence[float]]) -> list[Kernel]:
    if not isinstance(said, str):
        return [Kernel(tuple(tuple(float(number) for number in row) for row in said))]
    if said == ALL:
        return list(PRESETS.values())
    is_name = said.strip().lower() in PRESETS or NAME.search(said)
    return [preset(said) if is_name else parse_kernel(said)]


def _opened(picture: str | Path | Picture | None) -> Picture:
    if picture is None:
        return photograph()
    if isinstance(picture, str | Path):
        return decode_file(Path(picture))
    return checked_picture(picture)
