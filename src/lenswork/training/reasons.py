"""Why a recipe was filled in as it was, in words for the run's first lines."""

from collections.abc import Collection

from lenswork.data.dataset import Dataset
from lenswork.data.signs import are_signs
from lenswork.model.shapes import Shape
from lenswork.model.views import ONE, Views
from lenswork.training.defaults import SMALL_SIDE, is_small
from lenswork.training.recipe import NO_CHANGE, Recipe

STEPPING = ("optimizer", "learning_rate", "schedule", "weight_decay", "label_smoothing")
SHOWING = ("batch", "epochs", "steps_per_epoch")
LEAST_WHOLE = 10  # times that a picture is shown, from which on no tenths are told
NOT_OF = {"weight_decay": ("adam", "rmsprop"), "momentum": ("adam", "adamw")}  # optimizers

TUNED_ON = {  # whether the pictures are small
    True: "tuned on parts cut from the training pictures of mnist and fashion-mnist",
    False: "from trials on scenery held out of horses-or-humans' training pictures",
}


def reasons_for(
    filled: Recipe, said: Collection[str], shape: Shape, data: Dataset
) -> tuple[str, ...]:
    """A line for each choice of a filled-in recipe whose fields were not all `said`."""
    pictures = len(data.train)
    reading = [*_reading(filled, said), *_without_effect(filled, said)]
    if filled.recipe == "notes":
        return (*reading, *_as_the_notes(filled, said))
    kind = f"pictures {'up to' if is_small(shape) else 'over'} {SMALL_SIDE} pixels a side"
    lines = reading
    if filled.net is not None and "net" not in said:
        lines.append(f"net of the {filled.recipe} recipe for {kind}: {filled.net}")
    if stepping := _unsaid(filled, _moving(filled), said):
        lines.append(f"{stepping}: {TUNED_ON[is_small(shape)]}")
    if showing := _unsaid(filled, SHOWING, said):
        lines.append(f"{showing}: {_shown(filled, pictures)}")
    if filled.augment != NO_CHANGE and "augment" not in said:
        lines.append(f"augment {filled.augment}: so that few pictures are seen in many ways")
    if "augment" not in said and are_signs(data.classes):
        lines.append("no flip: in a mirror, digits and letters are others or none")
    if filled.average and "average" not in said:
        steps = round(1 / (1 - filled.average))
        lines.append(f"average {filled.average:g}: the weights' mean over about {steps} steps")
    views = Views.parse(filled.views or ONE)
    if len(views) > 1 and "views" not in said:
        lines.append(
            f"views {views}: the mean over {len(views)} views of a picture, which takes "
            f"{len(views)} times as long to answer"
        )
    return tuple(lines)


def _reading(filled: Recipe, said: Collection[str]) -> list[str]:
    lines = []
    if filled.reduced and "reduced" not in said:
        lines.append("JPEGs decoded at reduced size: they are at least four times as large")
    if filled.stream and "stream" not in said:
        lines.append("the shards are read anew each epoch: their pictures do not stay here")
    return lines


def _moving(filled: Recipe) -> list[str]:
    """The fields of STEPPING that the optimizer has."""
    return [name for name in STEPPING if filled.optimizer not in NOT_OF.get(name, ())]


def _without_effect(filled: Recipe, said: Collection[str]) -> list[str]:
    """A line for each number that was said of what the optimizer does not have."""
    idle = {
        name.replace("_", " "): getattr(filled, name)
        for name, optimizers in NOT_OF.items()
        if name in said and filled.optimizer in optimizers
    }
    return [
        f"{name} {value:g} does nothing: {filled.optimizer} has none"
        for name, value in idle.items()
        if value
    ]


def _as_the_notes(filled: Recipe, said: Collection[str]) -> list[str]:
    lines = []
    if filled.net is not None and "net" not in said:
        lines.append(f"net of the course's notes for this size: {filled.net}")
    if stepping := _unsaid(filled, (*STEPPING, *SHOWING), said):
        lines.append(f"{stepping}: as in the course's notes")
    return lines


def _shown(filled: Recipe, pictures: int) -> str:
    steps = filled.steps_per_epoch
    each = pictures if steps is None else steps * (filled.batch or 1)
    shown = each * (filled.epochs or 1)
    often = shown / pictures
    times = f"{often:.2g}" if often < LEAST_WHOLE else f"{often:,.0f}"
    return f"{shown:,} pictures are shown, each of the {pictures:,} {times} times"


def _unsaid(filled: Recipe, names: Collection[str], said: Collection[str]) -> str:
    """The fields that were chosen, such as "batch 64, epochs 2"; empty where there are none."""
    chosen = {name: getattr(filled, name) for name in names if name not in said}
    return ", ".join(
        f"{name.replace('_', ' ')} {_short(value)}"
        for name, value in chosen.items()
        if value not in (None, 0.0)
    )


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
