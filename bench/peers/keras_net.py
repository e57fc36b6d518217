"""A net of the bench in Keras, on the backend that is asked for, and what it learns from."""

import os
import sys

# Keras reads its backend when it is imported.
os.environ["KERAS_BACKEND"] = sys.argv[sys.argv.index("--backend") + 1]

import keras
import numpy as np
from nets import NETS

LIBRARIES = {
    "tensorflow": ["tensorflow_cpu", "keras", "numpy"],
    "jax": ["jax", "jaxlib", "keras", "numpy"],
    "torch": ["torch", "keras", "numpy"],
}


def make_model(name: str) -> keras.Model:
    """The net as the notes write it: Sequential, weights Glorot-uniform, biases zero."""
    net = NETS[name]
    layers: list[keras.Layer] = [keras.Input(net.shape)]
    for filters in net.filters:
        layers.append(keras.layers.Conv2D(filters, (3, 3), activation="relu"))
        layers.append(keras.layers.MaxPooling2D(2, 2))
    layers.append(keras.layers.Flatten())
    layers.append(keras.layers.Dense(net.dense, activation="relu"))
    last = "sigmoid" if net.outputs == 1 else "softmax"
    layers.append(keras.layers.Dense(net.outputs, activation=last))
    return keras.Sequential(layers)


def compile_model(model: keras.Model, name: str, settings: dict) -> None:
    """Compile as the notes do; `settings` are those of compile that change its speed only."""
    if NETS[name].outputs == 1:
        optimizer = keras.optimizers.RMSprop(learning_rate=0.001)
        loss = "binary_crossentropy"
    else:
        optimizer, loss = "adam", "sparse_categorical_crossentropy"
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"], **settings)


def scaled(pictures: np.ndarray) -> np.ndarray:
    """Pictures divided by 255: float64 as numpy makes them, float32 where they are large.

    Small ones are scaled by the notes in numpy, large ones by Keras's own reader.
    """
    if pictures.shape[1] > 28:
        return pictures.astype(np.float32) / np.float32(255)
    return pictures / 255.0


def threads(backend: str) -> int | None:
    """PyTorch's threads; the others' defaults cannot be asked for."""
    if backend != "torch":
        return None
    import torch

    return torch.get_num_threads()
