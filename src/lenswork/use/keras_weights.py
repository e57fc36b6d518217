"""The weights of Keras layers as those of our own."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lenswork.errors import ClassifierError
from lenswork.model.describe import format_bytes
from lenswork.model.layers import EPSILON, BatchNorm, Conv, Dense, Depthwise, Layer
from lenswork.model.memory import available_bytes
from lenswork.model.shapes import Shape, format_shape
from lenswork.use.hdf5 import Stored
from lenswork.use.keras_archive import LEGACY_WEIGHTS, KerasFile
from lenswork.use.keras_line import Step
from lenswork.use.keras_net import Row

OLD_FOLDER, FOLDER = "_layer_checkpoint_dependencies", "layers"  # Keras 2.12 to 2.15, and 3
MOST_WEIGHTS = 16  # of one layer
COPIES = 3  # of the weights: as they are in the file, as floats, in our order


def state_of(
    file: KerasFile, rows: Sequence[Row], layers: Sequence[Layer], shapes: Sequence[Shape]
) -> dict[str, Tensor]:
    """The state of a `Network` of `layers`, read from a file.

    `shapes` are those of the input and of each layer's output. Raises `ClassifierError` naming
    the layer whose weights are missing or of another shape, before any of them are read.
    """
    found = [
        (place, step, _matching(file, step, _expected(layers[place], shapes[place], step)))
        for place, (_, step) in enumerate(rows)
        if step is not None
    ]
    taken = sum(one.byte_count for _, _, stored in found for one in stored.values())
    if taken > file.weights.content.size:  # a small file could take any memory so
        raise ClassifierError(
            f"{file.name}: its layers need {format_bytes(taken)} of weights, more than the file "
            "holds: several share the same bytes, which Keras does not write"
        )
    if (needed := COPIES * taken) > available_bytes():
        raise ClassifierError(
            f"{file.name}: to open its weights takes {format_bytes(needed)}, and "
            f"{format_bytes(available_bytes())} are free"
        )
    state: dict[str, Tensor] = {}
    for place, step, stored in found:
        layer = layers[place]
        arrays = {name: torch.from_numpy(file.weights.array(one)) for name, one in stored.items()}
        if not all(bool(array.isfinite().all()) for array in arrays.values()):
            raise step.error("its weights are no numbers: its training diverged")
        for name, tensor in _converted(layer, arrays, shapes[place]).items():
            state[f"layers.{place}.{name}"] = tensor.contiguous()
    return state


def _matching(file: KerasFile, step: Step, expected: dict[str, Shape]) -> dict[str, Stored]:
    stored = _stored(file, step)
    if [one.shape for one in stored] != list(expected.values()):
        wanted = ", ".join(f"{name} {format_shape(shape)}" for name, shape in expected.items())
        got = ", ".join(format_shape(one.shape) or "one number" for one in stored) or "none"
        raise step.error(f"expected the weights {wanted}, found {got}: {file.name} is not whole")
    return dict(zip(expected, stored, strict=True))


def _stored(file: KerasFile, step: Step) -> list[Stored]:
    """The layer's arrays in Keras's order: those that are trained, then those that are not."""
    if file.by_name:
        if step.inner:
            raise step.error(
                "it is in a model inside the model, whose weights an .h5 file does not tell apart: "
                "save as .keras"
            )
        folder = f"{LEGACY_WEIGHTS}/{step.name}"
        names: Sequence[str] = file.weights.texts(folder, "weight_names") or ()
    else:
        folder = f"{step.path}/vars"
        if not file.weights.has(folder):
            folder = folder.replace(f"{FOLDER}/", f"{OLD_FOLDER}/")
        names = sorted(file.weights.names(folder), key=lambda name: (len(name), name))
    if len(names) > MOST_WEIGHTS:
        raise step.error(f"expected at most {MOST_WEIGHTS} arrays of weights, found {len(names)}")
    return [file.weights.stored(f"{folder}/{name}") for name in names]


def _expected(layer: Layer, before: Shape, step: Step) -> dict[str, Shape]:
    """The arrays that Keras keeps for a layer, by name and in order."""
    match layer:
        case Conv():
            window = layer.window
            kernel = (window.height, window.width, before[2], layer.filters or 0)
            return {"kernel": kernel} | ({"bias": (layer.filters or 0,)} if layer.bias else {})
        case Depthwise():
            window, channels = layer.window, before[2]
            kernel = (window.height, window.width, channels, layer.times)
            return {"kernel": kernel} | ({"bias": (channels * layer.times,)} if layer.bias else {})
        case Dense():
            units = layer.units or 0
            return {"kernel": (before[0], units)} | ({"bias": (units,)} if layer.bias else {})
        case BatchNorm():
            names = ["gamma"] * bool(step.config.get("scale", True))
            names += ["beta"] * bool(step.config.get("center", True))
            return dict.fromkeys([*names, "mean", "variance"], (before[-1],))
        case _:
            raise ClassifierError(f"{layer.text()!r} has no weights")


def _converted(layer: Layer, arrays: dict[str, Tensor], before: Shape) -> dict[str, Tensor]:
    """The same numbers in torch's order, under torch's names."""
    if isinstance(layer, BatchNorm):
        return {
            "weight": arrays.get("gamma", torch.ones(before[-1])),
            "bias": arrays.get("beta", torch.zeros(before[-1])),
            "running_mean": arrays["mean"],
            "running_var": arrays["variance"],
            "num_batches_tracked": torch.zeros((), dtype=torch.int64),
        }
    kernel = arrays["kernel"]
    if isinstance(layer, Conv):
        kernel = kernel.permute(3, 2, 0, 1)
    elif isinstance(layer, Depthwise):
        height, width, channels, times = kernel.shape
        kernel = kernel.permute(2, 3, 0, 1).reshape(channels * times, 1, height, width)
    else:
        kernel = kernel.t()
    return {"weight": kernel} | ({"bias": arrays["bias"]} if "bias" in arrays else {})


def rescaling_state(
    scale: NDArray[np.float64], offset: NDArray[np.float64], channels: int
) -> dict[str, Tensor]:
    """Of a first layer, a batch normalisation that multiplies and adds and does nothing else."""
    ones = np.ones(channels)
    numbers = {
        "weight": scale * ones,
        "bias": offset * ones,
        "running_mean": 0 * ones,
        "running_var": (1 - EPSILON) * ones,
    }
    state = {
        f"layers.0.{name}": torch.from_numpy(values.astype(np.float32))
        for name, values in numbers.items()
    }
    return state | {"layers.0.num_batches_tracked": torch.zeros((), dtype=torch.int64)}
