"""Depthwise convolutions, slopes and epsilons: words of a net that courses' models need."""

import numpy as np
import pytest
import torch
from torch import nn

from lenswork.errors import NetError
from lenswork.model.backprop import backprop_of
from lenswork.model.describe import describe
from lenswork.model.layers import Activation, BatchNorm, Depthwise
from lenswork.model.network import DepthwiseLayer, Network
from lenswork.model.spec import parse_net
from lenswork.model.window import Window

WORDS = [
    "depthwise",
    "depthwise 5x3 stride 2 same times 2 linear no-bias",
    "depthwise padding 1 tanh",
    "batchnorm epsilon 0.001",
    "leaky-relu 0.2",
    "leaky-relu 0",
]


def network(net: str, shape: tuple[int, int, int] = (7, 6, 3)) -> Network:
    made = Network(parse_net(net).with_outputs(2), shape)
    made.initialise("glorot-uniform", 1)
    return made.eval()


@pytest.mark.parametrize("words", WORDS)
def test_a_layer_reads_back_as_it_is_written(words: str) -> None:
    assert str(parse_net(f"{words}, flatten, dense classes")).startswith(f"{words}, ")


def test_defaults_are_left_out() -> None:
    net = "depthwise 3x3 stride 1 times 1 relu, batchnorm epsilon 0.00001, leaky-relu 0.01"
    spec = parse_net(f"{net}, flatten, dense classes")
    assert spec.layers[:3] == (Depthwise(), BatchNorm(), Activation("leaky-relu"))
    assert str(spec).startswith("depthwise, batchnorm, leaky-relu, ")


@pytest.mark.parametrize(
    ("net", "problem"),
    [
        ("depthwise 8, flatten, dense classes", "cannot be laid on a map of 7x6x3"),
        ("flatten, depthwise, dense classes", "'depthwise' needs a map"),
        ("batchnorm epsilon, flatten, dense classes", "'epsilon' needs a number after it"),
        (
            "batchnorm epsilon 0, flatten, dense classes",
            "expected a number above 0 after 'epsilon'",
        ),
        ("leaky-relu 1.5, flatten, dense classes", "expected a fraction of at least 0"),
        ("depthwise times 0, flatten, dense classes", "expected a number after 'times' from 1"),
    ],
)
def test_what_cannot_be_is_refused_in_words(net: str, problem: str) -> None:
    with pytest.raises(NetError, match=problem):
        describe(net, (7, 6, 3), 2)


def test_each_channel_is_convolved_by_its_own_filters() -> None:
    layer = network("depthwise 3x2 stride 2 times 2 linear, flatten, dense classes").layers[0]
    assert isinstance(layer, DepthwiseLayer)
    inputs = torch.randn(2, 3, 7, 6, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        layer.bias.copy_(torch.arange(6.0))  # type: ignore[union-attr]
        made = layer(inputs).numpy()
    weights, given = layer.weight.detach().numpy(), inputs.numpy()
    expected = np.zeros((2, 6, 3, 3))
    for filter_, row, column in np.ndindex(6, 3, 3):
        window = given[:, filter_ // 2, 2 * row : 2 * row + 3, 2 * column : 2 * column + 2]
        expected[:, filter_, row, column] = (window * weights[filter_, 0]).sum((1, 2)) + filter_
    assert np.allclose(made, expected, atol=1e-5)


def test_its_cost_and_sight_are_derived() -> None:
    rows = describe("conv 4, depthwise 5x3 same times 2, flatten, dense classes", (9, 8, 1)).rows
    assert rows[1].output_shape == (7, 6, 8)
    assert rows[1].parameters == 8 * 15 + 8
    assert rows[1].multiply_adds == 7 * 6 * 8 * 15
    assert rows[1].receptive_field == (7, 5)


def test_weights_are_drawn_by_the_fans_of_one_channel() -> None:
    made = Network(parse_net("depthwise 3x3 times 2, flatten, dense classes").with_outputs(2),
                   (9, 9, 64))  # fmt: skip
    made.initialise("glorot-uniform", 1)
    layer = made.layers[0]
    assert isinstance(layer, nn.Conv2d)
    bound = (6 / (9 + 18)) ** 0.5
    assert 0.95 * bound < float(layer.weight.detach().abs().max()) <= bound
    made.initialise("he-normal", 1)
    assert float(layer.weight.detach().std()) == pytest.approx((2 / 9) ** 0.5, rel=0.05)


def test_slope_and_epsilon_are_used() -> None:
    made = network("leaky-relu 0.25, batchnorm epsilon 0.5, flatten, dense classes")
    inputs = torch.tensor([-4.0, 2.0, 0.0]).view(1, 3, 1, 1).expand(1, 3, 7, 6)
    leaky, normal, *_ = made.activations(inputs)
    assert leaky[0, :, 0, 0].tolist() == [-1.0, 2.0, 0.0]
    assert torch.allclose(normal[0, :, 0, 0], torch.tensor([-1.0, 2.0, 0.0]) / 1.5**0.5)


@pytest.mark.parametrize("net", ["depthwise", "conv 2, leaky-relu 0.2"])
def test_what_cannot_be_gone_back_by_hand_is_left_to_autograd(net: str) -> None:
    assert backprop_of(network(f"{net}, flatten, dense classes").train()) is None


def test_a_window_is_at_least_one_pixel_of_the_map() -> None:
    assert Depthwise(Window(3, 3, padding="same")).output_shape((1, 1, 4)) == (1, 1, 4)
