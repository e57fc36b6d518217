"""The training pictures as a run meets them, changed by chance: found again from its seed.

What a picture becomes depends on the seed, on the step, and on its place in that step's batch.
All three are known before anything is trained, and so are the copies.
"""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch

from lenswork.data.batches import Indices, batch_ends, batch_stream
from lenswork.data.dataset import Dataset
from lenswork.errors import UsageError
from lenswork.kinds import Labels, Picture
from lenswork.model.preprocess import Preprocess
from lenswork.training.augment import Augmentation
from lenswork.training.choose import refuse_wide_moves
from lenswork.training.recipe import NO_CHANGE, Recipe

PASSES = 7
FEWEST_ROWS, MOST_ROWS = 6, 10


@dataclass(frozen=True)
class Copy:
    """A picture as it is met in one pass: changed, at this step, in this place of its batch.

    Passes and steps count from 1, places from 0.
    """

    lap: int
    step: int
    place: int
    picture: Picture


@dataclass(frozen=True)
class Changed:
    """A training picture, at its own size and as the network would see it, and its copies."""

    number: int
    id: str
    truth: str
    original: Picture
    picture: Picture
    copies: tuple[Copy, ...]

    def as_dict(self) -> dict[str, object]:
        """For JSON: which picture, and where in the run each copy is met."""
        met = [{"pass": one.lap, "step": one.step, "place": one.place} for one in self.copies]
        return {"number": self.number, "id": self.id, "truth": self.truth, "met": met}


def changed_copies(
    recipe: Recipe,
    data: Dataset,
    preprocess: Preprocess,
    numbers: Sequence[int] | None = None,
    passes: int = PASSES,
) -> list[Changed]:
    """What training with a filled-in recipe makes of some pictures in its first passes.

    `numbers` count the training pictures from 0; left out, some of each class are taken. The
    copies are those that `fit` meets on this data, to the bit, rounded to 8 bits; none after its
    last epoch. Raises `UsageError` for a number that is not there, a recipe that changes nothing or
    moves by more than a picture has, or a stream.
    """
    if recipe.augment in (None, NO_CHANGE, ""):
        raise UsageError("the recipe does not change its training pictures: augment says none")
    if recipe.stream:
        raise UsageError(
            "a run that streams shards meets its pictures in another order, which this view does "
            "not follow: look at the changes of the folder that was packed"
        )
    refuse_wide_moves(recipe, min(preprocess.input_shape[:2]))
    augmentation = Augmentation.parse(recipe.augment)
    part = data.train
    chosen = typical(part.labels) if numbers is None else _checked(numbers, len(part))
    wanted = frozenset(chosen)
    read = functools.cache(functools.partial(preprocess.read, part.source))
    copies: dict[int, list[Copy]] = {number: [] for number in chosen}
    for lap, step, indices in _meetings(len(part), recipe, wanted, passes):
        batch = np.zeros((len(indices), *preprocess.input_shape), np.uint8)
        places = dict(enumerate(indices.tolist()))
        for place, number in places.items():
            if number in wanted or augmentation.mixes:  # the others may stay black
                batch[place] = read(number)
        changed = augmentation(torch.from_numpy(batch), recipe.seed, step)
        for place, number in places.items():
            if number in wanted:
                copies[number].append(Copy(lap, step, place, _eight_bit(changed[place])))
    return [
        Changed(
            number=number,
            id=part.ids[number],
            truth=data.classes[part.labels[number]],
            original=part.source.read(number),
            picture=read(number),
            copies=tuple(copies[number]),
        )
        for number in chosen
    ]


def with_words(recipe: Recipe, words: str) -> Recipe:
    """The recipe with another line of changes; an empty line leaves it as it is."""
    return recipe.changed(augment=words) if words.strip() else recipe


def typical(labels: Labels) -> list[int]:
    """Numbers of six to ten pictures, each class's at even distances; at most ten classes."""
    classes = np.unique(labels)
    if len(classes) > MOST_ROWS:
        classes = classes[np.linspace(0, len(classes) - 1, MOST_ROWS).round().astype(int)]
    each = max(1, FEWEST_ROWS // len(classes))
    numbers: list[int] = []
    for label in classes:
        members = np.flatnonzero(labels == label)
        places = np.linspace(0, len(members) - 1, min(each, len(members))).round().astype(int)
        numbers += members[places].tolist()
    return numbers


def _meetings(
    count: int, recipe: Recipe, wanted: frozenset[int], passes: int
) -> Iterator[tuple[int, int, Indices]]:
    """The pass, step and picture numbers of each batch that holds a wanted picture."""
    batch = recipe.batch or 1
    steps = len(batch_ends(count, batch)) + 1
    most = passes * steps
    if recipe.epochs:
        most = min(most, recipe.epochs * (recipe.steps_per_epoch or steps))
    batches = islice(batch_stream(count, batch, recipe.seed), most)
    for before, indices in enumerate(batches):
        if not wanted.isdisjoint(indices.tolist()):
            yield before // steps + 1, before + 1, indices


def _eight_bit(picture: torch.Tensor) -> Picture:
    rounded: Picture = picture.to(torch.float32).round().clamp(0, 255).to(torch.uint8).numpy()
    return rounded


def _checked(numbers: Sequence[int], count: int) -> Sequence[int]:
    for number in numbers:
        if not 0 <= number < count:
            raise UsageError(
                f"there is no training picture {number}: there are {count:,}, "
                f"numbered 0 to {count - 1}"
            )
    return numbers
