"""The filter lab: kernels from text, correlation, pooling, and the figures of them."""

import hashlib
import math
import re
from importlib.resources import files
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from look_nets import overlapping
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage, signal

from lenswork.errors import UsageError
from lenswork.kinds import Picture
from lenswork.look.kernels import PRESETS, Kernel, format_number, parse_kernel, preset
from lenswork.look.lab import FilterLab, Padding, correlate, photograph, pool, to_picture
from lenswork.look.lab_figure import lab_figure, sheet_figure

SIZES = range(1, 10)
SCIPY_MODES: dict[Padding, str] = {"zero": "constant", "edge": "nearest", "reflect": "mirror"}


def noise(height: int, width: int, channels: int = 1, seed: int = 0) -> Picture:
    shape = (height, width, channels)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def random_kernel(size: int, kind: str) -> Kernel:
    generator = np.random.default_rng([size, len(kind)])
    numbers: NDArray[np.float64] = {
        "whole": generator.integers(-9, 10, (size, size)).astype(np.float64),
        "tenths": generator.integers(-9, 10, (size, size)) / 10,
        "any": generator.normal(size=(size, size)),
    }[kind]
    return Kernel(tuple(map(tuple, numbers.tolist())))


def as_pixels(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.rint(np.clip(values, 0, 255)).astype(np.uint8)


@pytest.mark.parametrize("kind", ["whole", "tenths", "any"])
@pytest.mark.parametrize("size", SIZES)
def test_the_filtered_pixels_are_those_of_scipy(size: int, kind: str) -> None:
    picture = noise(41, 57, seed=size)
    kernel = random_kernel(size, kind)
    grey = picture[:, :, 0].astype(np.float64)
    for padding, mode in SCIPY_MODES.items():
        for flip, theirs in ((False, ndimage.correlate), (True, ndimage.convolve)):
            expected = theirs(grey, kernel.array, mode=mode)
            made = FilterLab(kernel, padding=padding, flip=flip, pool=1).apply(picture)
            assert np.array_equal(made.values[:, :, 0], expected)
            assert np.array_equal(made.filtered[:, :, 0], as_pixels(expected))
    inside = FilterLab(kernel, pool=1).apply(picture).filtered[:, :, 0]
    before, after = size // 2, size - 1 - size // 2
    same = as_pixels(ndimage.correlate(grey, kernel.array))
    assert np.array_equal(inside, same[before : 41 - after, before : 57 - after])


@pytest.mark.parametrize("kind", ["whole", "any"])
@pytest.mark.parametrize("size", SIZES)
def test_the_filtered_pixels_are_those_of_correlate2d(size: int, kind: str) -> None:
    picture = noise(33, 29, seed=size)
    kernel = random_kernel(size, kind)
    expected = signal.correlate2d(picture[:, :, 0].astype(np.float64), kernel.array, mode="valid")
    made = FilterLab(kernel, pool=1).apply(picture)
    assert np.array_equal(made.filtered[:, :, 0], as_pixels(expected))


def test_one_window_worked_by_hand() -> None:
    picture = np.arange(1, 10, dtype=np.uint8).reshape(3, 3, 1)
    kernel = parse_kernel("1 0 2 / 0 -1 0 / 3 0 1")
    lab = FilterLab(kernel, pool=1)
    assert lab.apply(picture).values.tolist() == [[[1 + 6 - 5 + 21 + 9]]]
    turned = FilterLab(kernel, pool=1, flip=True).apply(picture)
    assert turned.values.tolist() == [[[1 + 9 - 5 + 14 + 9]]]


def test_the_weight_multiplies_the_sum() -> None:
    picture = noise(20, 20)
    kernel = random_kernel(3, "whole")
    third = Kernel(kernel.rows, 1 / 3)
    sums = ndimage.correlate(picture[:, :, 0].astype(np.float64), kernel.array, mode="constant")
    values = FilterLab(third, padding="zero").apply(picture).values
    assert np.array_equal(values[:, :, 0], (1 / 3) * sums)


@pytest.mark.parametrize("stride", [2, 3, 40])
def test_a_stride_takes_every_so_manieth_value(stride: int) -> None:
    picture = noise(31, 42)
    kernel = random_kernel(4, "any")
    for padding in ("none", "zero", "edge", "reflect"):
        every = correlate(picture, kernel, padding=padding)
        made = correlate(picture, kernel, padding=padding, stride=stride)
        assert np.array_equal(made, every[::stride, ::stride])


def test_a_picture_larger_than_one_block_of_rows_is_filtered_alike() -> None:
    picture = noise(300, 700, 3)
    kernel = random_kernel(5, "any")
    made = correlate(picture, kernel, stride=2)
    assert made[0].nbytes * len(made) > 1 << 20
    for channel in range(3):
        whole = ndimage.correlate(picture[:, :, channel].astype(np.float64), kernel.array)
        assert np.array_equal(made[:, :, channel], whole[2:-2:2, 2:-2:2])


def test_reflection_reaches_past_a_picture_smaller_than_the_kernel() -> None:
    picture = noise(2, 3)
    kernel = random_kernel(9, "any")
    made = correlate(picture, kernel, padding="reflect")
    grey = picture[:, :, 0].astype(np.float64)
    assert np.array_equal(made[:, :, 0], ndimage.correlate(grey, kernel.array, mode="mirror"))


def test_halves_go_to_the_even_integer_and_all_else_to_the_nearest() -> None:
    values = np.array([[[-3.0], [0.5], [1.5], [2.5], [2.51], [254.5], [255.5], [1e9]]])
    assert to_picture(values).ravel().tolist() == [0, 0, 2, 2, 3, 254, 255, 255]


@pytest.mark.parametrize("window", [2, 3, 5])
def test_pooling_is_that_of_a_loop(window: int) -> None:
    values = np.random.default_rng(1).normal(size=(11, 16, 2))
    for method, take in (("max", np.max), ("avg", np.mean)):
        made = pool(values, window, "max" if method == "max" else "avg")
        assert made.shape == (11 // window, 16 // window, 2)
        for y, x, channel in np.ndindex(made.shape):
            square = values[y * window :, x * window :, channel][:window, :window]
            assert made[y, x, channel] == pytest.approx(take(square), abs=1e-12)


def test_pooling_takes_clipped_values_and_rounds_once() -> None:
    picture = np.array([[100, 100], [101, 0]], np.uint8)[:, :, np.newaxis]
    double = Kernel(((3.0,),))
    made = FilterLab(double, pool_method="avg").apply(picture)
    assert made.values.max() == 303
    assert made.pooled_values.item() == 3 * 255 / 4  # 191.25
    assert made.pooled.item() == 191
    assert FilterLab(double, pool_method="max").apply(picture).pooled.item() == 255


def test_without_clipping_0_is_mid_grey_and_the_strongest_value_black_or_white() -> None:
    picture = noise(30, 30)
    made = FilterLab(preset("sobel-x"), clip=False).apply(picture)
    low, high = made.scale
    assert -low == high == np.abs(made.values).max()
    assert np.array_equal(
        made.filtered, np.rint((made.values - low) * (255 / (high - low))).astype(np.uint8)
    )
    assert made.pooled_values.max() == made.values[:28, :28].max()
    blurred = FilterLab(preset("box-3"), clip=False).apply(picture)
    assert list(blurred.scale) == [0, 255]
    nothing = FilterLab(Kernel(((0.0,),)), clip=False).apply(picture)
    assert not nothing.filtered.any()


def test_sizes_are_told_as_the_arithmetic_that_makes_them() -> None:
    made = FilterLab(preset("laplacian")).apply(photograph())
    assert made.filtered.shape == (510, 510, 1)
    assert made.pooled.shape == (255, 255, 1)
    assert made.sizes == {
        "original": "512x512",
        "filtered": "510x510: 512 - 3 + 1 = 510",
        "pooled": "255x255: floor(510 / 2) = 255",
    }
    oblong = FilterLab(preset("box-5"), stride=2, padding="zero", pool=3).apply(noise(20, 31))
    assert oblong.sizes["filtered"] == (
        "10x16: floor((20 + 4 - 5) / 2) + 1 = 10; floor((31 + 4 - 5) / 2) + 1 = 16"
    )
    assert oblong.sizes["pooled"] == "3x5: floor(10 / 3) = 3; floor(16 / 3) = 5"
    assert oblong.filtered.shape[:2] == (10, 16)
    assert oblong.pooled.shape[:2] == (3, 5)
    assert "pooled" not in FilterLab(preset("box-3"), pool=1).apply(noise(9, 9)).sizes


def test_grey_is_made_as_for_training_and_colours_are_filtered_one_by_one() -> None:
    picture = noise(20, 24, 3)
    kernel = random_kernel(3, "any")
    grey = np.asarray(Image.fromarray(picture).convert("L"))[:, :, np.newaxis]
    assert np.array_equal(FilterLab(kernel).apply(picture).original, grey)
    coloured = FilterLab(kernel, colour=True).apply(picture)
    assert np.array_equal(coloured.original, picture)
    for channel in range(3):
        alone = FilterLab(kernel).apply(picture[:, :, channel : channel + 1])
        assert np.array_equal(coloured.pooled[:, :, channel], alone.pooled[:, :, 0])


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("laplacian", lambda grey: ndimage.laplace(grey)),
        ("sobel-x", lambda grey: ndimage.sobel(grey, axis=1)),
        ("sobel-y", lambda grey: ndimage.sobel(grey, axis=0)),
        ("vertical-edges", lambda grey: ndimage.sobel(grey, axis=1)),
        ("horizontal-edges", lambda grey: ndimage.sobel(grey, axis=0)),
        ("prewitt-x", lambda grey: ndimage.prewitt(grey, axis=1)),
        ("prewitt-y", lambda grey: ndimage.prewitt(grey, axis=0)),
        ("box-3", lambda grey: ndimage.uniform_filter(grey, 3)),
        ("box-9", lambda grey: ndimage.uniform_filter(grey, 9)),
        ("sharpen", lambda grey: grey - ndimage.laplace(grey)),
        ("identity", lambda grey: grey),
    ],
)
def test_presets_are_the_filters_that_scipy_knows_by_these_names(name: str, theirs: Any) -> None:
    picture = noise(30, 26)
    expected = theirs(picture[:, :, 0].astype(np.float64))
    edge = preset(name).size // 2
    made = FilterLab(preset(name), pool=1).apply(picture).values[:, :, 0]
    assert made == pytest.approx(expected[edge : 30 - edge, edge : 26 - edge], abs=1e-9)


