"""Hostile ONNX files are refused in words, soon and in little memory.

`LENSWORK_FUZZ=20000 pytest tests/use/test_onnx_hostile.py` tries that many changes.
"""

import contextlib
import hashlib
import json
import math
import os
import resource
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import ModelProto, helper, numpy_helper
from portable import portable

from lenswork.errors import ClassifierError, LensworkError
from lenswork.use import onnx_checks
from lenswork.use.onnx_export import onnx_model
from lenswork.use.onnx_properties import CHECKSUM, CLASSES, CONTRACT, GOLDEN
from lenswork.use.onnx_runtime import load_onnx

TRIES = int(os.environ.get("LENSWORK_FUZZ", "60"))
FUZZ = settings(
    max_examples=TRIES,
    derandomize="LENSWORK_FUZZ" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
MOST_SECONDS, MOST_MEGABYTES = 1.0, 500  # of processor time, of memory
NET = "conv 3 same, pool, depthwise 2x2, batchnorm, pool avg, flatten, dense 4 gelu, dense classes"
INTEGERS = [0, 1, -1, 2, 3, 7, 255, 2**15, 2**31 - 1, 2**31, 2**40, 2**62, 2**63 - 1, -(2**63)]
FLOATS = [0.0, -1.0, 1e-45, 1e38, math.inf, -math.inf, math.nan]


def whole() -> ModelProto:
    return onnx_model(portable(NET, (8, 9, 1), views="flip"))


@pytest.fixture(scope="module")
def content() -> bytes:
    """A good file."""
    return bytes(whole().SerializeToString())


def refusal(path: Path) -> str:
    """What is said of a file, which must take little time and memory."""
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(ClassifierError) as caught:
        load_onnx(path)
    assert time.process_time() - start < MOST_SECONDS
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (after - before) / 1024 < MOST_MEGABYTES
    return str(caught.value)


def with_part(content: bytes, path: Path, number: int, length: int) -> None:
    """The file with one more part that is all zeros, and takes no room on the disk."""
    key = (number << 3) | 2
    said = [(length >> shift) & 127 for shift in range(0, 35, 7)]
    head = bytes([(key & 127) | 128, key >> 7, *(byte | 128 for byte in said[:-1]), said[-1]])
    path.write_bytes(content + head)
    os.truncate(path, len(content) + len(head) + length)


@pytest.mark.parametrize(("number", "said"), [(99, "its contract's net needs"), (14, "its texts")])
def test_what_a_file_holds_beside_its_net_is_not_read(
    content: bytes, tmp_path: Path, number: int, said: str
) -> None:
    path = tmp_path / "a.onnx"
    with_part(content, path, number, 1_500_000_000)
    assert path.stat().st_blocks * 512 < 10_000_000
    assert said in refusal(path)


@pytest.mark.parametrize(
    "begin", [b"\xff" * 20, b"\x7a\x05abc", b"\x0b\x0c", b"\x0d\0", b"\x08", b"GIF89a" * 9]
)
def test_what_is_no_message_is_no_onnx_file(begin: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(begin)
    assert "is no whole ONNX file" in refusal(tmp_path / "a.onnx")


def test_very_many_parts_and_nodes_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(content + b"\x08\x08" * 100_000)
    assert "is no whole ONNX file" in refusal(tmp_path / "a.onnx")
    model = whole()
    model.graph.node.extend([helper.make_node("Relu", ["pictures"], ["x"])] * 30_000)
    (tmp_path / "a.onnx").write_bytes(model.SerializeToString())
    assert "more than 20,000 nodes" in refusal(tmp_path / "a.onnx")


WINDOWS = ["kernel_shape", "strides", "pads", "group", "dilations"]


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("number", [0, -1, 2**62])
@pytest.mark.parametrize("kind", ["Conv", "MaxPool"])
def test_windows_that_cannot_be_are_refused_before_they_are_computed_with(
    tmp_path: Path, kind: str, name: str, number: int
) -> None:
    number -= name == "pads" and number == 0  # no pads at all are usual
    model = whole()
    node = next(one for one in model.graph.node if one.op_type == kind)
    kept = [one for one in node.attribute if one.name != name]
    value = number if name == "group" else [number] * (4 if name == "pads" else 2)
    del node.attribute[:]
    node.attribute.extend([*kept, helper.make_attribute(name, value)])
    (tmp_path / "a.onnx").write_bytes(model.SerializeToString())
    assert f"the {name} of one of its windows are [{number}" in refusal(tmp_path / "a.onnx")


def test_a_list_of_classes_unlike_the_contracts_is_refused(tmp_path: Path) -> None:
    model = whole()
    for one in model.metadata_props:
        if one.key == CLASSES:
            one.value = json.dumps(json.loads(one.value)[::-1])
    onnx.save_model(model, tmp_path / "a.onnx")
    assert "its list of classes is another than its contract's" in refusal(tmp_path / "a.onnx")


def forged(path: Path, **texts: str) -> Path:
    """A file with other texts, whose checksum fits them."""
    model = whole()
    kept = {one.key: one.value for one in model.metadata_props}
    named = {"classes": CLASSES, "contract": CONTRACT, "golden": GOLDEN}
    kept |= {named[name]: text for name, text in texts.items()}
    both = "\n".join((kept[CONTRACT], kept[GOLDEN]))
    helper.set_model_props(model, kept | {CHECKSUM: hashlib.sha256(both.encode()).hexdigest()})
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize(
    ("name", "begin", "many", "end", "said"),
    [
        ("golden", '{"pictures": [', "[], ", "[]]}", "made of very many values"),
        ("classes", "[", "[],", "[]]", "its list of classes is another"),
        ("contract", '{"classes": [', "1, ", "1]}", "bad contract, classes: expected names"),
        ("classes", "a" * 2**23, "b", "\N{GRINNING FACE}", "bytes that are not plain letters"),
    ],
    ids=["golden", "classes", "contract", "letters"],
)
def test_texts_that_would_become_gigabytes_are_refused(
    tmp_path: Path, name: str, begin: str, many: str, end: str, said: str
) -> None:
    text = f"{begin}{many * 300_000}{end}"
    assert said in refusal(forged(tmp_path / "a.onnx", **{name: text}))


@pytest.mark.parametrize("shape", ["[Infinity, 1, 1]", "[1e999, 1, 1]", "[3.0, 1, 1]", "[1]", "3"])
def test_golden_pictures_of_a_shape_that_is_none_are_refused(tmp_path: Path, shape: str) -> None:
    golden = json.loads(next(one.value for one in whole().metadata_props if one.key == GOLDEN))
    golden["pictures"][0]["shape"] = "SHAPE"
    text = json.dumps(golden).replace('"SHAPE"', shape)
    assert "bytes and the shape" in refusal(forged(tmp_path / "a.onnx", golden=text))


def test_a_graph_that_computes_far_more_than_its_contracts_net_is_not_run(tmp_path: Path) -> None:
    model = whole()
    last = next(one for one in model.graph.node if one.op_type == "Cast").output[0]
    for step, times in enumerate((100, 100, 30)):
        model.graph.node.append(helper.make_node("Concat", [last] * times, [f"x{step}"], axis=1))
        last = f"x{step}"
    (tmp_path / "a.onnx").write_bytes(model.SerializeToString())
    assert "those of its contract's net" in refusal(tmp_path / "a.onnx")


def test_a_text_that_is_none_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(content.replace(b"bilinear", b"bil\xffnear"))
    assert "is no whole ONNX file" in refusal(tmp_path / "a.onnx")


def test_a_graph_that_onnxruntime_refuses_prints_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = whole()
    model.opset_import[0].version = 99
    onnx.save_model(model, tmp_path / "a.onnx")
    assert str(tmp_path) in refusal(tmp_path / "a.onnx")
    assert capfd.readouterr() == ("", "")


def read_or_refused(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    start = time.process_time()
    with contextlib.suppress(LensworkError):
        load_onnx(path)
    assert time.process_time() - start < MOST_SECONDS


@given(data=st.data())
@FUZZ
@pytest.mark.slow
def test_a_file_with_any_bytes_changed_is_read_or_refused(
    data: st.DataObject, content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    changed = bytearray(content)
    place = st.integers(0, len(content) - 1)
    one = st.tuples(place, st.integers(0, 255))
    for at, value in data.draw(st.lists(one, min_size=1, max_size=8)):
        changed[at] = value
    if data.draw(st.booleans()):
        del changed[data.draw(place) :]
    read_or_refused(bytes(changed), tmp_path_factory.getbasetemp() / "changed.onnx")


Change = Callable[[Any], None]


def values_in(message: Any) -> Iterator[tuple[Any, Change]]:
    """Every plain value inside a message, with what puts another in its place."""
    for field, value in message.ListFields():
        several = not isinstance(value, str | bytes | int | float) and not hasattr(
            value, "ListFields"
        )
        for place, one in enumerate(value if several else [value]):
            if hasattr(one, "ListFields"):
                yield from values_in(one)
            elif several:
                yield one, partial(value.__setitem__, place)
            else:
                yield one, partial(setattr, message, field.name)


def another(value: Any, names: list[str]) -> st.SearchStrategy[Any]:
    """Another value of the same kind, such as breaks things."""
    if isinstance(value, str):
        return st.sampled_from(names)
    if isinstance(value, bytes):
        return st.integers(0, len(value)).map(lambda end: value[:end]) | st.binary(max_size=64)
    return st.sampled_from(FLOATS if isinstance(value, float) else INTEGERS) | st.integers(-9, 99)


@given(data=st.data())
@FUZZ
@pytest.mark.slow
def test_a_graph_with_any_value_changed_is_read_or_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = whole()
    names = sorted({value for value, _ in values_in(model.graph) if isinstance(value, str)})
    for _ in range(data.draw(st.integers(1, 4))):
        value, put = data.draw(st.sampled_from(list(values_in(model.graph))))
        with contextlib.suppress(ValueError, TypeError):  # what the message itself refuses
            put(data.draw(another(value, [*names, ""])))
    read_or_refused(model.SerializeToString(), tmp_path_factory.getbasetemp() / "changed.onnx")


def test_a_file_larger_than_the_memory_is_refused_unread(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_checks, "available_bytes", lambda: len(content))
    (tmp_path / "a.onnx").write_bytes(content)
    assert "to open it takes" in refusal(tmp_path / "a.onnx")


@pytest.mark.parametrize("inside", [b"\x0a\0", b"\x2a\0"], ids=["nodes", "initializers"])
def test_very_many_empty_messages_are_not_made(
    content: bytes, tmp_path: Path, inside: bytes
) -> None:
    """Two megabytes, of which protobuf would make a hundred or two."""
    many = inside * 1_000_000
    length = bytes([len(many) & 127 | 128, len(many) >> 7 & 127 | 128, len(many) >> 14])
    (tmp_path / "a.onnx").write_bytes(content + b"\x3a" + length + many)  # more of the graph
    assert "it is made of more than 200,000 parts" in refusal(tmp_path / "a.onnx")


def graph_with(path: Path, *parts: onnx.NodeProto | onnx.TensorProto) -> Path:
    """A file whose graph has more nodes and constants."""
    model = whole()
    model.graph.node.extend(part for part in parts if isinstance(part, onnx.NodeProto))
    model.graph.initializer.extend(part for part in parts if isinstance(part, onnx.TensorProto))
    path.write_bytes(model.SerializeToString())
    return path


def constant(name: str, shape: tuple[int, ...], kind: type[np.generic] = np.int64) -> Any:
    return numpy_helper.from_array(np.ones(shape, kind), name)


def test_sides_that_a_graph_computes_are_refused(tmp_path: Path) -> None:
    """Else each of thousands of nodes could give the next a few sides more."""
    path, node = tmp_path / "a.onnx", helper.make_node
    cast = node("Cast", ["pictures"], ["x"], to=onnx.TensorProto.INT64)
    for name in ("Gather", "Reshape"):
        said = refusal(graph_with(path, cast, node(name, ["x", "x"], ["y"])))
        assert f"one {name} in its graph takes its places from something else" in said
        grown = graph_with(path, constant("many", (5000,)), node(name, ["pictures", "many"], ["y"]))
        assert f"one {name} in its graph takes its places from something else" in refusal(grown)
    assert "more than 4 sides" in refusal(graph_with(path, constant("deep", (1,) * 5)))


def test_a_graph_that_works_far_more_than_its_contracts_net_is_not_run(tmp_path: Path) -> None:
    """Fifty products of long lists, each of one number."""
    lists = [constant("a", (1, 200_000), np.float32), constant("b", (200_000, 1), np.float32)]
    nodes = [helper.make_node("Gemm", ["a", "b"], [f"y{number}"]) for number in range(50)]
    said = refusal(graph_with(tmp_path / "a.onnx", *lists, *nodes))
    assert "steps, and in its contract's net" in said


def test_a_pool_whose_windows_see_far_more_than_its_contracts_net_is_not_run(
    tmp_path: Path,
) -> None:
    cast = next(one for one in whole().graph.node if one.op_type == "Cast").output[0]
    nodes = [
        helper.make_node(
            "MaxPool", [cast], [f"y{number}"], kernel_shape=[2001, 2001], pads=[1000] * 4
        )
        for number in range(3)
    ]
    assert "steps, and in its contract's net" in refusal(graph_with(tmp_path / "a.onnx", *nodes))


def test_lengths_of_parts_that_reach_beyond_their_message_are_refused(
    content: bytes, tmp_path: Path
) -> None:
    (tmp_path / "a.onnx").write_bytes(content + b"\x3a\x02\x0a\x05" + b"\0" * 4)
    assert "is no whole ONNX file" in refusal(tmp_path / "a.onnx")


def test_a_name_of_megabytes_is_cut_in_the_error(tmp_path: Path) -> None:
    node = helper.make_node("A" * 1_000_000, ["pictures"], ["x"])
    assert len(refusal(graph_with(tmp_path / "a.onnx", node))) < 1000
