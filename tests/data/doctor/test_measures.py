"""Measures and hashes against loops, scipy and what must not change them."""

import numpy as np
import pytest
import scipy.fft
import scipy.ndimage
from PIL import Image
from scenes import scene

from lenswork.data.doctor.measures import (
    MEASURES,
    _triangles,
    as_image,
    hashes_of,
    kept_of,
    measures_of,
    square_side,
    squares_of,
    squares_of_many,
)
from lenswork.kinds import Picture


def bits(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def hash_of(picture: Picture) -> int:
    grey, colours = squares_of(as_image(picture), 64)
    return int(hashes_of(kept_of(grey[None], colours[None])[0])[0])


def measure(picture: Picture) -> dict[str, float]:
    grey, colours = squares_of(as_image(picture), 64)
    return dict(zip(MEASURES, measures_of(grey[None], colours[None])[0].tolist(), strict=True))


def test_the_square_is_never_finer_than_the_input_nor_dearer_than_decoding() -> None:
    assert square_side(None) == square_side((300, 300)) == 64
    assert square_side((28, 20)) == 28
    assert square_side((1, 1)) == 8


@pytest.mark.parametrize(("before", "after"), [(28, 16), (16, 28), (64, 32), (32, 32), (7, 3)])
def test_shrinking_by_matrix_is_pillows_bilinear_filter(before: int, after: int) -> None:
    row = np.random.default_rng(0).integers(0, 256, (before, before), dtype=np.uint8)
    matrix = _triangles(before, after)
    expected = np.asarray(
        Image.fromarray(row).resize((after, after), Image.Resampling.BILINEAR), np.float32
    )
    np.testing.assert_allclose(matrix @ row @ matrix.T, expected, atol=1.01)  # it rounds twice


def test_arrays_and_single_pictures_give_the_same_squares() -> None:
    pictures = np.random.default_rng(1).integers(0, 256, (5, 28, 28, 1), dtype=np.uint8)
    grey, colours = squares_of_many(pictures, 28)
    for at, picture in enumerate(pictures):
        one_grey, one_colours = squares_of(as_image(picture), 28)
        np.testing.assert_array_equal(grey[at], one_grey)
        assert np.abs(colours[at].astype(int) - one_colours).max() <= 1


def test_measures_agree_with_numpy_and_scipy() -> None:
    picture = scene(1, 64, 64)
    grey = np.asarray(Image.fromarray(picture).convert("L"), np.float64) / 255
    frame = np.ones_like(grey, bool)
    frame[4:-4, 4:-4] = False
    laplacian = scipy.ndimage.laplace(grey)[1:-1, 1:-1]
    found = measure(picture)
    assert found["brightness"] == pytest.approx(grey.mean(), abs=1e-5)
    assert found["contrast"] == pytest.approx(grey.std(), abs=1e-5)
    assert found["background brightness"] == pytest.approx(grey[frame].mean(), abs=1e-5)
    assert found["background unevenness"] == pytest.approx(grey[frame].std(), abs=1e-5)
    assert found["sharpness"] == pytest.approx(laplacian.std(), abs=1e-5)


def test_a_grey_picture_has_no_saturation_and_a_red_one_has_all() -> None:
    assert measure(np.full((40, 40, 1), 90, np.uint8))["saturation"] == 0
    red = np.zeros((80, 80, 3), np.uint8)
    red[:, :, 0] = 255
    assert measure(red)["saturation"] == 1


def test_a_blurred_picture_is_less_sharp() -> None:
    picture = scene(2, 64, 64)
    blurred = scipy.ndimage.gaussian_filter(picture, (2, 2, 0))
    assert measure(blurred)["sharpness"] < 0.5 * measure(picture)["sharpness"]


def test_the_hash_is_of_the_lowest_coefficients_of_scipys_cosine_transform() -> None:
    square = np.asarray(Image.fromarray(scene(3)).convert("L").resize((32, 32)))
    coefficients = scipy.fft.dctn(square.astype(np.float64), norm="ortho")
    rows, columns = np.divmod(np.arange(32 * 32), 32)
    distance = rows**2 + columns**2
    order = np.lexsort((rows, np.maximum(rows, columns), distance))[1:65]
    assert distance[order].max() <= distance[np.setdiff1d(np.arange(1024), order)][1:].min()
    lowest = coefficients[rows[order], columns[order]]
    expected = 0
    for one in lowest > np.median(lowest):
        expected = expected << 1 | int(one)
    assert bits(int(hashes_of(square[None])[0]), expected) <= 1  # of nearly equal coefficients


def test_a_brighter_or_paler_copy_keeps_its_hash() -> None:
    square = np.asarray(Image.fromarray(scene(4)).convert("L").resize((32, 32))) // 2
    brighter, paler = square + 100, square // 2 + 60
    first, second, third = hashes_of(np.stack([square, brighter, paler])).tolist()
    assert first == second
    assert bits(first, third) <= 2


def test_half_the_bits_are_set_and_unlike_pictures_differ_in_many() -> None:
    hashes = [hash_of(scene(seed)) for seed in range(30)]
    assert all(30 <= one.bit_count() <= 32 for one in hashes)
    distances = [bits(a, b) for at, a in enumerate(hashes) for b in hashes[:at]]
    assert min(distances) > 12
    assert np.mean(distances) == pytest.approx(32, abs=3)


def test_an_even_picture_has_the_hash_of_nothing() -> None:
    assert hash_of(np.full((50, 50, 1), 77, np.uint8)) == 0


def test_what_is_kept_is_no_larger_than_the_picture_was_measured_at() -> None:
    grey = np.zeros((2, 28, 28), np.uint8)
    colours = np.full((2, 16, 16, 3), 9, np.uint8)
    squares, small = kept_of(grey, colours)
    assert squares.shape == (2, 28, 28)
    assert small.shape == (2, 4, 4, 3)
    assert (small == 9).all()
    assert kept_of(np.zeros((1, 64, 64), np.uint8), colours[:1])[0].shape == (1, 32, 32)
