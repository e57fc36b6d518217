"""A classifier's file as its contract and tensors, read only when it is known to be worth it."""

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from lenswork.errors import ClassifierError, NetError
from lenswork.model.contract import Contract, contract_in
from lenswork.model.describe import format_bytes
from lenswork.model.spec import check_net, parse_net
from lenswork.model.stored import (
    CHECKSUM,
    GOLDEN,
    LARGEST_HEADER,
    METADATA_KEY,
    MOST_GOLDEN_BYTES,
    MOST_TENSORS,
    most_golden,
    refuse_long_header,
)
from lenswork.model.weight_shapes import weight_shapes
from lenswork.model.weights import first_line

BYTES_A_NUMBER = 8  # in double precision, the widest that is taken


def read_tensors(path: Path) -> tuple[Contract, dict[str, Tensor]]:
    """The contract and all tensors in a file.

    Raises `ClassifierError` for one that is damaged, foreign, changed, or longer than its
    contract's net could need; no weight is read of such.
    """
    try:
        refuse_long_header(path)
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(METADATA_KEY)
            if text is None:
                raise ClassifierError(
                    f"{path} is a safetensors file without a Lenswork contract: its classes, size "
                    "and scaling are unknown, so it cannot be used as a classifier"
                )
            contract = contract_in(text, str(path))
            names = list(file.keys())
            if len(names) > MOST_TENSORS:
                raise ClassifierError(
                    f"{path} has {len(names):,} tensors: expected at most {MOST_TENSORS:,}"
                )
            _refuse_changed(file, names, text, path)
            _refuse_too_long(path, contract, sum(name.startswith(GOLDEN) for name in names))
            tensors = {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError) as error:
        raise ClassifierError(
            f"{path} is no whole safetensors file ({error}): copy or download it again"
        ) from error
    return contract, tensors


def checksum_of(text: str) -> Tensor:
    """The contract's checksum as the file keeps it, 32 numbers of uint8."""
    return torch.tensor(list(hashlib.sha256(text.encode()).digest()), dtype=torch.uint8)


def _refuse_changed(file: Any, names: Sequence[str], text: str, path: Path) -> None:
    wanted = checksum_of(text)
    is_there = CHECKSUM in names and file.get_slice(CHECKSUM).get_shape() == list(wanted.shape)
    if not is_there or file.get_tensor(CHECKSUM).tolist() != wanted.tolist():
        raise ClassifierError(
            f"{path}: the contract was changed after the classifier was saved, so its classes, "
            "size and scaling cannot be trusted: copy or download the file again"
        )


def _refuse_too_long(path: Path, contract: Contract, golden: int) -> None:
    """Of a torch module of one's own (no net in the contract) nobody can know how long it is."""
    if contract.net is None:
        return
    shape, classes = contract.preprocess.input_shape, len(contract.classes)
    try:
        spec = parse_net(contract.net)
        check_net(spec, shape, contract.outputs)
        weights = weight_shapes(spec.with_outputs(contract.outputs), shape)
    except NetError as error:
        raise ClassifierError(
            f"{path}: the weights do not fit the net: {first_line(error)}"
        ) from error
    answers = min(golden, most_golden(classes, shape)) * classes
    numbers = sum(map(math.prod, weights.values())) + answers
    most = LARGEST_HEADER + MOST_GOLDEN_BYTES + BYTES_A_NUMBER * numbers
    if (size := path.stat().st_size) > most:
        raise ClassifierError(
            f"{path} has {format_bytes(size)}, and its contract's net needs {format_bytes(most)} "
            "at most: it holds something else, and was not opened"
        )