@pytest.mark.parametrize("size", [3, 5, 7, 9])
def test_the_gaussian_has_the_variance_that_its_name_says(size: int) -> None:
    kernel = preset(f"gaussian-{size}")
    weights = kernel.array * kernel.weight
    places = np.arange(size) - size // 2
    assert weights.sum() == 1
    assert (weights.sum(0) * places**2).sum() == (size - 1) / 4
    assert np.array_equal(weights, weights.T)


def test_blurs_keep_an_even_picture_and_edges_give_nothing_of_it() -> None:
    even = np.full((12, 12, 1), 255, np.uint8)
    for kernel in PRESETS.values():
        made = FilterLab(kernel).apply(even)
        keeps = kernel.name.startswith(("box", "gaussian", "sharpen", "emboss", "identity"))
        assert np.all(made.filtered == (255 if keeps else 0)), kernel.name


@pytest.mark.parametrize(
    "text",
    [
        "0 1 0 / 1 -4 1 / 0 1 0",
        "0 1 0/1 -4 1/0 1 0",
        " 0 1 0 /1 -4 1/ 0 1 0 ",
        "0,1,0; 1,-4,1; 0,1,0",
        "0 1 0\n1 −4 1\n0 1 0\n",
        "[[0,1,0],[1,-4,1],[0,1,0]]",
        "[[0, 1, 0],\n [1, -4, 1],\n [0, 1, 0]]",
        "0 +1. 0e3 / 1.0 -8/2 3/3 / 0/5 10e-1 .0",
    ],
)
def test_a_kernel_is_read_however_its_rows_are_written(text: str) -> None:
    assert parse_kernel(text) == Kernel(((0, 1, 0), (1, -4, 1), (0, 1, 0)))


