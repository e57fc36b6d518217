"""A smaller ONNX file whose weights and feature maps are 8-bit integers, and what that costs.

Static quantisation by onnxruntime: ranges of the feature maps are taken from pictures of the
training part, weights have a scale for each filter (Jacob et al. 2018, "Quantization and training
of neural networks for efficient integer-arithmetic-only inference", section 3).
"""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from lenswork.data.dataset import Part
from lenswork.errors import UsageError
from lenswork.files import written_whole
from lenswork.kinds import Labels, Pictures, Probabilities
from lenswork.look.pictures import part_of
from lenswork.model.classifier import Classifier
from lenswork.model.preprocess import Preprocess
from lenswork.record.accuracy import accuracy_of
from lenswork.record.run import Run
from lenswork.study.verdict import verdicts
from lenswork.study.words import sentences
from lenswork.use.agreement import Exported
from lenswork.use.onnx_export import FORM, onnx_model
from lenswork.use.onnx_graph import INPUT
from lenswork.use.onnx_properties import properties_of
from lenswork.use.onnx_runtime import RUNTIME, OnnxClassifier, load_onnx

CALIBRATION = 256  # pictures
BATCH = 32
FLOAT, INT8 = "float", "int8"


def export_int8(classifier: Classifier, path: str | Path, calibration: Pictures) -> Exported:
    """Write a quantised ONNX file; `calibration` are training pictures at the contract's size.

    It keeps its own answers to the golden pictures, which it must give wherever it is opened;
    `Exported.difference` is how far they are from the classifier's.
    """
    path = Path(path)
    if not len(calibration):
        raise UsageError("expected training pictures to take the ranges from, got none")
    here = classifier.golden_answers()
    with tempfile.TemporaryDirectory(prefix="lenswork-") as folder:
        quantised = _quantised(onnx_model(classifier), Path(folder), calibration)
    contract, golden = classifier.contract, classifier.golden
    there = OnnxClassifier(quantised.SerializeToString(), contract, golden).golden_answers()
    helper.set_model_props(quantised, properties_of(contract, golden, there, int8=True))
    with written_whole(path) as temporary:
        temporary.write_bytes(quantised.SerializeToString())
        load_onnx(temporary)
    difference = float(np.abs(here - there).max())
    return Exported(path, f"{FORM}, int8", RUNTIME, difference, len(golden))


def calibration_pictures(part: Part, preprocess: Preprocess) -> Pictures:
    """Pictures of a part spread evenly over it, (count, height, width, channels)."""
    chosen = np.unique(np.linspace(0, len(part) - 1, CALIBRATION).astype(int))
    return np.stack([preprocess.read(part.source, int(index)) for index in chosen])


def export_run_int8(
    run: Run, path: Path, data_home: Path | None = None
) -> tuple[Exported, list[str]]:
    """Quantise a run's classifier by its training pictures, and judge it by its held-out ones.

    The lines are both forms' accuracies and what the paired test of the studies says of them.
    """
    classifier = run.classifier
    preprocess = classifier.contract.preprocess
    train = part_of(run, "train", data_home)
    part = part_of(run, run.held_out(), data_home)
    pictures = preprocess.read_all(part.source, part.ids)  # else a file could lack its verdict
    exported = export_int8(classifier, path, calibration_pictures(train, preprocess))
    tables = {
        INT8: load_onnx(path).probabilities(pictures),
        FLOAT: classifier.probabilities(pictures),
    }
    return exported, verdict_lines(part.labels, tables)


def verdict_lines(truth: Labels, tables: Mapping[str, Probabilities]) -> list[str]:
    """What is known of two forms by their tables (pictures, classes) of answers to one part."""
    correct = {name: (table.argmax(axis=1) == truth)[None] for name, table in tables.items()}
    (pair,) = verdicts(correct, pairs=[(INT8, FLOAT)]).pairs
    said = [f"{name}: {accuracy_of(truth, table)}" for name, table in tables.items()]
    return [*said, *sentences(pair)]


def _quantised(model: onnx.ModelProto, folder: Path, calibration: Pictures) -> onnx.ModelProto:
    plain, ready, done = (folder / f"{name}.onnx" for name in ("plain", "ready", "done"))
    onnx.save_model(model, plain)
    quant_pre_process(plain, ready, skip_symbolic_shape=True)
    quantize_static(
        ready,
        done,
        _Reader(calibration),
        quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=["Conv", "Gemm", "MaxPool"],
    )
    return onnx.load_model(done)


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Batches of pictures, as onnxruntime asks for them."""

    def __init__(self, pictures: Pictures) -> None:
        self._batches: Iterator[dict[str, Pictures]] = (
            {INPUT: pictures[start : start + BATCH]} for start in range(0, len(pictures), BATCH)
        )

    def get_next(self) -> dict[str, Pictures] | None:
        """The next batch; None at the end."""
        return next(self._batches, None)
