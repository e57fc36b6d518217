"""Layers' outputs: those of the network itself, for nets and for torch modules of one's own."""

import numpy as np
import pytest
import torch
from look_nets import classifier_of, first_conv, noise, wrapped
from torch import nn
from torch.nn import functional as F

from lenswork.errors import UsageError
from lenswork.look.activations import activations, channel_of, find_layer
from lenswork.model.network import Network, to_input

NET = (
    "conv 4 linear, batchnorm, relu, pool, dropout, conv 5, pool avg global, dense 6, dense classes"
)


class Own(nn.Module):
    """A module that uses its layers as modules please: in place, twice, in another order."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(4, 3)
        self.first = nn.Conv2d(1, 4, 3)
        self.bend = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(2)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        maps = self.pool(self.bend(self.first(inputs)))
        maps = self.bend(maps - 0.1)
        answer: torch.Tensor = self.last(F.relu(maps).mean((2, 3)))
        return answer


def test_a_net_gives_every_layer_of_its_line_of_text_as_the_network_has_it() -> None:
    classifier = classifier_of(NET)
    pictures = [noise((12, 12, 1), seed) for seed in range(3)]
    layers = activations(classifier, pictures)
    network = classifier.network
    assert isinstance(network, Network)
    assert [layer.name for layer in layers] == [
        "1 conv 4 linear", "2 batchnorm", "3 relu", "4 pool", "5 dropout 0.5", "6 conv 5",
        "7 pool avg global", "8 dense 6", "9 dense 3 linear",
    ]  # fmt: skip
    assert [layer.kind for layer in layers][:4] == ["conv", "batchnorm", "activation", "pool"]
    inputs = to_input(torch.from_numpy(np.stack(pictures)), 1 / 255)
    with torch.inference_mode():
        for layer, expected in zip(layers, network.activations(inputs), strict=True):
            real = expected.permute(0, 2, 3, 1) if expected.ndim == 4 else expected
            np.testing.assert_array_equal(layer.values, real.numpy())
            assert layer.is_map == (expected.ndim == 4)
            assert layer.shape == tuple(real.shape[1:])
    probabilities = torch.softmax(torch.from_numpy(layers[-1].values), dim=1).numpy()
    np.testing.assert_allclose(probabilities, classifier.probabilities_of(pictures), atol=1e-6)


def test_a_module_of_ones_own_gives_its_innermost_modules_in_the_order_of_calls() -> None:
    own = Own().eval()
    picture = noise((12, 12, 1))
    layers = activations(wrapped(own, (12, 12, 1)), [picture])
    assert [layer.name for layer in layers] == [
        "1 first Conv2d", "2 bend ReLU", "3 pool MaxPool2d", "4 bend ReLU", "5 last Linear",
    ]  # fmt: skip
    assert [layer.kind for layer in layers] == ["conv", "relu", "pool", "relu", "dense"]
    inputs = to_input(torch.from_numpy(picture[np.newaxis]), 1 / 255)
    with torch.inference_mode():
        before = own.first(inputs)  # the ReLU that works in place must not have changed it
        expected = before[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(layers[0].values[0], expected, atol=1e-6)
    assert layers[0].values.min() < 0 <= layers[1].values.min()


def test_watching_leaves_no_hook_behind_even_when_the_module_fails() -> None:
    own = Own()
    classifier = wrapped(own, (2, 2, 1))  # too small for its window
    with pytest.raises(RuntimeError):
        activations(classifier, [noise((2, 2, 1))])
    assert not any(module._forward_hooks for module in own.modules())


def test_weights_that_torch_computes_anew_are_no_layers() -> None:
    conv = torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(1, 2, 3))
    own = nn.Sequential(conv, nn.Flatten(), nn.Linear(200, 3))
    names = [layer.name for layer in activations(wrapped(own, (12, 12, 1)), [noise((12, 12, 1))])]
    assert names[0].startswith("1 0 ")
    assert [name.split()[1] for name in names] == ["0", "1", "2"]


def test_pictures_of_any_size_and_colour_are_brought_to_the_contract() -> None:
    classifier = classifier_of(NET)
    large = noise((40, 31, 3))
    brought = classifier.contract.preprocess.apply(large)
    np.testing.assert_array_equal(
        activations(classifier, [large])[0].values, activations(classifier, [brought])[0].values
    )


def test_dead_channels_are_those_that_are_zero_for_all_pictures() -> None:
    classifier = classifier_of("conv 3, flatten, dense classes")
    conv = first_conv(classifier)
    assert conv.bias is not None
    with torch.no_grad():
        conv.weight.abs_()[1] = 0
        conv.bias.abs_()
        conv.bias[1] = -1
    layer = activations(classifier, [noise((12, 12, 1))])[0]
    assert layer.dead.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("3", "3 relu"),
        ("3 relu", "3 relu"),
        ("RELU", "3 relu"),
        ("conv 4  linear", "1 conv 4 linear"),
        ("batchnorm", "2 batchnorm"),
    ],
)
def test_a_layer_is_found_by_number_name_or_words(wanted: str, found: str) -> None:
    layers = activations(classifier_of(NET), [noise((12, 12, 1))])
    assert find_layer(layers, wanted).name == found


def test_a_layer_that_does_not_exist_is_answered_with_those_that_do() -> None:
    layers = activations(
        classifier_of("conv 2, conv 2, flatten, dense classes"), [noise((9, 9, 1))]
    )
    every = "1 conv 2; 2 conv 2; 3 flatten; 4 dense 3 linear"
    with pytest.raises(UsageError, match=f"no layer '7'; the layers are: {every}"):
        find_layer(layers, "7")
    with pytest.raises(UsageError, match=r"'conv 2' is more than one layer.*: 1 conv 2; 2 conv 2$"):
        find_layer(layers, "conv 2")


def test_a_channel_that_does_not_exist_is_answered_with_how_many_there_are() -> None:
    layers = activations(classifier_of(NET), [noise((12, 12, 1))])
    assert channel_of(layers[0], 3).shape == (1, 10, 10)
    assert channel_of(layers[-1], 2).shape == (1,)
    with pytest.raises(UsageError, match="has no channel 4: it has 4, numbered 0 to 3"):
        channel_of(layers[0], 4)
    with pytest.raises(UsageError, match="has no unit -1: it has 6"):
        channel_of(layers[7], -1)


def test_pictures_that_were_scaled_already_and_none_at_all_are_refused() -> None:
    classifier = classifier_of(NET)
    with pytest.raises(UsageError, match="got float64 of shape"):
        activations(classifier, [np.zeros((12, 12, 1))])  # type: ignore[list-item]
    with pytest.raises(UsageError, match="at least one picture"):
        activations(classifier, [])


def test_a_module_that_calls_no_module_has_nothing_to_look_at() -> None:
    class Bare(nn.Module):
        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            return inputs.flatten(1)[:, :3]

    class Around(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unused = nn.ReLU()

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            return inputs.flatten(1)[:, :3]

    picture = noise((4, 4, 1))
    assert [x.name for x in activations(wrapped(Bare(), (4, 4, 1)), [picture])] == ["1 Bare"]
    with pytest.raises(UsageError, match="Around calls no module"):
        activations(wrapped(Around(), (4, 4, 1)), [picture])
