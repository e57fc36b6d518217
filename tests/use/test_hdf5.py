"""HDF5 files that h5py writes are read as h5py reads them, and nothing that leads elsewhere is."""

import io
import struct
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from lenswork.errors import ClassifierError
from lenswork.use.hdf5 import SIGNATURE, H5File


class Content:
    """Bytes in memory."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size = len(content)

    def read_at(self, start: int, length: int) -> bytes:
        return self.content[start : start + length]


def written(fill: Any, **how: Any) -> H5File:
    """What `fill` puts into a file."""
    memory = io.BytesIO()
    with h5py.File(memory, "w", **how) as file:
        fill(file)
    return H5File(Content(memory.getvalue()), "a.h5")


@pytest.mark.parametrize("kind", ["<f4", "<f8", "<f2", ">f4", ">f8"])
@pytest.mark.parametrize("shape", [(), (1,), (3, 4), (2, 3, 4, 5)])
def test_arrays_are_read_as_h5py_wrote_them(kind: str, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(1).normal(size=shape).astype(kind)
    file = written(lambda h5: h5.create_dataset("one/two/array", data=values))
    stored = file.stored("one/two/array")
    assert stored.shape == shape
    assert np.array_equal(file.array(stored), values.astype(np.float32))


def test_a_group_of_many_members_has_them_all() -> None:
    def fill(h5: h5py.File) -> None:
        for number in range(300):  # more than one node of the tree
            h5[f"layers/conv2d_{number}/vars/0"] = np.full(3, number, np.float32)

    file = written(fill)
    assert set(file.names("layers")) == {f"conv2d_{number}" for number in range(300)}
    for number in (0, 150, 299):
        stored = file.stored(f"layers/conv2d_{number}/vars/0")
        assert file.array(stored).tolist() == [number] * 3


def test_texts_of_attributes_are_read_in_every_form() -> None:
    def fill(h5: h5py.File) -> None:
        group = h5.create_group("weights")
        group.attrs["fixed"] = [b"conv2d", b"dense_12"]
        group.attrs["one"] = "a text – with a dash"
        group.attrs["bytes"] = b"{" + b"x" * 70_000 + b"}"
        group.attrs["many"] = ["one", "two", "three"]
        group.attrs["none"] = []

    file = written(fill)
    assert file.texts("weights", "fixed") == ("conv2d", "dense_12")
    assert file.texts("weights", "one") == ("a text – with a dash",)
    assert file.texts("weights", "bytes") == ("{" + "x" * 70_000 + "}",)
    assert file.texts("weights", "many") == ("one", "two", "three")
    assert file.texts("weights", "none") == ()
    assert file.texts("weights", "missing") is None
    assert file.texts("missing", "fixed") is None


def test_what_is_not_there_is_said_to_be_missing() -> None:
    file = written(lambda h5: h5.create_dataset("a/b", data=np.zeros(2, np.float32)))
    assert file.has("a/b")
    assert not file.has("a/c")
    assert not file.has("a/b/c")
    assert file.names("a/c") == ()
    with pytest.raises(ClassifierError, match="expected an array 'a/c', but there is none"):
        file.stored("a/c")
    with pytest.raises(ClassifierError, match="'a' is no array"):
        file.stored("a")


def soft(h5: h5py.File) -> None:
    h5["target"] = np.zeros(2, np.float32)
    h5["array"] = h5py.SoftLink("/target")


def compressed(h5: h5py.File) -> None:
    h5.create_dataset("array", data=np.zeros(10_000, np.float32), compression="gzip")


def external(h5: h5py.File) -> None:
    h5.create_dataset("array", (4,), np.float32, external=[("/etc/passwd", 0, 16)])


def integers(h5: h5py.File) -> None:
    h5["array"] = np.zeros(4, np.int64)


def huge(h5: h5py.File) -> None:
    h5.create_dataset("array", (2**40,), np.float32)


@pytest.mark.parametrize(
    ("fill", "problem"),
    [
        (soft, "is a link"),
        (compressed, "compressed or in pieces"),
        (external, "are in another file"),
        (integers, "are no floats"),
        (huge, "says that it has 4,398,046,511,104 bytes of numbers, but the file does not hold"),
    ],
)
def test_what_keras_never_writes_is_refused_by_name(fill: Any, problem: str) -> None:
    with pytest.raises(ClassifierError, match=problem):
        written(fill).stored("array")


def test_a_link_to_another_file_is_refused(tmp_path: Path) -> None:
    def fill(h5: h5py.File) -> None:
        h5["array"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/secret")

    with pytest.raises(ClassifierError):
        written(fill).stored("array")


def test_files_of_the_newest_form_are_refused_in_words() -> None:
    with pytest.raises(ClassifierError, match=r"of an unusual form \(superblock [23]\)"):
        written(lambda h5: h5.create_group("a"), libver="latest")


def object_header(*messages: tuple[int, bytes], count: int | None = None) -> bytes:
    """An object's header of version 1; `count` is how many messages it says that there are."""
    body = b"".join(
        struct.pack("<HHB3x", kind, len(content), 0) + content for kind, content in messages
    )
    said = len(messages) if count is None else count
    return struct.pack("<BBHII4x", 1, 0, said, 1, len(body)) + body


