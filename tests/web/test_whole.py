"""Whole numbers in addresses and forms are read, or are none."""

import pytest

from lenswork.web.whole import whole


@pytest.mark.parametrize(("said", "number"), [("0", 0), ("7", 7), ("007", 7), ("12", 12)])
def test_a_number_is_read(said: str, number: int) -> None:
    assert whole(said, 12) == number


@pytest.mark.parametrize(
    "said", ["", "-1", "+1", "1.0", "1_0", "1e1", " 1", "1\n", "²", "٣", "13", "0x1", 5000 * "9"]
)
def test_any_other_text_is_none(said: str) -> None:
    assert whole(said, 12) is None
