"""A classifier as an ONNX file that any runtime of ONNX reads."""

from pathlib import Path

from onnx import ModelProto, checker

from lenswork.files import written_whole
from lenswork.model.classifier import Classifier
from lenswork.model.stored import WEIGHT
from lenswork.model.weights import weights_of
from lenswork.use.agreement import Exported, agreed
from lenswork.use.onnx_graph import OPSET, build
from lenswork.use.onnx_properties import properties_of
from lenswork.use.onnx_runtime import RUNTIME, load_onnx

FORM = f"ONNX, opset {OPSET}"


def export_onnx(classifier: Classifier, path: str | Path) -> Exported:
    """Write an ONNX file: uint8 pictures (batch, height, width, channels) in, probabilities out.

    It is opened again in onnxruntime. Raises `LensworkError`, and leaves no file, where the golden
    pictures' answers differ by more than 1e-4.
    """
    path = Path(path)
    here = classifier.golden_answers()
    model = onnx_model(classifier)
    with written_whole(path) as temporary:
        temporary.write_bytes(model.SerializeToString())
        there = load_onnx(temporary).golden_answers()
        difference = agreed(FORM, RUNTIME, here, there)
    return Exported(path, FORM, RUNTIME, difference, len(classifier.golden))


def onnx_model(classifier: Classifier) -> ModelProto:
    """The model with its contract, checked by ONNX's own checker."""
    weights = {
        name.removeprefix(WEIGHT): tensor.numpy()
        for name, tensor in weights_of(classifier.network).items()
    }
    texts = properties_of(classifier.contract, classifier.golden, classifier.golden_answers())
    model = build(classifier.contract, weights, texts)
    checker.check_model(model, full_check=True)
    return model
