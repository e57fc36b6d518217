"""Keras models of layers in one line become classifiers that answer the same."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras_nets import (
    answers_of,
    course_model,
    keras,
    layers,
    names,
    pictures,
    randomised,
    sequential,
)

from lenswork.errors import UsageError
from lenswork.model.classifier import load
from lenswork.model.presets import PRESETS
from lenswork.use.keras_import import Imported, Said, import_keras

# Keras 3.15 on torch copies arrays in a way that numpy warns of
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
AGREES = 1e-5
DIVIDED: dict[str, Any] = {"given_scale": 1 / 255, "scale": "1/255"}
LARGE = {"horses-300"}
PRESET_CASES = [
    pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name for name in PRESETS
]


def brought(model: Any, path: Path, **said: Any) -> Imported:
    """Save a Keras model and take it over."""
    model.save(path)
    classes = names(max(2, model.output_shape[-1]))
    return import_keras(path, Said(classes=classes, **said))


def agreeing(model: Any, path: Path, given_scale: float = 1.0, **said: Any) -> Imported:
    """`brought`, and found to answer the same; `given_scale` is what Keras is given pixels by."""
    imported = brought(model, path, **said)
    given = pictures(5, imported.classifier.contract.preprocess.input_shape)
    scaled = given * np.float32(given_scale)
    shape = (
        (len(given), *model.input_shape[1:]) if None not in model.input_shape[1:] else given.shape
    )
    difference = answers_of(model, scaled.reshape(shape)) - imported.classifier.probabilities(given)
    assert np.abs(difference).max() <= AGREES
    return imported


@pytest.mark.parametrize("name", PRESET_CASES)
def test_every_net_of_the_notes_written_in_keras_agrees(name: str, tmp_path: Path) -> None:
    imported = agreeing(course_model(PRESETS[name]), tmp_path / "a.keras")
    assert imported.classifier.contract.net == PRESETS[name].net
    assert imported.notes == ()


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5:UserWarning")
@pytest.mark.parametrize("name", ["conv-32x2", "dense-128", "horses-150"])
def test_an_h5_file_of_the_old_course_agrees(name: str, tmp_path: Path) -> None:
    imported = agreeing(course_model(PRESETS[name]), tmp_path / "a.h5")
    assert imported.classifier.contract.net == PRESETS[name].net


LAYERS: dict[str, tuple[list[Any], str]] = {
    "same, strides and even windows": (
        [
            layers.Conv2D(4, 2, 2, "same"),
            layers.Conv2D(3, (4, 3), padding="same"),
            layers.Flatten(),
        ],
        "conv 4 2x2 stride 2 same linear, conv 3 4x3 same linear, flatten, dense classes",
    ),
    "depthwise": (
        [
            layers.DepthwiseConv2D(3, depth_multiplier=2, activation="relu"),
            layers.DepthwiseConv2D((3, 5), padding="same", use_bias=False),
            layers.GlobalMaxPooling2D(),
        ],
        "depthwise times 2, depthwise 3x5 same linear no-bias, pool max global, dense classes",
    ),
    "average pools": (
        [
            layers.AveragePooling2D(3, 2, "same"),
            layers.AveragePooling2D(2, 1),
            layers.GlobalAveragePooling2D(),
        ],
        "pool avg 3x3 stride 2 same, pool avg stride 1, pool avg global, dense classes",
    ),
    "maximum pools": (
        [layers.MaxPooling2D(3, padding="same"), layers.MaxPooling2D((2, 1), 1), layers.Flatten()],
        "pool 3x3 same, pool 2x1 stride 1, flatten, dense classes",
    ),
    "batch normalisation": (
        [
            layers.Conv2D(4, 3, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.BatchNormalization(scale=False, epsilon=1e-5),
            layers.Flatten(),
            layers.BatchNormalization(center=False),
        ],
        (
            "conv 4 linear no-bias, batchnorm epsilon 0.001, relu, batchnorm, flatten, "
            "batchnorm epsilon 0.001, dense classes"
        ),
    ),
    "activations": (
        [
            layers.Conv2D(4, 3, activation="leaky_relu"),
            layers.LeakyReLU(negative_slope=0.3),
            layers.ReLU(negative_slope=0.1),
            layers.Conv2D(4, 1, activation="elu"),
            layers.Activation("tanh"),
            layers.Flatten(),
            layers.Dense(5, activation="gelu"),
            layers.Dense(5, activation="silu"),
            layers.Dense(5, activation="sigmoid"),
            layers.Dropout(0.25),
        ],
        (
            "conv 4 linear, leaky-relu 0.2, leaky-relu 0.3, leaky-relu 0.1, conv 4 1x1 elu, tanh, "
            "flatten, dense 5 gelu, dense 5 silu, dense 5 sigmoid, dropout 0.25, dense classes"
        ),
    ),
    "zero padding": (
        [layers.ZeroPadding2D(2), layers.Conv2D(4, 3, 2), layers.Flatten()],
        "conv 4 stride 2 padding 2 linear, flatten, dense classes",
    ),
}


@pytest.mark.parametrize(("made", "net"), LAYERS.values(), ids=LAYERS.keys())
def test_every_layer_of_courses_agrees(made: list[Any], net: str, tmp_path: Path) -> None:
    fresh = [layer.__class__.from_config(layer.get_config()) for layer in made]
    model = sequential(*fresh, layers.Dense(3, activation="softmax"), shape=(13, 11, 3))
    imported = agreeing(model, tmp_path / "a.keras", **DIVIDED)
    assert imported.classifier.contract.net == net


ENDINGS: dict[str, tuple[list[Any], str, str]] = {
    "a Softmax layer": ([layers.Dense(3), layers.Softmax()], "softmax", "dense classes"),
    "an Activation layer": ([layers.Dense(1), layers.Activation("sigmoid")], "sigmoid",
                            "dense classes"),
    "an activation before the softmax": (
        [layers.Dense(3, activation="relu"), layers.Softmax()], "softmax", "dense classes, relu"),
}  # fmt: skip


@pytest.mark.parametrize(("made", "output", "end"), ENDINGS.values(), ids=ENDINGS.keys())
def test_classifiers_may_end_in_several_ways(
    made: list[Any], output: str, end: str, tmp_path: Path
) -> None:
    fresh = [layer.__class__.from_config(layer.get_config()) for layer in made]
    model = sequential(layers.Flatten(), *fresh, shape=(6, 5, 1))
    contract = agreeing(model, tmp_path / "a.keras", **DIVIDED).classifier.contract
    assert (contract.output, contract.net) == (output, f"flatten, {end}")


def test_a_model_that_ends_in_logits_gets_a_softmax_and_says_so(tmp_path: Path) -> None:
    model = sequential(layers.Flatten(), layers.Dense(3), shape=(4, 4, 1))
    imported = brought(model, tmp_path / "a.keras", scale="1")
    assert imported.notes == (
        "the model ends without one, so a softmax was put after its last layer",
    )


def test_a_functional_model_in_one_line_agrees(tmp_path: Path) -> None:
    given = keras.Input((8, 8, 3))
    maps = layers.Conv2D(4, 3, activation="relu")(layers.Rescaling(1 / 255)(given))
    answer = layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(maps))
    model = randomised(keras.Model(given, answer))
    imported = agreeing(model, tmp_path / "a.keras")
    assert imported.classifier.contract.net == "conv 4, pool avg global, dense classes"


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5:UserWarning")
def test_a_functional_model_in_an_h5_file_agrees(tmp_path: Path) -> None:
    given = keras.Input((8, 8, 3))
    maps = layers.Conv2D(4, 3, activation="relu")(given)
    answer = layers.Dense(1, activation="sigmoid")(layers.Flatten()(maps))
    model = randomised(keras.Model(given, answer))
    model.set_weights([weights / 100 for weights in model.get_weights()])  # pixels go to 255
    agreeing(model, tmp_path / "a.h5", scale="1")


def test_models_inside_models_are_taken_apart(tmp_path: Path) -> None:
    augment = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)])
    base = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.Conv2D(4, 3)])
    model = sequential(
        augment, layers.Rescaling(1 / 255), base, layers.Flatten(), layers.Dense(3),
        layers.Softmax(), shape=(8, 8, 3),
    )  # fmt: skip
    imported = agreeing(model, tmp_path / "a.keras")
    assert (
        imported.classifier.contract.net == "conv 4 linear, conv 4 linear, flatten, dense classes"
    )
    assert [note.split("'")[1] for note in imported.notes] == [
        layer.name for layer in augment.layers
    ]


def test_grey_pictures_without_a_channel_are_grey(tmp_path: Path) -> None:
    model = sequential(layers.Flatten(), layers.Dense(3, activation="softmax"), shape=(6, 5))
    imported = agreeing(model, tmp_path / "a.keras", **DIVIDED)
    assert imported.classifier.contract.preprocess.colours == "grey"
    assert imported.classifier.contract.preprocess.normalise


def test_a_rescaling_to_minus_one_and_one_is_a_batchnorm_at_the_beginning(tmp_path: Path) -> None:
    made = [layers.Rescaling(1 / 127.5, offset=-1), layers.Conv2D(3, 3, padding="same")]
    end = [layers.Flatten(), layers.Dense(3, activation="softmax")]
    imported = agreeing(sequential(*made, *end, shape=(6, 6, 3)), tmp_path / "a.keras")
    net = "batchnorm, conv 3 same linear, flatten, dense classes"
    assert imported.classifier.contract.net == net
    assert imported.notes == (
        "its rescaling, 0.00784314 x pixel + -1, is the batchnorm at the beginning",
    )


def test_a_model_of_any_size_is_told_its_size(tmp_path: Path) -> None:
    model = sequential(
        layers.Conv2D(3, 3), layers.GlobalAveragePooling2D(), layers.Dense(2),
        layers.Softmax(), shape=(None, None, 1),
    )  # fmt: skip
    imported = agreeing(model, tmp_path / "a.keras", size=(10, 12), **DIVIDED)
    assert imported.classifier.contract.preprocess.input_shape == (10, 12, 1)
    with pytest.raises(UsageError, match="say with --size 150x150"):
        brought(model, tmp_path / "a.keras", scale="1")


def test_an_imported_classifier_is_a_file_like_any_other(tmp_path: Path) -> None:
    imported = agreeing(course_model(PRESETS["conv-32x3"]), tmp_path / "a.keras")
    imported.classifier.save(tmp_path / "a.safetensors")
    again = load(tmp_path / "a.safetensors")
    given = pictures(3, (28, 28, 1))
    assert np.array_equal(again.probabilities(given), imported.classifier.probabilities(given))


REFUSED: dict[str, tuple[list[Any], str]] = {
    "an unknown layer": (
        [layers.Conv2D(3, 3, name="first"), layers.LayerNormalization(name="norm"),
         layers.Flatten()],
        r"layer 2, 'norm' \(LayerNormalization\): this kind of layer is not known here",
    ),
    "an unknown activation": (
        [layers.Conv2D(3, 3, activation="selu", name="first"), layers.Flatten()],
        r"layer 1, 'first' \(Conv2D\): the activation 'selu' is not known here",
    ),
    "gaps in windows": (
        [layers.Conv2D(3, 3, dilation_rate=2, name="wide"), layers.Flatten()],
        r"layer 1, 'wide' \(Conv2D\): dilation_rate: expected 1",
    ),
    "oblong strides": (
        [layers.MaxPooling2D(2, (2, 1), name="p"), layers.Flatten()],
        r"layer 1, 'p' \(MaxPooling2D\): strides: expected the same down and across, got \(2, 1\)",
    ),
    "a Rescaling of what ZeroPadding2D added": (
        [layers.ZeroPadding2D(1), layers.Rescaling(1 / 255, offset=-1, name="r"),
         layers.Conv2D(2, 3), layers.Flatten()],
        r"layer 2, 'r' \(Rescaling\): expected a Rescaling before the ZeroPadding2D",
    ),
    "a Rescaling beyond all measure": (
        [layers.Rescaling(1e5), layers.Rescaling(1e5, name="r"), layers.Flatten()],
        r"layer 2, 'r' \(Rescaling\): expected pixels to become numbers up to 1,000,000",
    ),
    "a sigmoid between a Rescaling and the softmax": (
        [layers.Flatten(), layers.Dense(3), layers.Rescaling(2.0),
         layers.Activation("sigmoid"), layers.Softmax(name="s")],
        r"'s' \(Softmax\): expected a Rescaling at the beginning, or right before",
    ),
    "Dense on a map": (
        [layers.Dense(4, name="d"), layers.Flatten()],
        r"layer 1, 'd' \(Dense\): it is laid on a map of 9x9x3",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("made", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_known_is_named_with_its_place(
    made: list[Any], problem: str, tmp_path: Path
) -> None:
    fresh = [layer.__class__.from_config(layer.get_config()) for layer in made]
    model = sequential(*fresh, layers.Dense(3, activation="softmax"), shape=(9, 9, 3))
    with pytest.raises(UsageError, match=problem.replace("layer 1,", "layer [12],").replace(
            "layer 2,", "layer [23],")):  # fmt: skip
        brought(model, tmp_path / "a.keras", scale="1")


def test_a_model_that_branches_is_refused(tmp_path: Path) -> None:
    given = keras.Input((4, 4, 1))
    flat = layers.Flatten()(given)
    joined = layers.Concatenate(name="both")([layers.Dense(3)(flat), layers.Dense(3)(flat)])
    model = keras.Model(given, layers.Dense(2, activation="softmax")(joined))
    with pytest.raises(UsageError, match=r"'both' \('Concatenate'\) joins 2 layers"):
        brought(model, tmp_path / "a.keras", scale="1")


def test_several_sigmoids_are_no_classifier(tmp_path: Path) -> None:
    model = sequential(layers.Flatten(), layers.Dense(3, activation="sigmoid"), shape=(4, 4, 1))
    with pytest.raises(UsageError, match="ends in 3 sigmoids"):
        brought(model, tmp_path / "a.keras", scale="1")


def test_missing_scaling_and_classes_are_asked_for(tmp_path: Path) -> None:
    model = sequential(layers.Flatten(), layers.Dense(3, activation="softmax"), shape=(4, 4, 1))
    model.save(tmp_path / "a.keras")
    with pytest.raises(UsageError, match="give --scale 1/255 if its training divided them by 255"):
        import_keras(tmp_path / "a.keras", Said(classes=names(3)))
    with pytest.raises(UsageError, match="tells 3 classes apart and does not name them"):
        import_keras(tmp_path / "a.keras", Said(scale="1"))
    with pytest.raises(UsageError, match="tells 3 classes apart, got 2 names: class 0, class 1"):
        import_keras(tmp_path / "a.keras", Said(classes=names(2), scale="1"))


def test_scaling_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the model rescales pixels itself"):
        brought(course_model(PRESETS["dense-128"]), tmp_path / "a.keras", scale="1/255")


@pytest.mark.parametrize(
    "scale", ["", "255 + 1e7", "1/0", "0", "1/255/2", "a", "1e99", "1/127.5 - "]
)
def test_a_scale_that_is_none_is_refused(scale: str, tmp_path: Path) -> None:
    model = sequential(layers.Flatten(), layers.Dense(2, activation="softmax"), shape=(4, 4, 1))
    with pytest.raises(UsageError, match="scale: expected"):
        brought(model, tmp_path / "a.keras", scale=scale)


@pytest.mark.slow
def test_keras_is_not_needed_to_import() -> None:
    code = (
        "import sys, lenswork.use.keras_import, lenswork.cli.import_\n"
        "print(sorted({'keras', 'h5py', 'tensorflow', 'jax'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_dropout_that_never_stops_is_refused(tmp_path: Path) -> None:
    given = keras.Input((4, 4, 1))
    dropped = layers.Dropout(0.5, name="always")(layers.Flatten()(given), training=True)
    model = keras.Model(given, layers.Dense(2, activation="softmax")(dropped))
    with pytest.raises(UsageError, match="'always' is called with training=True"):
        brought(model, tmp_path / "a.keras", scale="1")
