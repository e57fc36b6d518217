"""What a net would be: against the notes, a hand count, real tensors and gradients."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from lenswork.errors import NetError
from lenswork.model.describe import describe, format_bytes
from lenswork.model.layers import ACTIVATIONS, Activation, BatchNorm, Conv, Flatten, Layer
from lenswork.model.network import Network
from lenswork.model.presets import PRESETS
from lenswork.model.shapes import Shape
from lenswork.model.spec import parse_net

DIGIT, LARGE, HALF = (28, 28, 1), (300, 300, 3), (150, 150, 3)


def pooled(*filters: int, dense: int) -> str:
    convolutions = "".join(f"conv {count}, pool, " for count in filters)
    return f"{convolutions}flatten, dense {dense}, dense classes"


NOTES = [  # net, input, outputs, parameters: the table of the notes
    (pooled(dense=128), DIGIT, 10, 101_770),
    (pooled(dense=512), DIGIT, 10, 407_050),
    (pooled(64, 64, dense=512), DIGIT, 10, 862_410),
    (pooled(64, 64, dense=128), DIGIT, 10, 243_786),
    (pooled(32, dense=128), DIGIT, 10, 693_962),
    (pooled(32, 32, dense=128), DIGIT, 10, 113_386),
    (pooled(32, 32, 32, dense=128), DIGIT, 10, 24_330),
    (pooled(16, 32, 64, dense=512), LARGE, 1, 40_165_409),
    (pooled(16, 32, 64, 64, 64, dense=512), LARGE, 1, 1_704_097),
    (pooled(16, 32, 64, dense=512), HALF, 1, 9_494_561),
]
PRESET_PARAMETERS = {
    "dense-128": 101_770,
    "dense-512": 407_050,
    "conv-64x2-512": 862_410,
    "conv-64x2": 243_786,
    "conv-32x1": 693_962,
    "conv-32x2": 113_386,
    "conv-32x3": 24_330,
    "horses-300": 40_165_409,
    "horses-300-deep": 1_704_097,
    "horses-150": 9_494_561,
    # not in the notes' table: 160 + 2,320 + (5 x 5 x 16 + 1) x 128 + 129 x 10
    "conv-16x2": 55_098,
}


def network(net: str, shape: Shape, outputs: int) -> Network:
    return Network(parse_net(net).with_outputs(outputs), shape)


@pytest.mark.parametrize(("net", "shape", "outputs", "parameters"), NOTES)
def test_the_notes_nets_have_exactly_the_notes_parameters(
    net: str, shape: Shape, outputs: int, parameters: int
) -> None:
    assert describe(net, shape, outputs).parameters == parameters
    with torch.device("meta"):  # counts without the memory
        module = network(net, shape, outputs)
    assert sum(weight.numel() for weight in module.parameters()) == parameters


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_its_parameters(name: str) -> None:
    preset = PRESETS[name]
    described = describe(name, preset.input_shape, preset.outputs)
    assert described.parameters == PRESET_PARAMETERS[name]


def test_the_first_300x300_net_is_summarised_as_the_notes_annotate_it() -> None:
    net, shape, outputs, _ = NOTES[7]
    rows = describe(net, shape, outputs).rows
    assert [(row.layer, row.output_shape, row.parameters) for row in rows] == [
        ("conv 16", (298, 298, 16), 448),
        ("pool", (149, 149, 16), 0),
        ("conv 32", (147, 147, 32), 4_640),
        ("pool", (73, 73, 32), 0),
        ("conv 64", (71, 71, 64), 18_496),
        ("pool", (35, 35, 64), 0),
        ("flatten", (78_400,), 0),
        ("dense 512", (512,), 40_141_312),
        ("dense 1 linear", (1,), 513),
    ]


def test_reasons_are_the_arithmetic_of_the_notes() -> None:
    rows = describe("conv 32, pool, conv 32, pool, flatten, dense classes", (28, 28, 1)).rows
    assert [row.reason for row in rows] == [
        "28 - 3 + 1 = 26",
        "floor(26 / 2) = 13",
        "13 - 3 + 1 = 11",
        "floor(11 / 2) = 5",
        "5 x 5 x 32 = 800",
        "",
    ]


@pytest.mark.parametrize(
    ("layer", "shape", "reason"),
    [
        ("conv 1 same", (28, 28, 1), ""),
        ("conv 1 same", (28, 30, 1), ""),
        ("conv 1 stride 2 same", (28, 28, 1), "ceil(28 / 2) = 14"),
        ("conv 1 padding 1", (28, 28, 1), "28 + 2 x 1 - 3 + 1 = 28"),
        ("conv 1 5x5 stride 2", (28, 28, 1), "floor((28 - 5) / 2) + 1 = 12"),
        (
            "conv 1 5x5 stride 2 padding 2",
            (28, 28, 1),
            "floor((28 + 2 x 2 - 5) / 2) + 1 = 14",
        ),
        ("conv 1", (28, 20, 1), "28 - 3 + 1 = 26; 20 - 3 + 1 = 18"),
        ("conv 1 5x3", (28, 28, 1), "28 - 5 + 1 = 24; 28 - 3 + 1 = 26"),
        ("pool 3x3 stride 2", (28, 28, 1), "floor((28 - 3) / 2) + 1 = 13"),
        ("pool avg global", (28, 28, 1), "the whole map"),
    ],
)
def test_reasons_name_the_padding_and_the_stride(layer: str, shape: Shape, reason: str) -> None:
    end = "dense classes" if "global" in layer else "flatten, dense classes"
    assert describe(f"{layer}, {end}", shape).rows[0].reason == reason


def test_multiply_adds_and_memory_agree_with_a_count_by_hand() -> None:
    described = describe("conv 4 3x2, pool, flatten, dense 5, dense classes", (6, 7, 2), 3)
    conv = (6 - 3 + 1) * (7 - 2 + 1) * 4 * (3 * 2 * 2)  # places x filters x weights
    dense = 2 * 3 * 4 * 5
    assert [row.multiply_adds for row in described.rows] == [conv, 0, 0, dense, 5 * 3]
    assert described.multiply_adds == conv + dense + 15
    outputs = [4 * 6 * 4, 2 * 3 * 4, 2 * 3 * 4, 5, 3]
    assert [row.activation_bytes for row in described.rows] == [4 * count for count in outputs]
    assert described.activation_bytes == 4 * sum(outputs)


PADDINGS = st.sampled_from(["", " same", " padding 1"])
STRIDES = st.sampled_from(["", " stride 1", " stride 2", " stride 3"])
SIDES = st.integers(1, 4)
CONVS = st.builds(
    "conv {} {}x{}{}{}{}{}".format,
    st.integers(1, 3),
    SIDES,
    SIDES,
    STRIDES,
    PADDINGS,
    st.sampled_from(["", *(f" {name}" for name in ACTIVATIONS), " linear"]),
    st.sampled_from(["", " no-bias"]),
)
POOLS = st.builds(
    "pool {} {}x{}{}{}".format, st.sampled_from(["max", "avg"]), SIDES, SIDES, STRIDES, PADDINGS
)
PLAIN = st.sampled_from(["batchnorm", "dropout 0.3", *ACTIVATIONS])
ENDS = st.sampled_from(["flatten", "pool max global", "pool avg global", "flatten, dense 4 tanh"])
NETS = st.builds(
    lambda maps, end, after: ", ".join([*maps, end, *after, "dense classes"]),
    st.lists(CONVS | POOLS | PLAIN, max_size=4),
    ENDS,
    st.lists(PLAIN | st.just("dense 3 no-bias"), max_size=2),
)
SHAPES = st.tuples(st.integers(3, 9), st.integers(3, 9), st.integers(1, 3))


@settings(deadline=None)
@given(NETS, SHAPES)
def test_shapes_and_parameters_are_those_of_the_real_tensors(net: str, shape: Shape) -> None:
    try:
        described = describe(net, shape, 3)
    except NetError:
        reject()
    module = network(net, shape, 3)
    height, width, channels = shape
    outputs = module.activations(torch.zeros(2, channels, height, width))
    for row, output in zip(described.rows, outputs, strict=True):
        real = output.permute(0, 2, 3, 1) if output.ndim == 4 else output
        assert tuple(real.shape[1:]) == row.output_shape, row.layer
        assert row.activation_bytes == output[0].numel() * output.element_size()
    for row, layer in zip(described.rows, module.layers, strict=True):
        assert row.parameters == sum(weight.numel() for weight in layer.parameters()), row.layer


def seen_by(module: Network, place: int, map_shape: Shape) -> tuple[int, int]:
    """(height, width) of the input pixels on which one number of a layer's output depends.

    The number is one in the middle of `map_shape`, the last map up to that layer. All weights
    are positive and nothing is cut off, so that no influence can cancel out.
    """
    height, width, channels = module.input_shape
    pixels = torch.ones(1, channels, height, width, requires_grad=True)
    output = module.activations(pixels)[place]
    rows, columns, depth = map_shape
    if output.ndim == 4:
        one = output[0, 0, rows // 2, columns // 2]
    elif output.numel() == rows * columns * depth:  # flattened
        one = output[0, (rows // 2 * columns + columns // 2) * depth]
    else:
        one = output[0, 0]
    one.backward()  # type: ignore[no-untyped-call]
    assert pixels.grad is not None
    reached = np.nonzero(pixels.grad[0].sum(0).numpy())
    return int(np.ptp(reached[0])) + 1, int(np.ptp(reached[1])) + 1


@pytest.mark.parametrize(
    ("net", "shape"),
    [
        ("conv 1, conv 1 5x3, conv 1, flatten, dense 2, dense classes", (30, 24, 2)),
        ("conv 1, pool avg, conv 1, pool avg, flatten, dense classes", (28, 28, 1)),
        ("conv 1, pool avg, conv 1, pool avg, conv 1, pool avg, flatten, dense classes", (60,) * 2),
        ("conv 1 stride 2, conv 1 stride 2, pool avg 3x3 stride 1, pool avg global", (40, 50)),
        ("conv 1 5x5 stride 2 padding 2, conv 1 same, pool avg 2x2 same, flatten", (33, 34)),
        ("conv 1 4x4 same, batchnorm, relu, dropout, conv 1 4x4 stride 2 same, flatten", (32, 32)),
        ("conv 1 padding 3, conv 1 padding 3, pool avg global", (30, 30)),
        ("conv 1 stride 2 padding 1, flatten, dense 3", (30, 31)),
        ("conv 1 stride 3 padding 1, flatten, dense 3", (30, 31)),  # 29 rows: the last is left out
    ],
)
def test_the_receptive_field_is_what_the_gradient_reaches(net: str, shape: Shape) -> None:
    net = net if net.endswith("classes") else f"{net}, dense classes"
    shape = (*shape, 1)[:3]
    linear = ", ".join(
        f"{layer} linear" if layer.strip().startswith(("conv", "dense")) else layer
        for layer in net.split(",")
    )
    module = network(linear, shape, 2).eval()
    for weight in module.parameters():
        torch.nn.init.constant_(weight, 0.1)
    map_shape = shape
    for place, row in enumerate(describe(net, shape, 2).rows):
        map_shape = row.output_shape if len(row.output_shape) == 3 else map_shape
        assert seen_by(module, place, map_shape) == row.receptive_field, row.layer


def test_rows_that_no_window_reaches_are_not_counted_as_seen() -> None:
    """Of 300 rows the notes' first net never looks at the last 6: 35 x 8 + 14 = 294."""
    rows = describe("horses-300", (300, 300, 3), 1).rows
    assert [row.receptive_field for row in rows[:6]] == [(n, n) for n in (3, 4, 8, 10, 18, 22)]
    assert rows[-1].receptive_field == (34 * 8 + 22, 34 * 8 + 22) == (294, 294)


