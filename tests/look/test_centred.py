"""Drawings in MNIST's form: as large as its digits, where they are, and nothing else changed."""

import numpy as np
import pytest
from scipy.ndimage import center_of_mass

from lenswork.kinds import Picture
from lenswork.look.centred import centred


def drawing(top: int, left: int, height: int, width: int, *, ink: int = 255) -> Picture:
    """A bar on a square of 112."""
    picture = np.full((112, 112, 1), 255 - ink, np.uint8)
    picture[top : top + height, left : left + width] = ink
    return picture


@pytest.mark.parametrize("place", [(2, 3), (60, 70), (30, 40)])
def test_wherever_a_drawing_lies_it_comes_to_the_middle_in_the_size_of_a_digit(
    place: tuple[int, int],
) -> None:
    done = centred(drawing(*place, 40, 10))
    assert done.shape == (112, 112, 1)
    rows, columns = (np.flatnonzero((done[:, :, 0] > 127).any(axis=axis)) for axis in (1, 0))
    assert (len(rows), len(columns)) == (80, 20)  # 20 / 28 of 112, the proportions kept
    assert center_of_mass(done[:, :, 0].astype(float)) == pytest.approx((55.5, 55.5), abs=0.5)


def test_the_centre_is_that_of_the_mass_and_not_of_the_box() -> None:
    picture = drawing(20, 20, 8, 40)
    picture[20:60, 20:28] = 255  # an L on its head: heavy above and at the left
    done = centred(picture)[:, :, 0].astype(float)
    assert center_of_mass(done) == pytest.approx((55.5, 55.5), abs=0.7)
    rows = np.flatnonzero((done > 127).any(axis=1))
    assert (rows[0] + rows[-1]) / 2 > 60


def test_what_would_leave_the_picture_stays_at_its_edge_and_whole() -> None:
    picture = drawing(0, 0, 100, 100)
    picture[:, 20:] = 0
    picture[90:92, 20:100] = 255  # a long thin foot
    done = centred(picture)
    assert done.shape == picture.shape
    rows, columns = (np.flatnonzero((done[:, :, 0] > 127).any(axis=axis)) for axis in (1, 0))
    assert (len(rows), len(columns)) == (80, 80)


def test_black_on_white_is_the_same_drawing() -> None:
    white, black = drawing(5, 70, 40, 10), drawing(5, 70, 40, 10)
    np.testing.assert_array_equal(centred(255 - black), 255 - centred(white))


def test_colours_are_kept() -> None:
    picture = np.repeat(drawing(5, 70, 40, 10), 3, axis=2)
    picture[..., 1] //= 2
    done = centred(picture)
    assert done.shape == (112, 112, 3)
    assert set(map(tuple, done.reshape(-1, 3))) == {(0, 0, 0), (255, 127, 255)}


def test_an_empty_sheet_stays_as_it_is() -> None:
    empty = np.full((30, 20, 1), 7, np.uint8)
    np.testing.assert_array_equal(centred(empty), empty)


def test_an_oblong_sheet_becomes_a_square_of_its_longer_side() -> None:
    sheet = np.zeros((60, 120, 1), np.uint8)
    sheet[10:40, 100:110] = 255
    done = centred(sheet)
    assert done.shape == (120, 120, 1)
    assert center_of_mass(done[:, :, 0].astype(float)) == pytest.approx((59.5, 59.5), abs=0.7)
