"""Going through a net by hand gives what autograd gives."""

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lenswork.model import pieces
from lenswork.model.backprop import backprop_of
from lenswork.model.network import ACTIVATION_FUNCTIONS, Network
from lenswork.model.pieces import BatchNormPiece
from lenswork.model.spec import parse_net

SHAPE = (14, 14, 3)
NETS = [
    "conv 4, pool, conv 5, pool, flatten, dense 7, dense classes",
    "conv 4 no-bias, pool, conv 5 linear, pool avg, flatten, dense 7 linear, dense classes",
    "conv 4 linear no-bias, pool, batchnorm, relu, flatten, dropout 0.3, dense classes",
    "conv 4 same, batchnorm, relu, conv 6 stride 2, pool avg global, dense classes",
    "flatten, batchnorm, dense 6, batchnorm, relu, dense classes",
    "pool, conv 4 5x5, relu, pool 3x3 stride 2, flatten, dense classes",
    "batchnorm, conv 4 padding 2, batchnorm, gelu, pool avg 3x3, flatten, dense classes",
    "pool avg, relu, dropout 0.5, flatten, dense classes",
    "conv 16 linear no-bias, pool, batchnorm, relu, flatten, dense 16, batchnorm, dense classes",
    *(
        f"conv 4 {name}, pool, batchnorm, {name}, flatten, dense 5 {name}, dense classes"
        for name in ACTIVATION_FUNCTIONS
    ),
]


def network_of(line: str) -> Network:
    network = Network(parse_net(line).with_outputs(4), SHAPE)
    network.initialise("glorot-uniform", 3)
    network.seed_dropout(5)
    with torch.no_grad():
        for place, parameter in enumerate(network.parameters()):
            if parameter.ndim == 1:  # biases that are not zero, norms that are not one
                parameter.add_(torch.linspace(-0.3, 0.4, len(parameter)) / (place + 1))
    return network.train()


def batch() -> tuple[Tensor, Tensor]:
    chance = torch.Generator().manual_seed(8)
    pictures = torch.randn(6, 3, 14, 14, generator=chance).to(memory_format=torch.channels_last)
    return pictures, torch.tensor([0, 1, 2, 3, 0, 1])


@pytest.mark.parametrize("line", NETS)
def test_logits_gradients_and_statistics_are_those_of_autograd(line: str) -> None:
    network = network_of(line)
    own = copy.deepcopy(network)
    pictures, labels = batch()
    logits = network(pictures)
    F.cross_entropy(logits, labels).backward()  # type: ignore[no-untyped-call]

    by_hand = backprop_of(own)
    assert by_hand is not None
    found = by_hand.forward(pictures)
    torch.testing.assert_close(found, logits.detach(), rtol=1e-6, atol=1e-6)
    found.requires_grad_()
    F.cross_entropy(found, labels).backward()  # type: ignore[no-untyped-call]
    assert found.grad is not None
    by_hand.backward(found.grad)
    for (name, parameter), mine in zip(network.named_parameters(), own.parameters(), strict=True):
        assert parameter.grad is not None, name
        assert mine.grad is not None, name
        torch.testing.assert_close(mine.grad, parameter.grad, rtol=1e-5, atol=1e-6)
    for theirs, ours in zip(network.buffers(), own.buffers(), strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("line", NETS[:6])
@pytest.mark.parametrize("pictures_at_once", [1, 4])
def test_maps_made_for_a_few_pictures_at_a_time_change_nothing(
    line: str, pictures_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parts = network_of(line), network_of(line)
    chance = torch.Generator().manual_seed(9)
    gradient = torch.randn(6, 4, generator=chance)
    made = []
    for network, at_once in ((whole, 6), (parts, pictures_at_once)):
        monkeypatch.setattr(pieces, "AT_ONCE_BYTES", at_once * 4 * 4 * 12 * 12)
        by_hand = backprop_of(network)
        assert by_hand is not None
        made.append(by_hand.forward(batch()[0]))
        by_hand.backward(gradient)
    torch.testing.assert_close(made[1], made[0], rtol=1e-6, atol=1e-6)
    for ours, theirs in zip(parts.parameters(), whole.parameters(), strict=True):
        assert ours.grad is not None
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("channels", [5, 16])
def test_batch_normalisation_far_from_zero_is_as_exact_as_torchs(channels: int) -> None:
    chance = torch.Generator().manual_seed(3)
    pictures = torch.randn(8, channels, 6, 6, generator=chance) + 1_000
    towards = torch.randn(8, channels, 6, 6, generator=chance)
    norm = BatchNormPiece(nn.BatchNorm2d(channels))
    exact = pictures.double().requires_grad_()
    output = nn.functional.batch_norm(exact, None, None, training=True)
    output.backward(towards.double())  # type: ignore[no-untyped-call]
    _, saved = norm.forward(pictures.to(memory_format=torch.channels_last))
    found = norm.backward(towards.to(memory_format=torch.channels_last), saved, to_input=True)
    assert exact.grad is not None
    torch.testing.assert_close(found.double(), exact.grad, rtol=0, atol=1e-3)


def test_the_pictures_are_left_as_they_were() -> None:
    for line in NETS:
        pictures, _ = batch()
        before = pictures.clone()
        by_hand = backprop_of(network_of(line))
        assert by_hand is not None
        by_hand.backward(torch.ones_like(by_hand.forward(pictures)))
        assert torch.equal(pictures, before), line


@pytest.mark.parametrize(
    "line",
    [
        "conv 4 2x2 same, flatten, dense classes",  # one row of zeros more on one side
        "conv 4, pool max global, dense classes",
    ],
)
def test_what_is_not_known_is_left_to_autograd(line: str) -> None:
    assert backprop_of(network_of(line)) is None


def test_a_frozen_weight_is_left_to_autograd() -> None:
    network = network_of(NETS[0])
    next(network.parameters()).requires_grad_(False)
    assert backprop_of(network) is None


def test_a_norm_over_all_batches_so_far_is_left_to_autograd() -> None:
    network = network_of(NETS[2])
    for layer in network.layers:
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = None
    assert backprop_of(network) is None


def test_a_module_of_ones_own_is_left_to_autograd() -> None:
    assert backprop_of(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 2))) is None
