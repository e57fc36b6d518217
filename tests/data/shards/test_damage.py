"""A damaged shard is named with its member, and never read as if it were shorter."""

import io
import tarfile
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shard_sets import labelled, opened, packed, source_of, tar_of, tiny_picture

from lenswork.data.shards.manifest import Manifest, read_manifest
from lenswork.data.shards.open import open_shards
from lenswork.data.shards.stream import FileStream
from lenswork.data.shards.tar import BLOCK, is_header, member_header, members
from lenswork.data.shards.verify import problems
from lenswork.errors import DataError, PictureError


def flip(path: Path, at: int, bit: int = 1) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= bit
    path.write_bytes(content)


def said(out: Path) -> list[str]:
    manifest = read_manifest(f"{out}/lenswork.json")
    assert isinstance(manifest, Manifest)
    return list(problems(manifest, f"{out}/lenswork.json"))


# --- reading ----------------------------------------------------------------------------------


def test_a_truncated_shard_is_found_when_it_is_opened(tmp_path: Path) -> None:
    out = packed(tmp_path / "out")
    shard = out / "train-001.tar"
    size = shard.stat().st_size
    shard.write_bytes(shard.read_bytes()[:-1024])
    with pytest.raises(DataError) as caught:
        open_shards(str(out))
    assert str(caught.value).startswith(
        f"{shard} is truncated: it has {size - 1024:,} bytes, and had"
    )


@pytest.mark.parametrize(
    ("at", "message"),
    [
        (-BLOCK, "the header at byte 1,024 of the shard is damaged"),
        (-BLOCK + 124, "the header at byte 1,024 of the shard is damaged"),
        (0, "its bytes are not those that were packed"),
        (30, "its bytes are not those that were packed"),
    ],
)
def test_flipped_bytes_are_named_when_the_picture_is_read(
    tmp_path: Path, at: int, message: str
) -> None:
    out = packed(tmp_path / "out")
    source = source_of(open_shards(str(out)))
    first = int(np.flatnonzero(source.table.shards == 1)[0])
    flip(out / "train-001.tar", int(source.table.offsets[first]) + at)
    place = source.numbers.tolist().index(first)
    with pytest.raises(PictureError) as caught:
        source.read(place)
    assert message in str(caught.value)
    assert f"{source.table.members[first]} in {out}/train-001.tar" in str(caught.value)


def test_a_shard_that_shrinks_later_is_named(tmp_path: Path) -> None:
    data = opened(tmp_path / "out")
    source = source_of(data)
    shard = tmp_path / "out" / "train-002.tar"
    shard.write_bytes(shard.read_bytes()[:2000])
    last = int(np.flatnonzero(source.table.shards == 2)[-1])
    with pytest.raises(
        PictureError, match=r"train-002\.tar: the shard is truncated: it ends at byte"
    ):
        source.read(source.numbers.tolist().index(last))
    shard.unlink()
    with pytest.raises(DataError, match="there is no shard"):
        source.read(source.numbers.tolist().index(last))


def test_a_picture_that_was_packed_damaged_is_named(tmp_path: Path) -> None:
    files = [("a.cls", b"0"), ("a.png", tiny_picture()[:40]), ("b.cls", b"1"), ("b.png", b"oh")]
    (tmp_path / "a.tar").write_bytes(tar_of(files))
    source = open_shards(f"{tmp_path}/a.tar").train.source
    with pytest.raises(PictureError, match=rf"cannot read a\.png in {tmp_path}/a\.tar: .*damaged"):
        source.read(0)
    with pytest.raises(PictureError, match=r"cannot read b\.png in .*: expected a JPEG"):
        source.read(1)


# --- the walk through a foreign tar -----------------------------------------------------------


def walked(path: Path) -> list[str]:
    with FileStream(path) as stream:
        return [member.name for member in members(stream, "the.tar")]


