"""Taking fewer training pictures: the same share of each class, each number within the larger."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lenswork.data.dataset import Dataset
from lenswork.errors import RecipeError
from lenswork.kinds import Labels
from lenswork.seeds import generator


def take_training(data: Dataset, count: int | None, seed: int) -> Dataset:
    """The same data with `count` of its training pictures, drawn by `seed`; None takes all.

    Of one seed a smaller number is part of every larger one. They stay in their order, so that
    all of them are the data as it was. Raises `RecipeError` for more than there are, or fewer
    than there are classes.
    """
    there = len(data.train)
    if count is None or count == there:
        return data
    if count > there:
        raise RecipeError(
            f"train_pictures: {data.name} has {there:,} training pictures, got {count:,}"
        )
    if count < len(data.classes):
        raise RecipeError(
            f"train_pictures: expected at least one picture for each of the {len(data.classes)} "
            f"classes, got {count:,}"
        )
    taken = np.sort(stratified_order(data.train.labels, seed)[:count])
    return replace(data, parts={**data.parts, "train": data.train.subset(taken.tolist())})


def stratified_order(labels: Labels, seed: int) -> NDArray[np.int64]:
    """An order of all pictures, (count,), whose every beginning has all classes in their shares.

    Systematic sampling: each class's pictures, shuffled, stand at even distances from a random
    start; but the first of each class comes before all others.
    """
    chance = generator(seed, "train pictures")
    places = np.empty(len(labels))
    for label in np.unique(labels):
        members = chance.permutation(np.flatnonzero(labels == label))
        places[members] = (np.arange(len(members)) + chance.random()) / len(members)
        places[members[0]] -= 1
    return np.argsort(places, kind="stable")
