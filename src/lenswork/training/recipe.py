"""Everything that is said about a run before it starts, frozen and validated once.

The fields below are the one table that feeds the command line, the web form and the docs.
"""

import difflib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from lenswork.errors import RecipeError, UsageError
from lenswork.model.contract import Output
from lenswork.model.network import InitialWeights
from lenswork.model.preprocess import Colours, Resize, parse_size
from lenswork.model.spec import parse_net
from lenswork.model.views import Views
from lenswork.toml_text import LONGEST_SHOWN, read_toml, shown, toml_file
from lenswork.training.augment import Augmentation
from lenswork.training.precision import Asked
from lenswork.training.stops import StopRule

Optimizer = Literal["adam", "adamw", "sgd", "rmsprop"]
RecipeName = Literal["fast", "thorough", "notes"]
Schedule = Literal["constant", "one-cycle", "cosine"]
MOST = 1_000_000_000  # of anything that is counted: beyond it, a slip of the keyboard
NO_CHANGE = "none"


def _field(default: Any, help_text: str, unit: str = "", **limits: Any) -> Any:
    return Field(default, description=help_text, json_schema_extra={"unit": unit}, **limits)


def _size(value: object) -> object:
    if isinstance(value, str):
        height, width = parse_size(value)
        return f"{height}x{width}"
    return value


def _net(value: object) -> object:
    if isinstance(value, str):
        parse_net(value)
    return value


def _augment(value: object) -> object:
    """The line in its shortest form; "none" says that there shall be nothing."""
    if isinstance(value, str) and value.strip().lower() != NO_CHANGE:
        return str(Augmentation.parse(value)) or NO_CHANGE
    return NO_CHANGE if isinstance(value, str) else value


def _views(value: object) -> object:
    return str(Views.parse(value)) if isinstance(value, str) else value


def _rules(value: object) -> object:
    rules = (value,) if isinstance(value, str) else value
    if isinstance(rules, list | tuple):
        return tuple(str(StopRule.parse(str(rule))) for rule in rules)
    return value


