"""From Keras layers to the words of a net."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lenswork.errors import ClassifierError
from lenswork.model.layers import (
    Activation,
    BatchNorm,
    Conv,
    Dense,
    Depthwise,
    Dropout,
    Flatten,
    Pool,
)
from lenswork.model.preprocess import LARGEST_SIDE
from lenswork.model.shapes import Shape, format_shape
from lenswork.model.window import Padding, Window
from lenswork.use.keras_line import Step, shown
from lenswork.use.keras_net import LARGEST, MISPLACED, Line

KERAS_LEAK = 0.2  # of the activation "leaky_relu"; of the layer LeakyReLU it is said or 0.3
LAYER_LEAK = 0.3
KERAS_EPSILON = 1e-3
ACTIVATIONS: Mapping[str, str] = {
    "relu": "relu",
    "leaky_relu": "leaky-relu",
    "elu": "elu",
    "gelu": "gelu",
    "silu": "silu",
    "swish": "silu",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
}
IN_TRAINING_ONLY = frozenset(
    {
        "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "AlphaDropout",
        "ActivityRegularization", "RandomFlip", "RandomRotation", "RandomZoom",
        "RandomContrast", "RandomBrightness", "RandomTranslation",
    }
)  # fmt: skip


def line_of(steps: Sequence[Step], size: tuple[int, int] | None) -> Line:
    """The net of a model's layers; `size` is the pictures' where the model leaves it open."""
    line = Line(_input_shape(steps, size))
    for step in steps:
        reader = READERS.get(step.kind)
        if reader is None:
            known = ", ".join(sorted(READERS.keys() - IN_TRAINING_ONLY - {"InputLayer"}))
            raise step.error(
                f"this kind of layer is not known here. Known are {known}: build the model from "
                "these, or go on with it in Keras"
            )
        reader(line, step)
    if not line.rows:
        raise ClassifierError("the Keras model has no layers that compute anything")
    return line


def _input_shape(steps: Sequence[Step], size: tuple[int, int] | None) -> Shape:
    config = steps[0].config
    shape = config.get("batch_shape") or config.get("batch_input_shape")
    if shape is None and isinstance(build := config.get("build_config"), dict):
        shape = build.get("input_shape")
    if not isinstance(shape, list) or len(shape) not in (3, 4):
        raise steps[0].error(
            f"expected an input of height x width x channels, got {shown(shape)}: save the model "
            "after keras.Input(shape=(28, 28, 1)) or input_shape= was given"
        )
    height, width, channels = (*shape[1:], 1) if len(shape) == 3 else shape[1:]
    if height is None or width is None:
        if size is None:
            raise steps[0].error(
                "the model takes pictures of any size: say with --size 150x150 which it was "
                "trained on"
            )
        height, width = size
    if size is not None and (height, width) != size:
        raise steps[0].error(f"the model takes {height}x{width} pictures: leave --size out")
    if any(type(side) is not int or side < 1 for side in (height, width, channels)):
        raise steps[0].error(f"expected an input of height x width x channels, got {shown(shape)}")
    if max(height, width) > LARGEST_SIDE:
        raise steps[0].error(f"expected sides of at most {LARGEST_SIDE}, got {height}x{width}")
    if channels not in (1, 3):
        raise steps[0].error(f"expected pictures of 1 or 3 channels, got {channels}")
    return height, width, channels


def _convolution(line: Line, step: Step) -> None:
    if step.config.get("groups", 1) != 1:
        raise step.error("groups: expected 1; DepthwiseConv2D is the other kind known")
    window = _framed(line, step, _window(step, "kernel_size", 3, stride=1))
    layer = Conv(step.whole("filters"), window, None, _bias(step))
    _with_activation(line, step, layer)


def _depthwise(line: Line, step: Step) -> None:
    window = _framed(line, step, _window(step, "kernel_size", 3, stride=1))
    layer = Depthwise(window, step.whole("depth_multiplier", 1), None, _bias(step))
    _with_activation(line, step, layer)


def _dense(line: Line, step: Step) -> None:
    shape = line.shape_now
    if len(shape) != 1:
        raise step.error(
            f"it is laid on a map of {format_shape(shape)}, where it works on each place by "
            "itself: put Flatten or GlobalAveragePooling2D before it, or use Conv2D(…, 1)"
        )
    _with_activation(line, step, Dense(step.whole("units"), None, _bias(step)))


def _with_activation(line: Line, step: Step, layer: Conv | Depthwise | Dense) -> None:
    name = _activation_name(step)
    if name in (None, "linear"):
        line.add(layer, step, weights=True)
    elif name in ("softmax", "leaky_relu"):
        line.add(layer, step, weights=True)
        _activate(line, step, str(name), KERAS_LEAK)
    else:
        line.add(replace(layer, activation=_known(step, str(name))), step, weights=True)


def _activation_name(step: Step) -> str | None:
    """The activation's name, from a text or from an object that holds it."""
    said = step.config.get("activation")
    if isinstance(said, dict):
        said = said.get("config")
        if isinstance(said, dict):
            raise step.error(f"its activation is made of code or settings, {shown(said)}")
    if said is not None and not isinstance(said, str):
        raise step.error(f"activation: expected a name, got {shown(said)}")
    return said


