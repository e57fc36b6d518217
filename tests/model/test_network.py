"""The torch module of a net, against plain loops, hand-worked cases and finite differences."""

import copy
import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from lenswork.model.network import RISING, Network, to_input
from lenswork.model.shapes import Shape
from lenswork.model.spec import parse_net
from lenswork.model.window import Window

Map = NDArray[np.float64]  # (height, width, channels)
Frame = tuple[int, int, int, int]  # left, right, top, bottom


def network(net: str, shape: Shape, outputs: int = 3, seed: int = 1) -> Network:
    module = Network(parse_net(net).with_outputs(outputs), shape)
    module.initialise("glorot-uniform", seed)
    return module


def pictures(shape: Shape, count: int = 2, seed: int = 5) -> Tensor:
    """Normal noise, (count, channels, height, width)."""
    chance = torch.Generator().manual_seed(seed)
    height, width, channels = shape
    return torch.randn(count, channels, height, width, generator=chance)


def first_output(net: str, inputs: Tensor, shape: Shape) -> Map:
    """What the net's first layer makes of the first picture, as (height, width, channels)."""
    end = "flatten, dense classes"
    with torch.no_grad():
        output = network(f"{net}, {end}", shape).activations(inputs)[0]
    return output[0].permute(1, 2, 0).double().numpy()


def framed(picture: Map, frame: Frame, value: float) -> Map:
    left, right, top, bottom = frame
    return np.pad(picture, ((top, bottom), (left, right), (0, 0)), constant_values=value)


def window_places(picture: Map, height: int, width: int, stride: int) -> list[list[Map]]:
    rows = range(0, picture.shape[0] - height + 1, stride)
    columns = range(0, picture.shape[1] - width + 1, stride)
    return [[picture[y : y + height, x : x + width] for x in columns] for y in rows]


def convolved(picture: Map, layer: nn.Conv2d, stride: int, frame: Frame) -> Map:
    """A convolution as four loops would have it."""
    kernel = layer.weight.detach().double().permute(2, 3, 1, 0).numpy()  # (kh, kw, in, out)
    bias = np.zeros(kernel.shape[3]) if layer.bias is None else layer.bias.detach().double().numpy()
    patches = window_places(framed(picture, frame, 0.0), kernel.shape[0], kernel.shape[1], stride)

    def one_place(patch: Map) -> list[float]:
        return [(patch * kernel[..., out]).sum() + bias[out] for out in range(len(bias))]

    return np.array([[one_place(patch) for patch in row] for row in patches])


@pytest.mark.parametrize(
    ("words", "stride", "frame"),
    [
        ("linear", 1, (0, 0, 0, 0)),
        ("5x2 linear", 1, (0, 0, 0, 0)),
        ("1x4 stride 3 linear", 3, (0, 0, 0, 0)),
        ("padding 2 linear", 1, (2, 2, 2, 2)),
        ("2x3 stride 2 padding 1 linear", 2, (1, 1, 1, 1)),
        ("same linear", 1, (1, 1, 1, 1)),
        ("2x2 same linear", 1, (0, 1, 0, 1)),
        ("4x4 same linear", 1, (1, 2, 1, 2)),
        ("5x2 same linear", 1, (0, 1, 2, 2)),
        ("3x3 stride 2 same linear", 2, (0, 1, 1, 1)),  # 8 wide, 7 high
        ("5x4 stride 3 same linear", 3, (1, 1, 2, 2)),
        ("linear no-bias", 1, (0, 0, 0, 0)),
    ],
)
def test_a_convolution_is_what_plain_loops_make_of_it(
    words: str, stride: int, frame: Frame
) -> None:
    shape = (7, 8, 2)
    inputs = pictures(shape)
    module = network(f"conv 3 {words}, flatten, dense classes", shape)
    layer = module.layers[0]
    assert isinstance(layer, nn.Conv2d)
    if layer.bias is not None:
        nn.init.uniform_(layer.bias, -1, 1)
    with torch.no_grad():
        output = module.activations(inputs)[0].double()
    for picture, made in zip(inputs.double(), output, strict=True):
        expected = convolved(picture.permute(1, 2, 0).numpy(), layer, stride, frame)
        np.testing.assert_allclose(made.permute(1, 2, 0).numpy(), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("size", "window", "stride", "before", "after"),
    [  # TensorFlow: (ceil(n / s) - 1) s + k - n in all, the odd one after
        (5, 2, 1, 0, 1),
        (5, 3, 1, 1, 1),
        (5, 4, 1, 1, 2),
        (5, 3, 2, 1, 1),
        (6, 3, 2, 0, 1),
        (7, 1, 3, 0, 0),
        (6, 2, 3, 0, 0),  # windows with gaps between them need no padding
        (2, 5, 1, 2, 2),
    ],
)
def test_same_padding_is_tensorflows(
    size: int, window: int, stride: int, before: int, after: int
) -> None:
    high = Window(window, 1, stride, "same").same_padding((size, 1, 1))
    wide = Window(1, window, stride, "same").same_padding((1, size, 1))
    assert high[2:] == wide[:2] == (before, after)
    assert high[:2] == wide[2:] == (0, 0)


