"""Layers that work on each number alone: against the network itself, and by hand."""

import json

import numpy as np
import pytest
import torch
from look_nets import classifier_of, cut_off, noise, texts, wrapped
from torch import nn

from lenswork.errors import UsageError
from lenswork.look.activations import activations
from lenswork.look.arithmetic import Arithmetic
from lenswork.look.arithmetic_text import arithmetic_text
from lenswork.look.each_number import EachNumber, work_out
from lenswork.look.each_number_figure import each_number_figure
from lenswork.model.network import Network

NET = (
    "batchnorm, conv 4 linear, batchnorm, tanh, dropout, pool, flatten, batchnorm, dropout, gelu, "
    "dense 6, dense classes"
)


def test_every_number_of_every_such_layer_is_the_networks_own() -> None:
    classifier, picture = classifier_of(NET), noise((12, 12, 1))
    chance = np.random.default_rng(3)
    steps = set()
    for place, output in enumerate(activations(classifier, [picture]), start=1):
        for _ in range(10):
            channel = int(chance.integers(output.channels))
            position = [int(chance.integers(side)) for side in output.shape[:-1]] or None
            worked = work_out(classifier, picture, str(place), channel, position)
            at = tuple(position or ())
            assert worked.network == output.values[(0, *at, channel)]
            assert worked.agrees, (output.name, worked.difference, worked.tolerance)
            steps.add(worked.step if isinstance(worked, EachNumber) else "sum")
    assert steps == {"batchnorm", "activation", "passed on", "sum"}


def test_a_hand_worked_batch_normalisation() -> None:
    classifier = classifier_of("batchnorm, flatten, dense classes", (2, 2, 1), normalise=False)
    assert isinstance(classifier.network, Network)
    norm = classifier.network.layers[0]
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.eps = 1.0
    with torch.no_grad():
        norm.running_mean.fill_(4)
        norm.running_var.fill_(8)
        norm.weight.fill_(-6)
        norm.bias.fill_(0.5)
    picture = np.array([[[10], [4]], [[1], [7]]], np.uint8)
    worked = work_out(classifier, picture, "1", 0, (0, 0))
    assert (worked.value, worked.network) == (-11.5, -11.5)  # (10 - 4) / 3 x -6 + 0.5
    lines = arithmetic_text(worked).splitlines()
    assert "x = 10, from the network's input, channel 0, row 0, column 0" in lines
    assert "(10 - 4) / sqrt(8 + 1) x (-6) + 0.5" in lines
    assert "6 / 3 x (-6) + 0.5  = -11.5" in lines
    assert lines[-1].endswith("1e-06 x max(1, 28.5) = 2.8e-05")  # (10 + 4) / 3 x 6 + 0.5


def test_flatten_and_dropout_say_from_where_they_pass_a_number_on() -> None:
    classifier, picture = classifier_of(NET), noise((12, 12, 1))
    flat = work_out(classifier, picture, "flatten", 38)
    assert isinstance(flat, EachNumber)
    assert (flat.source, flat.source_place, flat.source_channel) == ("6 pool", (1, 4), 2)
    assert "unit (1 x 5 + 4) x 4 + 2 = 38" in arithmetic_text(flat)
    dropped = work_out(classifier, picture, "5", 1, (2, 3))
    text = arithmetic_text(dropped)
    assert "from 4 tanh, channel 1, row 2, column 3" in text
    assert "dropout drops numbers in training only; now it passes each of them on" in text


def test_a_layer_of_sums_is_worked_out_as_before_and_a_module_of_ones_own_is_refused() -> None:
    assert isinstance(work_out(classifier_of(NET), noise((12, 12, 1)), "2"), Arithmetic)
    own = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
    with pytest.raises(UsageError, match="needs a net that is a line of text"):
        work_out(wrapped(own, (4, 4, 1)), noise((4, 4, 1)), "1")


def test_it_can_be_written_as_json() -> None:
    worked = work_out(classifier_of(NET), noise((12, 12, 1)), "3", 1)
    said = json.loads(json.dumps(worked.as_dict()))
    norm = said["normalised"]
    value = (said["number"] - norm["mean"]) / np.sqrt(norm["variance"] + norm["eps"])
    assert value * norm["gamma"] + norm["beta"] == pytest.approx(said["value"])


@pytest.mark.parametrize(
    ("layer", "channel", "position", "problem"),
    [
        ("3", 4, None, "layer '3 batchnorm' has no channel 4: it has 4, numbered 0 to 3"),
        ("7", 100, None, "layer '7 flatten' has no unit 100: it has 100, numbered 0 to 99"),
        ("3", 0, (0, 10), "has no place 0, 10: it has row 0 to 9 and column 0 to 9"),
        ("7", 0, (1, 1), "gives a vector, which has no rows and columns: say the unit only"),
    ],
)
def test_what_does_not_exist_is_answered_with_what_does(
    layer: str, channel: int, position: tuple[int, int] | None, problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        work_out(classifier_of(NET), noise((12, 12, 1)), layer, channel, position)


@pytest.mark.parametrize("layer", ["1", "3", "4", "5", "7", "8", "9", "10"])
def test_it_is_drawn_with_both_numbers_and_no_word_cut_off(layer: str) -> None:
    worked = work_out(classifier_of(NET), noise((12, 12, 1)), layer, 0)
    assert isinstance(worked, EachNumber)
    figure = each_number_figure(worked)
    assert not cut_off(figure)
    assert {f"{worked.number:.4g}", f"{worked.network:.4g}"} <= set(texts(figure))


def test_known_outputs_are_not_worked_out_again_and_change_nothing() -> None:
    classifier, picture = classifier_of(NET), noise((12, 12, 1))
    outputs = activations(classifier, [picture])
    for place, output in enumerate(outputs, start=1):
        position = [1] * (len(output.shape) - 1)
        known = work_out(classifier, picture, str(place), 0, position, outputs=outputs)
        assert known.as_dict() == work_out(classifier, picture, str(place), 0, position).as_dict()
