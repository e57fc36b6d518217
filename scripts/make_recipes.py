"""Write docs/recipes.md: what every recipe chooses, and every field, as the code has them.

Run as `python scripts/make_recipes.py`; with `--check` it writes nothing, and its exit code is 1
where the page is not what the code says.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from generated import DOCS, table, write_or_check
from lenswork.model.contract import Output, output_count
from lenswork.model.describe import describe
from lenswork.model.presets import PRESETS
from lenswork.model.shapes import Shape, format_shape
from lenswork.model.spec import FORMS
from lenswork.training.defaults import LARGEST_SIDE, default_fields, default_net
from lenswork.training.recipe import FieldRow, Recipe, RecipeName, recipe_fields

PAGE = DOCS / "recipes.md"
NAMES: tuple[RecipeName, ...] = get_args(RecipeName)
NEVER_CHOSEN = ("group", "patience", "train_pictures", "validation_steps")  # unsaid: there is none
SHOWN = "shown"  # how many pictures are met, which is no field but says more than those
FIELD_HEAD = ("field", "what it says", "left out", "values")
KINDS = {bool: "yes or no", int: "a number", float: "a number"}


@dataclass(frozen=True)
class Case:
    """Training pictures for which the recipes' choices are shown; `shape` is their own."""

    title: str
    shape: tuple[int, int, int]
    pictures: int
    classes: tuple[str, ...]

    @property
    def output(self) -> Output:
        """What the network ends in, as it is chosen where nothing is said."""
        return "sigmoid" if len(self.classes) == 2 else "softmax"

    def seen_by(self, name: RecipeName) -> Shape:
        """The shape to which a recipe brings the pictures, (height, width, channels)."""
        side = min(self.shape[0], LARGEST_SIDE[name])
        return side, side, self.shape[2]


CASES = (
    Case(
        "Fashion-MNIST: 60,000 grey pictures of 28x28, ten classes",
        (28, 28, 1),
        60_000,
        ("top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "shoe", "bag", "boot"),
    ),
    Case(
        "Horses or Humans: 1,027 colour pictures of 300x300, two classes",
        (300, 300, 3),
        1_027,
        ("horses", "humans"),
    ),
    Case(
        "a folder of 240 photographs, three classes",
        (300, 300, 3),
        240,
        ("cats", "dogs", "rabbits"),
    ),
)
HEAD = """\
# Recipes

Made by `python scripts/make_recipes.py` from the code; a test holds the two together. A recipe
says everything about a training. What you leave unsaid is chosen from the pictures' size and their
number, and the run prints what was chosen and why; how the choices were tuned stands in the
[benchmarks](benchmarks.md), what the words mean in [Training](train.md).
"""
CHOSEN = """\
## What each recipe chooses

`shown` is how many pictures are met in all, each time counted. Where the classes are called like
digits or letters, no recipe mirrors a picture.
"""
FIELDS = """\
## Every field

The same table makes the options of `lenswork train` (`learning_rate` is `--learning-rate`), the
keywords of `lenswork.train(...)`, the studio's form and the lines of a `recipe.toml`. "Chosen"
means that it depends on the recipe and the data, as above.
"""
NETS = """\
## Nets

A net is a line of text; `lenswork net "LINE" --input 28x28x1` shows what each word makes of a
picture. Words in square brackets may be left out.
"""
PRESET = """\
### Nets that have a name

Those of the course's notes; `--preset NAME`.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or check it."""
    return write_or_check(PAGE, text(), "Write docs/recipes.md.", arguments)


def text() -> str:
    """The whole page."""
    forms = [[f"`{word}`", form.replace("'", "`")] for word, form in FORMS.items()]
    blocks = [
        HEAD,
        CHOSEN,
        *map(case_section, CASES),
        FIELDS,
        table(FIELD_HEAD, [field_row(row) for row in recipe_fields()]) + "\n",
        NETS,
        table(["word", "how it is written"], forms) + "\n",
        PRESET,
        preset_table() + "\n",
    ]
    return "\n".join(blocks)


def case_section(case: Case) -> str:
    """What the recipes choose for one kind of pictures, and the nets that they use."""
    chosen = {name: choices(case, name) for name in NAMES}
    fields = list(
        dict.fromkeys(field for fields in chosen.values() for field in fields if field != SHOWN)
    )
    fields.append(SHOWN)
    rows = [[f"`{field}`", *(said(chosen[name], field) for name in NAMES)] for field in fields]
    head = ["", *(f"`{name}`" for name in NAMES)]
    nets = [net_line(case, name) for name in NAMES]
    return "\n\n".join([f"### {_headed(case.title)}", table(head, rows), "\n".join(nets)]) + "\n"


def choices(case: Case, name: RecipeName) -> dict[str, Any]:
    """A recipe's fields for one kind of pictures, `size` first and `shown` last."""
    shape = case.seen_by(name)
    fields = default_fields(Recipe(recipe=name), shape, case.pictures, case.output, case.classes)
    order = [row.name for row in recipe_fields()]
    ranked = dict(sorted(fields.items(), key=lambda item: order.index(item[0])))
    steps = fields.get("steps_per_epoch")
    an_epoch = min(steps * fields["batch"], case.pictures) if steps else case.pictures
    return {
        "size": format_shape(shape[:2]),
        **ranked,
        SHOWN: f"{an_epoch * fields['epochs']:,}",
    }


def said(fields: Mapping[str, Any], name: str) -> str:
    """A field's value as it would be written, or nothing where the recipe leaves it open."""
    return str(fields[name]) if name in fields else ""


def net_line(case: Case, name: RecipeName) -> str:
    """The net of a recipe, with its number of parameters."""
    shape = case.seen_by(name)
    net = default_net(name, shape)
    count = describe(net, shape, output_count(case.output, len(case.classes))).parameters
    return f"- `{name}`, {count:,} parameters: `{net}`"


def field_row(row: FieldRow) -> list[str]:
    """One field of the recipe as a row of the table."""
    if row.choices:
        values = ", ".join(f"`{choice}`" for choice in row.choices)
    else:
        values = row.unit or KINDS.get(row.kind, "")
    return [f"`{row.name}`", row.help, default_of(row), values]


def default_of(row: FieldRow) -> str:
    """What stands where nothing is said."""
    if row.default is None:
        return "none" if row.name in NEVER_CHOSEN else "chosen"
    if row.default == ():
        return "none"
    if isinstance(row.default, bool):
        return "yes" if row.default else "no"
    return f"`{row.default}`"


def preset_table() -> str:
    """The named nets with their parameters."""
    rows = [
        [
            f"`{name}`",
            f"`{preset.net}`",
            format_shape(preset.input_shape),
            f"{describe(preset.net, preset.input_shape, preset.outputs).parameters:,}",
        ]
        for name, preset in PRESETS.items()
    ]
    return table(["name", "net", "input", "parameters"], rows)


def _headed(title: str) -> str:
    return title[0].upper() + title[1:]


if __name__ == "__main__":
    sys.exit(main())