def linked(block: bytes, names: list[tuple[int, int]], heap: bytes, start: int) -> bytes:
    """A file whose first group has members, (where in `heap` the name is, its address).

    `block` begins at `start` and holds what the members refer to.
    """
    count = len(names)
    root, tree, symbols, texts = 96, 160, 256, 264 + 40 * count
    head = SIGNATURE + bytes([0, 0, 0, 0, 0, 8, 8, 0]) + struct.pack("<HHI", 4, 16, 0)
    file = bytearray(head + struct.pack("<6Q", 0, 0, 0, 0, 0, root))
    parts = {
        root: object_header((17, struct.pack("<QQ", tree, texts))),
        tree: struct.pack("<4sBBHQQ3Q", b"TREE", 0, 0, 1, 0, 0, 0, symbols, 0),
        symbols: struct.pack("<4sBBH", b"SNOD", 1, 0, count)
        + b"".join(struct.pack("<QQI20x", place, address, 0) for place, address in names),
        texts: struct.pack("<4sIQQQ", b"HEAP", 0, len(heap), 0, texts + 32) + heap,
        start: block,
    }
    for place, part in parts.items():
        assert len(file) <= place or place == start
        file = file.ljust(place, b"\0") + part
    return bytes(file)


def texts_of_all(file: H5File) -> None:
    """Ask each of forty groups for its weights' names."""
    for number in range(40):
        file.texts(f"g{number:02d}", "weight_names")


TOO_LARGE = "its HDF5 structure is larger than that of any Keras model"


def test_few_bytes_that_are_very_many_messages_are_refused() -> None:
    """Forty headers that all go on in the same half megabyte of empty messages."""
    start, room = 10_000, 8 * 65_000
    headers = [object_header((16, struct.pack("<QQ", start + 100 * 40, room)), count=65_535)] * 40
    block = b"".join(header.ljust(100, b"\0") for header in headers) + bytes(room)
    heap = b"".join(f"g{number:02d}\0".encode() for number in range(40))
    names = [(4 * number, start + 100 * number) for number in range(40)]
    file = H5File(Content(linked(block, names, heap, start)), "a.h5")
    with pytest.raises(ClassifierError, match=TOO_LARGE):
        texts_of_all(file)


def test_one_object_of_many_names_is_not_gone_through_for_each() -> None:
    start, room = 10_000, 8 * 30_000
    block = object_header((16, struct.pack("<QQ", start + 100, room)), count=30_000)
    heap = b"".join(f"g{number:02d}\0".encode() for number in range(40))
    names = [(4 * number, start) for number in range(40)]
    content = linked(block.ljust(100, b"\0") + bytes(room), names, heap, start)
    file = H5File(Content(content), "a.h5")
    with pytest.raises(ClassifierError, match=TOO_LARGE):
        texts_of_all(file)


def test_names_that_do_not_end_are_refused() -> None:
    """Each of a hundred members would be called by nearly all of two megabytes."""
    heap = b"x" * 2_000_000 + b"\0"
    content = linked(b"", [(place, 96) for place in range(100)], heap, 3_000_000)
    with pytest.raises(ClassifierError, match="is no whole HDF5 file"):
        H5File(Content(content), "a.h5").names("")


def test_a_text_behind_very_many_others_is_not_looked_for() -> None:
    start, room = 10_000, 16 * 150_000
    told = struct.pack("<IQI", 1, start + 200, 2)  # one letter, the second text of a collection
    kind = bytes([0x19, 1, 0, 0]) + struct.pack("<I", 16)
    attribute = struct.pack("<BBHHH", 1, 0, 2, len(kind), 8) + b"a\0".ljust(8, b"\0") + kind
    header = object_header((12, attribute + bytes([1]).ljust(8, b"\0") + told))
    empty = struct.pack("<HHIQ", 1, 1, 0, 0) * 150_000
    collection = struct.pack("<4sIQ", b"GCOL", 1, 16 + room) + empty
    content = linked(header.ljust(200, b"\0") + collection, [(0, start)], b"g\0", start)
    with pytest.raises(ClassifierError, match=TOO_LARGE):
        H5File(Content(content), "a.h5").texts("g", "a")