@given(cut=st.integers(0, 6 * 2 * 1024 - 1))
@settings(max_examples=60)
def test_a_tar_that_breaks_off_anywhere_is_refused(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "a.tar"
    path.write_bytes(tar_of(labelled(["0"] * 6))[:cut])
    with pytest.raises(DataError, match=r"the\.tar is truncated: it breaks off"):
        walked(path)


def two_tars(between: bytes = b"") -> bytes:
    first, second = tar_of(labelled(["0", "1"])), tar_of(labelled(["0", "1"], start=2))
    return first + between + second


@pytest.mark.parametrize("between", [b"", bytes(1 << 21)])
def test_tars_that_were_joined_lose_no_member_silently(tmp_path: Path, between: bytes) -> None:
    """As by `cat a.tar b.tar`: who reads to the first end would have half of the pictures."""
    (tmp_path / "a.tar").write_bytes(two_tars(between))
    with pytest.raises(DataError, match=r"the\.tar ends after member 000001\.png, at byte 4,096, "):
        walked(tmp_path / "a.tar")


def test_a_part_that_was_never_written_is_not_taken_for_the_end(tmp_path: Path) -> None:
    """A copy into a file of the right size leaves zeros where it did not come to."""
    content = bytearray(tar_of(labelled(["0"] * 4)))
    content[2 * 2048 : 3 * 2048] = bytes(2048)
    (tmp_path / "a.tar").write_bytes(content)
    with pytest.raises(DataError, match=r"has more members behind its end: .* a part was never"):
        open_shards(f"{tmp_path}/a.tar")


def test_what_means_nothing_behind_the_end_is_passed_over(tmp_path: Path) -> None:
    """Old programs fill the last record with whatever was in their memory."""
    rest = np.random.default_rng(0).bytes(20 * BLOCK + 7)
    (tmp_path / "a.tar").write_bytes(tar_of(labelled(["0", "1"])) + rest)
    assert walked(tmp_path / "a.tar")[-1] == "000001.png"


@given(at=st.integers(0, 6 * 2 * 1024 - 1), bit=st.integers(0, 7))
@settings(max_examples=150)
def test_a_flipped_bit_never_loses_a_member_silently(
    tmp_path_factory: pytest.TempPathFactory, at: int, bit: int
) -> None:
    whole = tar_of(labelled(["0"] * 6))
    path = tmp_path_factory.mktemp("flip") / "a.tar"
    path.write_bytes(whole)
    expected = walked(path)
    flip(path, at, 1 << bit)
    try:
        assert walked(path) == expected
    except DataError as error:
        assert "the.tar" in str(error)  # noqa: PT017 - either is right


@given(content=st.binary(max_size=3000))
def test_no_bytes_make_the_walk_raise_anything_else(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "a.tar"
    path.write_bytes(content)
    try:
        walked(path)
    except DataError as error:
        assert "the.tar" in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (tarfile.SYMTYPE, "member bad.png is a symbolic link"),
        (tarfile.LNKTYPE, "member bad.png is a hard link"),
        (tarfile.CHRTYPE, "member bad.png is a character device"),
        (tarfile.FIFOTYPE, "member bad.png is a FIFO"),
        (b"Z", "member bad.png is of the unknown type b'Z'"),
    ],
)
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes, message: str) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        info = tarfile.TarInfo("bad.png")
        info.type, info.linkname = kind, "/etc/passwd"
        tar.addfile(info)
    path = tmp_path / "a.tar"
    path.write_bytes(content.getvalue())
    with pytest.raises(DataError, match=message):
        walked(path)


def pax_tar(headers: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("a.png")
        info.pax_headers, info.size = headers, 3
        tar.addfile(info, io.BytesIO(b"abc"))
    return content.getvalue()


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"GNU.sparse.major": "1"}, "has a sparse file"),
        ({"size": "99999999999"}, r"member a.png has 99,999,999,999 bytes; expected 0 to"),
        ({"size": "x"}, r"member a.png has -1 bytes"),
    ],
)
def test_extended_headers_that_change_what_a_member_is_are_refused(
    tmp_path: Path, headers: dict[str, str], message: str
) -> None:
    (tmp_path / "a.tar").write_bytes(pax_tar(headers))
    with pytest.raises(DataError, match=message):
        walked(tmp_path / "a.tar")


def test_a_member_that_says_it_is_huge_is_refused_before_it_is_read(tmp_path: Path) -> None:
    info = tarfile.TarInfo("a.png")
    info.size = 1 << 40
    (tmp_path / "a.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(DataError, match=r"member a\.png has 1,099,511,627,776 bytes"):
        walked(tmp_path / "a.tar")


def test_a_compressed_tar_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"\x1f\x8b" + bytes(600))
    with pytest.raises(DataError, match="is compressed, expected a plain tar"):
        walked(tmp_path / "a.tar")