def test_fractions_and_single_numbers_are_read() -> None:
    assert parse_kernel("1/9").rows == ((1 / 9,),)
    assert parse_kernel("1/9 -0.5 / .25 3").rows == ((1 / 9, -0.5), (0.25, 3))


@pytest.mark.parametrize("name", PRESETS)
def test_the_text_of_a_kernel_is_read_back_as_the_same(name: str) -> None:
    kernel = preset(name)
    assert parse_kernel(kernel.text()).rows == kernel.rows
    assert parse_kernel(format_number(kernel.weight)).rows == ((kernel.weight,),)


@pytest.mark.parametrize("number", [0, 3, -4, 0.5, -0.1, 1 / 9, -1 / 9, 0.123456789, 1e-12, 2 / 3])
def test_a_number_is_written_so_that_it_reads_back_the_same(number: float) -> None:
    assert parse_kernel(format_number(number)).rows == ((number,),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2 3 / 4 5 6", "has 2 rows and row 1 has 3 numbers"),
        ("1 2 / 3", "has 2 rows and row 2 has 1 number"),
        ("1 2 3", "has 1 row and row 1 has 3 numbers"),
        ("", "row 1 of the kernel is empty"),
        ("1 2 / / 3 4", "row 2 of the kernel is empty"),
        ("1 x / 2 3", "each number in row 1 of the kernel must be a number or a fraction"),
        ("1 2 / 3 nan", "got 'nan'"),
        ("inf", "got 'inf'"),
        ("1/0", "'1/0' divides by zero"),
        ("1e7", "each number in row 1 of the kernel must be from -1,000,000 to 1,000,000, got 1e"),
        ("1e999", "got inf"),
        (" / ".join(["0 " * 10] * 10), "1x1 to 9x9, got 10x10: leave out its outer"),
    ],
)
def test_a_text_that_is_no_kernel_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_kernel(text)
    assert message in str(error.value)


