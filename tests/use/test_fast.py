"""Opened with onnxruntime or with torch, a classifier answers the same, and torch may stay away."""

import json
import math
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from portable import noise, portable
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from lenswork.errors import ClassifierError, UsageError
from lenswork.model.classifier import Classifier, load
from lenswork.model.spec import parse_net
from lenswork.model.weight_shapes import weight_shapes
from lenswork.use import fast
from lenswork.use.fast import load_fast, load_without_torch
from lenswork.use.onnx_export import export_onnx
from lenswork.use.onnx_runtime import OnnxClassifier


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "net.safetensors"
    portable(views="flip", temperature=1.5).save(path)
    return path


def test_both_ways_give_the_same_answers(saved: Path) -> None:
    quick, usual = load_fast(saved), load(saved)
    assert isinstance(quick, OnnxClassifier)
    assert quick.contract == usual.contract
    pictures = noise((40, 12, 10, 3))
    np.testing.assert_allclose(
        quick.probabilities(pictures), usual.probabilities(pictures), rtol=0, atol=1e-5
    )


def test_an_onnx_file_is_opened_too(saved: Path, tmp_path: Path) -> None:
    path = export_onnx(load(saved), tmp_path / "net.onnx").path
    assert load_fast(path).predict(noise((9, 9, 3)))[0].probabilities.keys() == {
        "class 0", "class 1", "class 2",
    }  # fmt: skip


def test_without_the_extra_torch_answers(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "has_onnx", lambda: False)
    assert isinstance(load_fast(saved), Classifier)


def test_an_onnx_file_without_the_extra_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast, "_RUNTIME", "lenswork_has_no_such_module")
    with pytest.raises(UsageError, match=r"pip install 'lenswork\[onnx\]'"):
        load_fast(tmp_path / "net.onnx")


def test_what_is_damaged_is_explained_as_ever(saved: Path, tmp_path: Path) -> None:
    tensors = load_file(saved)
    with safe_open(saved, framework="pt") as file:
        said = file.metadata()
    tensors["weight.layers.0.weight"] += 1
    broken = tmp_path / "broken.safetensors"
    save_file(tensors, broken, said)
    assert load_without_torch(broken) is None
    with pytest.raises(ClassifierError, match="breaks its contract"):
        load_fast(broken)
    saved.write_bytes(saved.read_bytes()[:100])
    with pytest.raises(ClassifierError, match="is no whole safetensors file"):
        load_fast(saved)


def test_a_module_of_ones_own_is_left_to_torch(tmp_path: Path) -> None:
    whole = portable("flatten, dense classes")
    contract = whole.contract.model_copy(update={"net": None})
    path = tmp_path / "own.safetensors"
    Classifier(nn.Sequential(nn.Flatten(), nn.Linear(360, 3)), contract, whole.golden).save(path)
    assert load_without_torch(path) is None
    with pytest.raises(ClassifierError, match="was made from a torch module of your own"):
        load_fast(path)


@pytest.mark.parametrize(
    "net",
    [
        "conv 4 3x2 no-bias, pool, batchnorm, flatten, dense 5, batchnorm, dense classes",
        "depthwise times 2, conv classes 1x1, pool avg global",
    ],
)
def test_the_weights_that_a_net_has_are_known_without_torch(net: str) -> None:
    classifier = portable(net)
    state = {name: tuple(one.shape) for name, one in classifier.network.state_dict().items()}
    assert weight_shapes(parse_net(net).with_outputs(3), (12, 10, 3)) == state


@pytest.mark.slow
def test_a_prediction_loads_neither_torch_nor_matplotlib(saved: Path, tmp_path: Path) -> None:
    picture = tmp_path / "noise.png"
    Image.fromarray(noise((20, 20, 3))).save(picture)
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from lenswork.cli.app import lenswork\n"
        f"said = CliRunner().invoke(lenswork, ['predict', {str(saved)!r}, {str(picture)!r}])\n"
        "assert said.exit_code == 0, said.output\n"
        "print(*sys.modules, sep='\\n')\n"
    )
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stderr == ""
    assert {"torch", "matplotlib", "scipy"} & set(done.stdout.split()) == set()


def test_a_header_that_is_too_long_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "long.safetensors"
    path.write_bytes((2**40).to_bytes(8, "little") + b"{}")
    assert load_without_torch(path) is None
    with pytest.raises(ClassifierError, match="its header would take"):
        load_fast(path)


def add_zeros(saved: Path, **tensors: dict[str, Any]) -> None:
    """The file with other tensors in its header, and with zeros behind it as they say."""
    content = saved.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    end = len(content) - 8 - length
    for name, said in tensors.items():
        begin, end = end, end + math.prod(said["shape"])
        header[name] = {"dtype": "U8", **said, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    saved.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])
    os.truncate(saved, 8 + len(text) + end)


@pytest.mark.parametrize(
    ("name", "shape", "said"),
    [
        ("weight.more", [10, 10], r"expected weights that are floats, found torch\.uint8 in more"),
        ("weight.more", [1000, 1_000_000, 3], r"has 3\.0 GB, and its contract's net needs .* most"),
        ("golden.picture.00009", [40, 560_000, 3], r"expected at most 67\.1 MB of golden pictures"),
    ],
)
def test_a_tensor_that_no_save_writes_is_not_read(
    saved: Path, name: str, shape: list[int], said: str
) -> None:
    add_zeros(saved, **{name: {"shape": shape}})
    assert saved.stat().st_blocks * 512 < 10_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ClassifierError, match=said):
        load_fast(saved)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 500


def test_golden_pictures_that_could_not_be_opened_again_are_not_saved(tmp_path: Path) -> None:
    large = portable()
    large.golden += [np.zeros((4000, 6000, 3), np.uint8)]
    with pytest.raises(UsageError, match=r"expected at most 67\.1 MB of golden pictures, got 72"):
        large.save(tmp_path / "large.safetensors")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.safetensors")
    with pytest.raises(ClassifierError, match="expected a classifier file"):
        load_fast(tmp_path / "pipe.safetensors")


def test_an_onnxruntime_that_cannot_be_loaded_is_done_without(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast, "_RUNTIME", "lenswork_has_no_such_module")
    assert isinstance(load_fast(saved), Classifier)


def test_weights_that_would_be_copied_beyond_the_memory_are_left_to_torch(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast, "available_bytes", lambda: 100)
    assert load_without_torch(saved) is None
    assert isinstance(load_fast(saved), Classifier)