class Recipe(BaseModel):
    """One training run in full; a field that is None is chosen from the data when it starts."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    data: str = _field("horses-or-humans-150", "A folder, or the name of a known data set.")
    recipe: RecipeName = _field(
        "fast",
        "Where unstated fields come from: a good accuracy soonest, the best in some minutes, or "
        "the course's notes.",
    )
    validation: float | None = _field(
        None, "Part of the training pictures to set aside for validation.", "fraction", gt=0, lt=1
    )
    group: str | None = _field(
        None, "Regular expression: files whose names match alike stay on one side of that cut."
    )
    split_seed: int = _field(0, "Seed of that cut, apart from the run's.", ge=0)
    train_pictures: int | None = _field(
        None,
        "Train on this many of the training pictures, the same share of each class; a smaller "
        "number is part of a larger one.",
        "pictures",
        ge=1,
        le=MOST,
    )
    size: Annotated[str | None, BeforeValidator(_size)] = _field(
        None, "Height x width to which every picture is brought, such as 150x150.", "pixels"
    )
    colours: Colours | None = _field(None, "Colours of the network's input.")
    resize: Resize = _field("bilinear", "How pictures are brought to that size.")
    reduced: bool | None = _field(
        None,
        "Decode large JPEGs at a half, a quarter or an eighth of their size, twice the net's or "
        "more: sooner, and all but the same pixels.",
    )
    normalise: bool = _field(True, "Divide pixel values by 255.")
    augment: Annotated[str | None, BeforeValidator(_augment)] = _field(
        None,
        "Changes of the training pictures by chance, such as 'flip, shift 2, zoom 0.2', or none.",
    )
    net: Annotated[str | None, BeforeValidator(_net)] = _field(
        None, "The layers as a line of text, or a preset's name."
    )
    output: Output | None = _field(
        None, "One sigmoid for two classes, or one softmax unit a class."
    )
    weights: InitialWeights | None = _field(None, "How weights are drawn at the start.")
    views: Annotated[str | None, BeforeValidator(_views)] = _field(
        None,
        "Answer for a picture with the mean over it and its mirror image ('flip'), or over it "
        "moved four ways ('shift 1'), or both.",
    )
    optimizer: Optimizer | None = _field(None, "How gradients move the weights.")
    learning_rate: float | None = _field(None, "Largest step size of the optimizer.", gt=0)
    momentum: float = _field(0.0, "Momentum of sgd and rmsprop.", ge=0, lt=1)
    rho: float = _field(0.9, "Decay of rmsprop's average of squared gradients.", gt=0, lt=1)
    epsilon: float = _field(1e-7, "Keeps adam, adamw and rmsprop from dividing by 0.", gt=0)
    weight_decay: float | None = _field(None, "Pull of weights towards 0 (adamw, sgd).", ge=0)
    label_smoothing: float | None = _field(
        None, "The part of each label that is spread over all classes.", ge=0, lt=1
    )
    class_weights: Literal["equal", "balanced"] = _field(
        "equal", "Let each picture count alike, or each class."
    )
    average: float | None = _field(
        None,
        "Answer with a running mean of the weights; 0.99 is a mean of about 100 steps, 0 is none.",
        ge=0,
        lt=1,
    )
    schedule: Schedule | None = _field(None, "How the learning rate moves over the run.")
    warm_up: float | None = _field(
        None,
        "The part of the run over which the learning rate rises; a quarter for one-cycle.",
        "fraction",
        ge=0,
        lt=1,
    )
    batch: int | None = _field(None, "Pictures in a training step.", "pictures", ge=1, le=MOST)
    stream: bool | None = _field(
        None, "Read shards anew each epoch, in place of keeping their pictures in memory."
    )
    epochs: int | None = _field(None, "Passes over the training pictures.", "epochs", ge=1, le=MOST)
    steps_per_epoch: int | None = _field(
        None,
        "End an epoch after this many steps; the next goes on from there.",
        "steps",
        ge=1,
        le=MOST,
    )
    validation_batch: int | None = _field(
        None, "Pictures in an evaluation step.", "pictures", ge=1, le=MOST
    )
    validation_steps: int | None = _field(
        None,
        "Validate on this many evaluation steps only, the same each epoch.",
        "steps",
        ge=1,
        le=MOST,
    )
    stop_when: Annotated[tuple[str, ...], BeforeValidator(_rules)] = _field(
        (), "Stop after an epoch for which this holds, such as 'val_accuracy > 0.9'."
    )
    patience: int | None = _field(
        None,
        "Stop after this many epochs without a lower val_loss (or loss).",
        "epochs",
        ge=1,
        le=MOST,
    )
    keep: Literal["last", "best"] = _field(
        "last", "End with the last epoch's weights, or with those of the lowest val_loss."
    )
    precision: Asked = _field(
        "float32",
        "Numbers that a training step computes with; auto takes bfloat16 where it is faster.",
    )
    seed: int = _field(0, "Where weights, order and dropout start.", ge=0, lt=2**63)

    def __init__(self, /, **fields: Any) -> None:
        """Validate all fields; raises `RecipeError` (or `NetError`) with the rule and the value."""
        unknown = next((name for name in fields if name not in type(self).model_fields), None)
        if unknown is not None:  # pydantic would keep an error for each of a million
            raise RecipeError(_unknown(unknown))
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise RecipeError(_first_problem(error)) from error

    @property
    def hash(self) -> str:
        """Twelve hex digits of what the recipe says, the same on every machine.

        Of a folder only the name counts, not where it is; fields at their default do not count,
        so that new ones change nothing.
        """
        content = self.model_dump(exclude_defaults=True)
        if "data" in content:
            content["data"] = Path(content["data"]).name
        said = json.dumps(content, sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:12]

    def changed(self, **fields: Any) -> Self:
        """The same recipe with other `fields`, validated again."""
        return type(self)(**{**self.model_dump(), **fields})

    def to_toml(self) -> str:
        """The recipe as TOML; fields that are None are left out."""
        return tomli_w.dumps(self.model_dump(exclude_none=True, mode="json"))

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Read what `to_toml` wrote."""
        try:
            return cls(**read_toml(text))
        except (ValueError, RecursionError) as error:  # TOML's own errors are ValueErrors
            raise RecipeError(f"the recipe is no TOML: {error}") from error

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a recipe from a TOML file; raises `RecipeError` naming the file."""
        try:
            return cls.from_toml(toml_file(Path(path)))
        except OSError as error:
            raise RecipeError(f"cannot read the recipe {path}: {error.strerror}") from error
        except (UsageError, ValueError) as error:  # no recipe; no text
            raise RecipeError(f"cannot read the recipe {path}: {error}") from error


@dataclass(frozen=True)
class FieldRow:
    """One row of the table of fields; `choices` is empty for free text and numbers."""

    name: str
    kind: type
    choices: tuple[str, ...]
    many: bool
    default: object
    unit: str
    help: str


def recipe_fields() -> Iterator[FieldRow]:
    """The table of all fields, in order."""
    for name, info in Recipe.model_fields.items():
        kind, choices, many = _shape_of(info.annotation)
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        yield FieldRow(
            name, kind, choices, many, info.default, str(extra["unit"]), info.description or ""
        )


def _shape_of(annotation: Any) -> tuple[type, tuple[str, ...], bool]:
    """The plain type, choices, and whether several may be given, of a field's annotation."""
    arguments = [a for a in getattr(annotation, "__args__", ()) if a is not type(None)]
    if getattr(annotation, "__origin__", None) is Literal:
        return str, tuple(arguments), False
    if getattr(annotation, "__origin__", None) is tuple:
        return str, (), True
    if arguments:
        return _shape_of(arguments[0])
    return annotation, (), False


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    name = ".".join(map(str, problem["loc"]))
    rule = problem["msg"].removeprefix("Input ")
    return f"{name}: {rule}, got {shown(problem['input'])}"


def _unknown(name: str) -> str:
    """That there is no such field, which there are, and which one was probably meant."""
    near = difflib.get_close_matches(name[:LONGEST_SHOWN], Recipe.model_fields, n=1)
    meant = f". Did you mean {near[0]!r}?" if near else ""
    return f"a recipe has no field {shown(name)}; it has {', '.join(Recipe.model_fields)}{meant}"
