"""Hostile classifier files are refused in words, soon and in little memory."""

import contextlib
import json
import os
import resource
import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from lenswork.errors import ClassifierError, LensworkError
from lenswork.model.classifier import Classifier, load
from lenswork.model.contract import Contract
from lenswork.model.network import Network
from lenswork.model.preprocess import Preprocess
from lenswork.model.spec import parse_net

TRIES = int(os.environ.get("LENSWORK_FUZZ", "150"))
FUZZ = settings(
    max_examples=TRIES,
    derandomize="LENSWORK_FUZZ" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
MOST_SECONDS, MOST_MEGABYTES = 1.0, 500  # of processor time, of memory
NET = "conv 2, batchnorm, flatten, dense classes"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A good file."""
    preprocess = Preprocess(height=6, width=5, colours="grey")
    contract = Contract(classes=("cat", "dog"), preprocess=preprocess, output="softmax", net=NET)
    network = Network(parse_net(NET).with_outputs(2), preprocess.input_shape)
    network.initialise("he-normal", 1)
    golden = list(np.random.default_rng(1).integers(0, 256, (2, 6, 5, 1), dtype=np.uint8))
    path = tmp_path_factory.mktemp("whole") / "a.safetensors"
    Classifier(network, contract, golden).save(path)
    return path.read_bytes()


def refusal(content: bytes, path: Path) -> str:
    path.write_bytes(content)
    return refusal_of(path)


def refusal_of(path: Path) -> str:
    """What is said of a file, which must take little time and memory."""
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(ClassifierError) as caught:
        load(path)
    assert time.process_time() - start < MOST_SECONDS
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (after - before) / 1024 < MOST_MEGABYTES
    return str(caught.value)


def header_of(content: bytes) -> dict[str, Any]:
    length = struct.unpack("<Q", content[:8])[0]
    header: dict[str, Any] = json.loads(content[8 : 8 + length])
    return header


def with_header(content: bytes, header: dict[str, Any]) -> bytes:
    length = struct.unpack("<Q", content[:8])[0]
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


@pytest.mark.parametrize("length", [2**23 + 1, 2**31, 2**63, 2**64 - 1])
def test_a_header_that_says_it_is_huge_is_not_read(tmp_path: Path, length: int) -> None:
    said = refusal(struct.pack("<Q", length) + b"{}" * 100, tmp_path / "a.safetensors")
    assert f"its header would take {length:,} bytes" in said


def test_a_huge_header_that_is_there_is_not_read(tmp_path: Path) -> None:
    text = b" " * (2**23 + 8)
    said = refusal(struct.pack("<Q", len(text)) + text, tmp_path / "a.safetensors")
    assert "its header would take 8,388,616 bytes" in said


def test_very_many_tensors_are_not_opened(whole: bytes, tmp_path: Path) -> None:
    header = header_of(whole)
    empty = {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}
    many = {f"t{number}": empty for number in range(60_000)}
    refusal(with_header(whole, {**many, **header}), tmp_path / "a.safetensors")


@pytest.mark.parametrize("shape", [[2**40], [2**31, 2**31], [2**63 - 1], [-1], [1.5], "all", None])
def test_shapes_beyond_the_file_are_refused(whole: bytes, tmp_path: Path, shape: Any) -> None:
    header = header_of(whole)
    header["weight.layers.0.weight"]["shape"] = shape
    refusal(with_header(whole, header), tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    "net",
    [
        "conv 99999, conv 99999, flatten, dense classes",
        "flatten, dense 99999, dense 99999, dense classes",
        ", ".join(["relu"] * 16_000 + ["flatten", "dense classes"]),
        ", ".join(["relu"] * 1_000_000 + ["flatten", "dense classes"]),
    ],
    ids=["maps", "units", "layers", "letters"],
)
def test_nets_beyond_the_file_are_refused(whole: bytes, tmp_path: Path, net: str) -> None:
    header = header_of(whole)
    contract = json.loads(header["__metadata__"]["lenswork"])
    header["__metadata__"]["lenswork"] = json.dumps({**contract, "net": net})
    refusal(with_header(whole, header), tmp_path / "a.safetensors")


@given(data=st.data())
@FUZZ
def test_a_classifier_with_any_bytes_changed_is_read_or_refused(
    data: st.DataObject, whole: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(whole)
    place = st.integers(0, len(content) - 1)
    for at, value in data.draw(
        st.lists(st.tuples(place, st.integers(0, 255)), min_size=1, max_size=8)
    ):
        content[at] = value
    if data.draw(st.booleans()):
        del content[data.draw(place) :]
    path = tmp_path_factory.getbasetemp() / "changed.safetensors"
    path.write_bytes(content)
    start = time.process_time()
    with contextlib.suppress(LensworkError):
        load(path)
    assert time.process_time() - start < MOST_SECONDS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'{{"classes": [{"1," * 200_000}1]}}', "classes: expected names"),
        (json.dumps({f"a{place}": 1 for place in range(20_000)}), "expected at most 100 values"),
        (json.dumps({"preprocess": [[]] * 50_000}), "expected at most 100 values"),
    ],
    ids=["classes", "fields", "lists"],
)
def test_a_contract_of_very_many_wrong_values_names_one(
    whole: bytes, tmp_path: Path, text: str, said: str
) -> None:
    header = header_of(whole) | {"__metadata__": {"lenswork": text}}
    assert f"bad contract, {said}" in refusal(
        with_header(whole, header), tmp_path / "a.safetensors"
    )


def test_very_many_golden_pictures_of_one_pixel_are_not_answered(
    whole: bytes, tmp_path: Path
) -> None:
    tensors = load_tensors(whole)
    pixel = torch.zeros((1, 1, 1), dtype=torch.uint8)
    tensors |= {f"golden.picture.{number:05d}": pixel.clone() for number in range(10_001)}
    tensors["golden.probabilities"] = torch.full((10_001, 2), 0.5)
    content = save_tensors(tensors, header_of(whole)["__metadata__"])
    said = refusal(content, tmp_path / "a.safetensors")
    assert "expected at most 10,000 golden pictures, found 10,001" in said


def test_what_a_file_holds_beside_its_net_is_not_read(whole: bytes, tmp_path: Path) -> None:
    """Two gigabytes of zeros, which take no room on the disk."""
    header, length = header_of(whole), 2_000_000_000
    end = max(one["data_offsets"][1] for name, one in header.items() if name != "__metadata__")
    extra = {"dtype": "U8", "shape": [length], "data_offsets": [end, end + length]}
    content = with_header(whole, {**header, "weight.extra": extra})
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    os.truncate(path, len(content) + length)
    assert path.stat().st_blocks * 512 < 10_000_000
    assert "its contract's net needs" in refusal_of(path)
