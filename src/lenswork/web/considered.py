"""What a filled-in form would train: the data, the network, what is chosen, and what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lenswork.data.dataset import Dataset
from lenswork.data.known import KNOWN, KnownSet
from lenswork.data.sources import locate
from lenswork.errors import LensworkError
from lenswork.model.contract import output_count
from lenswork.model.draft import Draft, draft
from lenswork.model.preprocess import parse_size
from lenswork.training.check import check
from lenswork.training.choose import Choice
from lenswork.training.defaults import LARGEST_SIDE, default_net
from lenswork.training.recipe import Recipe
from lenswork.web.named import allowed_data
from lenswork.web.opened import data_for
from lenswork.web.recipe_form import FIELDS, RecipeForm, about, place_of
from lenswork.web.settings import Settings

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Considered:
    """What came of a form.

    `recipe` has the fields that are right by themselves; `choice` fills it in where all of it fits
    the data. `absent` is a known set that a training would have to fetch. `net` is the network as
    far as it can be told, `typed` whether somebody wrote it.
    """

    recipe: Recipe
    wrong: Mapping[str, str]
    data: Dataset | None = None
    choice: Choice | None = None
    absent: KnownSet | None = None
    net: Draft | None = None
    input_shape: Shape | None = None
    typed: bool = False


def consider(settings: Settings, form: RecipeForm) -> Considered:
    """Look at all that a form says, as far as that can be done without decoding a picture."""
    fields, wrong = form.read()
    net = form.text("net").rstrip(", ")
    try:
        fields["data"] = allowed_data(settings, form.data)
    except LensworkError as error:
        return Considered(Recipe(**_without(fields, "data")), {**wrong, "data": str(error)})
    recipe = Recipe(**fields)
    absent = _absent(settings, recipe.data)
    if absent is not None:
        shape, outputs = _expected(absent, recipe)
        line = net or default_net(recipe.recipe, shape)
        drawn = draft(line, shape, outputs)
        if drawn.problem is not None:
            wrong = {"net": drawn.problem, **wrong}
        return Considered(recipe, wrong, None, None, absent, drawn, shape, bool(net))
    try:
        data = data_for(settings, recipe)
    except LensworkError as error:
        place = place_of(error) or "data"
        return Considered(recipe, {place: about(error, place), **wrong})
    return _fitted(recipe, data, net, wrong)


def _fitted(recipe: Recipe, data: Dataset, net: str, wrong: dict[str, str]) -> Considered:
    """The recipe held against the data that it names."""
    choice: Choice | None = None
    try:
        shaped: Choice | None = check(recipe, data)
        choice = shaped
    except LensworkError as error:
        place = place_of(error)
        wrong = {place: about(error, place), **wrong}
        shaped = _chosen_otherwise(recipe, data, place)
    if shaped is None:
        return Considered(recipe, wrong, data)
    shape = shaped.preprocess.input_shape
    line = net or shaped.recipe.net or ""
    drawn = draft(line, shape, output_count(shaped.output, len(data.classes)))
    if drawn.problem is not None:  # what was chosen is about another net then
        choice, wrong = None, {"net": drawn.problem, **wrong}
    return Considered(recipe, wrong, data, choice, None, drawn, shape, bool(net))


def _chosen_otherwise(recipe: Recipe, data: Dataset, wrong: str) -> Choice | None:
    """What would be chosen were nothing said where it is wrong, so that a net can be shown."""
    left_open = {wrong: FIELDS[wrong].default} if wrong in FIELDS else {}
    try:
        return check(recipe.changed(**{"net": None, **left_open}), data)
    except LensworkError:
        return None


def _absent(settings: Settings, name: str) -> KnownSet | None:
    known = KNOWN.get(name)
    return known if known and locate(name, settings.data_home) is None else None


def _expected(known: KnownSet, recipe: Recipe) -> tuple[Shape, int]:
    """The input and the outputs that a set which is not here will most likely have."""
    side = min(known.side, LARGEST_SIDE[recipe.recipe])
    height, width = parse_size(recipe.size) if recipe.size else (side, side)
    channels = 1 if known.form == "arrays" else 3
    outputs = 1 if len(known.classes) == 2 and recipe.output != "softmax" else len(known.classes)
    return (height, width, channels), outputs


def _without(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {said: value for said, value in fields.items() if said != name}
