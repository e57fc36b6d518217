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
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lenswork.errors import ClassifierError
from lenswork.kinds import Picture, Probabilities
from lenswork.model.answering import checked_picture
from lenswork.model.contract import Contract, contract_in
from lenswork.model.stored import LARGEST_HEADER, most_golden

CLASSES, CONTRACT, GOLDEN = "classes", "lenswork.contract", "lenswork.golden"
CHECKSUM, INT8 = "lenswork.sha256", "lenswork.int8"
MARKS, MARKS_A_PICTURE = "[{,", 8  # that begin a value; with some to spare


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
        CLASSES: _names(contract),
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
    contract = contract_in(said, str(path))
    try:
        golden, expected = _golden(pictures, contract)
        if texts.get(CLASSES) != _names(contract):
            raise ValueError("its list of classes is another than its contract's")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ClassifierError(f"{path}: its contract cannot be read: {error}") from error
    return Said(contract, golden, expected, texts.get(INT8) == "yes")


def _names(contract: Contract) -> str:
    return json.dumps(contract.classes, ensure_ascii=False)


def _golden(text: str, contract: Contract) -> tuple[list[Picture], Probabilities]:
    classes = len(contract.classes)
    most = most_golden(classes, contract.preprocess.input_shape)
    if sum(map(text.count, MARKS)) > MARKS_A_PICTURE * most:  # each would become an object
        raise ValueError("its golden pictures are made of very many values")
    content = json.loads(text)
    if not classes <= (count := len(content["pictures"])) <= most:
        raise ValueError(
            f"{count:,} golden pictures: each of {classes} classes needs one, and {most:,} are "
            "the most"
        )
    golden = [_picture(one) for one in content["pictures"]]
    answers = np.frombuffer(_bytes(content["probabilities"]), "<f4").astype(np.float32)
    return golden, answers.reshape(len(golden), classes)


def _picture(content: Any) -> Picture:
    shape, pixels = content["shape"], _bytes(content["pixels"])
    if not (
        isinstance(shape, list)
        and len(shape) == 3
        and all(type(side) is int and side >= 1 for side in shape)
        and shape[2] in (1, 3)
        and math.prod(shape) == len(pixels)
    ):
        raise ValueError(
            f"a golden picture has {len(pixels):,} bytes and the shape {str(shape)[:60]}"
        )
    return np.frombuffer(pixels, np.uint8).reshape(shape)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"a golden picture is no base64 text: {error}") from error


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")


def _digest(contract: str, golden: str) -> str:
    digest = hashlib.sha256(contract.encode())
    digest.update(b"\n")  # joined, one foreign letter would make four bytes of each
    digest.update(golden.encode())
    return digest.hexdigest()
