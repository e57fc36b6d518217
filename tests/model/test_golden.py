"""Golden pictures are read as they were written, without the network."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from picture_files import noise
from safetensors.numpy import save_file

from lenswork.errors import ClassifierError
from lenswork.kinds import Picture
from lenswork.model.classifier import Classifier, load
from lenswork.model.contract import Contract
from lenswork.model.golden import golden_in_file
from lenswork.model.network import Network
from lenswork.model.preprocess import Preprocess
from lenswork.model.spec import parse_net
from lenswork.model.stored import GOLDEN

NET = "flatten, dense classes"


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    preprocess = Preprocess(height=4, width=4, colours="rgb")
    classes = tuple(f"class {number}" for number in range(12))
    contract = Contract(classes=classes, preprocess=preprocess, output="softmax", net=NET)
    torch.manual_seed(0)
    network = Network(parse_net(NET).with_outputs(12), preprocess.input_shape)
    golden = [noise(3 + number, 5, 1 + 2 * (number % 2), seed=number) for number in range(12)]
    path = tmp_path / "classifier.safetensors"
    Classifier(network, contract, golden).save(path)
    return path


def same(first: list[Picture], second: list[Picture]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_they_are_those_of_the_opened_classifier_in_its_order(stored: Path) -> None:
    golden = load(stored).golden
    assert same(golden_in_file(stored), golden)
    assert same(golden_in_file(stored, 3), golden[:3])


@pytest.mark.parametrize(
    "tensors",
    [
        {"weight.a": np.zeros(3, np.float32)},
        {f"{GOLDEN}00000": np.zeros((2, 2, 3), np.float32)},
        {f"{GOLDEN}00000": np.zeros((2, 2), np.uint8)},
        {f"{GOLDEN}00000": np.zeros((2, 2, 4), np.uint8)},
        {f"{GOLDEN}00000": np.zeros((0, 2, 3), np.uint8)},
    ],
)
def test_a_file_with_other_things_in_it_is_refused(
    tmp_path: Path, tensors: dict[str, np.ndarray]
) -> None:
    save_file(tensors, tmp_path / "other.safetensors")
    with pytest.raises(ClassifierError, match="has no golden pictures"):
        golden_in_file(tmp_path / "other.safetensors")


@pytest.mark.parametrize("content", [b"", b"no classifier", 8 * b"\xff", 8 * b"\0"])
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.safetensors"
    path.write_bytes(content)
    with pytest.raises(ClassifierError, match=str(path)):
        golden_in_file(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClassifierError, match="cannot be read"):
        golden_in_file(tmp_path / "none.safetensors")


def test_torch_is_not_needed() -> None:
    code = "import sys, lenswork.model.golden; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_golden_pictures_of_gigabytes_are_not_read(tmp_path: Path) -> None:
    """Zeros that take no room on the disk."""
    length = 2_000_000_000
    header = {"golden.picture.00000": {"dtype": "U8", "shape": [length, 1, 1],
                                       "data_offsets": [0, length]}}  # fmt: skip
    text = json.dumps(header).encode()
    path = tmp_path / "huge.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    os.truncate(path, 8 + len(text) + length)
    with pytest.raises(ClassifierError, match="expected at most 67,108,864 bytes of golden"):
        golden_in_file(path)
