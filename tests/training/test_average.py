"""A running mean of weights, against the formula, and in a training."""

import torch
from tiny_data import striped_data
from torch import nn

from lenswork.training.average import Average
from lenswork.training.events import EpochDone, Finished
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe


def test_the_mean_follows_its_formula() -> None:
    network = nn.Linear(2, 1)
    average = Average(network, 0.6)
    mean = network.weight.detach().clone()
    for step in range(12):
        with torch.no_grad():
            network.weight.normal_()
        average.add()
        decay = min(0.6, (1 + step) / (10 + step))
        mean = decay * mean + (1 - decay) * network.weight.detach()
    own = network.weight.detach().clone()
    with average.in_place():
        assert torch.allclose(network.weight, mean)
    assert torch.equal(network.weight, own)


def test_a_training_answers_with_the_mean_of_its_weights() -> None:
    """The last epoch's metrics and the classifier are those of the mean, not of the last step."""
    recipe = Recipe(data="stripes", net="flatten, dense classes", epochs=3, average=0.9)
    events = list(fit(recipe, striped_data()))
    finished = events[-1]
    last = [event for event in events if isinstance(event, EpochDone)][-1]
    assert isinstance(finished, Finished)
    plain = list(fit(recipe.changed(average=0.0), striped_data()))[-1]
    assert isinstance(plain, Finished)
    assert last.metrics["val_loss"] == finished.metrics["val_loss"]
    assert finished.metrics["val_loss"] != plain.metrics["val_loss"]


def test_the_steps_themselves_are_not_changed_by_the_mean() -> None:
    recipe = Recipe(data="stripes", net="flatten, dense classes", epochs=2)
    losses = [
        [e.metrics["loss"] for e in fit(one, striped_data()) if isinstance(e, EpochDone)]
        for one in (recipe, recipe.changed(average=0.99))
    ]
    assert losses[0] == losses[1]
