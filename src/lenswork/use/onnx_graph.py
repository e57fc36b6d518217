"""A classifier's net as an ONNX graph: raw 8-bit pictures in, probabilities out.

It is written layer by layer from the line of text, in the text's order, which is small and exact
and needs neither torch nor a tracing exporter (that of torch 2.9 and later needs onnxscript, and
writes what a trace happened to see). Operators are those of opset 17, which onnxruntime reads from
1.12 on.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from lenswork.errors import UsageError
from lenswork.model.contract import Contract
from lenswork.model.layers import (
    SLOPE,
    Activation,
    BatchNorm,
    Conv,
    Dense,
    Depthwise,
    Dropout,
    Flatten,
    Layer,
    Pool,
)
from lenswork.model.shapes import Shape
from lenswork.model.spec import check_net, parse_net
from lenswork.model.views import View, Views
from lenswork.model.weight_shapes import weight_shapes
from lenswork.model.window import Window

OPSET = 17
IR_VERSION = 8  # the file format of ONNX 1.12, which brought opset 17
INPUT, OUTPUT = "pictures", "probabilities"
ELU = 1.0  # the default of torch
MOST_BYTES = 2_000_000_000  # of weights: protobuf holds no message over 2 GiB
PLAIN = {"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh"}
Weights = Mapping[str, NDArray[np.float32]]  # by the names of the network's state


def build(contract: Contract, weights: Weights, properties: Mapping[str, str]) -> ModelProto:
    """The whole model; `properties` become its metadata.

    The input is (batch, height, width, channels) uint8, the output (batch, classes) float32. Raises
    `UsageError` for a network that is not a line of text, and `NetError` for one that cannot be.
    """
    if contract.net is None:
        raise UsageError(
            "expected a net that is a line of text, got a torch module of your own: export that "
            "with torch.onnx, which knows its operations"
        )
    shape = contract.preprocess.input_shape
    spec = parse_net(contract.net)
    check_net(spec, shape, contract.outputs)
    layers = spec.with_outputs(contract.outputs)
    _refuse_unfit(weights, weight_shapes(layers, shape))
    views = Views.parse(contract.views)
    graph = _Graph(weights)
    values = graph.input_of(_seen(graph, views, shape), contract.preprocess.scale)
    for place, (layer, before) in enumerate(zip(layers.layers, layers.shapes(shape), strict=False)):
        values = _layer(graph, layer, before, f"layers.{place}", values)
    _answers(graph, contract, _mean(graph, views, contract.outputs, values))
    made = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "classifier",
            [helper.make_tensor_value_info(INPUT, TensorProto.UINT8, ["batch", *shape])],
            [
                helper.make_tensor_value_info(
                    OUTPUT, TensorProto.FLOAT, ["batch", len(contract.classes)]
                )
            ],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="lenswork",
        doc_string=_described(contract),
    )
    helper.set_model_props(made, dict(properties))
    return made


class _Graph:
    """Nodes in the order in which they are computed, and the constants that they read."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def add(self, kind: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        """One more node; the name of what it makes."""
        made = name or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [made], name=f"{made}_node", **attributes))
        return made

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        """Numbers that are part of the model."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def number(self, value: float) -> str:
        """One single-precision number."""
        return self.constant(f"number_{len(self.constants)}", np.array(value, np.float32))

    def weight(self, name: str) -> str:
        """A trained tensor."""
        return self.constant(name, self.weights[name])

    def trained(self, place: str, *, bias: bool) -> list[str]:
        """The weight of a layer, and its bias if it has one."""
        return [self.weight(f"{place}.{name}") for name in ("weight", "bias")[: 1 + bias]]

    def input_of(self, pictures: str, scale: float) -> str:
        """Scaled floats, (batch, channels, height, width), of 8-bit pictures."""
        values = self.add("Transpose", pictures, perm=[0, 3, 1, 2])  # of bytes: a quarter to move
        values = self.add("Cast", values, to=TensorProto.FLOAT)
        # onnxruntime 1.32 multiplies what ends in an axis of one, as grey does before it is turned,
        # number by number: 32 pictures of 28x28 took 387 us for these three steps, and 16 so.
        return values if scale == 1.0 else self.add("Mul", values, self.number(scale))


def _seen(graph: _Graph, views: Views, shape: Shape) -> str:
    """All views of the batch, one after the other along its axis; still 8-bit."""
    seen = [_view(graph, view, shape) for view in views]
    return seen[0] if len(seen) == 1 else graph.add("Concat", *seen, axis=0)


def _view(graph: _Graph, view: View, shape: Shape) -> str:
    pictures = INPUT
    if view.pixels:
        length = shape[view.side - 1]
        places = np.clip(np.arange(length) + view.pixels, 0, length - 1)
        pictures = _gathered(graph, pictures, places, view.side)
    if view.flipped:
        pictures = _gathered(graph, pictures, np.arange(shape[1])[::-1], 2)
    return pictures


def _gathered(graph: _Graph, pictures: str, places: NDArray[np.int64], axis: int) -> str:
    name = graph.constant(f"places_{len(graph.constants)}", places.astype(np.int64))
    return graph.add("Gather", pictures, name, axis=axis)


