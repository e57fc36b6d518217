"""`lenswork doctor`: what it prints, how it ends, and the lists it writes; it moves nothing."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from planted import RIGHT, picture_bytes, write_pictures

from lenswork.data.decode import PIXEL_LIMIT
from lenswork.data.folder import open_folder
from lenswork.data.shards.write import pack

Command = Callable[..., Any]


@pytest.fixture
def right(tmp_path: Path) -> Path:
    """A folder with nothing wrong in it."""
    return write_pictures(tmp_path / "pets", RIGHT)


@pytest.fixture
def wrong(right: Path) -> Path:
    """The same with seven empty files, a stray picture and a hidden file."""
    for number in range(7):
        (right / "train" / "cats" / f"nothing-{number}.png").touch()
    (right / "train" / "stray.png").write_bytes(picture_bytes(9))
    (right / ".DS_Store").write_bytes(b"")
    return right


def test_a_right_folder_ends_with_0(lenswork: Command, right: Path) -> None:
    said = lenswork("doctor", right, "--quick")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[0] == f"{right}: 2 classes, 16 train, 10 validation"
    assert "nothing found" in said.out


def test_a_folder_that_training_refuses_ends_with_2_and_the_worst_comes_first(
    lenswork: Command, wrong: Path
) -> None:
    said = lenswork("doctor", wrong, "--quick")
    assert said.code == 2
    lines = said.out.splitlines()
    assert lines[2] == "refuse  7 pictures are empty (0 bytes)"
    assert lines[3:9] == [
        *(f"          train/cats/nothing-{number}.png" for number in range(5)),
        "          and 2 more",
    ]
    assert f"lenswork doctor {wrong} --fix-list FILE" in lines[11]
    heads = [line.split()[0] for line in lines if line and not line.startswith(" ")]
    assert heads[1:4] == ["refuse", "warn", "note"]
    assert "1 refuse, 1 warn, 1 note: training refuses this data" in said.out


def test_shards_are_not_said_to_be_right_where_none_of_their_pictures_was_opened(
    lenswork: Command, right: Path, tmp_path: Path
) -> None:
    pack(open_folder(right), tmp_path / "shards")
    said = lenswork("doctor", tmp_path / "shards")
    assert said.code == 0
    assert "note    26 pictures lie in shards and were not opened" in said.out
    assert "1 note: training takes this data" in said.out


def test_warnings_alone_end_with_0(lenswork: Command, right: Path) -> None:
    (right / "train" / "stray.png").write_bytes(picture_bytes(9))
    said = lenswork("doctor", right, "--quick")
    assert said.code == 0
    assert "1 warn: training takes this data" in said.out


def test_lines_are_no_wider_than_100_but_for_files_and_cures(
    lenswork: Command, right: Path
) -> None:
    (right / "validation" / "cats").rename(right / "validation" / "Cats")
    for line in lenswork("doctor", right, "--quick").out.splitlines():
        assert len(line) <= 100 or "mv -i" in line or str(right) in line


def test_json_says_everything(lenswork: Command, wrong: Path) -> None:
    said = lenswork("doctor", wrong, "--quick", "--json")
    assert said.code == 2
    report = json.loads(said.out)
    assert report["refused"]
    assert report["quick"]
    assert report["pictures"]["validation"] == {"cats": 5, "dogs": 5}
    worst = report["findings"][0]
    assert (worst["code"], worst["severity"]) == ("empty", "refuse")
    assert worst["move"] == [f"train/cats/nothing-{number}.png" for number in range(7)]


def test_the_list_has_a_line_a_file_and_nothing_is_moved(
    lenswork: Command, wrong: Path, tmp_path: Path
) -> None:
    before = sorted(wrong.rglob("*"))
    said = lenswork("doctor", wrong, "--quick", "--fix-list", tmp_path / "list.txt")
    assert said.code == 2
    names = (tmp_path / "list.txt").read_text("utf-8").splitlines()
    assert names == [*(f"train/cats/nothing-{n}.png" for n in range(7)), "train/stray.png"]
    assert f"8 files to move in {tmp_path / 'list.txt'}" in said.out
    assert sorted(wrong.rglob("*")) == before


def odd_names(cats: Path) -> list[bytes]:
    """Empty files whose names a shell would take for something else."""
    names = [
        b"with space.png",
        b"-n.png",
        b"quo'te\".png",
        b"$(x).png",
        b"caf\xe9.png",
        b"back\\.png",
    ]
    for name in names:
        os.close(os.open(os.fsencode(cats) + b"/" + name, os.O_CREAT))
    return names


@pytest.mark.parametrize("line_break", [False, True])
def test_the_printed_command_moves_the_files_and_no_others(
    lenswork: Command, right: Path, tmp_path: Path, line_break: bool
) -> None:
    kept = sorted(right.rglob("*"))
    names = odd_names(right / "train" / "cats")
    if line_break:
        (right / "train" / "cats" / "two\nlines.png").touch()
        names.append(b"two\nlines.png")
    listed = tmp_path / "my lists" / "move.txt"
    listed.parent.mkdir()
    said = lenswork("doctor", right, "--quick", "--fix-list", listed)
    assert ("each ended by a zero byte" in said.out) == line_break
    (command,) = [line for line in said.out.splitlines() if line.startswith("  cd ")]
    subprocess.run(["sh", "-c", command], check=True)
    assert sorted(right.rglob("*")) == kept
    moved = (listed.parent / "aside" / "train" / "cats").iterdir()
    assert sorted(os.fsencode(path.name) for path in moved) == sorted(names)
    assert lenswork("doctor", right, "--quick").code == 0


def test_nothing_to_move_makes_an_empty_list(
    lenswork: Command, right: Path, tmp_path: Path
) -> None:
    said = lenswork("doctor", right, "--quick", "--fix-list", tmp_path / "list.txt")
    assert (tmp_path / "list.txt").read_bytes() == b""
    assert "no file is to be moved" in said.out


def test_the_page_is_written(lenswork: Command, wrong: Path, tmp_path: Path) -> None:
    said = lenswork("doctor", wrong, "--html", tmp_path / "page.html")
    assert f"written to {tmp_path / 'page.html'}" in said.out
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "7 pictures are empty (0 bytes)" in page
    assert "stray.png" in page


def test_a_path_that_is_not_utf_8_can_be_printed(lenswork: Command, right: Path) -> None:
    odd = right.rename(right.parent / os.fsdecode(b"caf\xe9"))
    said = lenswork("doctor", odd, "--json", "--quick")
    assert said.code == 2
    assert json.loads(said.out)["name"].endswith("caf\\xe9")
    assert "not UTF-8, so a record cannot name it" in " ".join(
        lenswork("doctor", odd, "--quick").out.split()
    )


def test_a_name_cannot_steer_the_terminal(lenswork: Command, right: Path) -> None:
    (right / "train" / "cats" / "a\x1b[2J\nb.png").touch()
    said = lenswork("doctor", right, "--quick")
    assert "train/cats/a\\x1b[2J\\nb.png" in said.out
    assert "\x1b" not in said.out


def test_a_list_inside_the_data_is_refused(lenswork: Command, right: Path) -> None:
    said = lenswork("doctor", right, "--fix-list", right / "list.txt")
    assert said.code == 2
    assert f"{right / 'list.txt'} lies in the data" in said.err
    assert not (right / "list.txt").exists()


def test_a_page_inside_the_data_is_refused(lenswork: Command, right: Path) -> None:
    said = lenswork("doctor", right, "--html", right / "page.html")
    assert said.code == 2
    assert f"--html: {right / 'page.html'} lies in the data" in said.err
    assert not (right / "page.html").exists()


def test_a_cure_with_a_line_break_in_a_name_is_one_line_that_bash_takes(
    lenswork: Command, right: Path
) -> None:
    for part in ("train", "validation"):
        (right / part / "cats").rename(right / part / "ca'ts\nx")
    (right / "validation" / "ca'ts\nx").rename(right / "validation" / "Ca'ts\nx")
    said = lenswork("doctor", right, "--quick")
    (line,) = [line for line in said.out.splitlines() if "mv -i" in line]
    subprocess.run(["bash", "-c", line.partition("cure: ")[2]], check=True)
    assert sorted(path.name for path in (right / "validation").iterdir()) == ["ca'ts\nx", "dogs"]


def test_one_file_to_move_is_one_file(lenswork: Command, right: Path, tmp_path: Path) -> None:
    (right / "train" / "stray.png").write_bytes(picture_bytes(9))
    said = lenswork("doctor", right, "--quick", "--fix-list", tmp_path / "list")
    assert f"1 file to move in {tmp_path / 'list'}; this moves it to" in said.out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--size", "large"), "size must be HEIGHTxWIDTH"),
        (("--html", "page.txt"), "--html must end in .html"),
        (("--pixel-limit", "0"), "Invalid value for '--pixel-limit'"),
        (("--pixel-limit", str(PIXEL_LIMIT + 1)), "Invalid value for '--pixel-limit'"),
    ],
)
def test_wrong_options_are_refused_before_any_work(
    lenswork: Command, right: Path, words: tuple[str, str], complaint: str
) -> None:
    said = lenswork("doctor", right, *words)
    assert said.code == 2
    assert complaint in said.err


def test_data_that_is_nowhere_is_an_error_that_says_what_there_is(lenswork: Command) -> None:
    said = lenswork("doctor", "nowhere-at-all")
    assert (said.code, said.out) == (2, "")
    assert "neither a folder nor a known data set" in said.err


def test_without_data_it_is_the_embedded_sample(lenswork: Command) -> None:
    said = lenswork("doctor", "--quick")
    assert said.code == 0
    assert "horses-or-humans-150: 2 classes, 1,027 train, 256 validation" in said.out


@pytest.mark.parametrize("data", ["~nobody-here/pets", "circle"])
def test_a_page_of_data_that_nobody_can_find_is_refused_in_a_sentence(
    lenswork: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "circle").symlink_to("circle")
    said = lenswork("doctor", data, "--html", "report.html")
    assert said.code == 2
    assert data in said.err
    assert not (tmp_path / "report.html").exists()
