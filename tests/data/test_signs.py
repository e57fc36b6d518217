"""Which classes are called like digits or letters."""

import string

import pytest

from lenswork.data.signs import are_signs


@pytest.mark.parametrize("classes", [list("0123456789"), ["2", "11"], list(string.ascii_uppercase)])
def test_digits_numbers_and_many_letters_are_signs(classes: list[str]) -> None:
    assert are_signs(classes)


@pytest.mark.parametrize("classes", [[], ["a", "b"], ["1", "cats"], [*"abcdefghij", "cats"]])
def test_no_class_at_all_names_and_few_letters_are_none(classes: list[str]) -> None:
    assert not are_signs(classes)
