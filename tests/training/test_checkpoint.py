"""Going on from any moment of a training gives what never stopping gives, to the last bit."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from tiny_data import striped_data
from torch import Tensor, nn

from lenswork.errors import RecipeError
from lenswork.training.best import tensors_of
from lenswork.training.events import EpochDone, Event, Finished, Started, StepDone
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe
from lenswork.training.state import OtherPicturesError, State, StateError

PLAIN: dict[str, Any] = {
    "recipe": "notes",
    "net": "conv 3, pool, flatten, dense 5, dense classes",
    "epochs": 2,
    "batch": 16,
}


class Drawing(nn.Module):
    """A module of one's own with chance, buffers and weights of every kind."""

    met: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(144, 6), nn.BatchNorm1d(6), nn.Dropout(0.5), nn.Linear(6, 3)
        )
        self.chance = torch.Generator().manual_seed(1)
        self.register_buffer("met", torch.zeros(()), persistent=False)

    def forward(self, inputs: Tensor) -> Tensor:
        if self.training:
            self.met += 1
            inputs = inputs + self.met * torch.rand(inputs.shape, generator=self.chance) / 100
        logits: Tensor = self.layers(inputs)
        return logits


@dataclass(frozen=True)
class Outcome:
    """What must be the same: every epoch, the final answers, the final tensors."""

    rows: dict[int, tuple[Mapping[str, float], float, int]]
    metrics: Mapping[str, float]
    stopped: str | None
    kept: int | None
    answers: dict[str, Any]
    tensors: dict[str, Tensor]

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, Outcome)
        assert (self.metrics, self.stopped, self.kept) == (
            other.metrics,
            other.stopped,
            other.kept,
        )
        assert {name: self.rows[name] for name in self.rows.keys() & other.rows.keys()} == {
            name: other.rows[name] for name in self.rows.keys() & other.rows.keys()
        }
        for name, answers in self.answers.items():
            np.testing.assert_array_equal(answers, other.answers[name])
        assert self.tensors.keys() == other.tensors.keys()
        return all(torch.equal(self.tensors[name], other.tensors[name]) for name in self.tensors)


def outcome(events: Iterator[Event]) -> Outcome:
    rows = {}
    for event in events:
        if isinstance(event, EpochDone):
            rows[event.epoch] = (event.metrics, event.learning_rate, event.pictures)
        if isinstance(event, Finished):
            answers: dict[str, Any] = {
                name: one.probabilities for name, one in event.answers.items()
            }
            tensors = {n: t.clone() for n, t in tensors_of(event.classifier.network).items()}
            return Outcome(rows, event.metrics, event.stopped, event.kept_epoch, answers, tensors)
    raise AssertionError("the training has not finished")


def copied(state: State) -> State:
    """The state as a file would keep it."""
    facts = json.loads(json.dumps(state.facts))
    return State(facts, {name: tensor.clone() for name, tensor in state.tensors.items()})


def states(events: Iterator[Event]) -> Iterator[State]:
    """The state after every step and every epoch."""
    started = next(events)
    assert isinstance(started, Started)
    assert started.state is not None
    yield copied(started.state())
    for event in events:
        if isinstance(event, StepDone | EpochDone):
            yield copied(started.state())


RECIPES: dict[str, dict[str, Any]] = {
    "adam": {},
    "adamw, one-cycle": {"optimizer": "adamw", "schedule": "one-cycle", "weight_decay": 0.1},
    "sgd with momentum": {"optimizer": "sgd", "momentum": 0.9, "learning_rate": 0.05},
    "rmsprop, cosine": {"optimizer": "rmsprop", "momentum": 0.5, "schedule": "cosine"},
    "plain sgd": {"optimizer": "sgd", "learning_rate": 0.1},
    "fast": {"recipe": "fast"},
    "averaged weights, the best of them": {"average": 0.9, "keep": "best"},
    "chance in the pictures, smooth labels": {
        "augment": "flip, shift 2, zoom 0.2",
        "label_smoothing": 0.1,
        "class_weights": "balanced",
        "views": "flip",
    },
    "dropout and batch normalisation": {
        "net": "conv 3, batchnorm, pool, dropout 0.3, flatten, dense 5, dropout 0.5, dense classes"
    },
    "epochs of a part of a pass": {"steps_per_epoch": 3, "epochs": 4},
    "patience": {"patience": 1, "epochs": 6, "learning_rate": 0.5, "steps_per_epoch": 2},
    "best weights": {
        "keep": "best",
        "epochs": 4,
        "learning_rate": 0.2,
        "steps_per_epoch": 2,
        "seed": 1,
    },
    "a rule": {"stop_when": "accuracy > 0.01", "epochs": 4, "steps_per_epoch": 2},
}


@pytest.mark.parametrize("fields", RECIPES.values(), ids=RECIPES)
def test_going_on_from_any_moment_ends_as_never_stopping_does(fields: dict[str, Any]) -> None:
    recipe, data = Recipe(**(PLAIN | fields)), striped_data(train=40, validation=12)
    whole = outcome(fit(recipe, data, device="cpu"))
    for state in states(fit(recipe, data, device="cpu")):
        assert outcome(fit(recipe, data, device="cpu", resume=state)) == whole


def test_a_module_of_ones_own_goes_on_with_its_buffers_and_generators() -> None:
    recipe, data = Recipe(epochs=2, batch=16), striped_data()

    def training(**resume: Any) -> Iterator[Event]:
        torch.manual_seed(5)
        return fit(recipe, data, network=Drawing(), device="cpu", **resume)

    whole = outcome(training())
    for state in list(states(training())):  # at once: nn.Dropout draws from torch's one generator
        assert outcome(training(resume=state)) == whole


