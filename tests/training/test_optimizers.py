"""Optimizers against Keras's formulas, written out in numpy."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from lenswork.training.optimizers import make_optimizer, set_rates
from lenswork.training.recipe import Recipe

Numbers = NDArray[np.float64]
RATE, EPSILON, RHO = 0.01, 1e-3, 0.9  # an epsilon large enough that its place matters


def keras_adam(weight: Numbers, gradients: list[Numbers]) -> Numbers:
    mean, square = np.zeros_like(weight), np.zeros_like(weight)
    for step, gradient in enumerate(gradients, start=1):
        mean += (gradient - mean) * (1 - 0.9)
        square += (gradient**2 - square) * (1 - 0.999)
        alpha = RATE * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        weight = weight - mean * alpha / (np.sqrt(square) + EPSILON)
    return weight


def keras_rmsprop(weight: Numbers, gradients: list[Numbers], momentum: float = 0.0) -> Numbers:
    square, velocity = np.zeros_like(weight), np.zeros_like(weight)
    for gradient in gradients:
        square = RHO * square + (1 - RHO) * gradient**2
        velocity = momentum * velocity + RATE * gradient / np.sqrt(square + EPSILON)
        weight = weight - velocity
    return weight


def keras_sgd(weight: Numbers, gradients: list[Numbers], momentum: float = 0.0) -> Numbers:
    velocity = np.zeros_like(weight)
    for gradient in gradients:
        velocity = momentum * velocity - RATE * gradient
        weight = weight + velocity
    return weight


def moved(recipe: Recipe, weight: Numbers, gradients: list[Numbers]) -> Numbers:
    """What our optimizer makes of the same weight and gradients."""
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=False).double()
    layer.weight.data = torch.from_numpy(weight.copy())
    optimizer = make_optimizer(recipe, layer, torch.device("cpu"))
    for step, gradient in enumerate(gradients, start=1):
        set_rates(optimizer, recipe, RATE, step)
        layer.weight.grad = torch.from_numpy(gradient.copy())
        optimizer.move()
    return layer.weight.detach().numpy()


@pytest.mark.parametrize(
    ("fields", "oracle"),
    [
        ({"optimizer": "adam"}, keras_adam),
        ({"optimizer": "adamw", "weight_decay": 0.0}, keras_adam),
        ({"optimizer": "rmsprop"}, keras_rmsprop),
        (
            {"optimizer": "rmsprop", "momentum": 0.8},
            lambda weight, gradients: keras_rmsprop(weight, gradients, 0.8),
        ),
        ({"optimizer": "sgd"}, keras_sgd),
        (
            {"optimizer": "sgd", "momentum": 0.8},
            lambda weight, gradients: keras_sgd(weight, gradients, 0.8),
        ),
    ],
)
def test_each_optimizer_moves_weights_as_keras_does(
    fields: dict[str, object], oracle: Callable[[Numbers, list[Numbers]], Numbers]
) -> None:
    chance = np.random.default_rng(0)
    weight = chance.normal(size=(3, 4))
    gradients = [chance.normal(size=(3, 4)) * 0.01 for _ in range(20)]
    recipe = Recipe(learning_rate=RATE, epsilon=EPSILON, rho=RHO, **fields)
    np.testing.assert_allclose(
        moved(recipe, weight, gradients), oracle(weight, gradients), rtol=1e-9
    )


def test_weight_decay_pulls_weights_and_spares_biases() -> None:
    layer = nn.Linear(2, 2)
    nn.init.ones_(layer.weight)
    nn.init.ones_(layer.bias)
    recipe = Recipe(optimizer="adamw", learning_rate=0.1, weight_decay=0.5)
    optimizer = make_optimizer(recipe, layer, torch.device("cpu"))
    for parameter in layer.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    assert layer.weight.detach().numpy() == pytest.approx(1 - 0.1 * 0.5)
    assert layer.bias.detach().numpy() == pytest.approx(1.0)
