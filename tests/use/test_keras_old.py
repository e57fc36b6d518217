"""Files of Keras 2, as the course's notebooks of 2019 to 2021 saved them, written by hand."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from keras_nets import answers_of, layers, pictures, sequential

from lenswork.errors import ClassifierError
from lenswork.use.keras_import import Said, import_keras

# Keras 3.15 on torch copies arrays in a way that numpy warns of
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

WINDOW = {"strides": [1, 1], "padding": "valid", "data_format": "channels_last"}
CONV = {
    "filters": 4, "kernel_size": [3, 3], "dilation_rate": [1, 1], "activation": "relu",
    "use_bias": True, "trainable": True, "dtype": "float32",
    "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
}  # fmt: skip
NAMES = ["conv2d", "max_pooling2d", "flatten", "dropout", "dense"]


def old_layers() -> list[dict[str, Any]]:
    """Conv, pool, flatten, dropout, dense: as Keras 2.4 describes them."""
    pool = {**WINDOW, "pool_size": [2, 2], "strides": [2, 2]}
    configs: list[tuple[str, dict[str, Any]]] = [
        ("Conv2D", {**CONV, **WINDOW, "batch_input_shape": [None, 10, 9, 3]}),
        ("MaxPooling2D", pool),
        ("Flatten", {"data_format": "channels_last"}),
        ("Dropout", {"rate": 0.2, "noise_shape": None, "seed": None}),
        ("Dense", {"units": 1, "activation": "sigmoid", "use_bias": True}),
    ]
    return [
        {"class_name": kind, "config": {"name": name, **config}}
        for name, (kind, config) in zip(NAMES, configs, strict=True)
    ]


def sequential_config() -> dict[str, Any]:
    return {"class_name": "Sequential", "config": {"name": "sequential", "layers": old_layers()}}


def functional_config() -> dict[str, Any]:
    given: dict[str, Any] = {
        "class_name": "InputLayer",
        "name": "input_1",
        "config": {"name": "input_1", "batch_input_shape": [None, 10, 9, 3], "dtype": "float32"},
        "inbound_nodes": [],
    }
    made, before = [given], "input_1"
    for layer in old_layers():
        layer["config"].pop("batch_input_shape", None)
        name = layer["config"]["name"]
        made.append({**layer, "name": name, "inbound_nodes": [[[before, 0, 0, {}]]]})
        before = name
    ends = {"input_layers": [["input_1", 0, 0]], "output_layers": [["dense", 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "model", "layers": made, **ends}}


def write_old(path: Path, config: dict[str, Any], weights: dict[str, list[Any]]) -> None:
    """The file: names in fixed-length attributes, weights under their layer's name twice."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = b"2.4.0"
        file.attrs["backend"] = b"tensorflow"
        file.attrs["model_config"] = json.dumps(config).encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in weights]
        for name, arrays in weights.items():
            layer = group.create_group(name)
            said = [f"{name}/{kind}:0" for kind in ("kernel", "bias")[: len(arrays)]]
            layer.attrs["weight_names"] = [one.encode() for one in said]
            for one, array in zip(said, arrays, strict=True):
                layer[one] = array
        optimizer = file.create_group("optimizer_weights")  # beside what is read
        optimizer["iterations:0"] = np.int64(7)


@pytest.mark.parametrize("config", [sequential_config(), functional_config()])
def test_a_file_of_keras_2_answers_as_its_layers_do(config: dict[str, Any], tmp_path: Path) -> None:
    model = sequential(
        layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(2), layers.Flatten(),
        layers.Dropout(0.2), layers.Dense(1, activation="sigmoid"), shape=(10, 9, 3),
    )  # fmt: skip
    weights = {
        name: [np.asarray(one.detach()) for one in (value.value for value in layer.weights)]
        for name, layer in zip(NAMES, model.layers, strict=True)
        if name != "dropout"
    } | {"dropout": []}
    write_old(tmp_path / "old.h5", config, weights)
    said = Said(classes=("horses", "humans"), scale="1/255")
    classifier = import_keras(tmp_path / "old.h5", said).classifier
    given = pictures(4, (10, 9, 3))
    expected = answers_of(model, given * np.float32(1 / 255))
    assert np.abs(classifier.probabilities(given) - expected).max() <= 1e-5
    assert classifier.contract.net == "conv 4, pool, flatten, dropout 0.2, dense classes"
    assert classifier.contract.made_by == "Keras 2.4.0, brought to Lenswork"


def test_weights_without_their_layers_are_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file.attrs["layer_names"] = [b"dense"]
        file["dense/dense/kernel:0"] = np.zeros((4, 2), np.float32)
    with pytest.raises(ClassifierError, match="holds weights without the layers they belong to"):
        import_keras(tmp_path / "weights.h5")
