"""idx and npz files: read to the byte, or refused with a reason."""

import gzip
import hashlib
import io
import math
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from tiny_sets import digits, idx_bytes, npz_bytes

from lenswork.data.idx import content_sha256, read_idx, read_labels, read_npz, read_pictures
from lenswork.errors import DataError


def write(folder: Path, content: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content)
    return path


def test_a_file_written_by_hand_is_read_to_the_byte(tmp_path: Path) -> None:
    header = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3])  # 2 pictures of 1x3
    pictures = read_pictures(write(tmp_path, header + bytes([1, 2, 3, 253, 254, 255])))
    assert pictures.shape == (2, 1, 3, 1)
    assert pictures.dtype == np.uint8
    assert pictures[1, 0, :, 0].tolist() == [253, 254, 255]


def test_labels_are_read_as_int64(tmp_path: Path) -> None:
    labels = read_labels(write(tmp_path, bytes([0, 0, 8, 1, 0, 0, 0, 3, 9, 0, 255])))
    assert labels.dtype == np.int64
    assert labels.tolist() == [9, 0, 255]


def test_compressed_and_plain_files_give_the_same_whatever_they_are_called(tmp_path: Path) -> None:
    content = idx_bytes(digits()["x_train"])
    plain, compressed = tmp_path / "a.gz", tmp_path / "b"
    plain.write_bytes(content)
    compressed.write_bytes(gzip.compress(content))
    assert np.array_equal(read_idx(plain), read_idx(compressed))
    assert np.array_equal(read_idx(plain), digits()["x_train"])


def test_what_is_read_can_be_written_to_as_torch_asks(tmp_path: Path) -> None:
    assert read_pictures(write(tmp_path, idx_bytes(digits()["x_train"]))).flags.writeable


@given(hnp.arrays(np.uint8, hnp.array_shapes(max_dims=4, max_side=4)))
def test_the_checksum_of_the_content_is_that_of_the_uncompressed_file(
    array: NDArray[np.uint8],
) -> None:
    assert content_sha256(array) == hashlib.sha256(idx_bytes(array)).hexdigest()
    assert content_sha256(np.asfortranarray(array)) == content_sha256(array)


@given(st.data())
def test_a_compressed_file_cut_off_anywhere_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = gzip.compress(idx_bytes(digits()["x_train"]))
    path = write(
        tmp_path_factory.mktemp("cut"), content[: data.draw(st.integers(0, len(content) - 1))]
    )
    with pytest.raises(DataError, match=str(path)):
        read_idx(path)


@given(st.binary(max_size=64))
def test_any_bytes_are_read_or_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = write(tmp_path_factory.mktemp("any"), b"\0\0\x08" + content)
    try:
        array = read_idx(path)
    except DataError:
        return
    assert idx_bytes(array) == path.read_bytes()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "got an empty file"),
        (b"\x89PNG\r\n", "first bytes 00 00 08.*got 89 50 4e 47"),
        (bytes([0, 0, 13, 1, 0, 0, 0, 0]), "got 00 00 0d 01"),
        (bytes([0, 0, 8, 3, 0, 0]), "breaks off within it"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 3, 1, 2]), "expected 3 bytes for 3 values, got 2"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 1, 1, 2]), "expected 1 bytes for 1 values, got more"),
        (bytes([0, 0, 8, 3]) + b"\xff" * 12, "the header claims"),
        (b"\x1f\x8bnonsense", "expected a whole gzip file"),
    ],
)
def test_a_damaged_file_is_refused_with_what_was_expected_and_what_came(
    tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_idx(write(tmp_path, content))


def test_a_flipped_bit_in_a_compressed_file_is_found_by_its_checksum(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 9]) + b"abcabcxyz", 0))
    content[-12] ^= 1
    with pytest.raises(DataError, match="does not match its checksum"):
        read_idx(write(tmp_path, bytes(content)))


def test_a_header_that_claims_a_gigabyte_costs_no_gigabyte(tmp_path: Path) -> None:
    claim = struct.pack(">HBBI", 0, 8, 1, 1 << 30)
    with pytest.raises(DataError, match=r"expected 1,073,741,824 bytes .* got 3"):
        read_idx(write(tmp_path, claim + b"abc"))


def test_labels_are_not_taken_for_pictures_nor_pictures_for_labels(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected grey pictures.*got an array of shape \(5\)"):
        read_pictures(write(tmp_path, idx_bytes(digits()["y_train"])))
    with pytest.raises(DataError, match=r"expected labels.*got an array of shape \(5, 3, 2\)"):
        read_labels(write(tmp_path, idx_bytes(digits()["x_train"])))


def test_a_missing_file_and_a_folder_are_refused_by_name(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(DataError, match=f"{path}: cannot be read"):
            read_idx(path)


def test_an_npz_archive_gives_its_four_arrays(tmp_path: Path) -> None:
    arrays = read_npz(write(tmp_path, npz_bytes(digits())))
    assert {key: array.tolist() for key, array in arrays.items()} == {
        key: array.tolist() for key, array in digits().items()
    }


def npz_with(**changes: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, **{**digits(), **changes})  # type: ignore[arg-type]
    return file.getvalue()


def test_an_npz_archive_with_a_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    fired = tmp_path / "fired"

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (fired,)

    path = write(tmp_path, npz_with(x_test=np.array([Trap()], dtype=object)))
    with pytest.raises(DataError, match="cannot be read as one"):
        read_npz(path)
    assert not fired.exists()


def test_an_npz_archive_that_lacks_an_array_is_refused_naming_it(tmp_path: Path) -> None:
    arrays = digits()
    del arrays["y_test"]
    with pytest.raises(DataError, match="y_test missing"):
        read_npz(write(tmp_path, npz_bytes(arrays)))


def test_an_npz_archive_of_floats_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, npz_with(x_train=np.zeros((5, 3, 2))))
    with pytest.raises(DataError, match="expected uint8 values in x_train, got float64"):
        read_npz(path)


def test_an_npz_archive_whose_array_claims_more_than_there_is_is_refused(tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (10**15,)}
    )
    path = tmp_path / "file"
    with zipfile.ZipFile(path, "w") as archive:
        for key in digits():
            archive.writestr(f"{key}.npy", header.getvalue())
    assert math.prod((10**15,)) > path.stat().st_size
    with pytest.raises(DataError, match="cannot be read as one"):
        read_npz(path)


@given(st.data())
def test_an_npz_archive_damaged_anywhere_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(npz_bytes(digits()))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path = write(tmp_path_factory.mktemp("npz"), bytes(content))
    try:
        arrays = read_npz(path)
    except DataError:
        return
    # the byte is one that no checksum covers, such as a date
    assert all(np.array_equal(arrays[key], array) for key, array in digits().items())