def test_an_unknown_preset_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"no preset 'sobel'.*Did you mean sobel-.*laplacian, "):
        preset("sobel")


def test_a_stride_or_pool_below_1_is_refused() -> None:
    with pytest.raises(UsageError, match="stride must be 1 or more, got 0"):
        FilterLab(preset("box-3"), stride=0)
    with pytest.raises(UsageError, match="pool must be 1 or more, got -2"):
        FilterLab(preset("box-3"), pool=-2)


@pytest.mark.parametrize("pool", [2, 3, 5])
@pytest.mark.parametrize("padding", ["none", "zero"])
def test_a_stride_that_leaves_too_little_is_refused_with_the_largest_that_does(
    pool: int, padding: Padding
) -> None:
    picture = noise(20, 30)
    with pytest.raises(UsageError) as error:
        FilterLab(preset("box-3"), stride=1000, padding=padding, pool=pool).apply(picture)
    said = re.fullmatch(
        rf"stride 1000 leaves 1x1 of a picture of 20x30, and pooling {pool}x{pool} finds no window "
        r"in that: use a stride of (\d+) at most, or pool 1, which pools nothing",
        str(error.value),
    )
    assert said
    largest = int(said[1])
    made = FilterLab(preset("box-3"), stride=largest, padding=padding, pool=pool).apply(picture)
    assert min(made.pooled.shape[:2]) == 1
    with pytest.raises(UsageError, match=f"use a stride of {largest} at most"):
        FilterLab(preset("box-3"), stride=largest + 1, padding=padding, pool=pool).apply(picture)


def test_a_picture_that_was_made_grey_is_said_to_be() -> None:
    coloured = noise(8, 9, 3)
    made = FilterLab(preset("box-3")).apply(coloured)
    assert (made.colours, made.given_shape) == ("made grey", (8, 9, 3))
    assert FilterLab(preset("box-3"), colour=True).apply(coloured).colours == "in colour"
    assert FilterLab(preset("box-3")).apply(noise(8, 9)).colours == "grey"
    assert "made grey" in lab_figure(made).axes[0].get_title()


