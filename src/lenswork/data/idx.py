"""Arrays of pictures and labels in files: the idx format of MNIST, and Keras's npz archive.

idx: two zero bytes, a type byte (8 is uint8), the number of dimensions, each dimension as a
big-endian 32-bit number, then the values (Y. LeCun, "The MNIST database", file formats).
"""

import gzip
import hashlib
import math
import struct
import zipfile
import zlib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from lenswork.errors import DataError
from lenswork.kinds import Labels, Pictures

Bytes = NDArray[np.uint8]

LIMIT_BYTES = 2 * 1024**3  # a damaged header can claim any size
GZIP_MAGIC = b"\x1f\x8b"
UINT8_TYPE = 8
NPZ_KEYS = ("x_train", "y_train", "x_test", "y_test")
DAMAGED = "the file is damaged: delete it and fetch it again"


def read_idx(path: Path) -> Bytes:
    """Read an idx file of uint8, gzip-compressed or not, into an array of the file's own shape.

    Raises `DataError` when the file is missing, damaged, cut off, longer than its header says,
    or holds another type.
    """
    try:
        with _open(path) as file:
            return _read_values(file, _read_shape(file, path), path)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(
            f"{path}: expected a whole gzip file, got one that breaks off or does not match its "
            f"checksum ({error}); {DAMAGED}"
        ) from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error


def read_pictures(path: Path) -> Pictures:
    """Read an idx file of grey pictures, (count, height, width, 1)."""
    return as_pictures(read_idx(path), str(path))


def read_labels(path: Path) -> Labels:
    """Read an idx file of labels, (count,)."""
    return as_labels(read_idx(path), str(path))


def read_npz(path: Path) -> dict[str, Bytes]:
    """Read Keras's archive of four uint8 arrays: x_train, y_train, x_test and y_test.

    Nothing in the file is executed (`allow_pickle=False`). Raises `DataError` when the file is
    missing, damaged, lacks an array, or holds another type.
    """
    try:
        _refuse_large_npz(path)
        with np.load(path, allow_pickle=False) as archive:
            if missing := [key for key in NPZ_KEYS if key not in archive.files]:
                raise DataError(
                    f"{path}: expected the arrays {', '.join(NPZ_KEYS)}, got "
                    f"{', '.join(archive.files) or 'none'}: {', '.join(missing)} missing; "
                    "this is not Keras's archive of the data set"
                )
            arrays = {key: archive[key] for key in NPZ_KEYS}
    except DataError:
        raise
    except FileNotFoundError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except (
        OSError,
        ValueError,
        EOFError,
        MemoryError,  # a header that claims more than there is
        NotImplementedError,  # a compression that zipfile does not know
        RuntimeError,  # an encrypted member
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise DataError(
            f"{path}: expected Keras's npz archive, got a file that cannot be read as one "
            f"({error}); {DAMAGED}"
        ) from error
    for key, array in arrays.items():
        if array.dtype != np.uint8:
            raise DataError(f"{path}: expected uint8 values in {key}, got {array.dtype}; {DAMAGED}")
    return arrays


def as_pictures(array: Bytes, where: str) -> Pictures:
    """View (count, height, width) as (count, height, width, 1); `where` is used in errors."""
    if array.ndim != 3 or 0 in array.shape:
        raise DataError(
            f"{where}: expected grey pictures, (count, height, width), got {_name_shape(array)}"
        )
    return array[..., np.newaxis]  # (count, height, width, 1)


def as_labels(array: Bytes, where: str) -> Labels:
    """Widen uint8 labels, (count,), to int64; `where` is used in errors."""
    if array.ndim != 1 or 0 in array.shape:
        raise DataError(f"{where}: expected labels, (count,), got {_name_shape(array)}")
    return array.astype(np.int64)


def content_sha256(array: Bytes) -> str:
    """The sha256 of the uncompressed idx file that holds `array`.

    It is the same for the original file, one that was compressed again, and an npz archive.
    """
    header = struct.pack(f">HBB{array.ndim}I", 0, UINT8_TYPE, array.ndim, *array.shape)
    digest = hashlib.sha256(header)
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _open(path: Path) -> AbstractContextManager[IO[bytes]]:
    """Open for reading, through gzip where the first bytes say so, whatever the name says."""
    with path.open("rb") as file:
        compressed = file.read(2) == GZIP_MAGIC
    if compressed:
        return cast("AbstractContextManager[IO[bytes]]", gzip.open(path, "rb"))
    return path.open("rb")


def _read_shape(file: IO[bytes], path: Path) -> tuple[int, ...]:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] != UINT8_TYPE or not 1 <= magic[3] <= 4:
        raise DataError(
            f"{path}: expected an idx file of uint8 values (first bytes 00 00 08), got "
            f"{magic.hex(' ') or 'an empty file'}; this is another kind of file or damaged"
        )
    dimensions = file.read(4 * magic[3])
    if len(dimensions) < 4 * magic[3]:
        raise DataError(
            f"{path}: expected {magic[3]} dimensions in the header, got a file that breaks off "
            f"within it; {DAMAGED}"
        )
    shape = struct.unpack(f">{magic[3]}I", dimensions)
    if math.prod(shape) > LIMIT_BYTES:
        raise DataError(
            f"{path}: expected at most {LIMIT_BYTES:,} bytes, the header claims "
            f"{math.prod(shape):,}; {DAMAGED}"
        )
    return shape


def _read_values(file: IO[bytes], shape: tuple[int, ...], path: Path) -> Bytes:
    expected = math.prod(shape)
    content = bytearray()  # grows with what is there, not with what the header claims
    while len(content) <= expected:  # one byte more than expected shows what does not belong
        chunk = file.read(min(1 << 20, expected + 1 - len(content)))
        if not chunk:
            break
        content += chunk
    if len(content) != expected:
        got = "more" if len(content) > expected else f"{len(content):,}"
        raise DataError(
            f"{path}: expected {expected:,} bytes for {' x '.join(map(str, shape))} values, "
            f"got {got}; {DAMAGED}"
        )
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _refuse_large_npz(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        claimed = sum(member.file_size for member in archive.infolist())
    if claimed > LIMIT_BYTES:
        raise DataError(
            f"{path}: expected at most {LIMIT_BYTES:,} bytes of arrays, the archive claims "
            f"{claimed:,}; {DAMAGED}"
        )


def _name_shape(array: Bytes) -> str:
    return f"an array of shape ({', '.join(map(str, array.shape))})"
