"""`lenswork data`: what it prints on a terminal's width, in a pipe, and as JSON."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny_sets
from faulty_server import FaultyServer

from lenswork.cli.app import main
from lenswork.data import sources
from lenswork.data.known import KNOWN


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    monkeypatch.setenv("NO_PROXY", "*")
    with FaultyServer() as running:
        yield running


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache of a machine with no data set on it."""
    monkeypatch.delenv(sources.VARIABLE, raising=False)
    monkeypatch.setattr(sources, "SYSTEM_HOMES", ())
    monkeypatch.setattr(sources, "cache_home", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def tiny_digits(cache: Path, server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> FaultyServer:
    """The table of known sets with tiny-digits as its only row, served on loopback."""
    files = tiny_sets.idx_files(tiny_sets.digits())
    for name, content in files.items():
        server.serve(name, content)
    known = tiny_sets.digits_set(server.address(""), files)
    monkeypatch.setattr(sources, "KNOWN", {known.name: known})
    return server


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["data", *arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_the_list_names_every_set_and_how_to_get_it(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "pictures", "classes", "size", "to", "fetch", "licence"]
    assert lines[1].split() == [
        "mnist",
        "70,000",
        "10",
        "28x28",
        "11.5",
        "MB",
        "CC",
        "BY-SA",
        "3.0",
    ]
    for name in KNOWN:
        assert any(
            line.split() == f"{name} not here: lenswork data get {name}".split() for line in lines
        )
    assert lines[-1].split() == ["horses-or-humans-150", str(sources.sample_folder())]


def test_the_table_fits_80_columns_and_a_long_path_is_never_broken(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    folder = tmp_path / ("long-" * 20) / "mnist"
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    tiny_sets.write_files(folder, {f"{name}-ubyte.gz": b"" for name in names})
    assert run("list", "--data-home", str(folder.parent)) == 0
    table, _, places = capsys.readouterr().out.partition("\n\n")
    assert all(len(line) <= 80 and "…" not in line for line in table.splitlines())
    assert str(folder) in places


def test_the_list_says_why_a_folder_was_skipped(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_sets.write_files(cache / "mnist", {"train-images-idx3-ubyte.gz": b""})
    assert run("list") == 0
    assert f"skipped: {cache / 'mnist'} is not the whole of mnist" in capsys.readouterr().out


def test_the_list_as_json_says_the_same(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--json") == 0
    sets = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert list(sets) == [*KNOWN, "horses-or-humans-150"]
    assert sets["mnist"]["pictures"] == {"train": 60_000, "test": 10_000}
    assert sets["mnist"]["location"] is None
    assert sets["fashion-mnist"]["classes"][9] == "Ankle boot"
    assert sets["horses-or-humans"]["attribution"].startswith("Laurence Moroney")
    assert sets["horses-or-humans-150"]["location"] == str(sources.sample_folder())


def test_get_fetches_to_the_cache_once(
    tiny_digits: FaultyServer, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("get", "tiny-digits") == 0
    first = capsys.readouterr()
    assert first.out == f"tiny-digits is now in {cache / 'tiny-digits'}\n"
    assert "licence CC0" in first.err
    assert run("get", "tiny-digits") == 0
    second = capsys.readouterr()
    assert second.out == f"tiny-digits is already in {cache / 'tiny-digits'}\n"
    assert second.err == ""


def test_get_puts_it_where_it_is_told_though_the_cache_has_it(
    tiny_digits: FaultyServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "stick"
    home.mkdir()
    assert run("get", "tiny-digits") == 0
    assert run("get", "tiny-digits", "--data-home", str(home)) == 0
    assert (
        capsys.readouterr().out.splitlines()[1] == f"tiny-digits is now in {home / 'tiny-digits'}"
    )


def test_get_as_json_prints_nothing_else_on_standard_output(
    tiny_digits: FaultyServer, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("get", "tiny-digits", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["location"] == str(cache / "tiny-digits")
    assert facts["fetched"] is True


def test_a_failed_download_ends_with_1_and_one_line(
    tiny_digits: FaultyServer, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "train-images-idx3-ubyte.gz"
    tiny_digits.serve(name, b"", status=404)
    tiny_sets.write_files(cache / "tiny-digits", {"half": b""})
    tiny_digits.requests.clear()
    tiny_digits._answers[f"/{name}"] = tiny_digits._answers[f"/{name}"][1:]
    assert run("get", "tiny-digits") == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith(f"error: cannot download {name} from 127.0.0.1")
    assert f"save it as {cache / 'tiny-digits' / name}" in error


def test_wrong_names_and_homes_end_with_2(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("get", "minst") == 2
    assert "error: expected the name of a known data set, mnist" in capsys.readouterr().err
    assert run("list", "--data-home", str(tmp_path / "nowhere")) == 2
    assert f"expected a folder at {tmp_path / 'nowhere'}" in capsys.readouterr().err
