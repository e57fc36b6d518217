"""What the tensors and texts in a classifier's file are called, and how large they may be."""

from pathlib import Path

from lenswork.errors import ClassifierError

METADATA_KEY = "lenswork"
WEIGHT = "weight."  # begins a weight's name
GOLDEN = "golden.picture."
EXPECTED = "golden.probabilities"
CHECKSUM = "contract.sha256"  # golden answers cannot tell when classes have changed names
TOLERANCE = 1e-4  # between machines: other processors add in another order
LARGEST_HEADER = 8 * 2**20  # with the contract; a thousand classes take a fiftieth of it
MOST_TENSORS = 50_000
MOST_GOLDEN_BYTES = 64 * 2**20  # of golden pictures; those that training takes have 64 KB in all


def refuse_long_header(path: Path) -> None:
    """Raise `ClassifierError` for a safetensors file that begins with too large a number.

    It is the length of what names the tensors, and is believed before anything is checked.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
    if length > LARGEST_HEADER:
        raise ClassifierError(
            f"{path} is no whole safetensors file (its header would take {length:,} bytes, and "
            f"{LARGEST_HEADER:,} is the most): copy or download it again"
        )