def _mean(graph: _Graph, views: Views, outputs: int, logits: str) -> str:
    """The mean logits, (batch, outputs), over the views."""
    if len(views) == 1:
        return logits
    apart = graph.constant("views", np.array([len(views), -1, outputs], np.int64))
    stacked = graph.add("Reshape", logits, apart)  # (views, batch, outputs)
    return graph.add("ReduceMean", stacked, axes=[0], keepdims=0)


def _answers(graph: _Graph, contract: Contract, logits: str) -> None:
    if contract.temperature is not None:
        logits = graph.add("Div", logits, graph.number(contract.temperature))
    if contract.output == "softmax":
        graph.add("Softmax", logits, name=OUTPUT, axis=1)
        return
    second = graph.add("Sigmoid", logits)
    first = graph.add("Sub", graph.number(1.0), second)
    graph.add("Concat", first, second, name=OUTPUT, axis=1)


def _layer(graph: _Graph, layer: Layer, shape: Shape, place: str, values: str) -> str:
    """What `layer` makes of `values`, which have `shape`."""
    match layer:
        case Conv() | Depthwise():
            return _conv(graph, layer, shape, place, values)
        case Pool():
            return _pool(graph, layer, shape, values)
        case Flatten():  # row by row, the channels of a place together
            values = graph.add("Transpose", values, perm=[0, 2, 3, 1])
            return graph.add("Flatten", values, axis=1)
        case Dense():
            made = graph.add("Gemm", values, *graph.trained(place, bias=layer.bias), transB=1)
            return _activated(graph, layer.activation, made)
        case BatchNorm():
            names = ("weight", "bias", "running_mean", "running_var")
            tensors = [graph.weight(f"{place}.{name}") for name in names]
            return graph.add("BatchNormalization", values, *tensors, epsilon=layer.epsilon)
        case Activation():
            return _activated(graph, layer.name, values, layer.slope)
        case Dropout():
            return values
        case _:
            raise TypeError(f"no operator is known for {layer.text()!r}")


def _conv(graph: _Graph, layer: Conv | Depthwise, shape: Shape, place: str, values: str) -> str:
    made = graph.add(
        "Conv",
        values,
        *graph.trained(place, bias=layer.bias),
        kernel_shape=[layer.window.height, layer.window.width],
        strides=[layer.window.stride] * 2,
        pads=_pads(layer.window, shape),
        group=shape[2] if isinstance(layer, Depthwise) else 1,
    )
    return _activated(graph, layer.activation, made)


def _pool(graph: _Graph, layer: Pool, shape: Shape, values: str) -> str:
    if layer.window is None:
        kind = "GlobalMaxPool" if layer.method == "max" else "GlobalAveragePool"
        return graph.add("Flatten", graph.add(kind, values), axis=1)
    window: dict[str, Any] = {
        "kernel_shape": [layer.window.height, layer.window.width],
        "strides": [layer.window.stride] * 2,
        "pads": _pads(layer.window, shape),
    }
    if layer.method == "max":
        return graph.add("MaxPool", values, **window)
    return graph.add("AveragePool", values, count_include_pad=0, **window)


def _pads(window: Window, shape: Shape) -> list[int]:
    """[top, left, bottom, right]."""
    if window.padding == "same":
        left, right, top, bottom = window.same_padding(shape)
        return [top, left, bottom, right]
    return [window.padding] * 4


def _activated(graph: _Graph, name: str | None, values: str, slope: float = SLOPE) -> str:
    match name:
        case None:
            return values
        case "relu" | "sigmoid" | "tanh":
            return graph.add(PLAIN[name], values)
        case "leaky-relu":
            return graph.add("LeakyRelu", values, alpha=slope)
        case "elu":
            return graph.add("Elu", values, alpha=ELU)
        case "silu":
            return graph.add("Mul", values, graph.add("Sigmoid", values))
        case "gelu":  # opset 17 has no word for it: x/2 (1 + erf(x / sqrt 2))
            error = graph.add("Erf", graph.add("Div", values, graph.number(math.sqrt(2))))
            share = graph.add("Add", error, graph.number(1.0))
            return graph.add("Mul", graph.add("Mul", values, share), graph.number(0.5))
        case _:
            raise TypeError(f"no operator is known for {name!r}")


def _refuse_unfit(weights: Weights, shapes: Mapping[str, Shape]) -> None:
    """Refuse weights of another net, and more of them than a file holds."""
    found = {name: weight.shape for name, weight in weights.items()}
    wrong = [name for name, shape in shapes.items() if found.get(name) != shape]
    if wrong or len(weights) != len(shapes):
        names = ", ".join([*wrong, *(name for name in weights if name not in shapes)][:3])
        raise UsageError(f"expected the weights of the contract's net, got others: {names}")
    size = sum(weight.nbytes for weight in weights.values())
    if size > MOST_BYTES:
        raise UsageError(
            f"expected at most {MOST_BYTES / 1e9:.0f} GB of weights, got {size / 1e9:.1f} GB: an "
            "ONNX file cannot hold more"
        )


def _described(contract: Contract) -> str:
    preprocess = contract.preprocess
    order = "grey" if preprocess.channels == 1 else "red, green, blue"
    return (
        f"{INPUT}: uint8 (batch, {preprocess.height}, {preprocess.width}, {preprocess.channels}), "
        f"{order}, 0 to 255, as read and brought to this size by {preprocess.resize} resize; "
        f"scaling is inside. {OUTPUT}: float32 (batch, {len(contract.classes)}), the classes in "
        "the order of the metadata's 'classes'."
    )
