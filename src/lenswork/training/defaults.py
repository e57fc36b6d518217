"""What each recipe chooses where nothing is said, from the pictures' size and their number.

What was tuned for `fast` and `thorough`, on which parts cut from training pictures, and what was
chosen by judgement, stands in docs/benchmarks.md.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lenswork.data.signs import are_signs
from lenswork.model.contract import Output
from lenswork.model.presets import PRESETS
from lenswork.model.shapes import Shape
from lenswork.training.recipe import NO_CHANGE, Recipe, RecipeName

Fields = dict[str, Any]

SMALL_SIDE = 40  # of pictures that are drawn rather than taken: digits, clothes, letters
LARGEST_SIDE: Mapping[RecipeName, int] = {"notes": 300, "fast": 64, "thorough": 96}
SMALLEST_CONVOLVED, SMALLEST_STRIDED, SMALLEST_POOLED = 5, 20, 24  # sides that nets fit
FAST_SHOWN = 120_000  # small pictures, however often each
MANY, VERY_MANY = 5_000, 20_000  # small pictures
LAST_MAP = 4  # pixels a side at which pooling stops
WIDTHS = (24, 48, 64, 96, 128, 128)  # filters of the blocks of a net for photographs
UNPADDED = 3  # of those blocks lose a pixel at each edge: theirs are large maps

# Edges and shapes stay, everything else may differ: for photographs.
PHOTO_CHANGES = "flip, turn 15, zoom 0.3, stretch 0.2, move 0.1, light 0.4, colour 0.3"

_PLAIN: Fields = {
    "weights": "glorot-uniform",
    "learning_rate": 0.001,
    "weight_decay": 0.0,
    "schedule": "constant",
    "label_smoothing": 0.0,
    "average": 0.0,
    "augment": NO_CHANGE,
    "views": "one",
}
_ONE_CYCLE: Fields = {
    **_PLAIN,
    "weights": "he-normal",
    "optimizer": "adamw",
    "learning_rate": 0.01,
    "weight_decay": 0.01,
    "schedule": "one-cycle",
}


def default_fields(
    recipe: Recipe, shape: Shape, pictures: int, output: Output, classes: Sequence[str]
) -> Fields:
    """How a recipe trains on so many pictures, brought to (height, width, channels)."""
    if recipe.recipe == "notes":
        return _notes(recipe, pictures, output)
    small = is_small(shape)
    if recipe.recipe == "fast":
        fields = _fast_small(recipe, pictures) if small else _fast_photos(pictures)
    else:
        fields = _thorough_small(shape, pictures) if small else _thorough_photos(pictures)
    if min(shape[:2]) == 1:  # moved by its only pixel, a picture is nothing but its edge
        fields |= {"augment": _without("shift", fields["augment"]), "views": "one"}
    if are_signs(classes):
        fields |= {"augment": _without("flip", fields["augment"])}
    return fields


def default_net(name: RecipeName, shape: Shape) -> str:
    """The net that a recipe uses for (height, width, channels)."""
    if name == "notes":
        return _notes_net(min(shape[:2]))
    if is_small(shape):
        return _thorough_net(shape) if name == "thorough" else _fast_net(shape)
    side = min(shape[:2])
    return _photo_net(side) if side >= SMALLEST_CONVOLVED else _fast_net(shape)


def is_small(shape: Shape) -> bool:
    """Whether pictures are of the size of the classical sets of digits and clothes."""
    return max(shape[:2]) <= SMALL_SIDE


def _notes(recipe: Recipe, pictures: int, output: Output) -> Fields:
    """What the course's notes train with: one way for ten classes, another for two."""
    if output == "softmax":
        return {**_PLAIN, "optimizer": "adam", "batch": 32, "epochs": 10}
    batch = recipe.batch or 128
    return {
        **_PLAIN,
        "optimizer": "rmsprop",
        "batch": batch,
        "epochs": 15,
        "steps_per_epoch": max(1, pictures // batch),
        "validation_batch": 32,
    }


def _fast_small(recipe: Recipe, pictures: int) -> Fields:
    batch = recipe.batch or _fast_batch(pictures)
    fields: Fields = {
        **_ONE_CYCLE,
        "label_smoothing": 0.1,
        "views": "shift 1",
        "batch": batch,
        "epochs": _epochs(pictures, shown=FAST_SHOWN, most=20),
    }
    too_many = fields["epochs"] * pictures > FAST_SHOWN
    if too_many and recipe.epochs is None:  # two epochs all the same, to see it learn
        fields["steps_per_epoch"] = max(1, FAST_SHOWN // (2 * batch))
    return fields


def _fast_photos(pictures: int) -> Fields:
    return {
        **_ONE_CYCLE,
        "weight_decay": 0.05,
        "label_smoothing": 0.05,
        "average": 0.98,
        "augment": PHOTO_CHANGES,
        "batch": 32,
        "epochs": _epochs(pictures, shown=32_000, most=40),
    }


def _thorough_small(shape: Shape, pictures: int) -> Fields:
    changes = "shift 1" if shape[2] == 1 else "shift 1, flip"
    return {
        **_ONE_CYCLE,
        "weight_decay": 0.05,
        "label_smoothing": 0.1,
        "augment": changes,
        "views": "shift 1",
        "batch": 128 if pictures >= MANY else 64,
        "epochs": _epochs(pictures, shown=480_000, most=60),
    }


def _thorough_photos(pictures: int) -> Fields:
    fast = _fast_photos(pictures)
    return {**fast, "epochs": _epochs(pictures, shown=128_000, most=160)}


def _without(name: str, changes: str) -> str:
    words = [word for word in changes.split(", ") if word.split()[0] != name]
    return ", ".join(words) or NO_CHANGE


def _fast_batch(pictures: int) -> int:
    """Larger ones take fewer steps to show as much, and few pictures need the steps."""
    if pictures >= VERY_MANY:
        return 96
    return 64 if pictures >= MANY else 32


def _epochs(pictures: int, shown: int, most: int) -> int:
    """As many passes as show about `shown` pictures, from 2 to `most`."""
    return max(2, min(most, round(shown / pictures)))


def _notes_net(side: int) -> str:
    if side >= 256:
        return PRESETS["horses-300-deep"].net
    if side >= 64:
        return PRESETS["horses-150"].net
    return PRESETS["conv-32x2" if side >= 10 else "dense-128"].net


def _fast_net(shape: Shape) -> str:
    """A first layer with strides: on a large map of few channels a CPU wastes its time."""
    side = min(shape[:2])
    if side < SMALLEST_CONVOLVED:
        return PRESETS["dense-128"].net
    if side < SMALLEST_STRIDED:
        return f"{_block(16, pooled=side >= 10)}{_block(32)}flatten, dense classes"
    strided, plain = (16, 48) if shape[2] == 1 else (24, 64)
    first = f"conv {strided} 4x4 stride 2 padding 1 linear no-bias, pool, batchnorm, relu, "
    head = "flatten, dense 128 linear no-bias, batchnorm, relu, dense classes"
    return f"{first}{_block(plain)}{head}"


def _thorough_net(shape: Shape) -> str:
    if min(shape[:2]) < SMALLEST_POOLED:
        return _fast_net(shape)
    blocks = "".join(_block(filters, same=True, pooled=True) for filters in (24, 64, 96))
    return f"{blocks}{_block(128)}flatten, dropout 0.2, dense classes"


def _photo_net(side: int) -> str:
    """Pooled until the map is about four pixels wide; then one mean a channel, wherever it is."""
    depth = max(1, int(math.log2(side / LAST_MAP)))
    pooled = "".join(
        _block(filters, same=place >= UNPADDED, pooled=True)
        for place, filters in enumerate(WIDTHS[:depth])
    )
    return f"{pooled}{_block(WIDTHS[-1], same=True)}pool avg global, dropout 0.2, dense classes"


def _block(filters: int, *, same: bool = False, pooled: bool = False) -> str:
    padding = "same " if same else ""
    pool = "pool, " if pooled else ""
    return f"conv {filters} {padding}linear no-bias, {pool}batchnorm, relu, "
