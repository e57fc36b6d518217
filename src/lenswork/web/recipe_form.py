"""The recipe as a form, made from its own table of fields, and the form as a recipe.

What is typed is kept as it was typed; what is wrong in a field is said of that field.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from lenswork.errors import DataError, LensworkError, NetError, RecipeError
from lenswork.training.recipe import FieldRow, Recipe, recipe_fields

FIELDS: Mapping[str, FieldRow] = {row.name: row for row in recipe_fields()}
FIRST = ("epochs", "size", "augment", "seed")
APART = ("data", "recipe", "net")  # each in a way of its own
GROUPS: Mapping[str, tuple[str, ...]] = {
    "Pictures": (
        "validation", "group", "split_seed", "train_pictures", "colours", "resize", "reduced",
        "normalise",
    ),
    "Network": ("output", "weights", "views"),
    "Steps": (
        "optimizer", "learning_rate", "schedule", "warm_up", "weight_decay", "label_smoothing",
        "average", "class_weights", "momentum", "rho", "epsilon",
    ),
    "Amounts": ("batch", "steps_per_epoch", "validation_batch", "validation_steps", "stream"),
    "End": ("stop_when", "patience", "keep"),
    "Machine": ("precision",),
}  # fmt: skip
CHOSEN = "chosen from the data"
NEVER_CHOSEN = ("group", "train_pictures", "validation_steps", "patience")
LONGEST = 10_000  # characters of a field
WHOLE = ""  # what is wrong with no field, but with all of them together
YES_NO = {"yes": True, "no": False}
_GROUPED = {name for names in GROUPS.values() for name in names}

Kind = Literal["choice", "whole", "number", "text", "lines"]


@dataclass(frozen=True)
class Control:
    """A field as it is shown; `options` are (value, text), `default` is what an empty one means."""

    name: str
    label: str
    kind: Kind
    help: str
    unit: str
    default: str
    value: str
    wrong: str
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class RecipeForm:
    """What was typed, by the fields' names, and what is wrong, by the same.

    Beside the recipe's fields there are `other`, a path in place of the data that was chosen, and
    `name`, that of the run.
    """

    texts: Mapping[str, str]
    wrong: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def sent(cls, words: Mapping[str, str]) -> Self:
        """What a browser sends, or an address says."""
        names = (*FIELDS, "other", "name")
        return cls({name: words[name][:LONGEST] for name in names if words.get(name)})

    @classmethod
    def of(cls, recipe: Recipe) -> Self:
        """What would be typed for this recipe: the fields in which it is not as one left empty."""
        empty = Recipe()
        said = [name for name in FIELDS if getattr(recipe, name) != getattr(empty, name)]
        return cls({name: shown(getattr(recipe, name)) for name in said})

    @property
    def data(self) -> str:
        """The data that is meant: a path that was typed goes before a choice."""
        return self.text("other") or self.text("data") or str(FIELDS["data"].default)

    @property
    def name(self) -> str | None:
        """The run's name, if one is wanted."""
        return self.text("name") or None

    def text(self, name: str) -> str:
        """What was typed, without the spaces around it."""
        return self.texts.get(name, "").strip()

    def with_wrong(self, wrong: Mapping[str, str]) -> Self:
        """The same form, with what is wrong in it."""
        return type(self)(self.texts, wrong)

    def read(self) -> tuple[dict[str, Any], dict[str, str]]:
        """The fields that are said and right by themselves, and what is wrong with the others."""
        fields: dict[str, Any] = {"data": self.data}
        wrong: dict[str, str] = {}
        for name, row in FIELDS.items():
            if name == "data" or not self.text(name):
                continue
            try:
                value = value_of(row, self.text(name))
                Recipe(**{name: value})
            except LensworkError as error:
                wrong[name] = about(error, name)
            else:
                fields[name] = value
        return fields, wrong

    def first(self) -> list[Control]:
        """The fields that matter most."""
        return [self.control(name) for name in FIRST]

    def groups(self) -> list[tuple[str, list[Control]]]:
        """All other fields; one that is in no group yet is in the last."""
        known = {*FIRST, *APART, *_GROUPED}
        left = tuple(name for name in FIELDS if name not in known)
        groups = {**GROUPS, **({"Others": left} if left else {})}
        return [(title, [self.control(name) for name in names]) for title, names in groups.items()]

    def folded_is_wrong(self) -> bool:
        """Whether a field is wrong, or was said, that is not among the first."""
        apart = {*FIRST, *APART, "other", "name", WHOLE}
        return any(name not in apart for name in (*self.wrong, *self.texts))

    def control(self, name: str) -> Control:
        """One field as it is shown."""
        row = FIELDS[name]
        return Control(
            name=name,
            label=name.replace("_", " ").capitalize(),
            kind=_kind(row),
            help=row.help,
            unit=row.unit,
            default=_default(row),
            value=self.texts.get(name, ""),
            wrong=self.wrong.get(name, ""),
            options=_options(row),
        )


