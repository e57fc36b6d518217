"""A classifier that becomes a Keras model answers as before, and as itself when it comes back."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from keras_nets import answers_of, classifier_of, keras, pictures, preset_classifier
from torch import nn

from lenswork.errors import LensworkError, UsageError
from lenswork.model.classifier import Classifier
from lenswork.model.contract import Contract
from lenswork.model.presets import PRESETS
from lenswork.use.keras_export import export_keras
from lenswork.use.keras_import import import_keras

# Keras 3.15 on torch copies arrays in a way that numpy warns of
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
AGREES = 1e-5
LARGE = {"horses-300"}  # 160 MB of weights
PRESET_CASES = [
    pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name for name in PRESETS
]
NETS = {
    "plain conv and padding": "conv 4 padding 1, pool, flatten, dense classes",
    "same with even windows": "conv 4 2x2 stride 2 same, conv 3 4x4 same, pool 3x3 same, flatten, "
    "dense classes",
    "average pools": "conv 4, pool avg 3x3 stride 2 same, conv 4, pool avg global, dense classes",
    "depthwise": "conv 4, depthwise same times 2, depthwise 5x3 stride 2 no-bias linear, "
    "pool max global, dense classes",
    "batchnorm": "conv 4 linear no-bias, batchnorm epsilon 0.001, relu, flatten, dense 6 linear, "
    "batchnorm, tanh, dense classes",
    "activations": "conv 4 leaky-relu, conv 4 elu, leaky-relu 0.2, conv 4 gelu, conv 4 silu, "
    "flatten, dense 5 sigmoid, dropout, dense classes no-bias",
    "classes by convolution": "conv 4, conv classes 1x1, relu, pool avg global",
}


def both_ways(classifier: Classifier, path: Path) -> Classifier:
    """Export, compare in Keras on pictures, import, compare again; the imported one."""
    assert export_keras(classifier, str(path)).difference <= AGREES
    given = pictures(5, classifier.contract.preprocess.input_shape)
    expected = classifier.probabilities(given)
    model = keras.models.load_model(path, compile=False)
    assert np.abs(answers_of(model, given) - expected).max() <= AGREES
    again = import_keras(path).classifier
    assert np.abs(again.probabilities(given) - expected).max() <= AGREES
    return again


@pytest.mark.parametrize("name", PRESET_CASES)
def test_every_net_of_the_notes_agrees_in_keras_and_back(name: str, tmp_path: Path) -> None:
    classifier = preset_classifier(PRESETS[name])
    again = both_ways(classifier, tmp_path / "a.keras")
    assert again.contract.net == PRESETS[name].net
    assert again.contract.classes == classifier.contract.classes
    assert again.contract.preprocess == classifier.contract.preprocess


@pytest.mark.parametrize("net", NETS.values(), ids=NETS.keys())
def test_every_word_of_a_net_agrees_in_keras_and_back(net: str, tmp_path: Path) -> None:
    both_ways(classifier_of(net, (13, 11, 3), 3), tmp_path / "a.keras")


def test_pixels_that_are_not_normalised_go_in_as_they_are(tmp_path: Path) -> None:
    classifier = classifier_of("flatten, dense classes", (4, 4, 1), 3, normalise=False)
    again = both_ways(classifier, tmp_path / "a.keras")
    assert again.contract.preprocess.normalise is False


@pytest.mark.parametrize("outputs", [1, 3])
def test_a_temperature_is_inside_and_comes_back(outputs: int, tmp_path: Path) -> None:
    classifier = classifier_of("flatten, dense classes", (4, 4, 1), outputs, temperature=1.7)
    again = both_ways(classifier, tmp_path / "a.keras")
    assert again.contract.temperature == pytest.approx(1.7, rel=1e-12)


@pytest.mark.parametrize(
    ("views", "outputs"), [("flip", 1), ("shift 1", 3), ("flip, shift 2", 3), ("shift 20", 1)]
)
def test_views_are_averaged_inside_and_come_back(views: str, outputs: int, tmp_path: Path) -> None:
    net = "conv 3, batchnorm, pool, flatten, dense classes"
    classifier = classifier_of(net, (9, 8, 1), outputs, views=views, temperature=0.8)
    again = both_ways(classifier, tmp_path / "a.keras")
    assert again.contract.views == views
    assert again.contract.net == net
    for one, other in zip(again.golden, classifier.golden, strict=True):
        assert np.array_equal(one, other)


def test_a_model_that_averages_otherwise_than_its_contract_says_is_refused(tmp_path: Path) -> None:
    net = "flatten, dense classes"
    for views in ("flip", "shift 1"):
        export_keras(classifier_of(net, (4, 4, 1), 3, views=views), tmp_path / f"{views}.keras")
    taken = members(tmp_path / "flip.keras")
    for name, said in members(tmp_path / "shift 1.keras").items():
        if name.startswith("lenswork/"):
            taken[name] = said
    with zipfile.ZipFile(tmp_path / "mixed.keras", "w") as archive:
        for name, content in taken.items():
            archive.writestr(name, content)
    with pytest.raises(UsageError, match="averages one network over 5 views"):
        import_keras(tmp_path / "mixed.keras")


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_very_many_classes_come_back(tmp_path: Path) -> None:
    classifier = classifier_of("flatten, dense classes", (2, 2, 1), 600)
    export_keras(classifier, tmp_path / "a.keras")
    assert import_keras(tmp_path / "a.keras").classifier.classes == classifier.classes


def test_grey_golden_pictures_without_a_channel_travel_too(tmp_path: Path) -> None:
    classifier = classifier_of("flatten, dense classes", (4, 4, 1), 2)
    classifier.golden = [one[:, :, 0] for one in classifier.golden]
    both_ways(classifier, tmp_path / "a.keras")


def test_a_module_of_ones_own_is_refused_by_name(tmp_path: Path) -> None:
    plain = classifier_of("flatten, dense classes", (4, 4, 1), 3)
    contract = Contract(**{**plain.contract.model_dump(), "net": None})
    own = Classifier(nn.Sequential(nn.Flatten(), nn.Linear(16, 3)), contract, plain.golden)
    with pytest.raises(UsageError, match="the network is a Sequential, a torch module of your own"):
        export_keras(own, tmp_path / "a.keras")
    assert not list(tmp_path.iterdir())


def test_a_pool_that_pads_by_a_number_is_refused(tmp_path: Path) -> None:
    classifier = classifier_of("pool 3x3 padding 1, flatten, dense classes", (9, 9, 1), 3)
    with pytest.raises(UsageError, match="'pool 3x3 padding 1' pads by a number"):
        export_keras(classifier, tmp_path / "a.keras")


def test_a_file_that_was_changed_after_the_export_is_refused(tmp_path: Path) -> None:
    classifier = classifier_of("flatten, dense classes", (4, 4, 1), 3)
    export_keras(classifier, tmp_path / "a.keras")
    content = bytearray((tmp_path / "a.keras").read_bytes())
    kernel = classifier.network.state_dict()["layers.1.weight"].numpy().T.tobytes()
    place = content.find(kernel)
    assert place > 0
    content[place : place + 4] = b"\0\0\x80\x40"  # 4.0
    (tmp_path / "a.keras").write_bytes(content)
    with pytest.raises(UsageError, match="is not what was put into it"):
        import_keras(tmp_path / "a.keras")


def test_keras_on_torch_is_named_where_it_averages_edges_otherwise(tmp_path: Path) -> None:
    net = "pool avg 3x3 stride 2 same, flatten, dense classes"
    classifier = classifier_of(net, (6, 6, 1), 3)
    with pytest.raises(LensworkError) as caught:
        export_keras(classifier, tmp_path / "a.keras")
    assert "Keras on torch averages edges otherwise in 'pool avg 3x3 stride 2 same'" in str(
        caught.value
    )
    assert not list(tmp_path.iterdir())