def test_zero_is_written_without_a_sign() -> None:
    none = Kernel(((0.0,),), -1.0)
    assert FilterLab(none).apply(noise(4, 4)).effect.startswith("Values from 0 to 0;")


def test_what_does_not_fit_is_refused_with_what_would() -> None:
    fit = "picture of 8x20 pixels: add a padding, or use a kernel of 7x7 at most"
    with pytest.raises(UsageError, match=f"9x9 kernel finds no place on a {fit}"):
        FilterLab(preset("box-9")).apply(noise(8, 20))
    with pytest.raises(UsageError, match="filtered picture of 6x18: use a pool of 6 at most"):
        FilterLab(preset("box-3"), pool=7).apply(noise(8, 20))
    with pytest.raises(UsageError, match="picture of 1x1: use pool 1, which pools nothing"):
        FilterLab(preset("box-3"), padding="zero").apply(noise(1, 1))
    with pytest.raises(UsageError, match="grey, so it has no colours"):
        FilterLab(preset("box-3"), colour=True).apply(noise(8, 8))
    with pytest.raises(UsageError, match=r"a kernel's weight must be from .* got nan"):
        Kernel(((1.0,),), math.nan)
    with pytest.raises(UsageError, match=r"a kernel needs rows such as .*, got none"):
        Kernel(())
    with pytest.raises(UsageError, match="padding must be one of none, zero, edge, reflect"):
        FilterLab(preset("box-3"), padding="same")  # type: ignore[arg-type]
    assert FilterLab(preset("box-9"), padding="zero").apply(noise(8, 20)).filtered.shape[0] == 8


@pytest.mark.parametrize(("pool", "stride", "side"), [(1, 1, 3), (2, 1, 5), (2, 3, 5), (3, 2, 6)])
def test_what_a_refusal_suggests_makes_room(pool: int, stride: int, side: int) -> None:
    with pytest.raises(UsageError) as error:
        FilterLab(preset("box-9"), stride=stride, pool=pool).apply(noise(side, 20))
    words = str(error.value)
    smaller = re.search(r"a kernel of (\d+)x", words)
    if smaller:
        kernel = Kernel(((1.0,) * int(smaller[1]),) * int(smaller[1]))
        FilterLab(kernel, stride=stride, pool=pool).apply(noise(side, 20))
    larger = re.search(r"a picture of (\d+)x\d+ at least", words)
    assert larger
    FilterLab(preset("box-9"), stride=stride, pool=pool).apply(noise(int(larger[1]), 30))
    most = re.search(r"padding and use a? ?pool (?:of )?(\d+)", words)
    padded = int(most[1]) if most else pool
    FilterLab(preset("box-9"), stride=stride, padding="zero", pool=padded).apply(noise(side, 20))


@pytest.mark.parametrize("shape", [(2, 700), (700, 2), (1, 1)])
def test_the_ticks_of_a_thin_picture_do_not_overlap(shape: tuple[int, int]) -> None:
    figure = lab_figure(FilterLab(preset("box-3"), padding="zero", pool=1).apply(noise(*shape)))
    assert not overlapping(figure)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert str(shape[0] - 1) in labels or len(labels) > 1


def test_the_embedded_photograph_is_the_one_that_its_attribution_names() -> None:
    folder = files("lenswork.look") / "photo"
    content = (folder / "camera.png").read_bytes()
    attribution = (folder / "ATTRIBUTION.md").read_text("utf-8")
    assert hashlib.sha256(content).hexdigest() in attribution
    assert f"{len(content):,} bytes" in attribution
    assert "CC0" in attribution
    assert photograph().shape == (512, 512, 1)


