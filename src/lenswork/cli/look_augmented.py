"""`lenswork look --augmented`: the training pictures as training changes them, before or after."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lenswork.cli.look_subject import whole_numbers_once
from lenswork.data.dataset import Dataset
from lenswork.data.open import SAMPLE
from lenswork.data.sources import KNOWN
from lenswork.data.subset import take_training
from lenswork.errors import RecipeError, RunError, UsageError
from lenswork.look.augmented import Changed, changed_copies, with_words
from lenswork.look.pictures import part_of
from lenswork.model.preprocess import Preprocess, parse_size
from lenswork.record.index import open_run
from lenswork.record.run import Run
from lenswork.record.train import open_for
from lenswork.training.augment import Augmentation
from lenswork.training.choose import choose
from lenswork.training.recipe import NO_CHANGE, Recipe

SHOW_HOW = "--augmented 'turn 10, zoom 0.2'"


@dataclass(frozen=True)
class Training:
    """A training that has been, or that would be: what it learns from, and how it reads that."""

    name: str
    of_run: bool
    recipe: Recipe  # filled in
    data: Dataset
    preprocess: Preprocess
    other_words: bool = False  # than those that the run was trained with

    @property
    def words(self) -> str:
        """The line of changes."""
        return self.recipe.augment or NO_CHANGE

    def copies(self, pictures: str | None) -> list[Changed]:
        """Some training pictures with their copies; `pictures` are numbers with commas."""
        numbers = None if pictures is None else whole_numbers_once(pictures, "--pictures")
        return changed_copies(self.recipe, self.data, self.preprocess, numbers)

    def note(self) -> str:
        """Whose pictures these are, and how they are met."""
        whose = f"run {self.name} met them"
        if self.other_words:
            whose = f"run {self.name} would have met them with these words"
        if not self.of_run:
            whose = f"a run on {self.name} would meet them"
        return (
            f"Training pictures as {whose}: {self.preprocess.describe()}; seed {self.recipe.seed}, "
            f"batch {self.recipe.batch}. Left each as it is, then as it is met in each pass "
            "through all of them. Validation and test pictures are never changed."
        )

    def as_dict(self, rows: list[Changed]) -> dict[str, object]:
        """For JSON."""
        return {
            "from": "run" if self.of_run else "data",
            "name": self.name,
            "augment": self.words,
            "seed": self.recipe.seed,
            "batch": self.recipe.batch,
            "preprocess": self.preprocess.describe(),
            "pictures": [row.as_dict() for row in rows],
        }


def open_training(
    name: str, home: Path | None, data_home: Path | None, asked: dict[str, Any]
) -> Training:
    """The training of a run, or one on a known data set or a folder, with the words asked for.

    Raises `UsageError` where there is none of that name, or nothing is changed in it.
    """
    words = (asked["augmented"] or "").strip()
    _check(words)
    if Path(name).is_file():
        raise UsageError(
            f"{name} is a file: --augmented needs the training pictures of a run or data"
        )
    try:
        run = open_run(name, home)
    except RunError as error:
        if name == "last" or not _is_data(name):
            raise RunError(
                f"{error}. Nor is it a folder of pictures or a known data set"
            ) from error
        return _of_data(name, data_home, words)
    return _of_run(run, data_home, words)


def _of_run(run: Run, data_home: Path | None, words: str) -> Training:
    recipe = with_words(run.recipe, words)
    if recipe.augment in (None, NO_CHANGE):
        raise UsageError(
            f"run {run.name} was trained without changes of its pictures: say which to look at, "
            f"such as {SHOW_HOW}"
        )
    train = part_of(run, "train", data_home)
    data = Dataset(recipe.data, run.classes, {"train": train})
    data = take_training(data, recipe.train_pictures, recipe.seed)
    other_words = recipe.augment != run.recipe.augment
    return Training(run.name, True, recipe, data, _preprocess_of(recipe), other_words)


def _of_data(name: str, data_home: Path | None, words: str) -> Training:
    recipe, data = open_for(with_words(Recipe(data=name), words), data_home)
    choice = choose(recipe, data)
    if choice.recipe.augment in (None, NO_CHANGE):
        raise UsageError(
            f"the {recipe.recipe} recipe changes no picture of {data.name}: say which changes to "
            f"look at, such as {SHOW_HOW}"
        )
    return Training(data.name, False, choice.recipe, data, choice.preprocess)


def _preprocess_of(recipe: Recipe) -> Preprocess:
    """How a run that was recorded brought its pictures to its net."""
    if recipe.size is None or recipe.colours is None:
        raise UsageError("the record of this run does not say its size and colours")
    height, width = parse_size(recipe.size)
    return Preprocess(
        height=height,
        width=width,
        colours=recipe.colours,
        resize=recipe.resize,
        normalise=recipe.normalise,
        reduced=bool(recipe.reduced),
    )


def _is_data(name: str) -> bool:
    return name in KNOWN or name == SAMPLE or Path(name).expanduser().is_dir()


def _check(words: str) -> None:
    """Raise `UsageError` for words that are none, before anything is opened."""
    try:
        parsed = str(Augmentation.parse(words))
    except RecipeError as error:
        hint = f". Name the run or the data before it: lenswork look {words} --augmented"
        raise UsageError(f"--augmented: {error}{hint if _is_data(words) else ''}") from error
    if words and not parsed:
        raise UsageError(f"--augmented: expected words such as {SHOW_HOW}, got {words!r}")
