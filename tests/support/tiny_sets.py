"""Data sets of a handful of pictures that look to Lenswork as the known ones do."""

import gzip
import hashlib
import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lenswork.data.known import ArrayFiles, KnownSet, RemoteFile

IDX_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def idx_bytes(array: NDArray[np.uint8]) -> bytes:
    """`array` as an idx file, written from the format's description."""
    header = b"\0\0\x08" + bytes([array.ndim])
    return header + b"".join(struct.pack(">I", n) for n in array.shape) + array.tobytes()


def digits() -> dict[str, NDArray[np.uint8]]:
    """Five training and two test pictures of 3x2, under Keras's names."""
    random = np.random.default_rng(7)
    return {
        "x_train": random.integers(0, 256, (5, 3, 2), dtype=np.uint8),
        "y_train": np.array([0, 1, 2, 1, 0], dtype=np.uint8),
        "x_test": random.integers(0, 256, (2, 3, 2), dtype=np.uint8),
        "y_test": np.array([2, 0], dtype=np.uint8),
    }


def idx_files(arrays: Mapping[str, NDArray[np.uint8]]) -> dict[str, bytes]:
    """The four gzip files of `arrays`, by name."""
    contents = (idx_bytes(arrays[key]) for key in ("x_train", "y_train", "x_test", "y_test"))
    return {
        f"{name}.gz": gzip.compress(content, mtime=0)
        for name, content in zip(IDX_NAMES, contents, strict=True)
    }


def npz_bytes(arrays: Mapping[str, NDArray[np.uint8]]) -> bytes:
    """`arrays` as Keras's archive."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def digits_set(address: str, files: Mapping[str, bytes]) -> KnownSet:
    """The known set of `digits`, fetched as `files` from `address`, which ends in a slash."""
    arrays = digits()

    def sha256(key: str) -> str:
        return hashlib.sha256(idx_bytes(arrays[key])).hexdigest()

    return KnownSet(
        name="tiny-digits",
        description="five digits and two",
        classes=("0", "1", "2"),
        counts={"train": (2, 2, 1), "test": (1, 0, 1)},
        licence="CC0",
        attribution="nobody",
        folders=("tiny-digits", "tiny"),
        files=_remote(address, files),
        side=3,
        arrays={
            "train": ArrayFiles("train", "train", sha256("x_train"), sha256("y_train")),
            "test": ArrayFiles("t10k", "test", sha256("x_test"), sha256("y_test")),
        },
    )


def animals(part: str) -> dict[str, bytes]:
    """Two cats and one dog, by their path in a part's archive."""
    names = ("cats/a.png", "cats/b.png", "dogs/c.png")
    return {name: _png(f"{part}/{name}") for name in names}


def animals_set(address: str, archives: Mapping[str, bytes]) -> KnownSet:
    """The known set of `animals`, fetched as two zip archives, train.zip and validation.zip."""
    train, validation = _remote(address, archives)
    return KnownSet(
        name="tiny-animals",
        description="two cats and a dog",
        classes=("cats", "dogs"),
        counts={"train": (2, 1), "validation": (2, 1)},
        licence="CC0",
        attribution="nobody",
        folders=("tiny-animals",),
        files=(
            RemoteFile(train.url, train.checksum, train.size_bytes, unpacks_to="train"),
            RemoteFile(
                validation.url, validation.checksum, validation.size_bytes, unpacks_to="validation"
            ),
        ),
        side=4,
        suffix=".png",
        notes=("a note about animals",),
    )


def animal_archives() -> dict[str, bytes]:
    """train.zip and validation.zip."""
    return {f"{part}.zip": zip_bytes(animals(part)) for part in ("train", "validation")}


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """A zip archive of `files`, the same bytes each time."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return file.getvalue()


def write_files(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write `files` to `folder` and return it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def _remote(address: str, files: Mapping[str, bytes]) -> tuple[RemoteFile, ...]:
    return tuple(
        RemoteFile(address + name, f"md5:{hashlib.md5(content).hexdigest()}", len(content))  # noqa: S324
        for name, content in files.items()
    )


def _png(seed: str) -> bytes:
    colour = tuple(hashlib.sha256(seed.encode()).digest()[:3])
    file = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(file, "PNG")
    return file.getvalue()
