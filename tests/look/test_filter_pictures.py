"""Filters as pictures: one scale, colours that say the sign."""

import numpy as np
import pytest

from lenswork.errors import UsageError
from lenswork.look.filter_pictures import signed_colours, weight_pictures


def test_grey_filters_are_white_at_0_orange_above_and_purple_below() -> None:
    weights = np.array([[[-2.0, 0.0, 2.0]], [[1.0, 0.0, -1.0]]], np.float32)[..., np.newaxis]
    first, second = weight_pictures(weights)
    assert first.shape == (1, 3, 3)
    np.testing.assert_array_equal(first[0, 0], signed_colours()[0])
    np.testing.assert_array_equal(first[0, 2], signed_colours()[255])
    assert (first[0, 1] > 240).all()
    below, above = (signed_colours()[place].astype(int) for place in (32, 223))
    assert above[0] > above[2]  # more red than blue
    assert below[2] > below[0]
    assert (
        np.abs(second[0, 0].astype(int) - 255).sum() < np.abs(first[0, 2].astype(int) - 255).sum()
    )


def test_filters_over_colours_are_mid_grey_at_0() -> None:
    weights = np.zeros((1, 2, 2, 3), np.float32)
    weights[0, 0, 0] = (4.0, -4.0, 0.0)
    (picture,) = weight_pictures(weights)
    np.testing.assert_array_equal(picture[0, 0], (255, 0, 128))
    np.testing.assert_array_equal(picture[1, 1], (128, 128, 128))


def test_filters_of_zeros_are_no_division_by_zero() -> None:
    (picture,) = weight_pictures(np.zeros((1, 3, 3, 1), np.float32))
    assert picture.shape == (3, 3, 3)


def test_filters_over_other_maps_are_refused() -> None:
    with pytest.raises(UsageError, match="over 1 or 3 channels, which are pictures, got 8"):
        weight_pictures(np.zeros((1, 3, 3, 8), np.float32))
