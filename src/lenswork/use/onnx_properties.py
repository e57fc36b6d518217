"""What an ONNX file of Lenswork says of itself: classes, contract, golden pictures, answers.

classes             a JSON list, in the order of the probabilities; for whoever else reads the file
lenswork.contract   the contract, as in a classifier's file
lenswork.golden     JSON: pictures (shape, and pixels in base64) and their probabilities (float32,
                    little-endian, in base64)
lenswork.sha256     of the two before
lenswork.int8       "yes" where the weights are integers
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from lenswork.errors import ClassifierError
from lenswork.kinds import Picture, Probabilities
from lenswork.model.answering import checked_picture
from lenswork.model.contract import Contract
from lenswork.model.stored import LARGEST_HEADER

CLASSES, CONTRACT, GOLDEN = "classes", "lenswork.contract", "lenswork.golden"
CHECKSUM, INT8 = "lenswork.sha256", "lenswork.int8"
MOST_GOLDEN = 10_000  # pictures: one a class, and each is answered when the file is opened


@dataclass(frozen=True)
class Said:
    """What a file says: its contract, golden pictures and their answers (pictures, classes)."""

    contract: Contract
    golden: list[Picture]
    expected: Probabilities
    int8: bool


def properties_of(
    contract: Contract, golden: Sequence[Picture], expected: Probabilities, *, int8: bool = False
) -> dict[str, str]:
    """The texts that go into a file."""
    said = contract.model_dump_json()
    pictures = golden_text(golden, expected)
    texts = {
        CLASSES: json.dumps(contract.classes, ensure_ascii=False),
        CONTRACT: said,
        GOLDEN: pictures,
        CHECKSUM: _digest(said, pictures),
    }
    return texts | ({INT8: "yes"} if int8 else {})


def golden_text(golden: Sequence[Picture], expected: Probabilities) -> str:
    """Golden pictures and their answers as JSON."""
    return json.dumps(
        {
            "pictures": [
                {"shape": list(picture.shape), "pixels": _base64(np.ascontiguousarray(picture))}
                for picture in map(checked_picture, golden)
            ],
            "probabilities": _base64(np.ascontiguousarray(expected, "<f4")),
        }
    )


def read_properties(texts: Mapping[str, str], path: Path) -> Said:
    """What a file says; raises `ClassifierError` for one that is foreign, changed or damaged."""
    if CONTRACT not in texts:
        raise ClassifierError(
            f"{path} is an ONNX file without a Lenswork contract: its classes, size and scaling "
            "are unknown, so it cannot be used as a classifier"
        )
    said, pictures = texts[CONTRACT], texts.get(GOLDEN, "")
    if len(said) > LARGEST_HEADER:
        raise ClassifierError(f"{path}: its contract is longer than any contract can be")
    if texts.get(CHECKSUM) != _digest(said, pictures):
        raise ClassifierError(
            f"{path}: the contract or the golden pictures were changed after the export, so its "
            "classes, size and scaling cannot be trusted: export or copy the file again"
        )
    try:
        contract = Contract.model_validate_json(said)
        golden, expected = _golden(json.loads(pictures), len(contract.classes))
        if json.loads(texts.get(CLASSES, "null")) != list(contract.classes):
            raise ValueError("its list of classes is another than its contract's")
    except (ValidationError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ClassifierError(f"{path}: its contract cannot be read: {error}") from error
    return Said(contract, golden, expected, texts.get(INT8) == "yes")


def _golden(content: Any, classes: int) -> tuple[list[Picture], Probabilities]:
    if not classes <= (count := len(content["pictures"])) <= max(classes, MOST_GOLDEN):
        raise ValueError(f"{count:,} golden pictures, and each of {classes} classes needs one")
    golden = [_picture(one) for one in content["pictures"]]
    answers = np.frombuffer(_bytes(content["probabilities"]), "<f4").astype(np.float32)
    return golden, answers.reshape(len(golden), classes)


def _picture(content: Any) -> Picture:
    height, width, channels = map(int, content["shape"])
    if min(height, width) < 1 or channels not in (1, 3):
        raise ValueError(f"a golden picture has the shape {content['shape']}")
    return np.frombuffer(_bytes(content["pixels"]), np.uint8).reshape(height, width, channels)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"a golden picture is no base64 text: {error}") from error


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
