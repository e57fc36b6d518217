"""What would be refused before the first step is refused before anything is read."""

from dataclasses import replace
from typing import Any

import pytest
from tiny_data import striped_data

from lenswork.data.dataset import Dataset
from lenswork.errors import LensworkError
from lenswork.training.check import check
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe

NET = "flatten, dense classes"


def test_what_is_right_is_filled_in_with_reasons() -> None:
    choice = check(Recipe(net=NET), striped_data())
    assert choice.recipe.net == NET
    assert choice.recipe.batch is not None
    assert choice.reasons


@pytest.mark.parametrize(
    ("recipe", "data", "problem"),
    [
        (Recipe(keep="best"), striped_data(validation=0), "keep: best is the epoch"),
        (Recipe(stop_when="val_loss < 1"), striped_data(validation=0), "cannot stop when"),
        (Recipe(stop_when="loss < 0.2"), striped_data(), "cannot stop when 'loss < 0.2': with"),
        (Recipe(train_pictures=100), striped_data(), "train_pictures: stripes has 60"),
        (Recipe(output="sigmoid"), striped_data(), "output: a sigmoid tells two classes apart"),
        (Recipe(net="conv 8, pool 12x12, flatten, dense classes"), striped_data(), "layer 2 of 4"),
        (Recipe(net=NET, augment="shift 12"), striped_data(), "augment: pictures of 12 pixels"),
        (Recipe(), replace(striped_data(), classes=("a", "b\x1b", "c")), r"class 'b\x1b' has"),
    ],
)
def test_it_refuses_what_fit_refuses_in_the_same_words(
    recipe: Recipe, data: Dataset, problem: str
) -> None:
    with pytest.raises(LensworkError) as checked:
        check(recipe, data)
    with pytest.raises(LensworkError) as fitted:
        next(fit(recipe, data))
    assert str(checked.value).startswith(problem)
    assert str(fitted.value) == str(checked.value)


@pytest.mark.parametrize("fields", [{"label_smoothing": 0.0}, {"class_weights": "balanced"}])
def test_a_goal_that_may_be_met_is_not_refused(fields: dict[str, Any]) -> None:
    assert check(Recipe(stop_when="loss < 0.2", **fields), striped_data()).recipe.stop_when
