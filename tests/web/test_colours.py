"""The studio's curves: seen on their ground, and told apart by those who see fewer colours."""

import re
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from lenswork.web.render import STATIC

Colour = NDArray[np.float64]  # (3,), linear red, green and blue, 0 to 1
STYLES = STATIC.joinpath("studio.css").read_text("utf-8")
SIGHTS = {
    "any": np.eye(3),
    # Machado, Oliveira and Fernandes 2009, "A physiologically-based model for simulation of color
    # vision deficiency", severity 1
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
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip
APART = 20.0  # of CIE 1976; 2.3 is just noticeable side by side, thin lines need far more
SEEN = 3.0  # WCAG 2.2, "non-text contrast"


def themes() -> list[dict[str, Colour]]:
    """The variables of each block of styles that has curves: light, then dark two times."""
    blocks = re.findall(r"\{[^{}]*--curve-1[^{}]*\}", STYLES)
    return [
        {name: linear(code) for name, code in re.findall(r"--([\w-]+): #(\w{6})", block)}
        for block in blocks
    ]


def linear(code: str) -> Colour:
    parts = np.array([int(code[at : at + 2], 16) / 255 for at in (0, 2, 4)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(colour: Colour) -> Colour:
    """CIE 1976 L*a*b* for D65."""
    ratio = TO_XYZ @ colour / TO_XYZ.sum(axis=1)
    root = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    x, y, z = root
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_there_is_one_light_scheme_and_the_dark_one_is_the_same_however_it_is_chosen() -> None:
    _, *dark = themes()
    assert len(dark) == 2
    for name, colour in dark[0].items():
        np.testing.assert_array_equal(dark[1][name], colour)


@pytest.mark.parametrize("sight", SIGHTS)
def test_curves_are_told_apart_and_seen_on_their_ground(sight: str) -> None:
    for theme in themes():
        curves = [theme[f"curve-{number}"] for number in range(1, 5)]
        seen = [lab(np.clip(SIGHTS[sight] @ colour, 0, 1)) for colour in curves]
        for one, other in combinations(seen, 2):
            assert np.linalg.norm(one - other) >= APART
        for colour in curves:
            light, ground = (TO_XYZ[1] @ part for part in (colour, theme["paper"]))
            dark, bright = sorted((light, ground))
            assert (bright + 0.05) / (dark + 0.05) >= SEEN
