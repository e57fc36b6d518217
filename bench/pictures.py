"""The pictures that all peers of a part learn from: decoded once, laid out as plain arrays."""

import json
import shutil
from pathlib import Path

import numpy as np

from environments import HOME
from lenswork import open_data
from lenswork.data.dataset import Dataset, Part
from lenswork.data.sources import locate
from lenswork.model.preprocess import Preprocess
from part import Pictures


class MissingDataError(RuntimeError):
    """A data set is not on this machine; the text says how to name where it is."""


def arrays_of(pictures: Pictures) -> Path:
    """The folder with `pictures` decoded, which is made when it is first needed.

    It has PART-pictures.npy, (count, height, width, channels) uint8, and PART-labels.npy,
    (count,) uint8, of the parts train and test; what Horses or Humans calls validation is the
    test part here. Nothing is fetched: raises `MissingDataError`.
    """
    height, width, _ = pictures.shape
    folder = HOME / "pictures" / f"{pictures.data}-{height}x{width}"
    if not folder.exists():
        if locate(pictures.data) is None:
            raise MissingDataError(
                f"{pictures.data} is not on this machine: `lenswork data get {pictures.data}` "
                "fetches it; LENSWORK_DATA or --data names a folder that has it"
            )
        lay_out(open_data(pictures.data), pictures.shape, folder)
    return folder


def lay_out(data: Dataset, shape: tuple[int, int, int], folder: Path) -> None:
    """Write the arrays of `data` to `folder`, whole or not at all."""
    height, width, channels = shape
    preprocess = Preprocess(height=height, width=width, colours="grey" if channels == 1 else "rgb")
    half = folder.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    for name, part in (("train", data.train), ("test", _held_out(data))):
        np.save(half / f"{name}-pictures.npy", preprocess.read_all(part.source))
        np.save(half / f"{name}-labels.npy", part.labels.astype(np.uint8))
    about = {"name": data.name, "classes": list(data.classes)}
    (half / "about.json").write_text(json.dumps(about))
    half.replace(folder)


def _held_out(data: Dataset) -> Part:
    part = data.test or data.validation
    if part is None:
        raise MissingDataError(f"{data.name} has no part to test on")
    return part
