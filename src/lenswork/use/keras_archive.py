"""The parts of a Keras file, `.keras` or `.h5`, opened so that a hostile one does no harm.

Nothing in a file is run or unpickled: the layers are JSON, the weights are arrays. Sizes, names
and places are checked before they are believed.
"""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from lenswork.errors import ClassifierError
from lenswork.model.describe import format_bytes
from lenswork.model.stored import LARGEST_HEADER, MOST_GOLDEN_BYTES
from lenswork.use.hdf5 import SIGNATURE, Content, H5File

CONFIG, WEIGHTS, METADATA = "config.json", "model.weights.h5", "metadata.json"
CONTRACT, GOLDEN = "lenswork/contract.json", "lenswork/golden.safetensors"  # ours; Keras skips them
LARGEST_JSON = 4 * 2**20
LARGEST_UNPACKED = 128 * 2**20  # of a compressed member; Keras compresses none
LARGEST_DIRECTORY = 2**20
LARGEST_GOLDEN = MOST_GOLDEN_BYTES + LARGEST_HEADER  # with the answers
DIRECTORY_END, END_SIZE = b"PK\5\6", 22
MEMBER_BEGIN, BEGIN_SIZE = b"PK\3\4", 30
STEP = 2**22
LEGACY_WEIGHTS = "model_weights"
BROKEN = (  # what zipfile raises of archives that are torn, or of a kind that it does not read
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OSError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True)
class KerasFile:
    """A model's configuration and weights; `by_name` is true of `.h5`, which names its layers.

    `contract` and `golden` are what `lenswork export` has put beside them, if it wrote the file.
    """

    name: str
    config: Mapping[str, Any]
    weights: H5File
    by_name: bool
    version: str = ""
    contract: bytes | None = None
    golden: bytes | None = None


@contextmanager
def open_keras(path: Path) -> Iterator[KerasFile]:
    """Open a model file for as long as the block lasts; raises `ClassifierError`."""
    if not path.is_file():
        raise ClassifierError(f"expected a Keras file, but there is none at {path}")
    with path.open("rb") as file:
        begin = file.read(8)
        content = _Part(file, 0, path.stat().st_size)
        if begin == SIGNATURE:
            yield _open_h5(content, str(path))
        elif begin[:4] == MEMBER_BEGIN:
            yield _open_zip(file, str(path))
        else:
            raise ClassifierError(
                f"{path} is no Keras file: expected a .keras archive or an .h5 file of a whole "
                "model, as model.save('name.keras') writes it"
            )


@dataclass(frozen=True)
class _Part:
    """A stretch of an open file."""

    file: BinaryIO
    start: int
    size: int

    def read_at(self, start: int, length: int) -> bytes:
        """Bytes of the stretch."""
        self.file.seek(self.start + start)
        return self.file.read(max(0, min(length, self.size - start)))


@dataclass(frozen=True)
class _Unpacked:
    """A member that was compressed."""

    content: bytes

    @property
    def size(self) -> int:
        """Its bytes."""
        return len(self.content)

    def read_at(self, start: int, length: int) -> bytes:
        """Bytes of it."""
        return self.content[start : start + length]


def _open_h5(content: Content, name: str) -> KerasFile:
    weights = H5File(content, name)
    texts = weights.texts("", "model_config")
    if not texts:
        raise ClassifierError(
            f"{name} holds weights without the layers they belong to: save the whole model with "
            "model.save('name.keras'), not its weights alone"
        )
    version = weights.texts("", "keras_version") or ("",)
    return KerasFile(
        name, _json(texts[0].encode(), name), weights, by_name=True, version=version[0]
    )


def _open_zip(file: BinaryIO, name: str) -> KerasFile:
    try:
        _refuse_long_directory(file, name)
        with zipfile.ZipFile(file) as archive:
            members = _members(archive, name)
            for needed in (CONFIG, WEIGHTS):
                if needed not in members:
                    raise ClassifierError(f"{name} is no Keras model: {needed} is missing in it")
            config = _json(_unpacked(archive, members[CONFIG], LARGEST_JSON, name), name)
            metadata = b"{}"
            if METADATA in members:
                metadata = _unpacked(archive, members[METADATA], LARGEST_JSON, name)
            kept = [
                _unpacked(archive, members[member], limit, name) if member in members else None
                for member, limit in ((CONTRACT, LARGEST_JSON), (GOLDEN, LARGEST_GOLDEN))
            ]
            weights = H5File(_content(file, archive, members[WEIGHTS], name), name)
    except BROKEN as error:
        raise ClassifierError(f"{name} is no whole archive ({error}): copy it again") from error
    version = str(_json(metadata, name).get("keras_version", ""))[:20]
    return KerasFile(name, config, weights, False, version, *kept)


