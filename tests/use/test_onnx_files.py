"""An ONNX file keeps its contract, or it is refused."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper
from portable import noise, portable

from lenswork.errors import ClassifierError, LensworkError
from lenswork.model.classifier import Classifier
from lenswork.use import onnx_export as exporter
from lenswork.use.agreement import agreed
from lenswork.use.onnx_export import export_onnx, onnx_model
from lenswork.use.onnx_int8 import export_int8, verdict_lines
from lenswork.use.onnx_properties import CHECKSUM, CLASSES, CONTRACT, GOLDEN, properties_of
from lenswork.use.onnx_runtime import load_onnx


@pytest.fixture
def classifier() -> Classifier:
    return portable()


@pytest.fixture
def written(classifier: Classifier, tmp_path: Path) -> Path:
    path = tmp_path / "net.onnx"
    export_onnx(classifier, path)
    return path


def changed(path: Path, model: ModelProto) -> Path:
    onnx.save_model(model, path)
    return path


def texts_of(model: ModelProto) -> dict[str, str]:
    return {one.key: one.value for one in model.metadata_props}


def test_a_file_is_opened_again_and_its_difference_stated(
    classifier: Classifier, tmp_path: Path
) -> None:
    exported = export_onnx(classifier, tmp_path / "net.onnx")
    assert exported.difference <= 1e-5
    assert exported.pictures == 3
    assert str(exported).startswith(f"{tmp_path}/net.onnx: ONNX, opset 17; in onnxruntime ")
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


def test_a_file_answers_pictures_of_any_size_as_the_classifier_does(
    classifier: Classifier, written: Path
) -> None:
    pictures = [noise((40, 30, 3), 1), noise((5, 6, 1), 2), noise((12, 10, 3), 3)]
    (opened, here) = (load_onnx(written).predict(pictures), classifier.predict(pictures))
    assert [one.class_name for one in opened] == [one.class_name for one in here]
    for one, other in zip(opened, here, strict=True):
        assert list(one.probabilities.values()) == pytest.approx(
            list(other.probabilities.values()), abs=1e-5
        )


def test_classes_contract_and_golden_pictures_are_in_the_metadata(
    classifier: Classifier, written: Path
) -> None:
    texts = texts_of(onnx.load_model(written))
    assert json.loads(texts[CLASSES]) == ["class 0", "class 1", "class 2"]
    assert json.loads(texts[CONTRACT]) == json.loads(classifier.contract.model_dump_json())
    opened = load_onnx(written)
    assert opened.contract == classifier.contract
    for one, other in zip(opened.golden, classifier.golden, strict=True):
        assert np.array_equal(one, other)


def test_an_export_that_answers_otherwise_is_refused_and_leaves_nothing(
    classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = portable("flatten, dense classes")
    monkeypatch.setattr(exporter, "onnx_model", lambda _: onnx_model(other))
    said = "answers the golden pictures otherwise in onnxruntime"
    with pytest.raises(LensworkError, match=said):
        export_onnx(classifier, tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [1e-3, np.nan])
def test_answers_further_apart_than_allowed_do_not_agree(wrong: float) -> None:
    here = np.full((2, 3), 1 / 3, np.float32)
    with pytest.raises(LensworkError, match=r"differ by .*, at most 0.0001 is allowed"):
        agreed("page", "a browser", here, here + np.float32(wrong))
    with pytest.raises(LensworkError, match=r"answers with \(2, 2\) probabilities"):
        agreed("page", "a browser", here, here[:, :2])
    assert agreed("page", "a browser", here, here) == 0


def test_changed_weights_break_the_contract(written: Path) -> None:
    model = onnx.load_model(written)
    for place, tensor in enumerate(model.graph.initializer):
        if tensor.name == "layers.7.bias":
            model.graph.initializer[place].CopyFrom(
                numpy_helper.from_array(np.array([5, 0, 0], np.float32), tensor.name)
            )
    with pytest.raises(ClassifierError, match=r"net\.onnx"):
        load_onnx(changed(written, model))


@pytest.mark.parametrize("name", [CONTRACT, GOLDEN, CHECKSUM])
def test_a_changed_text_is_refused(written: Path, name: str) -> None:
    model = onnx.load_model(written)
    helper.set_model_props(model, texts_of(model) | {name: texts_of(model)[name] + " "})
    with pytest.raises(ClassifierError, match="were changed after the export"):
        load_onnx(changed(written, model))


def test_files_that_are_foreign_torn_or_missing_are_refused(written: Path, tmp_path: Path) -> None:
    model = onnx.load_model(written)
    del model.metadata_props[:]
    with pytest.raises(ClassifierError, match="an ONNX file without a Lenswork contract"):
        load_onnx(changed(tmp_path / "foreign.onnx", model))
    written.write_bytes(written.read_bytes()[:500])
    with pytest.raises(ClassifierError, match="is no whole ONNX file"):
        load_onnx(written)
    with pytest.raises(ClassifierError, match="there is none at"):
        load_onnx(tmp_path / "missing.onnx")


def hostile(kind: str, model: ModelProto) -> None:
    graph = model.graph
    match kind:
        case "operator":
            graph.node.append(helper.make_node("ConstantOfShape", ["views"], ["bomb"]))
        case "domain":
            graph.node[0].domain = "com.microsoft"
        case "elsewhere":
            graph.initializer[0].data_location = TensorProto.EXTERNAL
            graph.initializer[0].external_data.add(key="location", value="/etc/passwd")
        case "input":
            graph.input[0].type.tensor_type.shape.dim[1].dim_value = 11
        case "names":
            graph.input[0].name = "image"
        case "pads":
            conv = next(node for node in graph.node if node.op_type == "Conv")
            pads = next(one for one in conv.attribute if one.name == "pads")
            pads.ints[:] = [400_000] * 4


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("operator", "the operator :ConstantOfShape, which no export of Lenswork writes"),
        ("domain", "the operator com.microsoft:"),
        ("elsewhere", "keeps numbers in other files"),
        ("input", "its input does not fit its contract's pictures"),
        ("names", "expected one input 'pictures' and one output 'probabilities'"),
        ("pads", "the pads of one of its windows are"),
    ],
)
def test_a_hostile_graph_is_refused_before_it_is_run(written: Path, kind: str, said: str) -> None:
    model = onnx.load_model(written)
    hostile(kind, model)
    written.write_bytes(model.SerializeToString())
    with pytest.raises(ClassifierError, match=said):
        load_onnx(written)


def test_texts_that_say_nonsense_are_refused(classifier: Classifier, tmp_path: Path) -> None:
    model = onnx_model(classifier)
    fewer = properties_of(classifier.contract, classifier.golden[:1], classifier.golden_answers())
    helper.set_model_props(model, fewer)
    with pytest.raises(ClassifierError, match="its contract cannot be read"):
        load_onnx(changed(tmp_path / "fewer.onnx", model))


@pytest.mark.slow
def test_integers_keep_their_own_golden_answers_and_are_much_smaller(
    classifier: Classifier, tmp_path: Path
) -> None:
    wide = portable("conv 16, pool, flatten, dense 128, dense classes", (16, 16, 3))
    whole = export_onnx(wide, tmp_path / "net.onnx").path
    small = export_int8(wide, tmp_path / "net.int8.onnx", noise((64, 16, 16, 3)))
    assert small.path.stat().st_size < 0.5 * whole.stat().st_size
    assert 0 < small.difference < 0.2
    pictures = noise((50, 16, 16, 3), 4)
    integers, floats = (load_onnx(one).probabilities(pictures) for one in (small.path, whole))
    assert np.abs(integers - floats).max() < 0.2


def test_the_verdict_on_integers_is_the_paired_test_of_the_studies() -> None:
    truth = np.arange(100) % 2
    right = np.eye(2, dtype=np.float32)[truth]
    wrong = right.copy()
    wrong[:20] = 1 - wrong[:20]
    lines = verdict_lines(truth, {"int8": wrong, "float": right})
    assert lines[0].startswith("int8: 80.00%")
    assert "this network of int8 did worse than this one of float by 20.00 points" in lines[2]
    same = verdict_lines(truth, {"int8": right, "float": right})
    assert "cannot tell this network of int8 from this one of float: they are equal" in same[2]
