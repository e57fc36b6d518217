"""What a recipe and its data must keep for a training to begin, without anything being read."""

from lenswork.data.dataset import Dataset
from lenswork.data.subset import take_training
from lenswork.errors import DataError, RecipeError
from lenswork.training.best import Best
from lenswork.training.choose import Choice, choose
from lenswork.training.loss import least_loss
from lenswork.training.recipe import Recipe
from lenswork.training.stops import StopRule, Stops, refuse_out_of_reach


def check(recipe: Recipe, data: Dataset) -> Choice:
    """The recipe filled in for this data, and the reasons; no picture is decoded.

    Raises as `fit` would before its first step: `RecipeError`, `NetError` or `DataError`. What
    only the pictures themselves can say, such as a file that is damaged, is not foreseen.
    """
    check_classes(data)
    data = take_training(data, recipe.train_pictures, recipe.seed)
    choice = choose(recipe, data)
    stops_of(choice.recipe, data)
    best_of(choice.recipe, data)
    return choice


def stops_of(recipe: Recipe, data: Dataset) -> Stops:
    """The recipe's rules for ending early; raises `RecipeError` for a useless one."""
    rules = [StopRule.parse(text) for text in recipe.stop_when]
    stops = Stops(rules, recipe.patience, data.validation is not None)
    if recipe.class_weights == "equal":  # else the bound depends on the pictures of an epoch
        smoothing = recipe.label_smoothing or 0.0
        refuse_out_of_reach(rules, smoothing, least_loss(smoothing, len(data.classes)))
    return stops


def best_of(recipe: Recipe, data: Dataset) -> Best | None:
    """What keeps the best epoch's weights, where the recipe asks for them."""
    if recipe.keep == "last":
        return None
    if data.validation is None:
        raise RecipeError(
            "keep: best is the epoch with the lowest val_loss, and this data has no validation "
            "part; cut one with validation = 0.1, or keep the last epoch's weights"
        )
    return Best()


def check_classes(data: Dataset) -> None:
    """Refuse names that would write on a terminal or page instead of being read there."""
    for name in data.classes:
        if not name.isprintable():
            raise DataError(f"class {name!r} has characters that cannot be printed: rename it")