def test_a_state_of_a_resumed_training_is_as_good_as_the_first_one_s() -> None:
    recipe, data = Recipe(**PLAIN), striped_data()
    whole = outcome(fit(recipe, data, device="cpu"))
    state = None
    for _ in range(7):  # a kill after every step and every epoch
        state = next(itertools.islice(states(fit(recipe, data, resume=state)), 1, None))
    assert state is not None
    assert (state.step, state.epochs) == (6, 1)
    assert outcome(fit(recipe, data, resume=state)) == whole


def test_a_resumed_training_says_where_it_begins_and_repeats_no_epoch() -> None:
    recipe, data = Recipe(**PLAIN, seed=3), striped_data()
    state = list(states(fit(recipe, data)))[6]  # the start, 4 steps, an epoch, a step
    events = list(fit(recipe, data, resume=state))
    started = events[0]
    assert isinstance(started, Started)
    assert (started.epochs, started.step) == (1, 5)
    assert [event.step for event in events if isinstance(event, StepDone)] == [6, 7, 8]
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == [2]


def test_the_best_weights_are_those_of_the_epoch_with_the_lowest_val_loss() -> None:
    recipe = Recipe(**(PLAIN | RECIPES["best weights"]))
    best = outcome(fit(recipe, striped_data(), device="cpu"))
    losses = {epoch: metrics["val_loss"] for epoch, (metrics, _, _) in best.rows.items()}
    assert best.kept == min(losses, key=losses.__getitem__)
    assert best.metrics["val_loss"] == losses[best.kept] < losses[4]
    last = outcome(fit(recipe.changed(keep="last"), striped_data(), device="cpu"))
    assert (last.kept, last.metrics["val_loss"]) == (None, losses[4])


def test_the_best_needs_a_validation_part() -> None:
    with pytest.raises(RecipeError, match=r"keep: best is .* no validation part; cut one with"):
        next(fit(Recipe(**PLAIN, keep="best"), striped_data(validation=0)))


@pytest.mark.parametrize(
    ("fields", "data", "message"),
    [
        ({"epochs": 3}, {}, r"expected a state of recipe \w+, got one of another recipe, \w+"),
        (
            {},
            {"train": 61},
            r"expected a state of pictures train \w+, .* got one of other pictures",
        ),
        ({}, {"validation": 31}, "got one of other pictures"),
        ({}, {"classes": 4}, "got one of other pictures"),
    ],
)
def test_a_state_of_another_training_is_refused(
    fields: dict[str, Any], data: dict[str, Any], message: str
) -> None:
    state = next(states(fit(Recipe(**PLAIN), striped_data())))
    with pytest.raises(StateError, match=message):
        next(fit(Recipe(**(PLAIN | fields)), striped_data(**data), resume=state))


def test_a_state_of_another_module_is_refused() -> None:
    recipe, data = Recipe(epochs=1), striped_data()
    first = nn.Sequential(nn.Flatten(), nn.Linear(144, 3))
    state = next(states(fit(recipe, data, network=first)))
    other = nn.Sequential(nn.Flatten(), nn.Linear(144, 3, bias=False))
    with pytest.raises(StateError, match=r"another network: the state has network\.1\.bias"):
        next(fit(recipe, data, network=other, resume=state))


def test_a_state_of_another_format_is_refused() -> None:
    state = next(states(fit(Recipe(**PLAIN), striped_data())))
    later = State({**state.facts, "format": 2}, state.tensors)
    with pytest.raises(StateError, match="expected a state of format 1, got 2"):
        next(fit(Recipe(**PLAIN), striped_data(), resume=later))


@pytest.mark.parametrize(
    ("facts", "lost", "message"),
    [
        ({}, "torch", r"the state is not whole \(KeyError: 'torch'\)"),
        ({}, "totals.loss", "the state is not whole"),
        ({"precision": None, "seconds": "long"}, None, r"the state is not whole \(TypeError"),
        ({"epochs": 3}, None, "expected a state within 2 epochs of 4 steps, got one after 3"),
        ({"step": 99}, None, "expected a state within 2 epochs of 4 steps, .* and 99 steps"),
        ({"epochs": 1, "step": 0}, None, "got one after 1 epoch and 0 steps"),
    ],
)
def test_a_state_that_is_not_whole_is_refused(
    facts: dict[str, Any], lost: str | None, message: str
) -> None:
    recipe, data = Recipe(**PLAIN), striped_data()
    state = list(states(fit(recipe, data, device="cpu")))[2]
    tensors = {name: tensor for name, tensor in state.tensors.items() if name != lost}
    with pytest.raises(StateError, match=message):
        next(fit(recipe, data, device="cpu", resume=State({**state.facts, **facts}, tensors)))


def test_a_state_of_other_pictures_says_of_which_parts() -> None:
    state = next(states(fit(Recipe(**PLAIN), striped_data())))
    for changed, parts in (({"train": 61}, ("train",)), ({"validation": 31}, ("validation",))):
        with pytest.raises(OtherPicturesError) as caught:
            next(fit(Recipe(**PLAIN), striped_data(**changed), resume=state))
        assert caught.value.parts == parts
    with pytest.raises(OtherPicturesError) as caught:
        next(fit(Recipe(**PLAIN), striped_data(validation=0, test=6), resume=state))
    assert caught.value.parts == ("validation", "test")