def _refuse_long_directory(file: BinaryIO, name: str) -> None:
    """Zipfile reads the whole list of members at once, however long it says that it is."""
    end = file.seek(0, io.SEEK_END)
    file.seek(max(0, end - END_SIZE))
    tail = file.read(END_SIZE)
    if len(tail) < END_SIZE or tail[:4] != DIRECTORY_END:
        raise ClassifierError(f"{name} is no whole archive (its end is missing): copy it again")
    count, size, start = struct.unpack_from("<HII", tail, 10)
    if size > LARGEST_DIRECTORY or count == 0xFFFF or start == 0xFFFFFFFF:
        raise ClassifierError(
            f"{name} lists {count:,} or more members, or is larger than 4 GB: no Keras model has "
            "so many; save the model alone"
        )
    file.seek(max(0, end - END_SIZE - 20))
    if file.read(4) == b"PK\6\7":  # the larger list, which would be read in place of this one
        raise ClassifierError(
            f"{name} is an archive of the 64-bit kind, which Keras does not write"
        )


def _members(archive: zipfile.ZipFile, name: str) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        shown = ascii(member.filename[:80])
        parts = member.filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or ":" in parts[0]:
            raise ClassifierError(f"{name} has a member that leads out of it, {shown}: not opened")
        if member.filename in members:
            raise ClassifierError(f"{name} has two members called {shown}: not opened")
        if member.flag_bits & 1 or member.compress_type not in (
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
        ):
            raise ClassifierError(
                f"{name}: {shown} is encrypted or compressed in an unusual way: save it with Keras"
            )
        members[member.filename] = member
    return members


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int, name: str) -> bytes:
    """A member's bytes, no more than the limit, whatever the archive says of its size."""
    content = b""
    if member.file_size <= limit:
        with archive.open(member) as file:
            content = file.read(limit + 1)
    if max(member.file_size, len(content)) > limit:
        raise ClassifierError(
            f"{name}: expected at most {format_bytes(limit)} in {member.filename}, got more"
        )
    return content


def _content(
    file: BinaryIO, archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str
) -> Content:
    """A member that can be read anywhere: in its place, or unpacked where it is compressed."""
    if member.compress_type != zipfile.ZIP_STORED:
        return _Unpacked(_unpacked(archive, member, LARGEST_UNPACKED, name))
    file.seek(member.header_offset)
    begin = file.read(BEGIN_SIZE)
    if begin[:4] != MEMBER_BEGIN:
        raise ClassifierError(f"{name} is no whole archive (a member is missing): copy it again")
    lengths = struct.unpack_from("<HH", begin, 26)
    part = _Part(file, member.header_offset + BEGIN_SIZE + sum(lengths), member.file_size)
    _refuse_changed(part, member, name)
    return part


def _refuse_changed(part: _Part, member: zipfile.ZipInfo, name: str) -> None:
    checksum, taken = 0, 0
    while taken < part.size:
        content = part.read_at(taken, STEP)
        if not content:
            break
        checksum = zlib.crc32(content, checksum)
        taken += len(content)
    if taken != part.size or checksum != member.CRC:
        raise ClassifierError(
            f"{name}: {member.filename} is not what was put into it: copy or download it again"
        )


def _json(content: bytes, name: str) -> Mapping[str, Any]:
    try:
        value = json.loads(content) if len(content) <= LARGEST_JSON else None
    except (ValueError, RecursionError) as error:
        raise ClassifierError(
            f"{name}: its description of the layers cannot be read ({type(error).__name__}): save "
            "it again with Keras"
        ) from error
    if not isinstance(value, dict):
        raise ClassifierError(
            f"{name}: expected a JSON object of at most {format_bytes(LARGEST_JSON)} that "
            "describes the layers"
        )
    return value