def test_a_same_convolution_worked_by_hand_pads_below_and_not_above() -> None:
    module = network("conv 1 3x1 stride 2 same linear, flatten, dense classes", (6, 1, 1))
    nn.init.ones_(next(module.parameters()))
    column = torch.arange(1.0, 7.0).reshape(1, 1, 6, 1)
    sums = module.activations(column)[0].flatten().tolist()
    assert sums == [1 + 2 + 3, 3 + 4 + 5, 5 + 6 + 0]


POOLS = [
    ("", 2, 2, 2, (0, 0, 0, 0)),
    ("3x2", 3, 2, 3, (0, 0, 0, 0)),
    ("2x2 stride 1", 2, 2, 1, (0, 0, 0, 0)),
    ("3x3 stride 2 padding 1", 3, 3, 2, (1, 1, 1, 1)),
    ("2x2 same", 2, 2, 2, (0, 0, 0, 1)),  # 8 wide, 7 high
    ("2x2 stride 1 same", 2, 2, 1, (0, 1, 0, 1)),
    ("3x4 stride 2 same", 3, 4, 2, (1, 1, 1, 1)),
]


@pytest.mark.parametrize(("words", "height", "width", "stride", "frame"), POOLS)
def test_maximum_pooling_is_what_plain_loops_make_of_it(
    words: str, height: int, width: int, stride: int, frame: Frame
) -> None:
    shape = (7, 8, 2)
    inputs = -pictures(shape).abs()  # below zero, so that a border of zeros would win
    picture = inputs[0].double().permute(1, 2, 0).numpy()
    places = window_places(framed(picture, frame, -np.inf), height, width, stride)
    expected = [[patch.max((0, 1)) for patch in row] for row in places]
    np.testing.assert_array_equal(first_output(f"pool {words}", inputs, shape), expected)


@pytest.mark.parametrize(("words", "height", "width", "stride", "frame"), POOLS)
def test_average_pooling_leaves_the_border_out_of_the_mean(
    words: str, height: int, width: int, stride: int, frame: Frame
) -> None:
    shape = (7, 8, 2)
    inputs = pictures(shape)
    picture = inputs[0].double().permute(1, 2, 0).numpy()
    places = window_places(framed(picture, frame, np.nan), height, width, stride)
    expected = [[np.nanmean(patch, axis=(0, 1)) for patch in row] for row in places]
    made = first_output(f"pool avg {words}", inputs, shape)
    np.testing.assert_allclose(made, expected, atol=1e-6)


@pytest.mark.parametrize("method", ["max", "avg"])
def test_global_pooling_takes_the_whole_map(method: str) -> None:
    inputs = pictures((3, 4, 2))
    output = network(f"pool {method} global, dense classes", (3, 4, 2)).activations(inputs)[0]
    plain = inputs.numpy()
    expected = plain.max((2, 3)) if method == "max" else plain.mean((2, 3))
    np.testing.assert_allclose(output.numpy(), expected, atol=1e-6)


