"""The data as they are now, to be told from those that a run was trained on.

A path and a number of pictures say little: classes' folders that were swapped have both alike. A
run records a digest of the pictures and labels that it read (`training/evaluate.py`), and here the
same is computed anew.
"""

from collections.abc import Mapping
from pathlib import Path

from lenswork.data.dataset import Dataset
from lenswork.data.subset import take_training
from lenswork.errors import RunError
from lenswork.kinds import SplitName
from lenswork.record.run import Run
from lenswork.record.train import CUT_FIELDS, open_for
from lenswork.training.choose import Choice, choose
from lenswork.training.prepare import read_part
from lenswork.training.recipe import Recipe

Digests = Mapping[SplitName, str]


class DataNow:
    """The data of recipes, opened once for each cut and read once for each preprocessing."""

    def __init__(self, data_home: Path | None = None) -> None:
        self.data_home = data_home
        self._opened: dict[tuple[object, ...], tuple[Recipe, Dataset]] = {}
        self._chosen: dict[Recipe, tuple[Choice, Dataset]] = {}
        self._digests: dict[tuple[object, ...], str] = {}

    def filled_in(self, recipe: Recipe) -> Recipe:
        """The recipe as its run would record it."""
        return self._choice(recipe)[0].recipe.changed(seed=recipe.seed)

    def digests(self, recipe: Recipe) -> Digests:
        """What a run of the recipe would record of its pictures and labels, by part."""
        choice, data = self._choice(recipe)
        subset = _subset(recipe)
        found: dict[SplitName, str] = {}
        for name, part in data.parts.items():
            of_seed = subset if name == "train" else None
            key = (*_cut(choice.recipe), name, of_seed, choice.preprocess)
            if key not in self._digests:
                self._digests[key] = read_part(part, choice.preprocess).digest()
            found[name] = self._digests[key]
        return found

    def are_those_of(self, run: Run, recipe: Recipe) -> bool:
        """Whether a run has read these classes, pictures and labels, by these ids.

        A run that is damaged, or has not written down what it read, is taken to have read
        something else.
        """
        _, data = self._choice(recipe)
        pictures = {name: len(part) for name, part in data.parts.items()}
        if run.start.get("pictures") != pictures or run.classes != tuple(data.classes):
            return False
        held_out = {name: part.ids for name, part in data.parts.items() if name != "train"}
        if _answered(run) != held_out:
            return False
        return run.digests == self.digests(recipe)

    def changed_part(self, run: Run, recipe: Recipe) -> SplitName | None:
        """A part of which a run has read other pictures, labels or ids; None where none is known.

        Unlike `are_those_of` it takes what a run does not say for unchanged.
        """
        _, data = self._choice(recipe)
        for name, ids in _answered(run).items():
            if name not in data.parts or data.parts[name].ids != ids:
                return name
        then: Digests = run.digests
        now: Digests = self.digests(recipe) if then else {}
        return next((part for part, digest in then.items() if now.get(part) != digest), None)

    def _choice(self, recipe: Recipe) -> tuple[Choice, Dataset]:
        """What the recipe chooses, and its data with the training pictures that it takes."""
        key = recipe if recipe.train_pictures is not None else recipe.changed(seed=0)
        if key not in self._chosen:
            said, data = self._open(recipe)
            data = take_training(data, said.train_pictures, said.seed)
            self._chosen[key] = choose(said, data), data
        return self._chosen[key]

    def _open(self, recipe: Recipe) -> tuple[Recipe, Dataset]:
        cut = _cut(recipe)
        if cut not in self._opened:
            self._opened[cut] = open_for(recipe, self.data_home)
        said, data = self._opened[cut]
        return recipe.changed(**{name: getattr(said, name) for name in ("data", *CUT_FIELDS)}), data


def _answered(run: Run) -> dict[SplitName, tuple[str, ...]]:
    """The ids of the held-out pictures that a run has answered; none of a damaged run."""
    try:
        return {name: answers.ids for name, answers in run.answers.items()}
    except RunError:
        return {}


def _cut(recipe: Recipe) -> tuple[object, ...]:
    return recipe.data, recipe.validation, recipe.group, recipe.split_seed


def _subset(recipe: Recipe) -> tuple[int, int] | None:
    """What decides which training pictures are taken."""
    return None if recipe.train_pictures is None else (recipe.train_pictures, recipe.seed)
