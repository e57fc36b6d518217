"""Fewer training pictures: stratified, nested, the same for the same seed."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_data import striped_data

from lenswork.data.dataset import ArraySource, Part
from lenswork.data.subset import stratified_order, take_training
from lenswork.errors import RecipeError


def test_every_class_keeps_its_share() -> None:
    data = striped_data(train=60, classes=3)
    taken = take_training(data, 30, seed=1)
    assert np.bincount(taken.train.labels).tolist() == [10, 10, 10]


@given(st.integers(0, 50), st.integers(3, 60), st.integers(3, 60))
def test_a_smaller_number_is_part_of_a_larger_one(seed: int, one: int, other: int) -> None:
    data = striped_data(train=60, classes=3)
    small, large = sorted((one, other))
    ids = [set(take_training(data, count, seed).train.ids) for count in (small, large)]
    assert len(ids[0]) == small
    assert ids[0] <= ids[1]


@given(st.lists(st.integers(1, 60), min_size=2, max_size=6), st.integers(0, 100), st.data())
def test_every_beginning_of_the_order_has_all_classes_near_their_shares(
    sizes: list[int], seed: int, draw: st.DataObject
) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    order = stratified_order(labels, seed)
    assert sorted(order.tolist()) == list(range(len(labels)))
    count = draw.draw(st.integers(len(sizes), len(labels)))
    counts = np.bincount(labels[order[:count]], minlength=len(sizes))
    shares = np.array(sizes) * count / len(labels)
    assert counts.min() >= 1
    assert np.abs(counts - shares).max() <= 1 + len(sizes)  # one, and one for each class's first


def test_seeds_draw_different_pictures_and_a_seed_the_same_ones() -> None:
    data = striped_data(train=60)
    first, again, other = (take_training(data, 30, seed).train.ids for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_all_of_them_are_the_data_as_it_was() -> None:
    data = striped_data(train=60)
    assert take_training(data, 60, seed=3) is data
    assert take_training(data, None, seed=3) is data


def test_pictures_and_labels_stay_together_and_other_parts_stay() -> None:
    data = striped_data(train=60, classes=3)
    numbers = np.arange(60, dtype=np.uint8).reshape(60, 1, 1, 1)
    part = Part(ArraySource(numbers), data.train.labels, data.train.ids)
    taken = take_training(replace(data, parts={**data.parts, "train": part}), 20, seed=0)
    for place, name in enumerate(taken.train.ids):
        index = int(name.split("/")[1])
        assert taken.train.source.read(place).item() == index
        assert taken.train.labels[place] == part.labels[index]
    assert taken.validation is data.validation


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (61, "train_pictures: stripes has 60 training pictures, got 61"),
        (2, "train_pictures: expected at least one picture for each of the 3 classes, got 2"),
    ],
)
def test_a_number_that_cannot_be_taken_is_refused(count: int, text: str) -> None:
    with pytest.raises(RecipeError, match=text):
        take_training(striped_data(train=60, classes=3), count, seed=0)
