"""A net in the making from Keras layers, and how it ends."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from lenswork.errors import ClassifierError
from lenswork.model.contract import Output
from lenswork.model.layers import Activation, Conv, Dense, Depthwise, Layer
from lenswork.model.shapes import Shape, format_shape
from lenswork.model.spec import NetSpec
from lenswork.use.keras_line import Step

Row = tuple[Layer, Step | None]  # a layer, and the Keras layer whose weights are its own
LARGEST = 1_000_000  # of what pixels or logits are multiplied by, and of what is added
MISPLACED = "expected a Rescaling at the beginning, or right before the softmax"


@dataclass
class Line:
    """A net in the making: its layers with their weights' places, and what was noticed.

    `scale` and `offset` are what the model's own rescaling does to pixels from 0 to 255, None
    where it has none; a number, or one a channel. `logits_scale` multiplies the last layer's
    numbers before the softmax, of which there were `scaled_at` layers then. `frame` is the padding
    for the convolution that comes next.
    """

    shape: Shape
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    scale: NDArray[np.float64] | None = None
    offset: NDArray[np.float64] | None = None
    logits_scale: float | None = None
    scaled_at: int = 0
    softmax: bool = False
    frame: int = 0

    def add(self, layer: Layer, step: Step, *, weights: bool = False) -> None:
        """Put a layer at the end."""
        if self.softmax:
            raise step.error("expected nothing after the softmax: it ends a classifier")
        if self.frame and not isinstance(layer, Conv | Depthwise):
            raise step.error("expected a convolution after the ZeroPadding2D")
        self.frame = 0
        if self.logits_scale is not None and layer != Activation("sigmoid"):
            raise step.error(MISPLACED)
        self.refuse_after_scaling(step)
        self.rows.append((layer, step if weights else None))

    def scale_logits(self, factor: float, step: Step) -> None:
        """Multiply the last layer's numbers; only the softmax or sigmoid may follow."""
        self.refuse_after_scaling(step)
        scale = factor * (1.0 if self.logits_scale is None else self.logits_scale)
        if not 1 / LARGEST < scale < LARGEST:
            raise step.error(f"scale: expected a number up to {LARGEST:,}, got {factor:g}")
        self.logits_scale, self.scaled_at = scale, len(self.rows)

    def refuse_after_scaling(self, step: Step) -> None:
        """Refuse a layer after the sigmoid that follows a Rescaling."""
        if self.logits_scale is not None and len(self.rows) > self.scaled_at:
            raise step.error(MISPLACED)

    @property
    def shape_now(self) -> Shape:
        """What the layers so far make of a picture; raises `NetError` if they cannot."""
        return NetSpec(tuple(layer for layer, _ in self.rows)).shapes(self.shape)[-1]


def finished(line: Line) -> tuple[list[Row], int, Output]:
    """The layers with `classes` for the last units, their number, and what makes them sum to 1.

    Raises `ClassifierError` for a model that does not end in one number a class.
    """
    output = _output(line)
    last = line.shape_now
    if len(last) != 1:
        raise ClassifierError(
            f"the Keras model ends in a map of {format_shape(last)}: expected a vector of one "
            "number a class, as Flatten or GlobalAveragePooling2D and Dense make it"
        )
    place = max(
        (place for place, (layer, _) in enumerate(line.rows) if isinstance(layer, Conv | Dense)),
        default=None,
    )
    if place is None:
        raise ClassifierError("the Keras model has no Dense or Conv2D layer that makes its classes")
    return _with_classes(line.rows, place, last[0]), last[0], output


def _with_classes(rows: list[Row], place: int, outputs: int) -> list[Row]:
    """The layers with `classes` at `place`, which has no activation of its own then."""
    layer, step = rows[place]
    after: list[Row] = []
    if isinstance(layer, Conv | Dense) and layer.activation is not None:
        after = [(Activation(layer.activation), None)]
    if isinstance(layer, Dense) and layer.units == outputs:
        filled: Layer = replace(layer, units=None, activation=None)
    elif isinstance(layer, Conv) and layer.filters == outputs:
        filled = replace(layer, filters=None, activation=None)
    else:
        raise ClassifierError(
            f"the Keras model ends in {outputs} numbers, but its last layer with weights is "
            f"{layer.text()!r}: expected one unit or filter a class there"
        )
    return [*rows[:place], (filled, step), *after, *rows[place + 1 :]]


def _output(line: Line) -> Output:
    """Softmax or sigmoid; what ends in plain numbers gets the one that fits their count."""
    outputs = line.shape_now[-1]
    if line.softmax and outputs == 1:
        raise ClassifierError(
            "the Keras model ends in a softmax over one number, which is always 1: expected a "
            "sigmoid, or one number a class"
        )
    if line.softmax:
        return "softmax"
    last, step = line.rows[-1]
    ends_in_sigmoid = True
    if isinstance(last, Conv | Dense) and last.activation == "sigmoid":
        line.rows[-1] = (replace(last, activation=None), step)
    elif isinstance(last, Activation) and last.name == "sigmoid":
        line.rows.pop()
    else:
        ends_in_sigmoid = False
    if ends_in_sigmoid and outputs > 1:
        raise ClassifierError(
            f"the Keras model ends in {outputs} sigmoids, which say yes or no to each class by "
            "itself: expected a softmax over the classes, or one sigmoid for two classes"
        )
    output: Output = "sigmoid" if outputs == 1 else "softmax"
    if not ends_in_sigmoid:
        line.notes.append(f"the model ends without one, so a {output} was put after its last layer")
    return output
