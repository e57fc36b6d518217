"""Answers by onnxruntime, which starts sooner than torch and is quicker with one picture."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import repeat
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from google.protobuf.message import DecodeError

from lenswork.cores import available_cores
from lenswork.errors import ClassifierError, LensworkError
from lenswork.kinds import Picture, Pictures, Probabilities
from lenswork.model.answering import Answering
from lenswork.model.contract import Contract
from lenswork.model.describe import describe
from lenswork.model.stored import TOLERANCE
from lenswork.model.views import Views
from lenswork.use.onnx_checks import LONGEST, refuse_too_long, refuse_unlike_ours
from lenswork.use.onnx_graph import INPUT, OUTPUT, Weights, build
from lenswork.use.onnx_outline import refuse_many_parts, texts_in
from lenswork.use.onnx_properties import Said, read_properties

# Pictures at most. 10,000 of 28x28 (conv-32x2) took 0.157 s in batches of 32, 0.147 of 128 or 256.
BATCH = 128
# Of all feature maps of a batch. A picture of 300x300 in colour (horses-300-deep, 12 MB) took
# 5.3 ms of a core in batches of 16 or 32 and 4.7 in batches of 2; one of 150x150 (horses-150,
# 3 MB) took 1.33 ms in batches of 16, 1.47 of 4 and 2.3 alone.
MAP_BYTES = 32 * 2**20
FEWEST = 2
# Multiply-adds of a picture for which no second thread need be woken. Conv 64 x 2 on 28x28 has 5
# million and took 0.10 ms at best by one thread and by two; Conv 32 x 2, while others kept both
# cores busy, over 0.08 ms in one call of twenty by one thread, and over 3.4 ms by two.
LITTLE_WORK = 6_000_000
INT8_TOLERANCE = 0.05  # processors without 8-bit products of their own round and saturate otherwise
MOST_FILE_BYTES = 2**31 - 1  # protobuf's limit
ERRORS_ONLY = 3  # a severity of onnxruntime's log
RUNTIME = f"onnxruntime {onnxruntime.__version__}"
Run = Callable[..., list[np.ndarray]]


class OnnxClassifier(Answering):
    """A classifier that onnxruntime computes, on the processor's cores."""

    def __init__(self, model: bytes, contract: Contract, golden: Sequence[Picture]) -> None:
        super().__init__(contract, golden)
        self._model = model
        self._work, map_bytes = _cost(contract)
        self._batch = min(BATCH, max(FEWEST, MAP_BYTES // map_bytes))
        self._single_ones = 0

    def _answers(self, pictures: Pictures) -> Probabilities:
        """Batches side by side, one a core: a core alone waits for no other in between."""
        count = len(pictures)
        if not count:
            return np.empty((0, len(self.classes)), np.float32)
        if count == 1:
            return _run(self._for_one(), pictures)
        sharing = available_cores() if count * self._work >= LITTLE_WORK else 1
        size = min(self._batch, -(-count // sharing))
        batches = [pictures[start : start + size] for start in range(0, count, size)]
        if len(batches) == 1:
            return _run(self._one_core, pictures)
        with ThreadPoolExecutor(max_workers=sharing) as pool:
            return np.concatenate(list(pool.map(_run, repeat(self._one_core), batches)))

    def _for_one(self) -> Run:
        """All cores for a large net, from the second picture on: a session costs more than one."""
        self._single_ones += 1
        is_small = self._work < LITTLE_WORK
        return self._one_core if is_small or self._single_ones == 1 else self._all_cores

    @cached_property
    def _one_core(self) -> Run:
        return _runner(self._model, 1)

    @cached_property
    def _all_cores(self) -> Run:
        return _runner(self._model, available_cores())


def _run(run: Run, pictures: Pictures) -> Probabilities:
    answers: Probabilities = run([OUTPUT], {INPUT: np.ascontiguousarray(pictures)})[0]
    return answers


def _runner(model: bytes, threads: int) -> Run:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    # Threads that wait busily gain nothing here, and take the cores from whoever else works.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(
        model,
        options,
        providers=["CPUExecutionProvider"],
        enable_fallback=0,  # to the same provider again, which it would print
    )
    run: Run = session.run
    return run


def _cost(contract: Contract) -> tuple[int, int]:
    """Multiply-adds of one picture, and bytes of its feature maps."""
    net = describe(contract.net or "", contract.preprocess.input_shape, contract.outputs)
    views = len(Views.parse(contract.views))
    return net.multiply_adds * views, max(1, net.activation_bytes * views)


def of_weights(contract: Contract, weights: Weights, golden: Sequence[Picture]) -> OnnxClassifier:
    """A classifier from its contract and the tensors of its network's state; nothing is written."""
    model = build(contract, weights, {})
    return OnnxClassifier(model.SerializeToString(), contract, golden)


def load_onnx(path: str | Path) -> OnnxClassifier:
    """Open an ONNX file that Lenswork wrote, and check that it answers its golden pictures.

    Raises `ClassifierError` for a file that is damaged, foreign, changed, or asks for what no
    export needs.
    """
    path = Path(path)
    if not path.is_file():
        raise ClassifierError(f"expected an ONNX file, but there is none at {path}")
    if path.stat().st_size > MOST_FILE_BYTES:
        raise ClassifierError(f"{path} is larger than any ONNX file can be, 2 GiB")
    texts = texts_in(path)
    said = read_properties(texts, path)
    try:
        refuse_too_long(path.stat().st_size, sum(map(len, texts.values())), said.contract)
        content = path.read_bytes()
        refuse_many_parts(content)
        model = onnx.load_model_from_string(content)
        refuse_unlike_ours(model, said.contract)
        classifier = OnnxClassifier(content, said.contract, said.golden)
        difference = float(np.abs(classifier.golden_answers() - said.expected).max())
    except DecodeError as error:
        raise ClassifierError(f"{path} is no whole ONNX file: export or copy it again") from error
    except ClassifierError as error:
        raise ClassifierError(f"{path}: {error}") from error
    except LensworkError as error:
        raise ClassifierError(f"{path} cannot answer its golden pictures: {error}") from error
    except Exception as error:  # onnxruntime's own kinds have no parent but this
        told = str(error)[:LONGEST]
        raise ClassifierError(f"{path} cannot be run by {RUNTIME}: {told}") from error
    _refuse_other_answers(path, said, difference)
    return classifier


def _refuse_other_answers(path: Path, said: Said, difference: float) -> None:
    allowed = INT8_TOLERANCE if said.int8 else TOLERANCE
    if not difference <= allowed:
        raise ClassifierError(
            f"{path} breaks its contract: the golden pictures' probabilities differ by "
            f"{difference:.2g} from those recorded (at most {allowed:g} is allowed); the file was "
            "changed after the export, or this machine computes otherwise"
        )
