"""Keras models with random weights, and classifiers to turn into some."""

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenswork.kinds import Pictures
from lenswork.model.classifier import Classifier
from lenswork.model.contract import Contract
from lenswork.model.network import Network
from lenswork.model.preprocess import Preprocess
from lenswork.model.presets import Preset
from lenswork.model.spec import parse_net
from lenswork.use.keras_import import made_pictures

os.environ.setdefault("KERAS_BACKEND", "torch")
import keras as keras  # the backend is chosen when Keras is imported
from keras import layers as layers


def names(count: int) -> tuple[str, ...]:
    """So many classes."""
    return tuple(f"class {number}" for number in range(count))


def classifier_of(net: str, shape: tuple[int, int, int], outputs: int, **said: Any) -> Classifier:
    """A classifier of a net with random weights, biases and statistics."""
    height, width, channels = shape
    normalise = bool(said.pop("normalise", True))
    preprocess = Preprocess(
        height=height,
        width=width,
        colours="grey" if channels == 1 else "rgb",
        normalise=normalise,
    )
    contract = Contract(
        classes=names(max(outputs, 2)),
        preprocess=preprocess,
        output="sigmoid" if outputs == 1 else "softmax",
        net=net,
        **said,
    )
    network = Network(parse_net(net).with_outputs(outputs), shape)
    network.initialise("glorot-uniform", 3)
    chance = np.random.default_rng(4)
    state = network.state_dict()
    for name, value in state.items():
        if name.endswith(("bias", "running_mean")):
            value.copy_(value.new_tensor(chance.normal(0, 0.1, value.shape)))
        elif name.endswith("running_var"):
            value.copy_(value.new_tensor(chance.uniform(0.5, 2, value.shape)))
    return Classifier(network, contract, made_pictures(contract))


def preset_classifier(preset: Preset) -> Classifier:
    """One of the notes' nets, with random weights."""
    return classifier_of(preset.net, preset.input_shape, preset.outputs)


def pictures(count: int, shape: tuple[int, ...], seed: int = 5) -> Pictures:
    """Random pictures."""
    chance = np.random.default_rng(seed)
    return chance.integers(0, 256, (count, *shape), dtype=np.uint8)


def sequential(*made: Any, shape: tuple[int | None, ...]) -> Any:
    """A Sequential model with random weights of every kind, statistics too."""
    return randomised(keras.Sequential([keras.Input(shape), *made]))


def randomised(model: Any) -> Any:
    """The model with random numbers in place of zeros and ones; kernels stay Glorot's."""
    chance = np.random.default_rng(6)
    for layer in model.layers:
        values = [keras.ops.convert_to_numpy(one) for one in layer.weights]
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([chance.uniform(0.5, 1.5, value.shape) for value in values])
        elif len(values) == 2:
            layer.set_weights([values[0], chance.normal(0, 0.1, values[1].shape)])
    return model


def answers_of(model: Any, given: NDArray[Any]) -> NDArray[np.float32]:
    """What a Keras model says of pictures from 0 to 255, (count, classes)."""
    rows = keras.ops.convert_to_numpy(model(given.astype(np.float32), training=False))
    if rows.shape[1] == 1:
        rows = np.concatenate([1 - rows, rows], axis=1)
    return np.asarray(rows, np.float32)


def course_model(preset: Preset) -> Any:
    """One of the notes' nets, written as the course writes it."""
    made: list[Any] = [layers.Rescaling(1 / 255)]
    for word in preset.net.split(", "):
        kind, *rest = word.split()
        if kind == "conv":
            made.append(layers.Conv2D(int(rest[0]), (3, 3), activation="relu"))
        elif kind == "pool":
            made.append(layers.MaxPooling2D(2, 2))
        elif kind == "flatten":
            made.append(layers.Flatten())
        elif rest[0] != "classes":
            made.append(layers.Dense(int(rest[0]), activation="relu"))
        elif preset.outputs == 1:
            made.append(layers.Dense(1, activation="sigmoid"))
        else:
            made.append(layers.Dense(preset.outputs, activation="softmax"))
    return sequential(*made, shape=preset.input_shape)
