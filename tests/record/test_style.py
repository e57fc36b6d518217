"""The look of all figures: names that fit their place, colours told apart by every eye."""

import io
from itertools import combinations

import numpy as np
import pytest
from matplotlib import colormaps
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from PIL import Image

from lenswork.record import style
from lenswork.record.style import SCREEN_DPI, folded, letters_in, new_figure, written

Numbers = NDArray[np.float64]

# Machado, Oliveira and Fernandes 2009, "A physiologically-based model for simulation of color
# vision deficiency", severity 1, on linear RGB
EYES: dict[str, Numbers] = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
         [0.004733, 0.691367, 0.303900]]
    ),
}  # fmt: skip
TO_XYZ = np.array(  # IEC 61966-2-1, sRGB with white D65
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip
COLOURS = [
    style.BLUE, style.ORANGE, style.GREEN, style.SKY, style.VERMILION, style.PURPLE, style.YELLOW,
    style.BLACK,
]  # fmt: skip


def linear(colours: Numbers) -> Numbers:
    made: Numbers = np.where(
        colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4
    )
    return made


def seen(colours: Numbers, eye: str) -> Numbers:
    """CIE 1976 L*a*b* of sRGB colours, (..., 3), as an eye sees them."""
    xyz = np.clip(linear(colours) @ EYES[eye].T, 0, 1) @ TO_XYZ.T / [0.95047, 1, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def contrast_on_white(colour: str) -> float:
    """WCAG 2.2, contrast ratio."""
    return float(1.05 / (linear(np.array(to_rgb(colour))) @ TO_XYZ[1] + 0.05))


@pytest.mark.parametrize("eye", EYES)
def test_every_two_colours_are_told_apart(eye: str) -> None:
    for pair in combinations(COLOURS, 2):
        first, second = (seen(np.array(to_rgb(colour)), eye) for colour in pair)
        assert np.linalg.norm(first - second) > 10, (pair, eye)  # 2.3 is just noticed


@pytest.mark.parametrize("eye", EYES)
def test_right_and_wrong_are_far_apart_and_for_is_never_taken_for_against(eye: str) -> None:
    right, wrong = (seen(np.array(to_rgb(colour)), eye) for colour in (style.BLUE, style.WRONG))
    assert np.linalg.norm(right - wrong) > 60
    signed = seen(colormaps["PuOr_r"](np.linspace(0, 1, 11))[:, :3], eye)
    apart = np.linalg.norm(signed - signed[::-1], axis=1)
    assert (apart[:4] > 30).all()


@pytest.mark.parametrize("eye", EYES)
def test_more_is_lighter_on_the_scale_of_maps_without_signs(eye: str) -> None:
    lightness = seen(colormaps["inferno"](np.linspace(0, 1, 33))[:, :3], eye)[:, 0]
    assert (np.diff(lightness) > 0).all()


def test_coloured_small_letters_can_be_read_on_white_paper() -> None:
    for colour in (style.BLUE, style.WRONG, style.BLACK):
        assert contrast_on_white(colour) >= 4.5  # WCAG 2.2, level AA


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("test/00007", ["test/00007"]),
        ("validation/horses/horse1-000.png", ["validation/horses/", "horse1-000.png"]),
        ("a horse in the rain.png", ["a horse in the ", "rain.png"]),
        ("x" * 45, ["x" * 20, "x" * 20, "x" * 5]),
        ("costs $5/of $7.png", [r"costs \$5/of \$7.png"]),
    ],
)
def test_a_name_is_folded_after_its_folders(name: str, lines: list[str]) -> None:
    made = folded(name, 20).split("\n")
    assert [line.rstrip() for line in made] == [line.rstrip() for line in lines]


@pytest.mark.parametrize("length", [1, 19, 20, 21, 79, 80, 81, 500])
@pytest.mark.parametrize("text", ["ab/", "a_b-c ", "/", "abcdefg"])
def test_a_folded_name_keeps_to_its_lines_and_loses_nothing_that_fits(
    length: int, text: str
) -> None:
    name = (text * 500)[:length]
    made = folded(name, 20).split("\n")
    assert len(made) <= 4
    assert all(len(line) <= 20 for line in made)
    whole = "".join(made).replace(" ", "")
    assert whole == (name if length <= 80 else written(name, 80)).replace(" ", "")


def test_more_letters_fit_a_wider_place_and_a_smaller_type() -> None:
    assert letters_in(2) > letters_in(1) > letters_in(1, 12)


def test_a_notebook_shows_a_figure_at_its_size_without_set_up() -> None:
    with Image.open(io.BytesIO(new_figure(3, 2)._repr_png_())) as picture:
        assert picture.format == "PNG"
        assert picture.size == (3 * SCREEN_DPI, 2 * SCREEN_DPI)