def test_the_figure_holds_the_pictures_their_sizes_and_the_kernel() -> None:
    made = FilterLab(preset("laplacian")).apply(photograph())
    figure = lab_figure(made)
    original, kernel, filtered, pooled = figure.axes
    for axes, picture in ((original, made.original), (filtered, made.filtered),
                          (pooled, made.pooled)):  # fmt: skip
        (image,) = axes.images
        assert np.array_equal(np.asarray(image.get_array()), picture[:, :, 0])
        assert image.get_clim() == (0, 255)
        assert axes.get_xlim() == (-0.5, picture.shape[1] - 0.5)
    assert filtered.get_title() == "filtered 510x510\n512 - 3 + 1 = 510"
    assert pooled.get_title() == "pooled 255x255\n2x2 maximum pooling\nfloor(510 / 2) = 255"
    assert [text.get_text() for text in kernel.texts] == ["0", "1", "0", "1", "−4", "1", "0", "1",
                                                          "0"]  # fmt: skip
    assert "Networks correlate" in figure.get_supxlabel()
    assert "Values from −424 to 281, clipped to 0..255" in figure.get_supxlabel()


def test_the_figure_says_what_is_unusual() -> None:
    lab = FilterLab(
        parse_kernel("1 2 / 3 4"), 2, "edge", flip=True, clip=False, pool=1, colour=True
    )
    figure = lab_figure(lab.apply(noise(40, 60, 3)))
    original, kernel, filtered = figure.axes
    assert np.asarray(original.images[0].get_array()).shape == (40, 60, 3)
    assert filtered.get_title().startswith("filtered 20x30")
    assert kernel.get_title() == ("kernel 2x2\nweight 1\nturned by 180°\nstride 2\nedge padding")
    assert [text.get_text() for text in kernel.texts] == ["4", "3", "2", "1"]
    assert "Convolved as in mathematics" in figure.get_supxlabel()
    assert "not clipped: 0 is black" in figure.get_supxlabel()


@pytest.mark.parametrize(("height", "width"), [(40, 9000), (3000, 40), (64, 64)])
def test_no_label_of_the_figure_is_cut_off(height: int, width: int) -> None:
    lab = FilterLab(random_kernel(9, "any"), 2, "zero", flip=True, pool=3, pool_method="avg")
    result = lab.apply(noise(height, width))
    for figure in (lab_figure(result), sheet_figure([result] * 3)):
        figure.canvas.draw()
        page = figure.bbox
        panels = [axes.get_tightbbox() for axes in figure.axes]
        for axes, box in zip(figure.axes, panels, strict=True):
            assert box is not None
            assert page.x0 <= box.x0 < box.x1 <= page.x1, axes.get_title()
            assert page.y0 <= box.y0 < box.y1 <= page.y1, axes.get_title()
        for one, other in combinations(panels, 2):
            assert one is not None
            assert other is not None
            assert not one.overlaps(other)


def test_the_sheet_has_one_panel_for_each_kernel() -> None:
    picture = noise(48, 48)
    results = [FilterLab(kernel).apply(picture) for kernel in PRESETS.values()]
    figure = sheet_figure(results)
    assert len(figure.axes) == len(PRESETS)
    for axes, result in zip(figure.axes, results, strict=True):
        assert axes.get_title().startswith(result.lab.kernel.name)
        assert np.array_equal(np.asarray(axes.images[0].get_array()), result.pooled[:, :, 0])
    assert "18 kernels on one picture of 48x48, then 2x2 maximum pooling" in figure.get_suptitle()
    with pytest.raises(UsageError, match="at least one"):
        sheet_figure([])


@pytest.mark.parametrize("padding", ["none", "zero", "edge", "reflect"])
@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_a_window_begins_so_many_rows_before_its_place(
    padding: Padding, flip: bool, size: int
) -> None:
    lab = FilterLab(random_kernel(size, "whole"), padding=padding, flip=flip, pool=1)
    picture = noise(11, 12)
    rows = lab.kernel.array[::-1, ::-1] if flip else lab.kernel.array
    top, left = 5 - lab.before, 6 - lab.before
    window = picture[top : top + size, left : left + size, 0]
    assert lab.apply(picture).values[5, 6, 0] == (window * rows).sum()
