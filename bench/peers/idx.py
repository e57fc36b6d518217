"""Read Fashion-MNIST's idx files (yann.lecun.com/exdb/mnist) with numpy alone."""

import gzip
from pathlib import Path

import numpy as np

_NAMES = {"train": "train", "test": "t10k"}


def read_split(folder: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (count, 28, 28) and labels (count,), both uint8."""
    name = _NAMES[split]
    return (
        _read(folder / f"{name}-images-idx3-ubyte.gz"),
        _read(folder / f"{name}-labels-idx1-ubyte.gz"),
    )


def _read(path: Path) -> np.ndarray:
    with gzip.open(path) as file:
        content = file.read()
    if content[:3] != b"\0\0\x08":
        raise SystemExit(f"{path}: expected an idx file of bytes, found {content[:4]!r}")
    axes = content[3]
    shape = np.frombuffer(content, ">u4", axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)