def test_folders_and_comments_are_passed_over(tmp_path: Path) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", pax_headers={"comment": "by hand"}) as tar:
        folder = tarfile.TarInfo("one")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        tar.addfile(tarfile.TarInfo("one/a.png"))
    (tmp_path / "a.tar").write_bytes(content.getvalue())
    assert walked(tmp_path / "a.tar") == ["one/a.png"]


# --- verify -----------------------------------------------------------------------------------


def test_whole_shards_have_no_problems(tmp_path: Path) -> None:
    assert said(packed(tmp_path / "out")) == []


def test_every_flipped_byte_of_a_shard_is_found_by_verify(tmp_path: Path) -> None:
    out = packed(tmp_path / "out", train=3, shards=1, validation=0)
    shard = out / "train-000.tar"
    for at in range(0, shard.stat().st_size, 97):
        flip(shard, at)
        found = said(out)
        assert len(found) == 1, at
        assert "train-000.tar" in found[0]
        flip(shard, at)
    assert said(out) == []


def test_verify_names_the_member_and_all_damaged_shards(tmp_path: Path) -> None:
    out = packed(tmp_path / "out", shards=4)
    source = source_of(open_shards(str(out)))
    numbers = [int(np.flatnonzero(source.table.shards == shard)[2]) for shard in range(4)]
    offsets, names = source.table.offsets, source.table.members
    flip(out / "train-000.tar", int(offsets[numbers[0]]) + 9)
    flip(out / "train-001.tar", int(offsets[numbers[1]]) - BLOCK + 5)
    flip(out / "train-002.tar", int(offsets[numbers[2]]) - 2 * BLOCK)  # the label before it
    (out / "train-003.tar").unlink()
    first, second, third, fourth = said(out)
    member = names[numbers[0]]
    assert (
        first == f"{out}/train-000.tar: the bytes of member {member} are not those that were packed"
    )
    assert second.startswith(f"{out}/train-001.tar has a damaged header after member")
    assert third.startswith(f"{out}/train-002.tar: the label or name of member {names[numbers[2]]}")
    assert fourth == f"there is no shard {out}/train-003.tar"


def test_verify_says_where_a_truncated_shard_breaks_off(tmp_path: Path) -> None:
    out = packed(tmp_path / "out", shards=1)
    source = source_of(open_shards(str(out)))
    shard, end = out / "train-000.tar", int(source.table.offsets[7]) + 10
    shard.write_bytes(shard.read_bytes()[:end])
    name = source.table.members[7]
    assert said(out) == [f"{shard} is truncated: it breaks off in member {name}, at byte {end:,}"]


def test_verify_counts_the_pictures_of_a_shard_that_is_whole_but_shorter(tmp_path: Path) -> None:
    out = packed(tmp_path / "out", shards=1)
    shard = out / "train-000.tar"
    source = source_of(open_shards(str(out)))
    last = int(source.table.offsets[-1]) - 3 * BLOCK  # of its label
    shard.write_bytes(shard.read_bytes()[:last] + bytes(1024))
    assert said(out)[0].startswith(f"{shard} ends after 19 of 20 pictures: ")


@given(at=st.integers(0, BLOCK - 1), bit=st.integers(0, 7))
def test_no_flipped_bit_of_a_header_is_overlooked(at: int, bit: int) -> None:
    header = bytearray(member_header("train/cats/a%2Epng.png", 1234))
    assert is_header(bytes(header), 1234)
    assert not is_header(bytes(header), 1235)
    assert not is_header(bytes(header[:-1]), 1234)
    header[at] ^= 1 << bit
    assert not is_header(bytes(header), 1234) or at in range(148, 156)


@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_headers_that_others_write_are_known(format: Literal[0, 1, 2]) -> None:  # noqa: A002
    info = tarfile.TarInfo("ü.png")
    info.size, info.mtime, info.uname = 77, 1.5e9, "someone"
    header = info.tobuf(format, "latin-1")[-BLOCK:]
    assert is_header(header, 77)
    info.type = tarfile.SYMTYPE
    assert not is_header(info.tobuf(format, "latin-1")[-BLOCK:], 77)
