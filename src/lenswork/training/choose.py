"""Filling in what a recipe leaves open, from the data, with a reason for each choice."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lenswork.data.dataset import ArraySource, Dataset, Part
from lenswork.data.shards.source import ShardSource
from lenswork.errors import PictureError, RecipeError
from lenswork.model.contract import Output, output_count
from lenswork.model.describe import describe
from lenswork.model.layers import BatchNorm
from lenswork.model.memory import given_bytes
from lenswork.model.preprocess import Preprocess, parse_size
from lenswork.model.presets import PRESETS
from lenswork.model.shapes import Shape, format_shape
from lenswork.model.spec import parse_net
from lenswork.model.views import ONE, Views
from lenswork.training.augment import Augmentation
from lenswork.training.defaults import LARGEST_SIDE, default_fields, default_net
from lenswork.training.needs import Needs, needs_of
from lenswork.training.reasons import reasons_for
from lenswork.training.recipe import NO_CHANGE, Recipe
from lenswork.training.schedule import usual_warm_up

LOOKED_AT = 32  # pictures whose size and colours stand for all
VALIDATION_BATCH = 500  # at most, where feature maps are small
JPEG_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif")
SMALL_BATCH = 32  # for evaluating a network whose needs are not known


@dataclass(frozen=True)
class Choice:
    """A recipe with no field left open that training needs, and why each was chosen."""

    recipe: Recipe
    preprocess: Preprocess
    reasons: tuple[str, ...]

    @property
    def output(self) -> Output:
        """What the network ends in."""
        if self.recipe.output is None:
            raise ValueError("the output has not been chosen")
        return self.recipe.output


def choose(recipe: Recipe, data: Dataset, *, own_network: bool = False) -> Choice:
    """Fill in the recipe for this data; raises `RecipeError` or `NetError` where it cannot fit.

    With a network of one's own, the net and how its weights are drawn stay open.
    """
    stored = _some_shapes(data.train)
    shape, why = _input_shape(recipe, stored)
    reasons = [f"{format_shape(shape)}: {why}"]
    output = _output(recipe, len(data.classes))
    fields: dict[str, Any] = {
        **default_fields(recipe, shape, len(data.train), output, data.classes),
        **_reading(recipe, data.train, stored, shape),
        "size": format_shape(shape[:2]),
        "colours": "grey" if shape[2] == 1 else "rgb",
        "output": output,
    }
    said = recipe.model_dump(exclude_none=True)
    net: dict[str, Any] = {"net": None, "weights": None}
    if not own_network:
        net = {"net": str(parse_net(recipe.net or default_net(recipe.recipe, shape)))}
        needs = _needs(net["net"], shape, output_count(output, len(data.classes)))
        fields.setdefault("validation_batch", needs.largest_batch(VALIDATION_BATCH))
    filled = recipe.changed(**{"validation_batch": SMALL_BATCH, **fields, **said, **net})
    if filled.warm_up is None:
        filled = filled.changed(warm_up=usual_warm_up(filled.schedule))
    if filled.stream and not isinstance(data.train.source, ShardSource):
        raise RecipeError(
            f"stream: only tar shards can be read anew each epoch, and {data.name} is in none; "
            "make some with lenswork pack, or leave --stream out"
        )
    reasons += reasons_for(filled, said, shape, data)
    refuse_wide_moves(filled, min(shape[:2]))
    if not own_network:
        needs.check(filled, data)
        _refuse_lonely_batches(filled, data)
    preprocess = Preprocess(
        height=shape[0],
        width=shape[1],
        colours=fields["colours"] if recipe.colours is None else recipe.colours,
        resize=filled.resize,
        normalise=filled.normalise,
        reduced=bool(filled.reduced),
    )
    return Choice(filled, preprocess, tuple(reasons))


def refuse_wide_moves(recipe: Recipe, side: int) -> None:
    """Raise `RecipeError` for a picture moved by its own side or more: only its edge is left."""
    augment = Augmentation.parse("" if recipe.augment in (None, NO_CHANGE) else recipe.augment)
    moves = {
        "augment": int(augment.amounts.get("shift", 0)),
        "views": Views.parse(recipe.views or ONE).shift,
    }
    for name, pixels in moves.items():
        if pixels >= side:
            raise RecipeError(
                f"{name}: pictures of {side} pixels a side can be shifted by {side - 1} at the "
                f"most, got shift {pixels}"
            )


def _needs(net: str, shape: Shape, outputs: int) -> Needs:
    return needs_of(describe(net, shape, outputs))


def _refuse_lonely_batches(recipe: Recipe, data: Dataset) -> None:
    """Batch normalisation needs more than one number a channel, which one picture may not give."""
    layers = parse_net(recipe.net or "").layers
    if min(recipe.batch or 1, len(data.train)) == 1 and any(
        isinstance(layer, BatchNorm) for layer in layers
    ):
        raise RecipeError(
            "batchnorm compares the pictures of a batch, and the batches here have one picture: "
            "use a batch of 2 or more, or leave batchnorm out"
        )


def _input_shape(recipe: Recipe, stored: Sequence[Shape]) -> tuple[tuple[int, int, int], str]:
    """(height, width, channels) and the reason."""
    preset = PRESETS.get((recipe.net or "").strip().lower())
    if preset is not None:
        height, width, channels = preset.input_shape
        why = f"what {recipe.net} was made for"
    else:
        height, width, channels, why = _from_pictures(recipe, stored)
    if recipe.size is not None:
        height, width = parse_size(recipe.size)
        why = "as asked"
    if recipe.colours is not None:
        channels = 1 if recipe.colours == "grey" else 3
    return (height, width, channels), why


def _from_pictures(recipe: Recipe, shapes: Sequence[Shape]) -> tuple[int, int, int, str]:
    channels = max(shape[2] for shape in shapes)
    limit = LARGEST_SIDE[recipe.recipe]
    height, width = shapes[0][:2]
    if all(shape[:2] == (height, width) for shape in shapes) and max(height, width) <= limit:
        return height, width, channels, "the pictures' own size"
    middle = int(np.median([max(shape[:2]) for shape in shapes]))
    if middle <= limit:
        return middle, middle, channels, "the pictures' middle size"
    why = f"pictures have about {middle} pixels a side, and {limit} are enough to begin with"
    return limit, limit, channels, why


def _some_shapes(part: Part) -> list[Shape]:
    if isinstance(part.source, ArraySource):
        return [part.source.pictures.shape[1:]]
    shapes: list[Shape] = []
    problem: PictureError | None = None
    places = _looked_at(part)
    if isinstance(part.source, ShardSource) and part.source.remote:
        part.source.know_shapes(np.array(places))
    for place in places:
        try:
            shapes.append(part.source.shape(place))
        except PictureError as error:  # all unreadable pictures are named together, later
            problem = error
    if not shapes and problem is not None:
        raise problem
    return shapes


def _reading(recipe: Recipe, part: Part, stored: Sequence[Shape], shape: Shape) -> dict[str, bool]:
    """How pictures are read; what is not needed stays unsaid, so that older recipes hash alike."""
    reduced = recipe.recipe != "notes" and _are_large_jpegs(part, stored, shape)
    needed = {"reduced": reduced, "stream": _does_not_fit(part, shape)}
    return {name: True for name, is_needed in needed.items() if is_needed}


def _looked_at(part: Part) -> list[int]:
    """Places all over the part; from elsewhere those that come together: shards are dealt."""
    if isinstance(part.source, ShardSource) and part.source.remote:
        places = part.source.in_one_shard(LOOKED_AT)
    else:
        places = np.linspace(0, len(part) - 1, min(LOOKED_AT, len(part))).astype(int)
    found: list[int] = places.tolist()
    return found


def _are_large_jpegs(part: Part, stored: Sequence[Shape], shape: Shape) -> bool:
    """Whether a usual picture is a JPEG that at half its size is twice the input's or more."""
    looked_at = [part.ids[place] for place in _looked_at(part)]
    jpegs = sum(name.lower().endswith(JPEG_SUFFIXES) for name in looked_at)
    middle = np.median([stored_shape[:2] for stored_shape in stored], axis=0)
    return 2 * jpegs > len(looked_at) and bool((middle >= 4 * np.array(shape[:2])).all())


def _does_not_fit(part: Part, shape: Shape) -> bool:
    """Whether shards come from elsewhere, or would take more than half of the memory here."""
    if not isinstance(part.source, ShardSource):
        return False
    return part.source.remote or len(part) * math.prod(shape) > given_bytes() / 2


def _output(recipe: Recipe, class_count: int) -> Output:
    if recipe.output == "sigmoid" and class_count != 2:
        raise RecipeError(
            f"output: a sigmoid tells two classes apart, and this data has {class_count}: "
            "use softmax"
        )
    return recipe.output or ("sigmoid" if class_count == 2 else "softmax")