def test_a_map_is_flattened_row_by_row_with_the_channels_of_a_place_together() -> None:
    shape = (2, 3, 2)
    numbers = torch.arange(12).reshape(1, 2, 3, 2)  # (batch, height, width, channels)
    inputs = to_input(numbers.to(torch.uint8), scale=1.0)
    output = network("flatten, dense classes", shape).activations(inputs)[0]
    assert output.tolist() == [list(range(12))]


def test_pictures_become_scaled_inputs_channels_first() -> None:
    given = torch.tensor([[[[0, 51, 255]]]], dtype=torch.uint8)  # one pixel, three channels
    made = to_input(given, 1 / 255)
    assert made.shape == (1, 3, 1, 1)
    assert made.flatten().tolist() == pytest.approx([0.0, 0.2, 1.0])
    assert given.flatten().tolist() == [0, 51, 255], "the pictures stay as they were"


def pooled_first(activation: str) -> Network:
    net = f"conv 5 {activation}, pool, conv 7 {activation}, pool 3x3 stride 1 same"
    return network(f"{net}, flatten, dense classes", (18, 17, 2))


def logits_and_gradients(module: Network, inputs: Tensor, *, chained: bool) -> list[Tensor]:
    module.zero_grad()
    logits = module.activations(inputs)[-1] if chained else module(inputs)
    logits.square().sum().backward()
    gradients = [weight.grad for weight in module.parameters() if weight.grad is not None]
    return [logits.detach(), *(gradient.clone() for gradient in gradients)]


@pytest.mark.parametrize("activation", sorted(RISING))
def test_pooling_before_a_rising_activation_is_the_same_function(activation: str) -> None:
    module = pooled_first(activation)
    assert module.plan == [(0, 1), (2, 3), (4, None), (5, None)]
    inputs = pictures((18, 17, 2), 4).mul(3)
    fast = logits_and_gradients(module, inputs, chained=False)
    slow = logits_and_gradients(module, inputs, chained=True)
    assert len(fast) == 1 + 6
    for ours, theirs in zip(fast, slow, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "layers",
    [
        "conv 4, pool max global",
        "conv 4 no-bias, pool max global",
        "conv 4 no-bias, pool, flatten",
        "conv 4 2x2 same, pool 3x2 stride 2 same, flatten",
        "conv 4 padding 2 tanh, pool 3x3 stride 1 padding 1, conv 3, pool, flatten",
        "conv 4, batchnorm, pool, flatten",
        "conv classes, pool, flatten",
    ],
)
def test_the_cheaper_order_gives_the_logits_and_gradients_of_the_text(layers: str) -> None:
    module = network(f"{layers}, dense classes", (9, 8, 2))
    for name, weight in module.named_parameters():
        if "bias" in name:  # as after some training
            nn.init.normal_(weight, generator=torch.Generator().manual_seed(6))
    inputs = pictures((9, 8, 2), 4)
    fast = logits_and_gradients(module, inputs, chained=False)
    slow = logits_and_gradients(module, inputs, chained=True)
    for ours, theirs in zip(fast, slow, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "net", ["conv 2 gelu, pool", "conv 2 silu, pool", "conv 2 linear, pool", "conv 2, pool avg"]
)
def test_pooling_stays_in_its_place_where_it_may_not_or_need_not_move(net: str) -> None:
    module = network(f"{net}, flatten, dense classes", (6, 6, 1))
    assert [pool for _, pool in module.plan] == [None] * 4
    inputs = pictures((6, 6, 1))
    assert torch.equal(module(inputs), module.activations(inputs)[-1])


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("relu", lambda x: max(x, 0.0)),
        ("leaky-relu", lambda x: x if x > 0 else 0.01 * x),
        ("elu", lambda x: x if x > 0 else math.expm1(x)),
        ("gelu", lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2),
        ("silu", lambda x: x / (1 + math.exp(-x))),
        ("sigmoid", lambda x: 1 / (1 + math.exp(-x))),
        ("tanh", math.tanh),
    ],
)
def test_every_activation_is_its_formula(name: str, function: Callable[[float], float]) -> None:
    inputs = torch.linspace(-3, 3, 9).reshape(1, 1, 3, 3)
    output = network(f"{name}, flatten, dense classes", (3, 3, 1)).activations(inputs)[0]
    expected = [function(x) for x in inputs.flatten().tolist()]
    assert output.flatten().tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("net", "values"), [("batchnorm, flatten", (0, 2, 3)), ("flatten, batchnorm", (0,))]
)
def test_batchnorm_brings_a_batch_to_mean_0_and_variance_1_a_channel(
    net: str, values: tuple[int, ...]
) -> None:
    module = network(f"{net}, dense classes", (3, 4, 2)).train()
    place = net.split(", ").index("batchnorm")
    output = module.activations(pictures((3, 4, 2), 16) * 5 + 3)[place]
    assert output.mean(values).abs().max() < 1e-5
    assert output.var(values, unbiased=False).sub(1).abs().max() < 1e-3