def _known(step: Step, name: str) -> str:
    if name not in ACTIVATIONS:
        raise step.error(
            f"the activation {shown(name)} is not known here. Known are "
            f"{', '.join([*ACTIVATIONS, 'softmax', 'linear'])}"
        )
    return ACTIVATIONS[name]


def _activate(line: Line, step: Step, name: str, slope: float) -> None:
    if name == "softmax":
        if step.config.get("axis", -1) not in (-1, 1):
            raise step.error("expected a softmax over the last axis")
        line.refuse_after_scaling(step)
        line.softmax = True
    elif name == "leaky_relu":
        if not 0 <= slope < 1:
            raise step.error(f"negative_slope: expected a number from 0 to 1, got {slope:g}")
        line.add(Activation("leaky-relu", slope), step)
    elif name != "linear":
        line.add(Activation(_known(step, name)), step)


def _activation(line: Line, step: Step) -> None:
    name = _activation_name(step)
    if name is None:
        raise step.error("activation: expected a name, got none")
    _activate(line, step, name, KERAS_LEAK)


def _relu(line: Line, step: Step) -> None:
    if step.config.get("max_value") is not None or step.config.get("threshold"):
        raise step.error("a ReLU with a max_value or threshold is not known here")
    slope = step.number("negative_slope", 0.0) if step.config.get("negative_slope") else 0.0
    _activate(line, step, "leaky_relu" if slope else "relu", slope)


def _leaky(line: Line, step: Step) -> None:
    name = "alpha" if "alpha" in step.config else "negative_slope"
    _activate(line, step, "leaky_relu", step.number(name, LAYER_LEAK))


def _softmax(line: Line, step: Step) -> None:
    _activate(line, step, "softmax", 0.0)


def _max_pool(line: Line, step: Step) -> None:
    line.add(Pool("max", _window(step, "pool_size", 2, stride=None)), step)


def _average_pool(line: Line, step: Step) -> None:
    line.add(Pool("avg", _window(step, "pool_size", 2, stride=None)), step)


def _global_max(line: Line, step: Step) -> None:
    _refuse_kept_sides(step)
    line.add(Pool("max", None), step)


def _global_average(line: Line, step: Step) -> None:
    _refuse_kept_sides(step)
    line.add(Pool("avg", None), step)


def _refuse_kept_sides(step: Step) -> None:
    _channels_last(step)
    if step.config.get("keepdims"):
        raise step.error("keepdims: expected False")


def _flatten(line: Line, step: Step) -> None:
    _channels_last(step)
    if len(line.shape_now) == 3:  # of a vector it changes nothing
        line.add(Flatten(), step)


def _reshape(line: Line, step: Step) -> None:
    """`Reshape((28, 28, 1))` of grey pictures, which have their channel here anyway."""
    if step.config.get("target_shape") != list(line.shape) or line.rows:
        raise step.error("a Reshape is known only where it gives the pictures their channel")


def _dropout(line: Line, step: Step) -> None:
    rate = step.number("rate", 0.5)
    if not 0 <= rate < 1:
        raise step.error(f"rate: expected a number of at least 0 and less than 1, got {rate:g}")
    line.add(Dropout(rate), step)


def _batch_norm(line: Line, step: Step) -> None:
    shape = line.shape_now
    axis = step.config.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if axis not in (-1, len(shape)):
        raise step.error(f"axis: expected the channels', -1, got {shown(axis)}")
    epsilon = step.number("epsilon", KERAS_EPSILON)
    if not 0 < epsilon < 1:
        raise step.error(f"epsilon: expected a number above 0 and below 1, got {epsilon:g}")
    line.add(BatchNorm(epsilon), step, weights=True)


