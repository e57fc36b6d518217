"""The letters of every figure of a look can be read on a page: 6 points at 16 cm, or more."""

from collections.abc import Callable

import numpy as np
import pytest
from look_nets import classifier_of, noise, smallest_printed
from matplotlib.figure import Figure
from tiny_data import striped_pictures

from lenswork.look.arithmetic import arithmetic
from lenswork.look.arithmetic_figure import arithmetic_figure
from lenswork.look.attribution import attribute
from lenswork.look.attribution_figure import attribution_figure
from lenswork.look.each_number import EachNumber, work_out
from lenswork.look.each_number_figure import each_number_figure
from lenswork.look.filters import look_at_filters
from lenswork.look.filters_figure import patches_figure, weights_figure
from lenswork.look.forgot import forget, slip
from lenswork.look.forgot_figure import forgot_figure
from lenswork.look.grid import all_channel_maps, channel_maps
from lenswork.look.grid_figure import channel_figure
from lenswork.look.kernels import PRESETS, preset
from lenswork.look.lab import FilterLab
from lenswork.look.lab_figure import lab_figure
from lenswork.look.lab_figure import sheet_figure as lab_sheet_figure
from lenswork.look.pictures import Shown
from lenswork.look.shapes_figure import sizes_figure
from lenswork.look.sheet_figure import sheet_figure
from lenswork.look.sizes import sight, size_steps
from lenswork.look.sizes_figure import sight_figure

NET = "conv 40 same, batchnorm, pool, conv 5 5x5 same, relu, flatten, dense 40, dense classes"
SHAPE = (12, 12, 1)
CLASSIFIER = classifier_of(NET, SHAPE)
PICTURES = [Shown(f"test/a folder/{seed}.png", noise(SHAPE, seed), "stripe 0") for seed in range(3)]


def value(layer: str) -> Figure:
    return arithmetic_figure(arithmetic(CLASSIFIER, PICTURES[0].picture, layer, 1))


def passed_on(layer: str) -> Figure:
    worked = work_out(CLASSIFIER, PICTURES[0].picture, layer, 1)
    assert isinstance(worked, EachNumber)
    return each_number_figure(worked)


def filters(draw: Callable[..., Figure]) -> Figure:
    return draw(look_at_filters(CLASSIFIER, striped_pictures(6, 3, 0)))


def field(layer: str) -> Figure:
    picture = PICTURES[0].picture
    return sight_figure(sight(NET, SHAPE, layer, (0, 0)), picture, np.ones((6, 6), np.float32))


FIGURES: dict[str, Callable[[], Figure]] = {
    "maps": lambda: channel_figure(channel_maps(CLASSIFIER, PICTURES)),
    "all channels": lambda: sheet_figure(all_channel_maps(CLASSIFIER, PICTURES[0])),
    "value of a convolution": lambda: value("1"),
    "value of a wide convolution": lambda: value("4"),
    "value of a pooling": lambda: value("3"),
    "value of a dense layer": lambda: value("7"),
    "value of a batch normalisation": lambda: passed_on("2"),
    "value of a flatten": lambda: passed_on("6"),
    "filters": lambda: filters(patches_figure),
    "weights": lambda: filters(weights_figure),
    "sizes": lambda: sizes_figure(size_steps(NET, SHAPE)),
    "sees": lambda: field("4"),
    "attribution": lambda: attribution_figure(attribute(CLASSIFIER, PICTURES, "grad-cam")),
    "forgot": lambda: forgot_figure(
        slip(CLASSIFIER, "rescale"), forget(CLASSIFIER, PICTURES, "rescale"), None
    ),
    "filter lab": lambda: lab_figure(FilterLab(preset("gaussian-9")).apply(noise((40, 60, 1)))),
    "filter lab, every kernel": lambda: lab_sheet_figure(
        [FilterLab(kernel).apply(noise((40, 60, 1))) for kernel in PRESETS.values()]
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_no_letter_is_smaller_than_6_points_on_a_page(name: str) -> None:
    assert smallest_printed(FIGURES[name]()) >= 6