def dropped(module: Network, inputs: Tensor) -> Tensor:
    return module.activations(inputs)[0]


def test_dropout_drops_the_fraction_and_scales_the_rest_so_that_the_mean_stays() -> None:
    module = network("dropout 0.2, flatten, dense classes", (50, 50, 4)).train()
    output = dropped(module, torch.ones(1, 4, 50, 50))
    assert sorted(set(output.flatten().tolist())) == pytest.approx([0, 1 / 0.8])
    # 10,000 draws: the standard deviation of the share is 0.004, five of them allowed
    assert float((output == 0).float().mean()) == pytest.approx(0.2, abs=0.02)


def test_dropout_passes_everything_when_the_network_is_not_training() -> None:
    module = network("dropout 0.9, flatten, dense classes", (5, 5, 1)).eval()
    inputs = pictures((5, 5, 1))
    assert torch.equal(dropped(module, inputs), inputs)


def test_dropout_of_0_passes_everything_in_training_too() -> None:
    module, inputs = network("dropout 0, flatten, dense classes", (5, 5, 1)), pictures((5, 5, 1))
    assert torch.equal(dropped(module.train(), inputs), inputs)


def test_dropout_repeats_for_the_same_seed_whatever_else_draws_random_numbers() -> None:
    ones = torch.ones(1, 1, 8, 8)
    draws = []
    for _ in range(2):
        module = network("dropout, flatten, dense classes", (8, 8, 1)).train()
        module.seed_dropout(7)
        torch.rand(3)
        draws.append([dropped(module, ones), dropped(module, ones)])
    assert all(torch.equal(one, other) for one, other in zip(*draws, strict=True))
    assert not torch.equal(draws[0][0], draws[0][1]), "each step drops others"


def test_dropout_begins_anew_when_it_is_seeded_anew() -> None:
    module = network("dropout, flatten, dense classes", (8, 8, 1)).train()
    ones = torch.ones(1, 1, 8, 8)
    module.seed_dropout(7)
    first = dropped(module, ones)
    module.seed_dropout(7)
    assert torch.equal(dropped(module, ones), first)
    module.seed_dropout(8)
    assert not torch.equal(dropped(module, ones), first)


def test_two_dropout_layers_drop_different_numbers() -> None:
    module = network("dropout, dropout, flatten, dense classes", (8, 8, 1)).train()
    module.seed_dropout(7)
    ones = torch.ones(1, 1, 8, 8)
    first, second = (layer(ones) for layer in itertools.islice(module.layers, 2))
    assert not torch.equal(first, second)


WIDE = "conv 64 3x5, conv 48 no-bias, flatten, dense 200, dense classes"
FANS = [(3 * 5 * 3, 3 * 5 * 64), (9 * 64, 9 * 48), (4 * 2 * 48, 200), (200, 10)]


def weights_of(how: str, seed: int = 3) -> list[Tensor]:
    module = Network(parse_net(WIDE).with_outputs(10), (8, 8, 3))
    if how == "glorot-uniform":
        module.initialise("glorot-uniform", seed)
    else:
        module.initialise("he-normal", seed)
    return [weight.detach() for name, weight in module.named_parameters() if "weight" in name]


