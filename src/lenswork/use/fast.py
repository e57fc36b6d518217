"""A classifier opened with whatever answers soonest here: onnxruntime if it is installed, or torch.

`load_fast(path).predict(picture)` answers as `lenswork.load(path).predict(picture)` does. With the
extra `onnx` torch is not even imported: the file is read by numpy, and its net becomes a graph in
memory.
"""

import hashlib
import importlib
import importlib.util
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

import lenswork
from lenswork.errors import LensworkError
from lenswork.kinds import Picture, Probabilities
from lenswork.model.answering import Answering
from lenswork.model.contract import Contract, contract_in
from lenswork.model.describe import describe
from lenswork.model.memory import available_bytes
from lenswork.model.spec import parse_net
from lenswork.model.stored import (
    CHECKSUM,
    EXPECTED,
    GOLDEN,
    METADATA_KEY,
    MOST_GOLDEN_BYTES,
    TOLERANCE,
    WEIGHT,
    most_golden,
    refuse_long_header,
)
from lenswork.model.weight_shapes import COUNTER, weight_shapes
from lenswork.record.extras import needed_by

ONNX_FILE = ".onnx"
WEIGHT_BYTES = 4  # single precision
COPIES = 4  # of the weights: as read, in the graph, in its bytes, in the runtime
_RUNTIME = "lenswork.use.onnx_runtime"  # loaded when it is needed: it needs the extra
Kind = tuple[str, tuple[int, ...]]  # a tensor's kind of number and its shape


@dataclass(frozen=True)
class Stored:
    """A classifier's file as numpy reads it; `expected` are its golden pictures' answers."""

    contract: Contract
    weights: dict[str, np.ndarray]
    golden: list[Picture]
    expected: Probabilities


def load_fast(path: str | Path) -> Answering:
    """Open a classifier's file, or an ONNX file that Lenswork wrote; golden pictures are checked.

    Raises `ClassifierError` for a file that is damaged, foreign or breaks its contract, and
    `UsageError` for an ONNX file where onnxruntime is not installed.
    """
    path = Path(path)
    if path.suffix.lower() == ONNX_FILE:
        with needed_by(f"{path.name}", "onnx and onnxruntime", "onnx"):
            runtime = importlib.import_module(_RUNTIME)
        opened: Answering = runtime.load_onnx(path)
        return opened
    return load_without_torch(path) or lenswork.load(path)


def load_without_torch(path: Path) -> Answering | None:
    """The classifier computed by onnxruntime; None where torch must compute it or say why not."""
    if not has_onnx():
        return None
    stored = read_stored(path)
    if stored is None:
        return None
    try:
        runtime: Any = importlib.import_module(_RUNTIME)
        classifier: Answering = runtime.of_weights(stored.contract, stored.weights, stored.golden)
        answers = classifier.golden_answers()
    except Exception:  # onnxruntime's own kinds have no other parent; torch shall say what it is
        return None
    return classifier if np.abs(answers - stored.expected).max() <= TOLERANCE else None


def has_onnx() -> bool:
    """Whether the extra `onnx` is installed."""
    return all(importlib.util.find_spec(name) is not None for name in ("onnx", "onnxruntime"))


def read_stored(path: Path) -> Stored | None:
    """What a whole, unchanged classifier of a line of text holds; None for any other file.

    Nothing of a tensor is read before all are known to have the shapes that the contract's net
    gives them: a stranger's file may hold any.
    """
    if not path.is_file():  # to open a pipe would wait for ever
        return None
    try:
        refuse_long_header(path)
        with safe_open(path, framework="np") as file:
            text = (file.metadata() or {}).get(METADATA_KEY, "")
            contract = contract_in(text, str(path))
            kinds = {name: _kind(file.get_slice(name)) for name in file.keys()}  # noqa: SIM118
            if contract.net is None or not _fits(contract, contract.net, kinds):
                return None
            tensors = {name: file.get_tensor(name) for name in kinds}
        if tensors[CHECKSUM].tolist() != list(hashlib.sha256(text.encode()).digest()):
            return None
        weights = {
            name.removeprefix(WEIGHT): tensor
            for name, tensor in tensors.items()
            if name.startswith(WEIGHT)
        }
        golden = [tensors[name] for name in sorted(tensors) if name.startswith(GOLDEN)]
        return Stored(contract, weights, golden, tensors[EXPECTED])
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, LensworkError):
        return None


def _kind(tensor: Any) -> Kind:
    return tensor.get_dtype(), tuple(tensor.get_shape())


def _fits(contract: Contract, net: str, kinds: Mapping[str, Kind]) -> bool:
    """Whether all is there, in the shapes and kinds of number that a save writes."""
    shape = contract.preprocess.input_shape
    spec = parse_net(net)
    described = describe(spec, shape, contract.outputs)
    shapes = weight_shapes(spec.with_outputs(contract.outputs), shape)
    weight_bytes = WEIGHT_BYTES * sum(map(math.prod, shapes.values()))
    golden = {name: kind for name, kind in kinds.items() if name.startswith(GOLDEN)}
    expected = {
        f"{WEIGHT}{name}": ("I64" if name.endswith(COUNTER) else "F32", sides)
        for name, sides in shapes.items()
    }
    expected[CHECKSUM] = ("U8", (hashlib.sha256().digest_size,))
    expected[EXPECTED] = ("F32", (len(golden), len(contract.classes)))
    return (
        dict(kinds) == expected | golden
        and len(contract.classes) <= len(golden) <= most_golden(len(contract.classes), shape)
        and all(kind == "U8" for kind, _ in golden.values())
        and sum(math.prod(sides) for _, sides in golden.values()) <= MOST_GOLDEN_BYTES
        and described.activation_bytes + COPIES * weight_bytes <= available_bytes()
    )