@pytest.mark.parametrize(
    ("net", "shape", "problem"),
    [
        (
            "conv 8, pool, conv 8, pool, pool, flatten, dense classes",
            (10, 10, 1),
            r"layer 5 of 7: 'pool' cannot pool a map of 1x1x8: nothing would be left of it\.",
        ),
        (
            "conv 8 5x5, flatten, dense classes",
            (4, 28, 3),
            (
                "layer 1 of 3: 'conv 8 5x5' cannot be laid on a map of 4x28x3: its 5x5 window is "
                "larger than the map"
            ),
        ),
        (
            "conv 8, dense classes",
            (28, 28, 1),
            (
                "layer 2 of 2: 'dense 10 linear' needs a vector, but its input is a map of "
                "26x26x8: put 'flatten' or 'pool avg global' before it"
            ),
        ),
        (
            "flatten, conv 8, dense classes",
            (28, 28, 1),
            (
                "layer 2 of 3: 'conv 8' needs a map .* but its input is a vector of 784 numbers: "
                "move it before 'flatten'"
            ),
        ),
        (
            "flatten, flatten, dense classes",
            (28, 28, 1),
            "layer 2 of 3: 'flatten' needs a map",
        ),
        (
            "pool padding 2, flatten, dense classes",
            (28, 28, 1),
            (
                "layer 1 of 3: 'pool padding 2' would pool windows that lie wholly in the "
                r"padding of a map of 28x28x1\. Use padding 1 at most"
            ),
        ),
        (
            "pool avg 3x2 padding 2, flatten, dense classes",
            (28, 28, 1),
            "Use padding 1 at most",
        ),
    ],
)
def test_impossible_nets_are_refused_naming_the_layer_and_its_input(
    net: str, shape: Shape, problem: str
) -> None:
    with pytest.raises(NetError, match=problem):
        describe(net, shape)


def test_a_description_can_be_written_as_json_and_shown_as_html() -> None:
    described = describe("conv 2, flatten, dense classes", (5, 5, 1), 3)
    said = json.loads(json.dumps(described.as_dict()))
    assert said["parameters"] == 20 + 57
    assert said["rows"][0]["output_shape"] == [3, 3, 2]
    html = replace(described, net="<script>")._repr_html_()
    assert "<script>" not in html
    assert "<td>5 - 3 + 1 = 3</td>" in html


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (86_528, "86.5 kB"), (1_200_000, "1.2 MB")],
)
def test_bytes_are_written_for_a_reader(count: int, text: str) -> None:
    assert format_bytes(count) == text


@pytest.mark.parametrize("layer", [Flatten(), BatchNorm(), Activation("relu")])
def test_layers_without_multiplications_cost_none(layer: Layer) -> None:
    assert layer.multiply_adds((4, 4, 2)) == 0


def test_a_convolution_without_bias_has_one_parameter_a_filter_less() -> None:
    assert Conv(8).parameters((9, 9, 3)) - Conv(8, bias=False).parameters((9, 9, 3)) == 8