def test_glorot_uniform_weights_fill_their_bounds_evenly() -> None:
    for weight, (fan_in, fan_out) in zip(weights_of("glorot-uniform"), FANS, strict=True):
        bound = math.sqrt(6 / (fan_in + fan_out))
        assert 0.99 * bound < float(weight.abs().max()) <= bound
        assert float(weight.std()) == pytest.approx(bound / math.sqrt(3), rel=0.05)


def test_he_normal_weights_have_a_variance_of_2_over_the_inputs() -> None:
    for weight, (fan_in, _) in zip(weights_of("he-normal"), FANS, strict=True):
        deviation = math.sqrt(2 / fan_in)
        assert float(weight.std()) == pytest.approx(deviation, rel=0.05)
        assert abs(float(weight.mean())) < 4 * deviation / math.sqrt(weight.numel())


@pytest.mark.parametrize("how", ["glorot-uniform", "he-normal"])
def test_the_same_seed_draws_the_same_weights_and_another_seed_others(how: str) -> None:
    first, again, other = weights_of(how), weights_of(how), weights_of(how, seed=4)
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))
    assert not any(torch.equal(one, two) for one, two in zip(first, other, strict=True))


def test_biases_begin_at_zero_and_a_layer_without_bias_has_none() -> None:
    module = network(WIDE, (8, 8, 3))
    biases = {name: bias for name, bias in module.named_parameters() if "bias" in name}
    assert list(biases) == ["layers.0.bias", "layers.3.bias", "layers.4.bias"]
    assert all(not bias.any() for bias in biases.values())


def one_step(module: Network, inputs: Tensor) -> None:
    module.zero_grad()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    loss = F.cross_entropy(module(inputs), torch.zeros(len(inputs), dtype=torch.int64))
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def test_a_copy_trains_without_changing_the_original() -> None:
    net = "conv 4, batchnorm, pool, dropout, flatten, dense classes"
    module, inputs = network(net, (6, 6, 1)).train(), pictures((6, 6, 1), 4)
    module.seed_dropout(3)
    one_step(module, inputs)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    twin = copy.deepcopy(module)
    alone = copy.deepcopy(module)
    one_step(twin, inputs)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert not torch.equal(twin.state_dict()["layers.0.weight"], before["layers.0.weight"])
    one_step(module, inputs)  # the copy has drawn from random numbers of its own
    one_step(alone, inputs)
    for name, value in module.state_dict().items():
        assert torch.equal(value, twin.state_dict()[name])
        assert torch.equal(value, alone.state_dict()[name])


@pytest.mark.parametrize(
    "net",
    [
        "conv 2 tanh, pool, flatten, dense 3 gelu, dense classes",
        "conv 2 3x2 stride 2 same silu, pool avg 2x2 same, batchnorm, flatten, dense classes",
        "conv 2 leaky-relu, conv classes 1x1, pool avg global",
        "conv 2 padding 1 elu, pool 3x3 stride 2 padding 1, pool max global, dense classes",
    ],
)
def test_gradients_agree_with_finite_differences(net: str) -> None:
    module, inputs = network(net, (5, 6, 2)).double().train(), pictures((5, 6, 2), 3).double()
    labels = torch.tensor([0, 1, 2])

    def loss() -> Tensor:
        return F.cross_entropy(module(inputs), labels)

    loss().backward()  # type: ignore[no-untyped-call]
    chance, step = torch.Generator().manual_seed(9), 1e-6
    for weight, _ in itertools.product(module.parameters(), range(3)):
        assert weight.grad is not None
        way = torch.randn(weight.shape, generator=chance, dtype=torch.float64)
        with torch.no_grad():
            kept = weight.clone()
            weight.copy_(kept + step * way)
            above = float(loss())
            weight.copy_(kept - step * way)
            below = float(loss())
            weight.copy_(kept)
        slope = float((weight.grad * way).sum())
        assert (above - below) / (2 * step) == pytest.approx(slope, rel=1e-5, abs=1e-8)
