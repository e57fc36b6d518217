"""Hostile Keras files are refused in words, soon and in little memory.

`LENSWORK_FUZZ=20000 pytest tests/use/test_keras_hostile.py` tries that many changes of each file.
"""

import contextlib
import io
import json
import os
import resource
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras_nets import layers, names, sequential
from safetensors.numpy import save as save_arrays

from lenswork.errors import LensworkError, UsageError
from lenswork.model.contract import Contract
from lenswork.model.preprocess import Preprocess
from lenswork.use import keras_weights
from lenswork.use.keras_archive import CONTRACT, GOLDEN
from lenswork.use.keras_import import Said, import_keras

# Keras 3.15 on torch copies arrays in a way that numpy warns of
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
TRIES = int(os.environ.get("LENSWORK_FUZZ", "150"))
FUZZ = settings(
    max_examples=TRIES,
    derandomize="LENSWORK_FUZZ" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
MOST_SECONDS, MOST_MEGABYTES = 1.0, 500  # of processor time, of memory
SAID = Said(classes=names(3), scale="1")


def model() -> Any:
    made = [layers.Conv2D(2, 3, name="conv"), layers.BatchNormalization(), layers.Flatten()]
    return sequential(*made, layers.Dense(3, activation="softmax"), shape=(6, 5, 1))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keras")


@pytest.fixture(scope="module")
def archive(folder: Path) -> bytes:
    """A good `.keras` file."""
    model().save(folder / "good.keras")
    return (folder / "good.keras").read_bytes()


@pytest.fixture(scope="module")
def old(folder: Path) -> bytes:
    """A good `.h5` file."""
    model().save(folder / "good.h5")
    return (folder / "good.h5").read_bytes()


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def packed(content: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", how) as file:
        for name, value in content.items():
            file.writestr(name, value)
    return memory.getvalue()


def refusal(content: bytes, path: Path) -> str:
    """What is said of a file, which must take little time and memory."""
    path.write_bytes(content)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(UsageError) as caught:
        import_keras(path, SAID)
    assert time.process_time() - start < MOST_SECONDS
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (after - before) / 1024 < MOST_MEGABYTES
    return str(caught.value)


def with_config(archive: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The file with another configuration."""
    content = members(archive)
    config = json.loads(content["config.json"])
    change(config)
    return packed(content | {"config.json": json.dumps(config).encode()})


def layer(config: dict[str, Any], kind: str) -> dict[str, Any]:
    found = (one for one in config["config"]["layers"] if one["class_name"] == kind)
    inner: dict[str, Any] = next(found)["config"]
    return inner


def test_code_in_a_lambda_layer_is_never_run(archive: bytes, tmp_path: Path) -> None:
    def change(config: dict[str, Any]) -> None:
        code = {"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAA", "defaults": None}}
        made = {"class_name": "Lambda", "config": {"name": "evil", "function": code}}
        config["config"]["layers"].insert(2, made)

    said = refusal(with_config(archive, change), tmp_path / "a.keras")
    assert "layer 3, 'evil' (Lambda): this kind of layer is not known here" in said


def test_an_activation_made_of_code_is_refused(archive: bytes, tmp_path: Path) -> None:
    def change(config: dict[str, Any]) -> None:
        layer(config, "Conv2D")["activation"] = {"class_name": "__lambda__", "config": {"code": ""}}

    said = refusal(with_config(archive, change), tmp_path / "a.keras")
    assert "layer 2, 'conv' (Conv2D): its activation is made of code" in said


def test_shapes_beyond_the_file_are_refused_before_memory_is_taken(
    archive: bytes, tmp_path: Path
) -> None:
    def change(config: dict[str, Any]) -> None:
        layer(config, "Conv2D")["filters"] = 99_999

    said = refusal(with_config(archive, change), tmp_path / "a.keras")
    assert "(Conv2D): expected the weights kernel 3x3x1x99999" in said


@pytest.mark.parametrize("deep", [200, 900])
def test_a_value_of_deep_lists_is_refused(archive: bytes, tmp_path: Path, deep: int) -> None:
    def change(config: dict[str, Any]) -> None:
        value: Any = 3
        for _ in range(deep):
            value = [value]
        layer(config, "Conv2D")["filters"] = value

    refusal(with_config(archive, change), tmp_path / "a.keras")


@pytest.mark.parametrize("side", [10**4, 10**9, 2**63, -1, 0, "28", None, 2.5, True])
def test_inputs_that_are_none_are_refused(archive: bytes, tmp_path: Path, side: object) -> None:
    def change(config: dict[str, Any]) -> None:
        layer(config, "InputLayer")["batch_shape"] = [None, side, 5, 1]

    refusal(with_config(archive, change), tmp_path / "a.keras")


@pytest.mark.slow
def test_a_zip_bomb_is_not_unpacked(archive: bytes, tmp_path: Path) -> None:
    content = members(archive)
    bomb = packed(content | {"model.weights.h5": bytes(2**27 + 1)}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 2**18
    assert "model.weights.h5, got more" in refusal(bomb, tmp_path / "a.keras")
    bomb = packed(content | {"config.json": b" " * 2**23}, zipfile.ZIP_DEFLATED)
    assert "config.json, got more" in refusal(bomb, tmp_path / "b.keras")


@pytest.mark.slow
def test_a_member_that_lies_about_its_size_is_not_unpacked(archive: bytes, tmp_path: Path) -> None:
    bomb = bytearray(packed(members(archive) | {"config.json": b" " * 2**23}, zipfile.ZIP_DEFLATED))
    for place in range(len(bomb) - 4):
        if bomb[place : place + 4] == (2**23).to_bytes(4, "little"):
            bomb[place : place + 4] = (1000).to_bytes(4, "little")
    refusal(bytes(bomb), tmp_path / "a.keras")


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "C:/evil", "..\\evil"])
def test_members_that_lead_out_of_the_archive_are_refused(
    archive: bytes, tmp_path: Path, name: str
) -> None:
    said = refusal(packed(members(archive) | {name: b""}), tmp_path / "a.keras")
    assert "has a member that leads out of it" in said
    assert [path.name for path in tmp_path.iterdir()] == ["a.keras"]


@pytest.mark.slow
def test_an_archive_of_very_many_members_is_refused(archive: bytes, tmp_path: Path) -> None:
    many = members(archive) | {f"assets/{number}": b"" for number in range(30_000)}
    assert "no Keras model has so many" in refusal(packed(many), tmp_path / "a.keras")


@pytest.mark.parametrize(
    "config",
    [b"[" * 100_000, b'{"a":' * 50_000, b"[]", b"null", b"1" * 5000, b"\xff", b"", b'{"a": NaN}'],
    ids=lambda config: repr(config[:12]),
)
def test_json_that_describes_nothing_is_refused(
    archive: bytes, tmp_path: Path, config: bytes
) -> None:
    refusal(packed(members(archive) | {"config.json": config}), tmp_path / "a.keras")


def test_weights_that_are_no_numbers_are_refused(archive: bytes, tmp_path: Path) -> None:
    content = members(archive)
    weights = io.BytesIO(content["model.weights.h5"])
    with h5py.File(weights, "r+") as file:
        file["layers/conv2d/vars/0"][0, 0, 0, 0] = np.nan
    content["model.weights.h5"] = weights.getvalue()
    said = refusal(packed(content), tmp_path / "a.keras")
    assert "layer 2, 'conv' (Conv2D): its weights are no numbers" in said


@pytest.mark.parametrize(
    "start", [b"", b"PK", b"PK\3\4", b"\x89HDF\r\n\x1a\n", b"GIF89a", b"\0" * 99]
)
def test_other_files_are_refused(start: bytes, tmp_path: Path) -> None:
    refusal(start, tmp_path / "a.keras")


def changes(length: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    """Bytes to put in other bytes' place."""
    place = st.integers(0, length - 1)
    return st.lists(st.tuples(place, st.integers(0, 255)), min_size=1, max_size=8)


def read_or_refused(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    start = time.process_time()
    with contextlib.suppress(LensworkError):
        import_keras(path, SAID)
    assert time.process_time() - start < MOST_SECONDS


@given(data=st.data())
@FUZZ
@pytest.mark.slow
def test_a_keras_file_with_any_bytes_changed_is_read_or_refused(
    data: st.DataObject, archive: bytes, folder: Path
) -> None:
    content = bytearray(archive)
    for place, value in data.draw(changes(len(content))):
        content[place] = value
    if data.draw(st.booleans()):  # so that what is inside is reached
        content = bytearray(with_right_checksums(bytes(content)))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    read_or_refused(bytes(content), folder / "changed.keras")


@given(data=st.data())
@FUZZ
@pytest.mark.slow
def test_an_h5_file_with_any_bytes_changed_is_read_or_refused(
    data: st.DataObject, old: bytes, folder: Path
) -> None:
    content = bytearray(old)
    for place, value in data.draw(changes(len(content))):
        content[place] = value
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    read_or_refused(bytes(content), folder / "changed.h5")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(data=st.data())
@FUZZ
@pytest.mark.slow
def test_a_configuration_with_any_value_changed_is_read_or_refused(
    data: st.DataObject, archive: bytes, folder: Path
) -> None:
    def change(config: dict[str, Any]) -> None:
        holder, key = data.draw(st.sampled_from(list(places(config))))
        holder[key] = data.draw(JSON)

    read_or_refused(with_config(archive, change), folder / "changed.keras")


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place inside a JSON value."""
    keys = (
        list(value)
        if isinstance(value, dict)
        else range(len(value))
        if isinstance(value, list)
        else ()
    )
    for key in keys:
        yield value, key
        yield from places(value[key])


def with_right_checksums(content: bytes) -> bytes:
    """An archive of stored members whose checksums fit their changed bytes, if it can be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            infos = file.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return content
    fixed = bytearray(content)
    for info in infos:
        name = info.filename.encode()
        start = content.find(name, info.header_offset) + len(name)
        right = zlib.crc32(content[start : start + info.file_size]).to_bytes(4, "little")
        wrong = info.CRC.to_bytes(4, "little")
        place = fixed.find(wrong)
        while place > 0:
            fixed[place : place + 4] = right
            place = fixed.find(wrong) if right != wrong else -1
    return bytes(fixed)


def test_a_configuration_of_deep_lists_is_refused(archive: bytes, tmp_path: Path) -> None:
    node: list[Any] = []
    for _ in range(900):
        node = [node]
    layer = {"class_name": "Flatten", "config": {"name": "b"}, "inbound_nodes": [node]}
    given = {"class_name": "InputLayer", "config": {"name": "a"}, "inbound_nodes": []}
    ends = {"input_layers": ["a", 0, 0], "output_layers": ["b", 0, 0]}
    config = {"class_name": "Functional", "config": {"layers": [given, layer], **ends}}
    content = packed(members(archive) | {"config.json": json.dumps(config).encode()})
    refusal(content, tmp_path / "a.keras")


def test_layers_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    """Twenty layers of 64 kB that are one and the same in the file."""
    made = [layers.Dense(128, use_bias=False) for _ in range(20)]
    end = layers.Dense(3, use_bias=False, activation="softmax")
    sequential(layers.Flatten(), *made, end, shape=(8, 16, 1)).save(tmp_path / "a.keras")
    content = members((tmp_path / "a.keras").read_bytes())
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        kernel = file.create_dataset("layers/dense/vars/0", data=np.zeros((128, 128), np.float32))
        for number in range(1, 20):
            file[f"layers/dense_{number}/vars/0"] = kernel
        file["layers/dense_20/vars/0"] = np.zeros((128, 3), np.float32)
    said = refusal(packed(content | {"model.weights.h5": weights.getvalue()}), tmp_path / "a.keras")
    assert "several share the same bytes" in said


@pytest.mark.parametrize(("place", "value"), [(6, 99), (8, 0x20), (8, 0x40), (8, 1), (10, 99)])
def test_archives_of_a_kind_that_keras_does_not_write_are_refused(
    archive: bytes, tmp_path: Path, place: int, value: int
) -> None:
    """The version that unpacks a member, how it is locked, how it is packed."""
    content = bytearray(archive)
    start = content.find(b"PK\1\2")
    content[start + place] = value
    assert str(tmp_path) in refusal(bytes(content), tmp_path / "a.keras")


def test_weights_whose_answers_are_no_numbers_are_refused(archive: bytes, tmp_path: Path) -> None:
    content = members(archive)
    weights = io.BytesIO(content["model.weights.h5"])
    with h5py.File(weights, "r+") as file:
        file["layers/dense/vars/0"][:] = 3e38
    content["model.weights.h5"] = weights.getvalue()
    said = refusal(packed(content), tmp_path / "a.keras")
    assert "its answers are no numbers" in said


def test_weights_larger_than_the_memory_are_refused_unread(
    archive: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras_weights, "available_bytes", lambda: 100)
    assert "to open its weights takes" in refusal(archive, tmp_path / "a.keras")


def with_golden(archive: bytes, golden: bytes) -> bytes:
    """The file as if `lenswork export` had written it, with these golden pictures."""
    contract = Contract(
        classes=names(3),
        preprocess=Preprocess(height=6, width=5, colours="grey"),
        output="softmax",
        net=None,
    )
    ours = {CONTRACT: contract.model_dump_json().encode(), GOLDEN: golden}
    return packed(members(archive) | ours)


def test_very_many_golden_pictures_of_one_pixel_are_not_answered(
    archive: bytes, tmp_path: Path
) -> None:
    pictures = {f"picture.{place:05d}": np.zeros((1, 1, 1), np.uint8) for place in range(10_001)}
    golden = save_arrays({**pictures, "probabilities": np.full((10_001, 3), 1 / 3, np.float32)})
    said = refusal(with_golden(archive, golden), tmp_path / "a.keras")
    assert "at most 10,000, found 10,001" in said


def test_a_list_of_golden_pictures_that_is_very_long_is_not_read(
    archive: bytes, tmp_path: Path
) -> None:
    text = b'{"a":"' + b"x" * 2**21 + b'"}'
    golden = len(text).to_bytes(8, "little") + text
    said = refusal(with_golden(archive, golden), tmp_path / "a.keras")
    assert "their list is longer than any can be" in said


def test_models_inside_models_of_very_many_layers_are_refused(
    archive: bytes, tmp_path: Path
) -> None:
    inner = {"class_name": "Sequential", "config": [{"class_name": "A", "config": {}}] * 300}
    config = {"class_name": "Sequential", "config": [inner] * 300}
    content = packed(members(archive) | {"config.json": json.dumps(config).encode()})
    assert "1 to 300 layers, got more" in refusal(content, tmp_path / "a.keras")
