"""A look at a depthwise convolution: its arithmetic, its sight, its filters."""

import pytest
from keras_nets import classifier_of, pictures

from lenswork.look.arithmetic import Arithmetic
from lenswork.look.arithmetic_text import arithmetic_text
from lenswork.look.each_number import EachNumber, work_out
from lenswork.look.sizes import sight, size_steps

NET = (
    "conv 3, depthwise 3x2 stride 2 same times 2, "
    "batchnorm epsilon 0.01, leaky-relu 0.2, flatten, dense classes"
)


@pytest.mark.parametrize("channel", range(6))
def test_the_arithmetic_of_each_channel_agrees_with_the_network(channel: int) -> None:
    classifier = classifier_of(NET, (9, 8, 3), 2)
    worked = work_out(classifier, pictures(1, (9, 8, 3))[0], "2", channel, (3, 0))
    assert isinstance(worked, Arithmetic)
    assert worked.window.shape == (3, 2, 1)
    assert worked.agrees
    assert "the one input channel" in arithmetic_text(worked)


@pytest.mark.parametrize("layer", ["3", "4"])
def test_epsilon_and_slope_are_in_the_numbers(layer: str) -> None:
    classifier = classifier_of(NET, (9, 8, 3), 2)
    for channel in range(6):
        worked = work_out(classifier, pictures(1, (9, 8, 3))[0], layer, channel, (1, 1))
        assert isinstance(worked, EachNumber)
        assert worked.agrees


def test_its_size_and_sight_are_told_in_words() -> None:
    step = size_steps(NET, (9, 8, 3), 2)[1]
    assert (step.before, step.after) == ((7, 6, 3), (4, 3, 6))
    assert step.words.endswith("; 2 filters a channel, 6 maps")
    seen = sight(NET, (9, 8, 3), "2", (1, 1), 2)
    assert seen.size == (5, 4)
