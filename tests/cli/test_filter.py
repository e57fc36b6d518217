"""`lenswork filter`."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

PNG = b"\x89PNG"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    path = tmp_path / "garden.png"
    Image.fromarray(pixels).save(path)
    return path


def test_without_words_the_embedded_photograph_is_filtered(lenswork: Any, tmp_path: Path) -> None:
    said = lenswork("filter")
    assert said.code == 0, said.err
    assert "filtered  510x510: 512 - 3 + 1 = 510" in said.out
    assert "pooled    255x255: floor(510 / 2) = 255" in said.out
    assert "Networks correlate" in said.out
    assert said.out.rstrip().endswith("drawn in camera-laplacian.png")
    assert (tmp_path / "camera-laplacian.png").read_bytes().startswith(PNG)


def test_a_kernel_of_ones_own_on_a_picture_of_ones_own(
    lenswork: Any, photo: Path, tmp_path: Path
) -> None:
    out = tmp_path / "made.png"
    said = lenswork(
        "filter", photo, "--kernel", "-1 0 1 / -2 0 2 / -1 0 1", "--weight", "1/4", "--pool", "3",
        "--pool-method", "avg", "--padding", "zero", "--out", out, "--json",
    )  # fmt: skip
    assert said.code == 0, said.err
    content = json.loads(said.out)
    grey = np.asarray(Image.open(photo).convert("L"), dtype=np.float64)
    rows = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    expected = 0.25 * ndimage.correlate(grey, rows, mode="constant")
    assert content["lowest"] == expected.min()
    assert content["highest"] == expected.max()
    assert content["below_0"] == np.mean(expected < 0)
    assert content["colours"] == "made grey"
    assert content["shapes"] == {
        "given": [40, 60, 3], "original": [40, 60, 1],
        "filtered": [40, 60, 1], "pooled": [13, 20, 1],
    }  # fmt: skip
    assert content["out"] == str(out)
    assert out.read_bytes().startswith(PNG)


def test_colours_strides_turning_and_no_clipping_reach_the_lab(lenswork: Any, photo: Path) -> None:
    words = ["--preset", "emboss", "--colour", "--stride", "2", "--flip", "--no-clip"]
    said = lenswork("filter", photo, *words, "--pool", "1", "--json")
    content = json.loads(said.out)
    assert content["shapes"]["filtered"] == [19, 29, 3]
    assert content["scale"][0] == -content["scale"][1]
    assert "pooled" not in content["sizes"]
    assert content["flip"] is True
    assert content["out"] == "garden-emboss.png"


def test_presets_are_listed_and_drawn_on_one_sheet(lenswork: Any, photo: Path) -> None:
    listed = json.loads(lenswork("filter", "--list", "--json").out)
    assert listed["laplacian"]["rows"] == [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    page = lenswork("filter", "--list").out
    assert all(name in page for name in listed)
    said = lenswork("filter", photo, "--preset", "all", "--json")
    content = json.loads(said.out)
    assert [row["kernel"] for row in content["kernels"]] == list(listed)
    assert Path("garden-all.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--kernel", "1 2 3 / 4 5 6"], "2 rows and row 1 has 3 numbers"),
        (["--kernel", "1 2", "--preset", "emboss"], "--kernel or --preset, not both"),
        (["--preset", ""], "there is no preset ''"),
        (["--stride", "0"], "stride must be 1 or more, got 0"),
        (["--stride", "600"], "stride 600 leaves 1x1 of a picture of 512x512"),
        (["--kernel", "1 2 / 3"], "2 rows and row 2 has 1 number"),
        (["--kernel", "nan"], "must be a number or a fraction such as -0.5 or 1/9, got 'nan'"),
        (["--kernel", " / ".join(["0 " * 10] * 10)], "a kernel may be 1x1 to 9x9, got 10x10"),
        (["--weight", "nan"], "--weight must be a number or a fraction"),
        (["--weight", "1e9"], "a kernel's weight must be from -1,000,000 to 1,000,000, got 1e+09"),
        (["--preset", "gausian-5"], "Did you mean gaussian-5, "),
        (
            ["--preset", "gausian-blur"],
            "Did you mean gaussian-9, gaussian-7, gaussian-5 or gaussian-3?",
        ),
        (["--weight", "much"], "--weight must be a number or a fraction"),
        (["--pool", "0"], "pool must be 1 or more, got 0"),
        (["--pool", "600"], "use a pool of 510 at most"),
        (["--stride", "-1"], "stride must be 1 or more"),
        (["--padding", "same"], "'same' is not one of 'none', 'zero', 'edge', 'reflect'"),
        (["--colour"], "this picture is grey"),
        (["nowhere.png"], "cannot read nowhere.png: there is no such file"),
        (["."], "cannot read .: it is a folder"),
        (["--out", "made.jpg"], "--out must end in .png, got made.jpg"),
        (["--out", "nowhere/made.png"], "there is no folder"),
    ],
)
def test_wrong_words_end_with_2_and_draw_nothing(
    lenswork: Any, tmp_path: Path, words: list[str], message: str
) -> None:
    said = lenswork("filter", *words)
    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err
    assert list(tmp_path.glob("*.png")) == []


@pytest.mark.parametrize(("mode", "colours"), [("RGBA", "made grey"), ("I;16", "grey")])
def test_pictures_of_other_kinds_are_filtered_and_the_change_is_told(
    lenswork: Any, tmp_path: Path, mode: str, colours: str
) -> None:
    chance = np.random.default_rng(3)
    pixels = (
        chance.integers(0, 256, (20, 30, 4), dtype=np.uint8)
        if mode == "RGBA"
        else chance.integers(0, 65536, (20, 30), dtype=np.uint16)
    )
    Image.fromarray(pixels).save(tmp_path / "odd.png")
    said = lenswork("filter", tmp_path / "odd.png")
    assert said.code == 0, said.err
    assert f"original  20x30, {colours}" in said.out
    assert ("with transparency, laid on white" in said.out) == (mode == "RGBA")
    assert ("16 bits a sample, reduced to 8" in said.out) == (mode == "I;16")


def test_a_picture_of_one_pixel_is_filtered_where_padding_makes_room(
    lenswork: Any, tmp_path: Path
) -> None:
    Image.fromarray(np.full((1, 1), 9, np.uint8)).save(tmp_path / "one.png")
    path = tmp_path / "one.png"
    refused = lenswork("filter", path)
    assert refused.code == 2
    assert (
        "a 3x3 kernel finds no place on a picture of 1x1 pixels: add a padding and use pool 1"
        in refused.err
    )
    padded = lenswork("filter", path, "--padding", "zero")
    assert "use pool 1, which pools nothing" in padded.err
    said = lenswork("filter", path, "--padding", "zero", "--pool", "1")
    assert said.code == 0
    assert "filtered  1x1: 1 + 2 - 3 + 1 = 1" in said.out


def test_the_picture_itself_is_never_overwritten(lenswork: Any, photo: Path) -> None:
    before = photo.read_bytes()
    said = lenswork("filter", photo, "--out", Path("./garden.png"))
    assert said.code == 2
    assert "is the picture itself" in said.err
    assert photo.read_bytes() == before


def test_the_filter_lab_needs_no_torch() -> None:
    code = "import sys, lenswork.cli.filter; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
