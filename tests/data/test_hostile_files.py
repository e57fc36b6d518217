"""The corpus of bad and odd files: each shows what it must, or is refused with the right words."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hostile import EPS, whole_corpus
from odd_kinds import Odd

from lenswork.data import decode
from lenswork.data.decode import decode_bytes, decode_file, shape_in_bytes
from lenswork.data.open import open_data
from lenswork.errors import PictureError
from lenswork.kinds import Picture
from lenswork.model.preprocess import Preprocess

MOST_SECONDS, MOST_MEGABYTES = 1.0, 300  # of processor time, of memory, for a file of the corpus
CHILD = """
import json, resource, time
from hostile import whole_corpus
from lenswork.data.decode import decode_bytes
from lenswork.errors import PictureError

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

rows = []
for odd in whole_corpus():
    before, began = peak(), time.process_time()
    try:
        decode_bytes(odd.content)
    except PictureError:
        pass
    rows.append((odd.name, time.process_time() - began, peak() - before))
print(json.dumps(rows))
"""


def outcome(odd: Odd) -> Picture | str:
    """The picture, or the text of the refusal."""
    try:
        return decode_bytes(odd.content, odd.name)
    except PictureError as error:
        return str(error)


def test_the_corpus_is_large_and_its_names_differ() -> None:
    names = [odd.name for odd in whole_corpus()]
    assert len(names) == len(set(names)) > 250
    assert sum(odd.is_read for odd in whole_corpus()) > 100


@pytest.mark.parametrize("odd", whole_corpus(), ids=lambda odd: odd.name)
def test_a_file_of_the_corpus_is_read_or_refused_as_it_must_be(odd: Odd) -> None:
    found = outcome(odd)
    if isinstance(found, str):
        assert odd.says, f"must be read: {found}"
        assert found.startswith(f"cannot read {odd.name}: ")
        assert odd.says in found
        return
    assert odd.problem(found) == ""
    assert found.dtype == "uint8"


@pytest.mark.parametrize("odd", whole_corpus(), ids=lambda odd: odd.name)
def test_the_shape_that_a_header_tells_is_the_shape_that_comes(odd: Odd) -> None:
    if odd.is_read:
        assert shape_in_bytes(odd.content, odd.name) == decode_bytes(odd.content).shape
        return
    try:
        shape_in_bytes(odd.content, odd.name)  # a header may be whole where the pixels are not
    except PictureError as error:
        said = str(error)
        assert said.startswith(f"cannot read {odd.name}: ")


@pytest.mark.parametrize("odd", whole_corpus(), ids=lambda odd: odd.name)
def test_a_picture_wanted_small_is_refused_alike_and_never_too_small(odd: Odd) -> None:
    try:
        small = decode_bytes(odd.content, odd.name, at_least=(5, 7))
    except PictureError as error:
        assert odd.says in str(error)  # noqa: PT017
        assert odd.says
        return
    assert odd.is_read
    whole = decode_bytes(odd.content)
    assert small.shape[2] == whole.shape[2]
    assert small.shape[0] >= min(5, whole.shape[0])
    assert small.shape[1] >= min(7, whole.shape[1])


def test_a_picture_is_the_same_in_however_many_bands_it_is_worked_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    readable = [odd for odd in whole_corpus() if odd.is_read and len(odd.content) < 9_000]
    whole = [decode_bytes(odd.content) for odd in readable]
    monkeypatch.setattr(decode, "_BAND_PIXELS", 7)
    for odd, picture in zip(readable, whole, strict=True):
        assert np.array_equal(decode_bytes(odd.content), picture), odd.name


@pytest.mark.skipif(sys.platform == "win32", reason="needs the resource module")
def test_no_file_of_the_corpus_takes_long_or_much_memory() -> None:
    support = Path(__file__).parent.parent / "support"
    environment = {**os.environ, "PYTHONPATH": str(support)}
    said = subprocess.run(
        [sys.executable, "-c", CHILD], env=environment, capture_output=True, timeout=60, check=False
    )
    assert said.returncode == 0, said.stderr.decode()
    assert (
        b"More samples per pixel" not in said.stderr
    )  # what Pillow logs stays out of the terminal
    rows = json.loads(said.stdout)
    assert len(rows) == len(whole_corpus())
    assert [row for row in rows if row[1] > MOST_SECONDS or row[2] > MOST_MEGABYTES] == []


def test_no_program_is_started_for_postscript(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pillow would give EPS to Ghostscript, which runs what is written in it."""
    for name in ("gs", "gswin32c", "gswin64c"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho started > {tmp_path}/started\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    for name in ("drawing.eps", "drawing.jpg"):
        (tmp_path / name).write_bytes(EPS)
        with pytest.raises(PictureError, match="that are none of these"):
            decode_file(tmp_path / name)
    assert not (tmp_path / "started").exists()


# --- as a folder ------------------------------------------------------------------------------


def write_corpus(root: Path, corpus: list[Odd]) -> Path:
    """Two classes with the files in turn, under names that every disk takes."""
    for place, odd in enumerate(corpus):
        folder = root / ("odd" if place % 2 else "even")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{place:03d} {odd.name.replace('/', ' ')}").write_bytes(odd.content)
    return root


def test_a_folder_of_all_that_can_be_read_is_read(tmp_path: Path) -> None:
    readable = [odd for odd in whole_corpus() if odd.is_read]
    data = open_data(write_corpus(tmp_path / "data", readable), validation=0.1)
    assert sum(map(len, data.parts.values())) == len(readable)
    preprocess = Preprocess(height=8, width=8, colours="rgb")
    pictures = preprocess.read_all(data.train.source)
    assert pictures.shape == (len(data.train), 8, 8, 3)
    for place, name in enumerate(data.train.ids):
        odd = readable[int(name.split("/")[1][:3])]
        if odd.shows is not None and not odd.lossy and not odd.within:
            assert (pictures[place] == preprocess.apply(odd.shows)).all(), odd.name


def test_a_folder_of_the_whole_corpus_is_refused_naming_how_many(tmp_path: Path) -> None:
    corpus = list(whole_corpus())
    bad = sum(not odd.is_read for odd in corpus)
    data = open_data(write_corpus(tmp_path / "data", corpus), validation=0.001)
    parts = [data.train, data.parts["validation"]]
    refused = 0
    for part in parts:
        names = [corpus[int(name.split("/")[1][:3])] for name in part.ids]
        expected = sum(not odd.is_read for odd in names)
        refused += expected
        if expected > 1:
            with pytest.raises(PictureError) as caught:
                Preprocess(height=8, width=8, colours="rgb").read_all(part.source)
            said = str(caught.value)
            assert said.startswith(f"{expected:,} of {len(part):,} pictures cannot be read; repair")
            assert said.endswith(f"and {expected - 10:,} more")
            assert said.count("\n") == 11
    assert refused == bad
