"""Classifiers as `.keras` files, proven under the Keras that is installed."""

import os
import re
import warnings
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save as save_arrays

from lenswork.errors import UsageError
from lenswork.files import written_whole
from lenswork.kinds import Pictures, Probabilities
from lenswork.model.answering import checked_picture
from lenswork.model.classifier import Classifier
from lenswork.model.layers import (
    SLOPE,
    Activation,
    BatchNorm,
    Conv,
    Dense,
    Depthwise,
    Dropout,
    Flatten,
    Layer,
    Pool,
)
from lenswork.model.network import ConvLayer, DepthwiseLayer, Network
from lenswork.model.views import Views
from lenswork.model.window import Window
from lenswork.record.extras import needed_by
from lenswork.use.agreement import Exported, agreed
from lenswork.use.keras_archive import CONTRACT, GOLDEN
from lenswork.use.keras_import import EXPECTED
from lenswork.use.keras_views import seen_in_views

FORM = "Keras model"
BACKENDS = {"torch": "PyTorch", "jax": "JAX", "tensorflow": "TensorFlow"}
LEAKY, LAST = "leaky-relu", "channels_last"
BATCH = 64


def export_keras(classifier: Classifier, path: str | Path) -> Exported:
    """Write a `.keras` file that takes pictures of (batch, height, width, channels), 0 to 255.

    Scaling, temperature and views are inside; the answer is (batch, classes), or (batch, 1) for a
    sigmoid: the probability of the second class. The file is opened again by Keras and answers
    the golden pictures. Raises `UsageError` without Keras and for a network of one's own,
    `LensworkError` for a difference above 1e-4, and leaves no file then.
    """
    path = Path(path)
    if path.suffix != ".keras":
        raise UsageError(f"expected a file that ends in .keras, got {path}")
    if not isinstance(classifier.network, Network):
        raise UsageError(
            f"the network is a {type(classifier.network).__name__}, a torch module of your own: "
            "only a net that is a line of text can become a Keras model"
        )
    keras = _keras()
    with warnings.catch_warnings(), written_whole(path) as temporary:
        # Keras 3.15 on torch copies arrays in a way that numpy warns of
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        model = _model(keras, classifier, classifier.network)
        named = temporary.with_name(f"{temporary.name}.keras")  # Keras tells the kind by the name
        try:
            model.save(named)
            _add_contract(named, classifier)
            there = _golden_answers(keras, classifier, named)
            here, hint = classifier.golden_answers(), _hint(keras, classifier)
            difference = agreed(FORM, _runtime(keras), here, there, hint)
            named.replace(temporary)
        finally:
            named.unlink(missing_ok=True)
    return Exported(path, FORM, _runtime(keras), difference, len(classifier.golden))


def keras_probabilities(keras: Any, model: Any, pictures: Pictures) -> Probabilities:
    """Class probabilities, (count, classes), of an exported model, opened in Keras.

    `pictures` are (count, height, width, channels) uint8 at the contract's size.
    """
    batches = np.split(pictures, range(BATCH, len(pictures), BATCH))
    answers = np.concatenate(
        [
            keras.ops.convert_to_numpy(model(batch.astype(np.float32), training=False))
            for batch in batches
        ]
    )
    if answers.shape[1] > 1:
        return np.asarray(answers, np.float32)
    return np.concatenate([1 - answers, answers], axis=1).astype(np.float32)