def _rescaling(line: Line, step: Step) -> None:
    scale, offset = _numbers(line, step, "scale", 1.0), _numbers(line, step, "offset", 0.0)
    if line.rows:
        if scale.size != 1 or offset.any() or line.softmax:
            raise step.error(MISPLACED)
        line.scale_logits(float(scale.flat[0]), step)
        return
    if line.frame:  # its zeros would be rescaled too
        raise step.error("expected a Rescaling before the ZeroPadding2D")
    before = np.zeros(1) if line.offset is None else line.offset
    line.scale = scale if line.scale is None else line.scale * scale
    line.offset = before * scale + offset
    if max(np.abs(line.scale).max(), np.abs(line.offset).max()) > LARGEST:
        raise step.error(f"expected pixels to become numbers up to {LARGEST:,}")


def _numbers(line: Line, step: Step, name: str, default: float) -> NDArray[np.float64]:
    """A number, or one a channel, of at least one dimension."""
    value = step.config.get(name, default)
    values = value if isinstance(value, list) else [value]
    if len(values) not in (1, line.shape[2]) or not all(
        isinstance(one, int | float) and abs(one) <= LARGEST for one in values
    ):
        raise step.error(
            f"{name}: expected a number up to {LARGEST:,}, or one a channel, got {shown(value)}"
        )
    return np.array(values, np.float64)


def _nothing(line: Line, step: Step) -> None:
    if step.kind in IN_TRAINING_ONLY:
        line.notes.append(f"{step.place} works in training only and was left out")


def _bias(step: Step) -> bool:
    return bool(step.config.get("use_bias", True))


def _window(step: Step, name: str, default: int, stride: int | None) -> Window:
    """`stride` is where none is said; None for the window's own sides."""
    _channels_last(step)
    height, width = step.pair(name, default)
    if step.pair("dilation_rate", 1) != (1, 1):
        raise step.error("dilation_rate: expected 1, windows without gaps")
    said = step.config.get("strides")
    strides = (
        (height, width) if said is None and stride is None else step.pair("strides", stride or 1)
    )
    if strides[0] != strides[1]:
        raise step.error(f"strides: expected the same down and across, got {strides}")
    return Window(height, width, strides[0], _padding(step))


def _padding(step: Step) -> Padding:
    padding = str(step.config.get("padding", "valid")).lower()
    if padding not in ("valid", "same"):
        raise step.error(f"padding: expected 'valid' or 'same', got {shown(padding)}")
    return "same" if padding == "same" else 0


def _framed(line: Line, step: Step, window: Window) -> Window:
    """The window with the zeros of a ZeroPadding2D before it."""
    if not line.frame:
        return window
    if window.padding:
        raise step.error("padding: expected 'valid' after a ZeroPadding2D")
    return replace(window, padding=line.frame)


def _zero_padding(line: Line, step: Step) -> None:
    _channels_last(step)
    sides = step.config.get("padding", 1)
    flat = [side for pair in sides for side in pair] if _is_pairs(sides) else [sides]
    if len(set(flat)) != 1 or type(flat[0]) is not int or flat[0] < 1 or line.frame:
        raise step.error(f"padding: expected the same on all sides, got {shown(sides)}")
    line.frame = flat[0]


def _is_pairs(sides: object) -> bool:
    return isinstance(sides, list) and all(isinstance(pair, list) for pair in sides)


def _channels_last(step: Step) -> None:
    if step.config.get("data_format", "channels_last") not in ("channels_last", None):
        raise step.error(
            "data_format: expected channels_last; in Keras, "
            "keras.config.set_image_data_format('channels_last') before the model is built"
        )


READERS: Mapping[str, Callable[[Line, Step], None]] = {
    "InputLayer": _nothing,
    "Rescaling": _rescaling,
    "Conv2D": _convolution,
    "DepthwiseConv2D": _depthwise,
    "MaxPooling2D": _max_pool,
    "AveragePooling2D": _average_pool,
    "GlobalMaxPooling2D": _global_max,
    "GlobalAveragePooling2D": _global_average,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Dense": _dense,
    "Dropout": _dropout,
    "BatchNormalization": _batch_norm,
    "Activation": _activation,
    "ReLU": _relu,
    "LeakyReLU": _leaky,
    "Softmax": _softmax,
    "ZeroPadding2D": _zero_padding,
    **dict.fromkeys(IN_TRAINING_ONLY, _nothing),
}
