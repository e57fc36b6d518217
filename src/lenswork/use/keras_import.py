"""Keras models as classifiers: read from `.keras` and `.h5` without Keras, running no code."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays

from lenswork.errors import ClassifierError, UsageError
from lenswork.kinds import Picture
from lenswork.model.answering import checked_picture
from lenswork.model.classifier import TOLERANCE, Classifier
from lenswork.model.contract import GOLDEN_BYTES, Contract, contract_in
from lenswork.model.describe import describe, format_bytes
from lenswork.model.layers import BatchNorm
from lenswork.model.memory import available_bytes
from lenswork.model.network import Network
from lenswork.model.preprocess import Preprocess, Resize
from lenswork.model.shapes import Shape
from lenswork.model.spec import NetSpec, parse_net
from lenswork.model.stored import most_golden
from lenswork.model.views import ONE, Views
from lenswork.use.keras_archive import KerasFile, open_keras
from lenswork.use.keras_layers import line_of
from lenswork.use.keras_line import straight_line
from lenswork.use.keras_net import Row, finished
from lenswork.use.keras_scale import Scale, scale_of
from lenswork.use.keras_views import without_views
from lenswork.use.keras_weights import rescaling_state, state_of

GOLDEN_SIDE = 32  # of pictures made where none are given
EXPECTED = "probabilities"
LARGEST_LIST = 2**21  # bytes that name the golden pictures; those of ten thousand take one million


@dataclass(frozen=True)
class Said:
    """What a Keras file does not say: the classes in its outputs' order, and more.

    `scale` is "1/255", "1" or "1/127.5 - 1", for a model without Rescaling; `size` (height,
    width) is for one that takes any; `resize` is how the training brought pictures to their
    size; `golden` are pictures of each class to check the classifier by.
    """

    classes: Sequence[str] = ()
    scale: str | None = None
    size: tuple[int, int] | None = None
    resize: Resize | None = None
    golden: Sequence[Picture] = ()


@dataclass(frozen=True)
class Imported:
    """A classifier made of a Keras model, and what was done to make it."""

    classifier: Classifier
    notes: tuple[str, ...]


def import_keras(path: str | Path, said: Said | None = None) -> Imported:
    """The classifier in a `.keras` or `.h5` file of layers in one line.

    Raises `ClassifierError` for a file that is damaged, hostile or holds layers that are not
    known, `UsageError` where classes or scaling are neither in the file nor said.
    """
    said = said or Said()
    with open_keras(Path(path)) as file:
        own = _own_contract(file)
        views = Views.parse(own.views if own else ONE)
        line = line_of(straight_line(without_views(file.config, views)), said.size)
        rows, outputs, output = finished(line)
        unscaled = "1" if own is not None and line.scale is None else None
        scale = scale_of(line, unscaled if said.scale is None else said.scale)
        classes = _classes(said, own, 2 if output == "sigmoid" else outputs)
        rescaled = not scale.normalises and not scale.does_nothing
        rows = [(BatchNorm(), None), *rows] if rescaled else rows
        spec = _checked_spec(rows)
        network = _network(file, rows, spec.with_outputs(outputs), line.shape, scale, rescaled)
        contract = Contract(
            classes=classes,
            preprocess=_preprocess(line.shape, said, own, normalise=not scale.does_nothing),
            output=output,
            net=str(spec),
            data=own.data if own else "",
            recipe_hash=own.recipe_hash if own else "",
            made_by=f"Keras {file.version}".strip() + ", brought to Lenswork",
            temperature=None if line.logits_scale is None else 1 / line.logits_scale,
            views=str(views),
        )
        classifier = _with_golden(network, contract, said, file)
    notes = list(line.notes)
    if rescaled:
        notes.append(f"its rescaling, {scale}, is the batchnorm at the beginning")
    return Imported(classifier, tuple(notes))


def _own_contract(file: KerasFile) -> Contract | None:
    """What `lenswork export` has put into the file."""
    return None if file.contract is None else contract_in(file.contract, file.name)


def _classes(said: Said, own: Contract | None, count: int) -> tuple[str, ...]:
    names = tuple(said.classes) or (own.classes if own else ())
    if not names:
        raise UsageError(
            f"the Keras model tells {count} classes apart and does not name them: give --classes "
            "with their names in the order of its outputs (flow_from_directory and "
            "image_dataset_from_directory sort them by name), or the folder of their pictures"
        )
    if len(names) != count:
        raise UsageError(
            f"the Keras model tells {count} classes apart, got {len(names)} names: "
            f"{', '.join(names)[:200]}"
        )
    if len(set(names)) < len(names) or not all(name.isprintable() and name for name in names):
        raise UsageError("classes: expected a different name for each, of characters that print")
    return names


def _checked_spec(rows: Sequence[Row]) -> NetSpec:
    """The net as its own line of text gives it back, within the limits of such a line."""
    spec = NetSpec(tuple(layer for layer, _ in rows))
    again = parse_net(str(spec))
    if again != spec:
        raise ClassifierError(f"the net {spec} cannot be written as a line of text without change")
    return again


def _network(
    file: KerasFile,
    rows: Sequence[Row],
    filled: NetSpec,
    shape: Shape,
    scale: Scale,
    rescaled: bool,
) -> Network:
    outputs = filled.shapes(shape)[-1][0]
    needed = describe(filled, shape, outputs).activation_bytes
    if needed > available_bytes():
        raise ClassifierError(
            f"{file.name}: one picture's feature maps would take {format_bytes(needed)}, and "
            f"{format_bytes(available_bytes())} are free"
        )
    state = state_of(file, rows, filled.layers, filled.shapes(shape))
    if rescaled:  # on pixels that were divided by 255 before
        state |= rescaling_state(scale.factor * 255, scale.offset, shape[2])
    with torch.device("meta"):
        network = Network(filled, shape)
    network.load_state_dict(state, assign=True)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def _preprocess(shape: Shape, said: Said, own: Contract | None, *, normalise: bool) -> Preprocess:
    height, width, channels = shape
    return Preprocess(
        height=height,
        width=width,
        colours="grey" if channels == 1 else "rgb",
        resize=said.resize or (own.preprocess.resize if own else "bilinear"),
        normalise=normalise,
        reduced=own.preprocess.reduced if own else False,
    )


def _with_golden(network: Network, contract: Contract, said: Said, file: KerasFile) -> Classifier:
    """The classifier with the pictures given, those in the file, or made ones."""
    kept = [] if file.golden is None else _kept_golden(file, Classifier(network, contract, []))
    classifier = Classifier(network, contract, said.golden or kept or made_pictures(contract))
    if not np.isfinite(classifier.golden_answers()).all():
        raise ClassifierError(
            f"{file.name}: its answers are no numbers: its weights or its rescaling are too large"
        )
    return classifier


def _kept_golden(file: KerasFile, classifier: Classifier) -> list[Picture]:
    """The golden pictures in a file that `lenswork export` wrote, answered as they were then."""
    content = file.golden or b""
    try:
        if int.from_bytes(content[:8], "little") > LARGEST_LIST:
            raise ValueError("their list is longer than any can be")
        arrays = load_arrays(content)
        expected = arrays.pop(EXPECTED)
        pictures = [checked_picture(arrays[name]) for name in sorted(arrays)]
    except (SafetensorError, ValueError, KeyError, TypeError, UsageError) as error:
        raise ClassifierError(
            f"{file.name}: its golden pictures cannot be read ({error}): export it again"
        ) from error
    classes = len(classifier.classes)
    most = most_golden(classes, classifier.contract.preprocess.input_shape)
    if not classes <= len(pictures) <= most:
        raise ClassifierError(
            f"{file.name}: expected a golden picture for each of {classes} classes and at most "
            f"{most:,}, found {len(pictures):,}: export it again"
        )
    answers = classifier.probabilities_of(pictures)
    if answers.shape != expected.shape or expected.dtype != np.float32:
        raise ClassifierError(f"{file.name}: its golden pictures have no answers: export it again")
    difference = float(np.abs(answers - expected).max())
    if not difference <= TOLERANCE:
        raise ClassifierError(
            f"{file.name} breaks its contract: the golden pictures' probabilities differ by "
            f"{difference:.2g} from those that were exported: export it again"
        )
    return pictures


def made_pictures(contract: Contract) -> list[Picture]:
    """A picture of random numbers a class, always the same ones."""
    count, channels = len(contract.classes), contract.preprocess.channels
    side = max(1, min(GOLDEN_SIDE, int((GOLDEN_BYTES / count / channels) ** 0.5)))
    chance = np.random.default_rng(0)
    pictures = chance.integers(0, 256, (count, side, side, channels), dtype=np.uint8)
    return list(pictures)
