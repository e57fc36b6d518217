"""What a classifier promises, written beside its weights."""

import json
from typing import Any, Literal, Self

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from lenswork.data.dataset import Part
from lenswork.errors import ClassifierError, UsageError
from lenswork.kinds import Picture
from lenswork.model.preprocess import LARGEST_SIDE, Preprocess
from lenswork.model.views import ONE, Views

Output = Literal["softmax", "sigmoid"]
GOLDEN_BYTES = 64 * 1024
MOST_VALUES = 100  # in a contract beside the names of its classes; there are two dozen


class Contract(BaseModel):
    """Everything but the weights that an answer depends on, and where the classifier is from.

    `net` is the line of text, or None for a torch module given from Python. With "sigmoid" the
    network's one output is the logit of `classes[1]`. The logits are divided by `temperature`
    before they become probabilities, where it is given (`look.temperature` fits it). They are
    means over `views` of each picture (`model.views`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    classes: tuple[str, ...] = Field(min_length=2)
    preprocess: Preprocess
    output: Output
    net: str | None
    data: str = ""
    recipe_hash: str = ""
    made_by: str = ""
    temperature: float | None = Field(None, gt=0, allow_inf_nan=False)
    views: str = ONE

    @model_serializer(mode="wrap")
    def _without_defaults(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A contract without temperature and views is written as before there were any."""
        said: dict[str, Any] = handler(self)
        for name in ("temperature", "views"):
            if getattr(self, name) == type(self).model_fields[name].default:
                said.pop(name, None)
        return said

    @field_validator("views")
    @classmethod
    def _check_views(cls, views: str) -> str:
        try:
            return str(Views.parse(views))
        except UsageError as error:
            raise ValueError(str(error)) from error

    @model_validator(mode="after")
    def _check_classes(self) -> Self:
        if not all(name.isprintable() for name in self.classes):
            raise ValueError("a class has characters that cannot be printed")
        if len(set(self.classes)) < len(self.classes):
            raise ValueError(f"two classes have the same name: {', '.join(self.classes)[:200]}")
        if self.output == "sigmoid" and len(self.classes) != 2:
            raise ValueError(f"a sigmoid tells 2 classes apart, got {len(self.classes)}")
        return self

    @property
    def outputs(self) -> int:
        """The network's output numbers: one a class, or one in all for a sigmoid."""
        return output_count(self.output, len(self.classes))


def output_count(output: Output, classes: int) -> int:
    """One output a class, or one in all for a sigmoid."""
    return 1 if output == "sigmoid" else classes


def contract_in(text: str | bytes, name: str) -> Contract:
    """The contract in a text that anybody may have written, from the file called `name`.

    Raises `ClassifierError` that says the first thing that is wrong with it.
    """
    try:
        said = json.loads(text)
        _refuse_very_many(said)
        return Contract.model_validate(said)
    except ValidationError as error:
        raise ClassifierError(f"{name}: bad contract, {_first_problem(error)}") from error
    except (ValueError, RecursionError) as error:
        raise ClassifierError(f"{name}: bad contract, {error}") from error


def _refuse_very_many(said: object) -> None:
    """Pydantic keeps every error that it finds: of megabytes of wrong values, gigabytes."""
    classes = said.get("classes") if isinstance(said, dict) else None
    if isinstance(classes, list) and not all(isinstance(name, str) for name in classes):
        raise ValueError("classes: expected names, got something else among them")
    waiting, seen = [said], 0
    while waiting and seen + len(waiting) <= MOST_VALUES:
        value = waiting.pop()
        seen += 1
        if isinstance(value, dict):
            waiting += [inside for inside in value.values() if inside is not classes]
        elif isinstance(value, list):
            waiting += value
    if waiting:
        raise ValueError(f"expected at most {MOST_VALUES} values beside the names of classes")


def _first_problem(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"])) or "as a whole"
    if where == "format":
        return f"format: expected 1, got {first['input']!r:.60}: update Lenswork to read this file"
    return f"{where}: {first['msg']}"


def golden_pictures(part: Part, class_count: int) -> list[Picture]:
    """The first picture of each class, small enough that all of them keep to 64 KB.

    They are kept at their own size where they fit, and are brought to the input's size by the
    same preprocessing as any other picture, so that they prove it too.
    """
    budget = GOLDEN_BYTES // class_count
    return [_shrink(part.source.read(index), budget) for index in golden_places(part, class_count)]


def golden_places(part: Part, class_count: int) -> list[int]:
    """Where the first picture of each class is."""
    return [int(np.argmax(part.labels == label)) for label in range(class_count)]


def _shrink(picture: Picture, byte_limit: int) -> Picture:
    height, width, channels = picture.shape
    ratio = min(1.0, (byte_limit / (height * width * channels)) ** 0.5)
    if ratio == 1.0:
        return np.ascontiguousarray(picture)
    height, width = max(1, int(height * ratio)), max(1, int(width * ratio))
    smaller = Preprocess(
        height=min(height, byte_limit // channels, LARGEST_SIDE),
        width=min(width, byte_limit // channels, LARGEST_SIDE),
        colours="grey" if channels == 1 else "rgb",
        resize="box",
    )
    return smaller.apply(picture)
