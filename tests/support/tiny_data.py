"""Data sets so small and plain that a test can say what must come of them."""

from pathlib import Path

import numpy as np
from PIL import Image

from lenswork.data.dataset import ArraySource, Dataset, Part
from lenswork.kinds import SplitName

SIDE = 12


def striped_pictures(count: int, classes: int, seed: int, channels: int = 1) -> Part:
    """Noise with one bright stripe whose height tells the class."""
    chance = np.random.default_rng(seed)
    pictures = chance.integers(0, 60, (count, SIDE, SIDE, channels), dtype=np.uint8)
    labels = np.arange(count, dtype=np.int64) % classes
    rows = SIDE // classes
    for picture, label in zip(pictures, labels, strict=True):
        picture[label * rows : label * rows + 2] += 180
    ids = tuple(f"{seed}/{index:05d}" for index in range(count))
    return Part(ArraySource(pictures), labels, ids)


def striped_data(
    train: int = 60,
    *,
    classes: int = 3,
    validation: int = 30,
    test: int = 0,
    channels: int = 1,
) -> Dataset:
    """A data set that any network learns in moments."""
    parts: dict[SplitName, Part] = {"train": striped_pictures(train, classes, 1, channels)}
    if validation:
        parts["validation"] = striped_pictures(validation, classes, 2, channels)
    if test:
        parts["test"] = striped_pictures(test, classes, 3, channels)
    names = tuple(f"stripe {label}" for label in range(classes))
    return Dataset("stripes", names, parts)


def write_striped_folder(root: Path, *, train: int = 24, validation: int = 12) -> Path:
    """The same as PNG files under train/ and validation/, two classes."""
    for split, count, seed in (("train", train, 1), ("validation", validation, 2)):
        part = striped_pictures(count, 2, seed)
        for index, label in enumerate(part.labels):
            folder = root / split / ("high" if label == 0 else "low")
            folder.mkdir(parents=True, exist_ok=True)
            image = Image.fromarray(part.source.read(index)[:, :, 0])
            image.save(folder / f"{index:03d}.png")
    return root
