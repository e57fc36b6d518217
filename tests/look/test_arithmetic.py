"""The arithmetic of one value: against the network itself, for a thousand random choices."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from look_nets import classifier_of, cut_off, first_conv, noise, overlapping, texts, wrapped
from torch import nn

from lenswork.errors import NetError, UsageError
from lenswork.look.arithmetic import Arithmetic, arithmetic
from lenswork.look.arithmetic_figure import arithmetic_figure
from lenswork.look.arithmetic_text import arithmetic_text
from lenswork.model.classifier import Classifier
from lenswork.model.layers import ACTIVATIONS, Conv, Dense, Pool
from lenswork.model.network import Network, to_input

CHOICES = 1_000
A_NET = 25  # choices from each random net


def random_net(chance: np.random.Generator) -> str:
    """Windows, strides, paddings, activations, and layers of every kind before and between."""
    layers = [random_layer(chance, ["batchnorm", "tanh", "dropout 0.3"], 0.3)]
    for _ in range(chance.integers(1, 4)):
        sides = "x".join(map(str, chance.integers(1, 5, 2)))
        stride = chance.choice(["", " stride 1", " stride 2", " stride 3"])
        if chance.random() < 0.6:
            padding = chance.choice(["", " same", " padding 1", " padding 3"])
            ending = chance.choice(["", " linear", *(f" {name}" for name in ACTIVATIONS)])
            bias = chance.choice(["", " no-bias"])
            filters = chance.integers(1, 6)
            layers.append(f"conv {filters} {sides}{stride}{padding}{ending}{bias}")
        else:
            method, padding = chance.choice(["max", "avg"]), chance.choice(["", " same"])
            layers.append(f"pool {method} {sides}{stride}{padding}")
        layers.append(random_layer(chance, ["batchnorm", "dropout", *ACTIVATIONS], 0.3))
    layers.append(random_layer(chance, ["flatten", "pool max global", "pool avg global"], 1))
    layers.append(random_layer(chance, [f"dense 7 {name}" for name in ACTIVATIONS], 0.5))
    return ", ".join([*filter(None, layers), "dense classes"])


def random_layer(chance: np.random.Generator, choices: list[str], how_often: float) -> str:
    return str(chance.choice(choices)) if chance.random() < how_often else ""


def own_value(classifier: Classifier, picture: np.ndarray, worked: Arithmetic) -> float:
    """The number that the network itself has in that place, asked for without the library."""
    network = classifier.network
    assert isinstance(network, Network)
    place = int(worked.name.split()[0]) - 1
    scale = classifier.contract.preprocess.scale
    with torch.inference_mode():
        output = network.activations(to_input(torch.from_numpy(picture[np.newaxis]), scale))[place]
    return float(output[(0, worked.channel, *worked.place)])


def test_a_thousand_random_values_are_the_networks_own() -> None:
    chance = np.random.default_rng(11)
    checked, padded, seen = 0, 0, set()
    while checked < CHOICES:
        height, width = map(int, chance.integers(6, 15, 2))
        shape = (height, width, int(chance.choice([1, 3])))
        seed = int(chance.integers(2**31))
        normalise = bool(chance.random() < 0.9)
        try:
            classifier = classifier_of(random_net(chance), shape, seed=seed, normalise=normalise)
        except NetError:
            continue
        picture = noise(shape, seed)
        assert isinstance(classifier.network, Network)
        spec = classifier.network.spec
        shapes = spec.shapes(shape)[1:]
        able = [i for i, one in enumerate(spec.layers) if isinstance(one, Conv | Pool | Dense)]
        for _ in range(A_NET):
            place = int(chance.choice(able))
            after = shapes[place]
            channel = int(chance.integers(after[-1]))
            position = [int(chance.integers(side)) for side in after[:-1]] or None
            worked = arithmetic(classifier, picture, str(place + 1), channel, position)
            assert worked.network == own_value(classifier, picture, worked)
            error = abs(worked.network - worked.value)
            size = np.abs(worked.products).sum() + abs(worked.bias or 0)
            assert error <= 1e-6 * max(1, size), (str(spec), worked.name, worked.place)
            assert worked.agrees
            seen |= {worked.method, worked.activation}
            padded += not worked.inside.all()
            checked += 1
    assert seen == {"conv", "dense", "max", "avg", None, *ACTIVATIONS}
    assert padded > 20


def test_a_thousand_sums_are_checked_before_the_activation_hides_them() -> None:
    net = "conv 6 same, pool, conv 5, flatten, dense 12, dense classes"
    classifier, picture = classifier_of(net, (16, 16, 1), seed=4), noise((16, 16, 1))
    network = classifier.network
    assert isinstance(network, Network)
    scaled = to_input(torch.from_numpy(picture[np.newaxis]), classifier.contract.preprocess.scale)
    with torch.inference_mode():
        before = [scaled, *network.activations(scaled)]
        sums = {}
        for place, layer in enumerate(network.layers):
            if isinstance(layer, nn.Conv2d):
                sums[place] = nn.functional.conv2d(
                    before[place], layer.weight, layer.bias, padding=layer.padding
                )
            elif isinstance(layer, nn.Linear):
                sums[place] = before[place] @ layer.weight.T + layer.bias
    chance, below = np.random.default_rng(2), 0
    for _ in range(CHOICES):
        place = int(chance.choice(list(sums)))
        channel, *at = (int(chance.integers(side)) for side in sums[place].shape[1:])
        worked = arithmetic(classifier, picture, str(place + 1), channel, at or None)
        own = float(sums[place][(0, channel, *at)])
        assert worked.before == pytest.approx(own, abs=2e-6)
        assert worked.agrees
        if worked.activation is not None:
            assert worked.network_before == pytest.approx(own, abs=2e-6)
            below += worked.before < 0
    assert below > 200


def test_a_wrong_sum_below_zero_is_found_though_a_relu_hides_it() -> None:
    classifier = classifier_of("conv 1, flatten, dense classes")
    conv = first_conv(classifier)
    assert conv.bias is not None
    with torch.no_grad():
        conv.bias.fill_(-50)
    worked = arithmetic(classifier, noise((12, 12, 1)), "1", 0, (0, 0))
    assert (worked.value, worked.network, worked.agrees) == (0, 0, True)
    wrong = replace(worked, before=worked.before - 1)
    assert not wrong.agrees
    assert "own sum before relu" in arithmetic_text(worked)
    assert "DOES NOT AGREE" in arithmetic_text(wrong)
    assert "+ bias -50  = " in arithmetic_text(worked)


def test_one_product_is_told_in_the_singular() -> None:
    classifier = classifier_of("conv 1 1x1, flatten, dense classes")
    assert "sum of 1 product  " in arithmetic_text(arithmetic(classifier, noise((12, 12, 1)), "1"))


@pytest.mark.parametrize("size", [1, 3, 5, 7])
def test_no_two_words_of_a_figure_of_many_channels_overlap(size: int) -> None:
    net = f"conv 5, conv 4 {size}x{size} same, flatten, dense classes"
    figure = arithmetic_figure(arithmetic(classifier_of(net), noise((12, 12, 1)), "2", 1, (0, 2)))
    assert not overlapping(figure)
    assert not cut_off(figure)


def test_the_window_has_the_colours_of_the_input_beside_it() -> None:
    classifier = classifier_of("conv 5, conv 4, flatten, dense classes")
    figure = arithmetic_figure(arithmetic(classifier, noise((12, 12, 1)), "2", 1, (0, 2)))
    for given, window in zip(figure.axes[::4], figure.axes[1::4], strict=True):
        assert window.images[0].get_clim() == given.images[0].get_clim()


def test_a_hand_worked_convolution() -> None:
    classifier = classifier_of("conv 1, flatten, dense classes", (4, 4, 1), normalise=False)
    conv = first_conv(classifier)
    assert conv.bias is not None
    with torch.no_grad():
        conv.weight.copy_(torch.tensor([[[[0, 1, 0], [1, -4, 1], [0, 1, 0]]]]))
        conv.bias.fill_(-7)
    picture = np.arange(16, dtype=np.uint8).reshape(4, 4, 1) ** 2  # row 1 is 16 25 36 49
    worked = arithmetic(classifier, picture, "conv 1", 0, (0, 1))
    assert worked.window[:, :, 0].tolist() == [[1, 4, 9], [25, 36, 49], [81, 100, 121]]
    assert worked.total == 4 + 25 - 4 * 36 + 49 + 100 == 34
    assert (worked.bias, worked.before, worked.value, worked.network) == (-7, 27, 27, 27)
    text = arithmetic_text(worked)
    assert "sum of 9 products  34\n+ bias -7  = 27\nrelu(27)  = 27\n" in text
    assert "the network's own value  27  (agrees: differs by 0)\n" in text
    said = "rule: agrees within 1e-06 x max(1, sum of magnitudes) = 1e-06 x max(1, 329) = 0.00033"
    assert text.endswith(said)


def test_a_wrong_weight_does_not_agree() -> None:
    worked = arithmetic(classifier_of("conv 2, flatten, dense classes"), noise((12, 12, 1)), "1")
    assert worked.agrees
    wrong = replace(worked, value=worked.value + 3 * worked.tolerance)
    assert not wrong.agrees
    assert "DOES NOT AGREE" in arithmetic_text(wrong)


def test_a_position_left_out_is_the_strongest_place() -> None:
    classifier = classifier_of("conv 2, flatten, dense classes")
    best = arithmetic(classifier, noise((12, 12, 1)), "1", 1)
    values = [
        arithmetic(classifier, noise((12, 12, 1)), "1", 1, (row, column)).network
        for row in range(10)
        for column in range(10)
    ]
    assert best.network == max(values)


def test_padding_counts_in_no_pooling_and_is_zero_in_a_convolution() -> None:
    classifier = classifier_of("conv 1 same linear, pool avg 3x3 same, flatten, dense classes")
    pooled = arithmetic(classifier, noise((12, 12, 1)), "2", 0, (0, 0))
    assert pooled.inside.sum() == 9  # 12 = 4 x 3: "same" needs no padding here
    worked = arithmetic(classifier, noise((12, 12, 1)), "1", 0, (0, 11))
    assert worked.corner == (-1, 10)
    assert worked.inside.tolist() == [[False] * 3, [True, True, False], [True, True, False]]
    assert not worked.window[~worked.inside].any()
    odd = classifier_of("pool avg 5x5 stride 1 same, flatten, dense classes")
    corner = arithmetic(odd, noise((12, 12, 1)), "1", 0, (0, 0))
    assert corner.inside.sum() == 9
    assert corner.weights.sum() == pytest.approx(1)
    assert corner.agrees
    assert "/ 9 numbers" in arithmetic_text(corner)
    assert "(· lies in the padding)" in arithmetic_text(corner)


def test_the_lines_of_a_deep_convolution_add_up() -> None:
    classifier = classifier_of("conv 6, conv 2, flatten, dense classes")
    worked = arithmetic(classifier, noise((12, 12, 1)), "2", 1)
    lines = arithmetic_text(worked).splitlines()
    channels = [float(x.rpartition(" ")[2]) for x in lines if x.startswith("products of this")]
    others = [float(x.rpartition(" ")[2]) for x in lines if x.startswith("products of 3 other")]
    assert len(channels) == 3
    assert len(others) == 1
    assert sum(channels + others) == pytest.approx(worked.total, abs=1e-5)
    assert worked.channel_totals[worked.strongest[0]] == max(worked.channel_totals, key=abs)


def test_a_large_pooling_window_is_shown_whole_or_says_how_much_is_left_out() -> None:
    whole = classifier_of("conv 2, pool avg global, dense classes")  # 10x10 numbers
    lines = arithmetic_text(arithmetic(whole, noise((12, 12, 1)), "2", 1)).splitlines()
    assert "window of 10x10" in lines
    assert sum(len(line.split()) == 10 for line in lines) == 10
    large = classifier_of("conv 2, pool avg global, dense classes", (22, 17, 1))
    worked = arithmetic(large, noise((22, 17, 1)), "2", 1)
    lines = arithmetic_text(worked).splitlines()
    assert any("of the window of 20x15 the 12x12 around its greatest number" in x for x in lines)
    rows = [line.split() for line in lines if len(line.split()) == 12]
    shown = np.array([row for row in rows if row[0][0].isdigit()], float)
    assert shown.shape == (12, 12)
    assert float(f"{worked.window.max():.3g}") == shown.max()
    (rest,) = [line for line in lines if "other numbers are not written out, together" in line]
    assert rest.startswith("156 other")
    total = shown.sum() + float(rest.rpartition(" ")[2])
    assert total == pytest.approx(worked.window.sum(), rel=1e-2)


def test_an_arithmetic_can_be_written_as_json() -> None:
    worked = arithmetic(classifier_of("conv 2, flatten, dense classes"), noise((12, 12, 1)), "1")
    said = json.loads(json.dumps(worked.as_dict()))
    assert np.sum(said["products"]) == pytest.approx(worked.total)
    assert said["agrees"] is True


@pytest.mark.parametrize(
    ("layer", "channel", "position", "problem"),
    [
        ("3", 0, None, "layer '3 flatten' has no window .* one of: 1 conv 2; 2 pool; 4 dense 3"),
        ("conv 9", 0, None, "no layer 'conv 9'; the layers are: 1 conv 2; 2 pool; 3 flatten"),
        ("1", 2, None, "layer '1 conv 2' has no channel 2: it has 2, numbered 0 to 1"),
        ("1", 0, (10, 0), "has no place 10, 0: it has row 0 to 9 and column 0 to 9"),
        ("4", 0, (1, 1), "gives a vector, which has no rows and columns: say the unit only"),
    ],
)
def test_what_does_not_exist_is_answered_with_what_does(
    layer: str, channel: int, position: tuple[int, int] | None, problem: str
) -> None:
    classifier = classifier_of("conv 2, pool, flatten, dense classes")
    with pytest.raises(UsageError, match=problem):
        arithmetic(classifier, noise((12, 12, 1)), layer, channel, position)


def test_a_module_of_ones_own_is_refused_in_words() -> None:
    own = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
    with pytest.raises(UsageError, match="needs a net that is a line of text, got Sequential"):
        arithmetic(wrapped(own, (4, 4, 1)), noise((4, 4, 1)), "1")


NET = (
    "conv 5 same, pool, conv 2 9x9 same tanh, pool avg 3x3 stride 1, flatten, dense 20, "
    "dense classes"
)


@pytest.mark.parametrize(
    ("layer", "position"),
    [("1", (0, 0)), ("2", None), ("3", (2, 2)), ("4", (1, 1)), ("6", None), ("7", None)],
)
def test_every_kind_of_layer_is_drawn_with_its_numbers_and_no_word_cut_off(
    layer: str, position: tuple[int, int] | None
) -> None:
    worked = arithmetic(classifier_of(NET), noise((12, 12, 1)), layer, 1, position)
    figure = arithmetic_figure(worked)
    words = texts(figure)
    assert not cut_off(figure)
    assert any(worked.name in text for text in words)
    assert any(f"the network's own value  {worked.network:.6g}" in text for text in words)
    if worked.method == "conv":
        shown: np.ma.MaskedArray = np.ma.asarray(figure.axes[1].images[0].get_array())
        channel = int(worked.strongest[0])
        expected = np.ma.masked_invalid(
            np.where(worked.inside, worked.window[:, :, channel], np.nan)
        )
        np.testing.assert_array_equal(np.ma.filled(shown, 0), np.ma.filled(expected, 0))
        assert ("pad" in words) == (layer == "1")
