"""TOML is read or refused in a moment, whoever wrote it."""

import pytest

from lenswork.toml_text import DEEPEST, read_toml

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