def _keras() -> Any:
    """Keras, on torch where nobody has chosen otherwise."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    with needed_by("export to Keras", "Keras", "keras"):
        return import_module("keras")


def _model(keras: Any, classifier: Classifier, network: Network) -> Any:
    """The whole model: rescaling, layers, temperature, softmax; one line unless there are views."""
    contract = classifier.contract
    pairs = [_layers(keras, layer) for layer in network.spec.layers]
    made = [layer for layers, _ in pairs for layer in layers]
    before = [keras.layers.Rescaling(1 / 255)] if contract.preprocess.normalise else []
    after = []
    if contract.temperature is not None:
        after.append(keras.layers.Rescaling(1 / contract.temperature))
    after.append(keras.layers.Activation(contract.output))
    views = Views.parse(contract.views)
    given = keras.Input(contract.preprocess.input_shape, dtype="float32", name="picture")
    if len(views) == 1:
        model = keras.Sequential([given, *before, *made, *after], name="classifier")
    else:
        net = keras.Sequential([keras.Input(contract.preprocess.input_shape), *before, *made])
        answer = seen_in_views(keras, net, given, views)
        for layer in after:
            answer = layer(answer)
        model = keras.Model(given, answer, name="classifier")
    for (_, layer), ours in zip(pairs, network.layers, strict=True):
        layer.set_weights(_weights(ours))
    return model


def _layers(keras: Any, layer: Layer) -> tuple[list[Any], Any]:
    """(the Keras layers that do what one of ours does, the one among them that has its weights)."""
    layers = keras.layers
    match layer:
        case Conv() | Depthwise():
            return _convolution(layers, layer)
        case Pool():
            made = _pool(layers, layer)
        case Flatten():
            made = layers.Flatten(data_format=LAST)
        case Dense():
            made = layers.Dense(layer.units, **_own(layer))
            return [made, *_leaky(layers, layer)], made
        case Dropout():
            made = layers.Dropout(layer.fraction)
        case BatchNorm():
            made = layers.BatchNormalization(momentum=0.9, epsilon=layer.epsilon)
        case Activation(name="leaky-relu"):
            made = layers.LeakyReLU(negative_slope=layer.slope)
        case Activation():
            made = layers.Activation(layer.name)
        case _:
            raise UsageError(f"no Keras layer is known for {layer.text()!r}")
    return [made], made


def _convolution(layers: Any, layer: Conv | Depthwise) -> tuple[list[Any], Any]:
    window = layer.window
    how = _own(layer) | {
        "kernel_size": (window.height, window.width),
        "strides": window.stride,
        "padding": "same" if window.padding == "same" else "valid",
        "data_format": LAST,
    }
    if isinstance(layer, Conv):
        made = layers.Conv2D(layer.filters, **how)
    else:
        made = layers.DepthwiseConv2D(depth_multiplier=layer.times, **how)
    frame = [layers.ZeroPadding2D(window.padding, data_format=LAST)] if _is_framed(window) else []
    return [*frame, made, *_leaky(layers, layer)], made


def _is_framed(window: Window) -> bool:
    return isinstance(window.padding, int) and window.padding > 0


def _own(layer: Conv | Depthwise | Dense) -> dict[str, Any]:
    """The settings that layers with weights share; Keras's leaky_relu has another slope."""
    activation = None if layer.activation == LEAKY else layer.activation
    return {"activation": activation, "use_bias": layer.bias}


def _leaky(layers: Any, layer: Conv | Depthwise | Dense) -> list[Any]:
    return [layers.LeakyReLU(negative_slope=SLOPE)] if layer.activation == LEAKY else []


def _pool(layers: Any, layer: Pool) -> Any:
    window = layer.window
    if window is None:
        made = layers.GlobalMaxPooling2D if layer.method == "max" else layers.GlobalAveragePooling2D
        return made(data_format=LAST)
    if _is_framed(window):
        raise UsageError(
            f"{layer.text()!r} pads by a number, which no Keras pooling does: export to ONNX, or "
            "train with 'same'"
        )
    made = layers.MaxPooling2D if layer.method == "max" else layers.AveragePooling2D
    return made(
        (window.height, window.width),
        strides=window.stride,
        padding="same" if window.padding == "same" else "valid",
        data_format=LAST,
    )


def _weights(module: torch.nn.Module) -> list[NDArray[np.float32]]:
    """A layer's numbers in Keras's shapes and order; none for a layer without."""
    state = {name: value.detach().cpu().float() for name, value in module.state_dict().items()}
    if not state:
        return []
    if isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
        names = ("weight", "bias", "running_mean", "running_var")
        return [state[name].numpy() for name in names]
    kernel = state["weight"]
    if isinstance(module, DepthwiseLayer):
        _, _, height, width = kernel.shape
        kernel = kernel.reshape(module.in_channels, -1, height, width).permute(2, 3, 0, 1)
    elif isinstance(module, ConvLayer):
        kernel = kernel.permute(2, 3, 1, 0)
    else:
        kernel = kernel.t()
    bias = [state["bias"].numpy()] if "bias" in state else []
    return [np.ascontiguousarray(kernel.numpy()), *bias]


def _add_contract(path: Path, classifier: Classifier) -> None:
    """Put the contract and the golden pictures beside what Keras reads."""
    arrays: dict[str, NDArray[Any]] = {
        f"picture.{index:05d}": checked_picture(one) for index, one in enumerate(classifier.golden)
    }
    arrays[EXPECTED] = classifier.golden_answers()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(CONTRACT, classifier.contract.model_dump_json())
        archive.writestr(GOLDEN, save_arrays(arrays))


def _hint(keras: Any, classifier: Classifier) -> str:
    """Keras 3.15 on torch repeats a map's edge where padding should not count in an average."""
    pools = re.search(r"pool avg[^,]* same", classifier.contract.net or "")
    if keras.backend.backend() != "torch" or pools is None:
        return ""
    return (
        f"Keras on torch averages edges otherwise in {pools[0]!r}: install JAX and set "
        "KERAS_BACKEND=jax"
    )


def _golden_answers(keras: Any, classifier: Classifier, path: Path) -> Probabilities:
    preprocess = classifier.contract.preprocess
    pictures = np.stack([preprocess.apply(checked_picture(one)) for one in classifier.golden])
    model = keras.models.load_model(path, compile=False)
    return keras_probabilities(keras, model, pictures)


def _runtime(keras: Any) -> str:
    backend = keras.backend.backend()
    return f"Keras {keras.__version__} on {BACKENDS.get(backend, backend)}"
