"""HDF5 files that h5py writes are read as h5py reads them, and nothing that leads elsewhere is."""

import io
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from lenswork.errors import ClassifierError
from lenswork.use.hdf5 import H5File


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
