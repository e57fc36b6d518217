"""Shards over HTTP: received once, gone on with after a cut-off, and never taken for whole."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from faulty_server import FaultyServer
from shard_sets import PieceServer, labelled, opened, packed, source_of, tar_of

from lenswork.data.doctor.codes import quoted
from lenswork.data.doctor.examine import examine
from lenswork.data.download import Patience
from lenswork.data.shards import http as shard_http
from lenswork.data.shards.epoch import Streaming, met_in_epoch, read_in_order
from lenswork.data.shards.fetch import fetched
from lenswork.data.shards.http import HttpStream
from lenswork.data.shards.manifest import read_manifest
from lenswork.data.shards.open import open_shards
from lenswork.data.shards.source import ShardSource
from lenswork.data.shards.verify import problems
from lenswork.errors import DataError, DownloadError, PictureError
from lenswork.training import prepare
from lenswork.training.recipe import Recipe

QUICK = Patience(tries=3, pause_seconds=0.0, connect_seconds=2.0, silence_seconds=0.2)
CONTENT = bytes(range(256)) * 40


@pytest.fixture
def pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PieceServer]:
    """A server of packed shards, in `out/`."""
    monkeypatch.setenv("NO_PROXY", "*")
    packed(tmp_path / "out", train=20, shards=3)
    with PieceServer(tmp_path).running() as server:
        yield server


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_http, "Patience", lambda: QUICK)


def read_all(url: str, position: int = 0) -> bytes:
    with HttpStream(url, position, QUICK) as stream:
        content = b""
        while piece := stream.read(1000):
            content += piece
    return content


# --- the stream -------------------------------------------------------------------------------


def test_a_file_is_read_from_any_byte_whatever_the_server_can_do(
    server: FaultyServer, pieces: PieceServer, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    for url in (server.serve("file", CONTENT), pieces.address("file")):
        for start in (0, 1, 700, len(CONTENT), len(CONTENT) + 5):
            assert read_all(url, start) == CONTENT[start:]
    assert pieces.asked("file")[1] == "bytes=1-"


def test_a_cut_off_is_gone_on_with_at_its_byte(server: FaultyServer) -> None:
    url = server.serve("file", CONTENT, cut_after=3000, etag='"1"', resumes=True)
    server.serve("file", CONTENT, etag='"1"', resumes=True)
    assert read_all(url) == CONTENT
    assert server.requests == [("/file", None), ("/file", "bytes=3000-")]


def test_a_server_that_cannot_go_on_is_asked_for_the_whole_again(server: FaultyServer) -> None:
    url = server.serve("file", CONTENT, cut_after=3000)
    server.serve("file", CONTENT, cut_after=7000)
    server.serve("file", b"busy", status=503)
    server.serve("file", CONTENT)
    assert read_all(url) == CONTENT


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        ({"status": 404}, r"the server has no such file \(HTTP status 404\)"),
        ({"status": 403}, r"the server refuses \(HTTP status 403\)"),
        ({"status": 503}, r"the server refuses \(HTTP status 503\)"),
        ({"cut_after": 3000}, r"broke off after 3,000 of 10,240 bytes, in the last of 3 tries"),
        ({"silent_after": 2000}, r"fell silent at byte 2,000, in each of 3 tries"),
    ],
)
def test_a_file_that_does_not_arrive_is_named(
    server: FaultyServer, faults: dict[str, int], message: str
) -> None:
    url = server.serve("a.tar?token=secret", CONTENT, **faults)
    with pytest.raises(DownloadError, match=message) as caught:
        read_all(url)
    assert f"cannot read {url.partition('?')[0]}: " in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_file_that_changes_while_it_is_read_is_refused(server: FaultyServer) -> None:
    url = server.serve("file", CONTENT, cut_after=3000, etag='"1"')
    server.serve("file", CONTENT[::-1], etag='"2"')
    with pytest.raises(DownloadError, match="has changed on the server while it was read"):
        read_all(url)


def test_another_piece_than_asked_for_is_refused(server: FaultyServer) -> None:
    url = server.serve("file", CONTENT, cut_after=3000, etag='"1"', resumes=True)
    server.serve("file", CONTENT, etag='"1"', resumes=True, resumes_from=2000)
    with pytest.raises(DownloadError, match=r"another piece \(bytes 2000-10239/10240\) than asked"):
        read_all(url)


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1 cannot be reached"):
        read_all("http://127.0.0.1:9/a.tar")


def test_a_long_gap_is_jumped_over(pieces: PieceServer, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(9_000_000) + b"end")
    with HttpStream(pieces.address("large")) as stream:
        stream.read(10)
        stream.skip(100)
        stream.skip(9_000_000 - 110)
        assert stream.read(10) == b"end"
    assert pieces.asked("large") == [None, "bytes=9000000-"]


# --- shards -----------------------------------------------------------------------------------


def test_packed_shards_over_http_are_those_on_disk(pieces: PieceServer, tmp_path: Path) -> None:
    here = open_shards(str(tmp_path / "out"))
    there = open_shards(pieces.address("out"))
    assert there.describe() == here.describe()
    assert there.train.ids == here.train.ids
    assert there.location is None
    assert not pieces.asked(".tar")  # nothing but the manifest and what lies beside it
    source = source_of(there)
    assert source.remote
    assert source.read(7).tolist() == here.train.source.read(7).tolist()
    assert len(pieces.asked(".tar")) == 1
    named = open_shards(pieces.address("out/train-{000..001}.tar"))
    assert len(named.train) == 14
    assert open_shards(there.source).train.ids == there.train.ids


def test_an_epoch_asks_for_each_shard_once(pieces: PieceServer) -> None:
    source = source_of(open_shards(pieces.address("out")))
    met = Counter(place for place, _ in met_in_epoch(source, Streaming(buffer=5), 0))
    assert met == Counter(range(20))
    assert len(pieces.asked(".tar")) == 3
    rest = [place for place, _ in met_in_epoch(source, Streaming(buffer=1), 0, skip=19)]
    assert len(rest) == 1
    assert len(pieces.asked(".tar")) == 4


def test_epochs_over_http_and_from_disk_are_the_same(pieces: PieceServer, tmp_path: Path) -> None:
    how = Streaming(seed=2, buffer=4)
    orders = [
        [place for place, _ in met_in_epoch(source_of(open_shards(text)), how, 1)]
        for text in (str(tmp_path / "out"), pieces.address("out"))
    ]
    assert orders[0] == orders[1]


def test_foreign_shards_over_http_are_found_in_one_pass(server: FaultyServer) -> None:
    first, second = (tar_of(labelled(labels)) for labels in (["0", "1"], ["1", "1", "0"]))
    server.serve("lenswork.json", b"who are you?", status=403)  # as S3 says of what is not there
    url = server.serve("pets-0.tar", first)
    server.serve("pets-1.tar", second, cut_after=2000)
    server.serve("pets-1.tar", second)
    data = open_shards(url.replace("-0", "-{0..1}"))
    assert data.describe() == "pets: 2 classes, 5 train"
    source = source_of(data)
    assert (source.table.checks >= 0).all()
    assert len(list(met_in_epoch(source, Streaming(), 0))) == 5


def test_a_shard_that_is_missing_or_ends_early_is_named(
    pieces: PieceServer, tmp_path: Path
) -> None:
    data = open_shards(pieces.address("out"))
    source = source_of(data)
    shard = tmp_path / "out" / "train-001.tar"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:3000])
    with pytest.raises(PictureError, match=r"out/train-001\.tar: the shard is truncated: it ends"):
        list(met_in_epoch(source, Streaming(), 0))
    shard.unlink()
    with pytest.raises(DownloadError, match=r"out/train-001\.tar: the server has no such file"):
        list(met_in_epoch(source, Streaming(), 0))
    shard.write_bytes(whole)
    with pytest.raises(DownloadError, match=r"nothing/a-0\.tar: the server has no such file"):
        open_shards(pieces.address("nothing/a-0.tar"))


def test_a_folder_without_a_manifest_says_so(pieces: PieceServer) -> None:
    with pytest.raises(DataError, match=r"has no lenswork\.json: name its shards, http://"):
        open_shards(pieces.address("nothing"))


def test_a_part_can_be_fetched_with_one_request_a_shard(pieces: PieceServer) -> None:
    source = source_of(open_shards(pieces.address("out"))).subset([19, 3, 3, 8])
    kept = fetched(source)
    assert len(pieces.asked(".tar")) <= 3
    for index in range(4):
        assert kept.read(index).tolist() == source.read(index).tolist()
        assert kept.names[index] == source.name(index)
    assert len(fetched(source.subset([]))) == 0


def test_more_than_fits_into_memory_is_refused_before_it_is_received(
    pieces: PieceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = open_shards(pieces.address("out"))
    monkeypatch.setattr(prepare, "available_bytes", lambda: 100)
    recipe = Recipe(data=data.source, net="flatten, dense classes", stream=True)
    with pytest.raises(DataError, match=r"the 6 pictures from .* on are kept in memory as files"):
        prepare.prepare(recipe, data, None, "cpu")
    assert pieces.asked("validation-000.tar") == []
    with pytest.raises(DataError, match=r"expected room for [\d.]+ \S+, 100 bytes are free; bring"):
        fetched(source_of(data), 100)


def test_memory_that_is_refused_is_told_with_the_size(
    pieces: PieceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = source_of(open_shards(pieces.address("out")))
    source.table.sizes[:] = 1 << 56
    with pytest.raises(DataError, match=r"expected room for .*, so many are not free; bring"):
        fetched(source)


def test_what_the_doctor_says_of_an_address_is_right_and_keeps_its_secret(
    pieces: PieceServer,
) -> None:
    address = pieces.address("out/train-{000..002}.tar")
    report = examine(f"{address}?token=SECRET")
    assert report.name == address
    assert "SECRET" not in "".join(f"{one.title}{one.cure}" for one in report.findings)
    assert quoted(f"{address}?token=SECRET") == f"'{address}'"


def test_verify_reads_over_http(pieces: PieceServer, tmp_path: Path) -> None:
    location = pieces.address("out/lenswork.json")
    manifest = read_manifest(location)
    assert manifest is not None
    assert list(problems(manifest, location)) == []
    (tmp_path / "out" / "train-000.tar").unlink()
    assert len(list(problems(manifest, location))) == 1


def test_a_validation_part_over_http_is_read_as_any_other(
    tmp_path: Path, pieces: PieceServer
) -> None:
    data = open_shards(pieces.address("out"))
    here = opened(tmp_path / "again", train=20, shards=3)
    assert data.validation is not None
    assert here.validation is not None
    source = data.validation.source
    assert isinstance(source, ShardSource)
    before = len(pieces.asked(".tar"))
    read = dict(read_in_order(source))
    assert len(pieces.asked(".tar")) == before + 1
    for index in range(len(here.validation)):
        theirs = here.validation.source.read(index).tolist()
        assert source.read(index).tolist() == read[index].tolist() == theirs
