"""A recipe that says how many training pictures to take."""

from typing import Any

import pytest
import torch
from tiny_data import striped_data

from lenswork.data.dataset import Dataset
from lenswork.data.subset import take_training
from lenswork.errors import RecipeError
from lenswork.training.events import Event, Finished, Started
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe

NET = "flatten, dense classes"


def events_of(data: Dataset, **fields: Any) -> list[Event]:
    return list(fit(Recipe(net=NET, **fields), data))


def weights(events: list[Event]) -> dict[str, torch.Tensor]:
    assert isinstance(events[-1], Finished)
    return events[-1].classifier.network.state_dict()


def started(events: list[Event]) -> Started:
    assert isinstance(events[0], Started)
    return events[0]


def test_a_run_trains_on_so_many_pictures_and_answers_for_all_held_out_ones() -> None:
    events = events_of(striped_data(train=60), train_pictures=15, epochs=1, batch=5)
    assert started(events).pictures == {"train": 15, "validation": 30}
    assert started(events).steps_per_epoch == 3
    assert isinstance(events[-1], Finished)
    assert len(events[-1].answers["validation"].ids) == 30


def test_it_is_the_run_on_data_that_has_no_more() -> None:
    data = striped_data(train=60)
    said = weights(events_of(data, train_pictures=20, seed=4))
    cut = weights(events_of(take_training(data, 20, seed=4), seed=4))
    for name, tensor in said.items():
        assert torch.equal(tensor, cut[name])


def test_all_pictures_said_aloud_train_as_if_unsaid() -> None:
    data = striped_data(train=60)
    said, unsaid = (weights(events_of(data, **f)) for f in ({"train_pictures": 60}, {}))
    for name, tensor in unsaid.items():
        assert torch.equal(tensor, said[name])


def test_what_is_chosen_from_the_data_is_chosen_for_the_pictures_taken() -> None:
    data = striped_data(train=8_000)
    few, all_of_them = (
        started(list(fit_once(data, count))).recipe.epochs for count in (3_000, None)
    )
    assert (few, all_of_them) == (20, 15)


def fit_once(data: Dataset, count: int | None) -> list[Event]:
    return [next(fit(Recipe(net=NET, train_pictures=count), data))]


def test_more_pictures_than_there_are_are_refused_before_anything_is_trained() -> None:
    with pytest.raises(RecipeError, match="stripes has 60 training pictures, got 61"):
        next(fit(Recipe(net=NET, train_pictures=61), striped_data(train=60)))
