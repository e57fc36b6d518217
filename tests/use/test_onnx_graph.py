"""The graph of every layer answers as the network does, whatever the contract says."""

import numpy as np
import pytest
from onnx import checker
from portable import noise, portable

from lenswork.errors import UsageError
from lenswork.model.classifier import Classifier
from lenswork.use import onnx_runtime
from lenswork.use.onnx_export import onnx_model
from lenswork.use.onnx_graph import INPUT, OUTPUT, build
from lenswork.use.onnx_runtime import OnnxClassifier

LAYERS = [
    "flatten, dense classes",
    "flatten, dense 7 no-bias, dense classes",
    "conv 5, flatten, dense classes",
    "conv 5 3x2 stride 2 same gelu, flatten, dense classes",
    "conv 5 4x4 same no-bias silu, pool avg global, dense classes",
    "conv 5 padding 2 elu, pool max global, dense classes",
    "conv 5 leaky-relu, pool 3x3 stride 2 same, flatten, dense classes",
    "conv 5 tanh, pool avg 3x3 stride 2 same, flatten, dense classes",
    "conv 5 sigmoid, pool 3x3 padding 1, flatten, dense classes",
    "conv 5 linear, pool avg 3x3 stride 1 padding 1, flatten, dense classes",
    "conv 5 linear, batchnorm, relu, dropout 0.3, flatten, dense classes",
    "flatten, dense 6 linear, batchnorm epsilon 0.001, leaky-relu 0.2, dense classes",
    "depthwise times 2, depthwise 2x3 stride 2 same no-bias, flatten, dense classes",
    "gelu, silu, elu, tanh, sigmoid, conv classes, pool avg global",
]


def through_onnx(classifier: Classifier) -> OnnxClassifier:
    model = onnx_model(classifier).SerializeToString()
    return OnnxClassifier(model, classifier.contract, classifier.golden)


def assert_same(classifier: Classifier, count: int = 5) -> None:
    pictures = noise((count, *classifier.contract.preprocess.input_shape), 9)
    here = classifier.probabilities(pictures)
    there = through_onnx(classifier).probabilities(pictures)
    assert there.dtype == np.float32
    np.testing.assert_allclose(there, here, rtol=0, atol=1e-5)


@pytest.mark.parametrize("net", LAYERS)
def test_every_layer_answers_as_the_network_does(net: str) -> None:
    assert_same(portable(net))


@pytest.mark.parametrize("shape", [(12, 10, 1), (9, 13, 3), (8, 8, 1)])
def test_every_shape_and_colour_does(shape: tuple[int, int, int]) -> None:
    assert_same(portable(shape=shape))


@pytest.mark.parametrize("views", ["flip", "shift 2", "flip, shift 1"])
def test_the_mean_over_views_is_inside(views: str) -> None:
    assert_same(portable(views=views))


def test_temperature_a_sigmoid_and_pixels_that_are_not_scaled_are_inside() -> None:
    assert_same(portable(temperature=2.5))
    assert_same(portable(output="sigmoid", classes=2, temperature=0.5, views="flip"))
    assert_same(portable("flatten, dense classes", normalise=False, temperature=200.0))


@pytest.mark.parametrize("count", [0, 1, 2, 300])
def test_any_number_of_pictures_is_answered(count: int) -> None:
    assert_same(portable("flatten, dense classes"), count)


def test_the_graph_states_its_opset_input_and_output() -> None:
    classifier = portable()
    model = onnx_model(classifier)
    checker.check_model(model, full_check=True)
    assert [(one.domain, one.version) for one in model.opset_import] == [("", 17)]
    (pictures,), (answers,) = model.graph.input, model.graph.output
    assert (pictures.name, answers.name) == (INPUT, OUTPUT) == ("pictures", "probabilities")
    sides = pictures.type.tensor_type.shape.dim
    assert [one.dim_param or one.dim_value for one in sides] == ["batch", 12, 10, 3]
    assert "uint8 (batch, 12, 10, 3), red, green, blue" in model.doc_string


def test_a_module_of_ones_own_is_refused() -> None:
    classifier = portable()
    contract = classifier.contract.model_copy(update={"net": None})
    with pytest.raises(UsageError, match="expected a net that is a line of text"):
        build(contract, {}, {})


def test_weights_of_another_net_are_refused_by_name() -> None:
    contract = portable("flatten, dense classes").contract
    with pytest.raises(UsageError, match=r"the weights of the contract's net, got others: layers"):
        build(contract, {"layers.1.weight": np.zeros((3, 4), np.float32)}, {})


@pytest.mark.parametrize("little", [0, 10**9])
def test_one_picture_is_answered_as_among_others(
    little: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a thread of its own where the work is little."""
    monkeypatch.setattr(onnx_runtime, "LITTLE_WORK", little)
    classifier = through_onnx(portable())
    pictures = noise((4, 12, 10, 3), 7)
    ones = np.concatenate([classifier.probabilities(one[None]) for one in pictures])
    np.testing.assert_allclose(ones, classifier.probabilities(pictures), rtol=0, atol=1e-6)
