"""Fashion-MNIST and the notes' recipe as Lenswork opens and says them, for its two peers."""

import argparse
from dataclasses import replace

from measuring import arguments

import lenswork
from lenswork import Dataset, Recipe

NET = "conv 32, pool, conv 32, pool, flatten, dense 128, dense classes"


def asked_for() -> tuple[argparse.Namespace, Recipe, Dataset]:
    """What was asked, as a recipe and the whole data set."""
    asked = arguments().parse_args()
    if asked.data.name != "fashion-mnist":  # it is found by its name within a data home
        raise SystemExit(f"the folder of the pictures must be called fashion-mnist: {asked.data}")
    recipe = Recipe(
        data="fashion-mnist", recipe="notes", net=NET, epochs=asked.epochs, seed=asked.seed
    )
    return asked, recipe, lenswork.open_data("fashion-mnist", data_home=asked.data.parent)


def training_only(data: Dataset, pictures: int) -> Dataset:
    """The first `pictures` training pictures (0 for all) and no other part to evaluate."""
    train = data.train.subset(range(pictures)) if pictures else data.train
    return replace(data, parts={"train": train})
