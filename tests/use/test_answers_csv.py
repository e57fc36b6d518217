"""A line of CSV holds what was answered, and nothing in it begins a formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenswork.model.answering import Prediction
from lenswork.use.answers_csv import FORMULAS, csv_header, csv_line
from lenswork.use.predict import Answer

CLASSES = ("cat", "dog")


def answer(file: str = "a.png") -> Answer:
    return Answer(file, Prediction("dog", 0.75, {"cat": 0.25, "dog": 0.75}))


def cells(line: str) -> list[str]:
    (row,) = csv.reader(io.StringIO(line, newline=""), strict=True)
    return row


def test_a_line_has_a_cell_for_each_of_the_header() -> None:
    assert csv_header(CLASSES) == "file,class,probability,cat,dog,error"
    assert csv_line(answer(), CLASSES) == "a.png,dog,0.750000,0.250000,0.750000,"
    failed = Answer("b.txt", None, "cannot read b.txt: it is text, no picture")
    assert cells(csv_line(failed, CLASSES)) == ["b.txt", "", "", "", "", failed.error]


@pytest.mark.parametrize("start", FORMULAS)
def test_what_begins_a_formula_is_made_text_for_a_spreadsheet_alone(start: str) -> None:
    name = f'{start}HYPERLINK("http://evil.example")'
    assert cells(csv_line(answer(name), CLASSES, for_spreadsheet=True))[0] == f"'{name}"
    assert cells(csv_line(answer(name), CLASSES))[0] == name
    classes = cells(csv_header((f"{start}1", "dog"), for_spreadsheet=True))
    assert classes[3:5] == [f"'{start}1", "dog"]


@given(file=st.text(), error=st.text(), names=st.lists(st.text(min_size=1), min_size=2, max_size=4))
def test_no_cell_for_a_spreadsheet_begins_a_formula_and_none_is_lost(
    file: str, error: str, names: list[str]
) -> None:
    row = cells(csv_line(Answer(file, None, error), names, for_spreadsheet=True))
    assert len(row) == len(names) + 4
    assert not any(cell.startswith(FORMULAS) for cell in row)
    assert row[0] in (file, f"'{file}")
    assert row[-1] in (error, f"'{error}")
