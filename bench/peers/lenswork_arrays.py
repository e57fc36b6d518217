"""The bench's decoded pictures as a data set of Lenswork."""

import json
from pathlib import Path

import numpy as np
from arrays import read_part

from lenswork import Classifier, Dataset
from lenswork.data.dataset import ArraySource, Part


def open_arrays(folder: Path, pictures: int = 0) -> Dataset:
    """The training part alone, so that nothing is evaluated within the training."""
    images, labels = read_part(folder, "train", pictures)
    ids = tuple(str(number) for number in range(len(labels)))
    train = Part(ArraySource(images), labels.astype(np.int64), ids)
    about = json.loads((folder / "about.json").read_text())
    return Dataset(about["name"], tuple(about["classes"]), {"train": train})


def test_accuracy(classifier: Classifier, folder: Path) -> float:
    """The share of test pictures that is called right."""
    images, labels = read_part(folder, "test")
    return float((classifier.probabilities_of(list(images)).argmax(1) == labels).mean())