def value_of(row: FieldRow, text: str) -> Any:
    """The value that a text means; raises `RecipeError` for one that is no such value."""
    if row.many:
        return tuple(line.strip() for line in text.splitlines() if line.strip())
    if row.kind is bool:
        if text not in YES_NO:
            raise RecipeError(f"expected yes or no, got {text!r}")
        return YES_NO[text]
    if row.kind is int:
        plain = re.sub(r"(?<=\d)[, _](?=\d{3}\b)", "", text)  # 60,000
        if not re.fullmatch(r"[+-]?[0-9]{1,20}", plain):
            raise RecipeError(f"expected a whole number such as 10, got {text!r}")
        return int(plain)
    if row.kind is float:
        try:
            return float(text)
        except ValueError as error:
            raise RecipeError(f"expected a number such as 0.01, got {text!r}") from error
    return text.rstrip(", ") if row.name == "net" else text


def about(error: LensworkError, name: str) -> str:
    """What is wrong with a field, in the library's words; which one is told by its place."""
    text = str(error)
    if isinstance(error, NetError) and error.span is not None:
        text = text.splitlines()[0]  # the place is shown in the net itself
    return text.removeprefix(f"{name}: ")


def place_of(error: LensworkError) -> str:
    """The field that an error is about, `WHOLE` where it is none."""
    if isinstance(error, NetError):
        return "net"
    said = re.match(r"(\w+): ", str(error))
    if said and said[1] in FIELDS:
        return said[1]
    for start, name in (
        ("cannot stop when", "stop_when"),
        ("group pattern", "group"),
        ("cannot cut a validation part", "validation"),
        ("validation is the fraction", "validation"),
        ("batchnorm compares", "batch"),
    ):
        if str(error).startswith(start):
            return name
    return "data" if isinstance(error, DataError) else WHOLE


def shown(value: object) -> str:
    """A value as it would be typed; empty for none."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "\n".join(map(str, value))
    if isinstance(value, float):
        return short if float(short := f"{value:g}") == value else repr(value)
    return "" if value is None else str(value)


def _kind(row: FieldRow) -> Kind:
    if row.many:
        return "lines"
    if row.choices or row.kind is bool:
        return "choice"
    if row.kind is int:
        return "whole"
    return "number" if row.kind is float else "text"


def _default(row: FieldRow) -> str:
    if row.default is None:
        return CHOSEN if row.name not in NEVER_CHOSEN else "none"
    return shown(row.default) or "none"


def _options(row: FieldRow) -> tuple[tuple[str, str], ...]:
    """The choices; the first leaves it open where something chooses."""
    words = row.choices or (tuple(YES_NO) if row.kind is bool else ())
    if not words:
        return ()
    open_one = _default(row) if row.default is None else f"{_default(row)} (default)"
    return (("", open_one), *((word, word) for word in words if word != shown(row.default)))
