"""Read the decoded pictures that the bench laid out for its peers, with numpy alone."""

from pathlib import Path

import numpy as np


def read_part(folder: Path, part: str, pictures: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (count, height, width, channels) and labels (count,), both uint8.

    With `pictures`, about as many, spread evenly: a folder of classes is sorted by class.
    """
    images = np.load(folder / f"{part}-pictures.npy")
    labels = np.load(folder / f"{part}-labels.npy")
    every = max(1, len(labels) // pictures) if pictures else 1
    chosen = slice(None, pictures * every if pictures else None, every)
    return images[chosen], labels[chosen]
