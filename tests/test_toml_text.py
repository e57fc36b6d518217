"""TOML is read or refused in a moment, whoever wrote it."""

import os
from pathlib import Path

import pytest

from lenswork.toml_text import (
    DEEPEST,
    LONGEST_BYTES,
    LONGEST_SHOWN,
    read_toml,
    shown,
    toml_file,
)

BARE, QUOTED, BLANK = "a.", '"a b".', "a . "


def test_what_a_person_writes_is_read() -> None:
    text = 'a.b."c d".e = 1\nrates = [0.1, 0.01, 0.001]\nquestion = "How... deep. is. it?"\n[x.y]\n'
    assert read_toml(text) == {
        "a": {"b": {"c d": {"e": 1}}},
        "rates": [0.1, 0.01, 0.001],
        "question": "How... deep. is. it?",
        "x": {"y": {}},
    }
    deep = (DEEPEST - 1) * "a." + "a = 1"
    assert str(read_toml(deep)).count("a") == DEEPEST


@pytest.mark.parametrize("part", [BARE, QUOTED, BLANK, "1.", "'a,b'.", "a\t.\t"])
@pytest.mark.parametrize("form", ["{key} = 1", "[{key}]", "[[{key}]]", "x = {{{key} = 1}}"])
def test_a_key_of_very_many_parts_is_refused(part: str, form: str) -> None:
    with pytest.raises(ValueError, match="a key has more than 32 parts"):
        read_toml(form.format(key=50_000 * part + "a"))


@pytest.mark.parametrize(
    "text",
    [
        "seeds = 0x" + 5000 * "f",
        "seeds = " + 5000 * "9",
        "x = " + 3000 * "[",
        "x = " + 3000 * "{a = ",
        200_000 * "a",
        200_000 * " ",
        100_000 * '"',
        100_000 * "a ",
        f"a = '{100_000 * 'a.'}",
    ],
)
def test_what_is_none_is_refused_or_empty_in_a_moment(text: str) -> None:
    if text.isspace():
        assert read_toml(text) == {}
        return
    with pytest.raises((ValueError, RecursionError)):
        read_toml(text)


def test_a_file_of_a_megabyte_is_read_and_a_longer_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_bytes(b"#" * LONGEST_BYTES)
    assert toml_file(path) == "#" * LONGEST_BYTES
    path.write_bytes(b"#" * (LONGEST_BYTES + 1))
    with pytest.raises(ValueError, match="longer than 1,000,000 bytes"):
        toml_file(path)


def test_a_file_that_never_ends_is_refused_in_a_moment() -> None:
    with pytest.raises(ValueError, match="longer than 1,000,000 bytes"):
        toml_file(Path("/dev/zero"))


def test_a_pipe_is_read_to_its_end() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"epochs = 3\n")
    os.close(writer)
    assert toml_file(Path(f"/dev/fd/{reader}")) == "epochs = 3\n"
    os.close(reader)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="it is not UTF-8 text"):
        toml_file(tmp_path / "recipe.toml")


@pytest.mark.parametrize(
    ("value", "text"), [("adam", "'adam'"), (7, "7"), ("a" * 99, "'" + 58 * "a" + "…")]
)
def test_a_long_value_is_shown_by_its_beginning(value: object, text: str) -> None:
    assert shown(value) == text
    assert len(shown(value)) <= LONGEST_SHOWN
