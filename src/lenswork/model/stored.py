"""What the tensors and texts in a classifier's file are called, and how large they may be."""

import math
from pathlib import Path

from lenswork.errors import ClassifierError
from lenswork.files import opened
from lenswork.model.shapes import Shape

METADATA_KEY = "lenswork"
WEIGHT = "weight."  # begins a weight's name
GOLDEN = "golden.picture."
EXPECTED = "golden.probabilities"
CHECKSUM = "contract.sha256"  # golden answers cannot tell when classes have changed names
TOLERANCE = 1e-4  # between machines: other processors add in another order
LARGEST_HEADER = 8 * 2**20  # with the contract; a thousand classes take a fiftieth of it
MOST_TENSORS = 50_000
MOST_GOLDEN_BYTES = 64 * 2**20  # of golden pictures; those that training takes have 64 KB in all
MOST_GOLDEN = 10_000  # pictures, unless there are more classes


def most_golden(classes: int, input_shape: Shape) -> int:
    """How many golden pictures a file may hold: one a class, or more while they are small.

    Each is brought to `input_shape`, (height, width, channels), and answered when the file is
    opened: kept as single pixels, those of a small file could take hours.
    """
    return max(classes, min(MOST_GOLDEN, MOST_GOLDEN_BYTES // math.prod(input_shape)))


def refuse_long_header(path: Path) -> None:
    """Raise `ClassifierError` for a safetensors file that begins with too large a number.

    It is the length of what names the tensors, and is believed before anything is checked.
    """
    with opened(path) as file:
        length = int.from_bytes(file.read(8), "little")
    if length > LARGEST_HEADER:
        raise ClassifierError(
            f"{path} is no whole safetensors file (its header would take {length:,} bytes, and "
            f"{LARGEST_HEADER:,} is the most): copy or download it again"
        )
