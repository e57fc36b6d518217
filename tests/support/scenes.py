"""Pictures that look like something: smooth, coloured and different from each other."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lenswork.data.decode import printable
from lenswork.data.doctor.finding import Candidate
from lenswork.kinds import Picture, SplitName


def scene(seed: int, height: int = 120, width: int = 120) -> Picture:
    """A picture of broad coloured waves and a few patches, (height, width, 3)."""
    chance = np.random.default_rng(seed)
    down, right = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    layers = []
    for _ in range(3):
        waves = sum(
            chance.uniform(0.3, 1)
            * np.sin(
                2 * np.pi * (chance.uniform(-3, 3) * down + chance.uniform(-3, 3) * right)
                + chance.uniform(0, 6)
            )
            for _ in range(5)
        )
        layers.append(waves)
    picture = np.stack(layers, axis=2)
    picture = (picture - picture.min()) / np.ptp(picture) * 190 + 30
    for _ in range(4):
        top, left = chance.integers(0, height * 3 // 4), chance.integers(0, width * 3 // 4)
        colour = chance.integers(30, 220, 3)
        picture[top : top + height // 5, left : left + width // 5] = colour
    finished: Picture = picture.astype(np.uint8)
    return finished


def write_scene(root: Path, name: str, picture: Picture | Image.Image, **options: Any) -> Candidate:
    """Write a picture to root/name, such as train/cats/a.png, and say what it is."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(path, **options)
    return candidate(root, path)


def candidate(root: Path, path: Path) -> Candidate:
    """The candidate of root/split/class/file."""
    split: SplitName = path.parts[-3]  # type: ignore[assignment]
    return Candidate(path, printable(path.relative_to(root)), split, path.parts[-2])
