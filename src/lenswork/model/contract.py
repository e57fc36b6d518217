"""What a classifier promises, written beside its weights."""

from typing import Any, Literal, Self

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from lenswork.data.dataset import Part
from lenswork.errors import UsageError
from lenswork.kinds import Picture
from lenswork.model.preprocess import LARGEST_SIDE, Preprocess
from lenswork.model.views import ONE, Views

Output = Literal["softmax", "sigmoid"]
GOLDEN_BYTES = 64 * 1024


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
            raise ValueError(f"two classes have the same name: {', '.join(self.classes)}")
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
