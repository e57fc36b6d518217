"""Whether an ONNX file may be run: a stranger's could ask for any memory, or for other files."""

import math
from collections.abc import Mapping

from onnx import (
    AttributeProto,
    GraphProto,
    ModelProto,
    NodeProto,
    TensorProto,
    TypeProto,
    shape_inference,
)

from lenswork.errors import ClassifierError
from lenswork.model.contract import Contract
from lenswork.model.describe import describe, format_bytes
from lenswork.model.layers import Layer, Pool
from lenswork.model.memory import available_bytes
from lenswork.model.preprocess import LARGEST_SIDE
from lenswork.model.shapes import Shape
from lenswork.model.spec import check_net, parse_net
from lenswork.model.views import Views
from lenswork.model.weight_shapes import weight_shapes
from lenswork.use.onnx_graph import INPUT, OUTPUT

OPERATORS = frozenset(
    """Add AveragePool BatchNormalization Cast Concat Conv DequantizeLinear Div Elu Erf Flatten
    Gather Gemm GlobalAveragePool GlobalMaxPool LeakyRelu MaxPool Mul QuantizeLinear ReduceMean Relu
    Reshape Sigmoid Softmax Squeeze Sub Tanh Transpose""".split()  # noqa: SIM905
)
WINDOWS = {"kernel_shape": 1, "strides": 1, "dilations": 1, "group": 1, "pads": 0}  # the least
LARGEST_WINDOW = 100_000  # of a side, stride or pad; that of a line of text
BYTES_A_NUMBER = 8  # no type that these operators make is wider
BYTES_A_WEIGHT = 4  # single precision; of integers one, with their scales
BYTES_BESIDE = 16 * 2**20  # nodes, names, the places of views
COPIES = 4  # of a file: its bytes, the graph, that with its shapes, in the runtime
MOST_NODES = 20_000  # and constants; a net of three hundred layers has two thousand
VALUES_A_MAP = 100  # made of one feature map; a gelu between integers makes a dozen
MOST_SIDES = 4  # of a constant
LONGEST_NAME, LONGEST = 80, 400  # letters of a name, and of what a library says, in an error
PLACES = {"Gather": LARGEST_SIDE, "Reshape": 8, "Squeeze": 8}  # the most, in a second input


def refuse_too_long(size: int, texts: int, contract: Contract) -> None:
    """Raise `ClassifierError` for a file of more bytes than the contract's net could need.

    `size` is the file's, of which `texts` are its metadata. Raises `NetError` for a net that
    cannot be.
    """
    if contract.net is None:
        raise ClassifierError("its contract names no net, which every export of Lenswork does")
    spec, shape = parse_net(contract.net), contract.preprocess.input_shape
    check_net(spec, shape, contract.outputs)
    shapes = weight_shapes(spec.with_outputs(contract.outputs), shape)
    most = texts + BYTES_A_WEIGHT * sum(map(math.prod, shapes.values())) + BYTES_BESIDE
    if size > most:
        raise ClassifierError(
            f"it has {format_bytes(size)}, and its contract's net needs {format_bytes(most)} at "
            "most: it holds something else, and was not opened"
        )
    if COPIES * size > available_bytes():
        raise ClassifierError(
            f"to open it takes {format_bytes(COPIES * size)}, and "
            f"{format_bytes(available_bytes())} are free"
        )


def refuse_unlike_ours(model: ModelProto, contract: Contract) -> None:
    """Raise `ClassifierError` unless the graph is one that an export may have written.

    It may only hold operators that an export writes, keep all its numbers in itself, take the
    contract's pictures, answer with a number a class, and need no more memory for one picture than
    there is, and no more of it and of work than the contract's net could.
    """
    shape, classes = contract.preprocess.input_shape, len(contract.classes)
    graph = model.graph
    if max(len(graph.node), len(graph.initializer)) > MOST_NODES:
        raise ClassifierError(f"its graph has more than {MOST_NODES:,} nodes or constants")
    for node in graph.node:
        _refuse_operator(node)
    if model.functions or graph.sparse_initializer or any(map(_is_elsewhere, graph.initializer)):
        raise ClassifierError(
            "it has functions of its own or keeps numbers in other files, which no export of "
            "Lenswork does"
        )
    names = [value.name for value in (*graph.input, *graph.output)]
    if names != [INPUT, OUTPUT]:
        raise ClassifierError(
            f"expected one input {INPUT!r} and one output {OUTPUT!r}, got {str(names)[:200]}"
        )
    pictures, answers = graph.input[0].type, graph.output[0].type
    if pictures.tensor_type.elem_type != TensorProto.UINT8 or _sides(pictures)[1:] != shape:
        raise ClassifierError(f"its input does not fit its contract's pictures, {shape} of uint8")
    if _sides(answers)[1:] != (classes,):
        raise ClassifierError(f"its output does not fit its contract's {classes} classes")
    _refuse_growing_shapes(graph)
    _refuse_costs(model, contract)


def _refuse_operator(node: NodeProto) -> None:
    deeper = any(attribute.HasField("g") or attribute.graphs for attribute in node.attribute)
    if node.domain not in ("", "ai.onnx") or node.op_type not in OPERATORS or deeper:
        called = f"{node.domain}:{node.op_type}"[:LONGEST_NAME]
        raise ClassifierError(f"it has the operator {called}, which no export of Lenswork writes")
    for attribute in node.attribute:
        _refuse_window(attribute)


def _refuse_window(attribute: AttributeProto) -> None:
    """Sides, strides and pads that libraries written in C++ divide and multiply by."""
    least = WINDOWS.get(attribute.name)
    if least is None:
        return
    numbers = [*attribute.ints, *([attribute.i] if attribute.HasField("i") else [])]
    if not numbers or not all(least <= number <= LARGEST_WINDOW for number in numbers):
        raise ClassifierError(
            f"the {attribute.name} of one of its windows are {str(numbers)[:80]}: expected "
            f"{least} to {LARGEST_WINDOW:,}"
        )


def _refuse_growing_shapes(graph: GraphProto) -> None:
    """Sides that are computed, or many: each node could add some, and thousands take gigabytes."""
    constants = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    if any(len(sides) > MOST_SIDES for sides in constants.values()):
        raise ClassifierError(f"one of its constants has more than {MOST_SIDES} sides")
    for node in graph.node:
        most = PLACES.get(node.op_type)
        if most is None or len(node.input) < 2:
            continue
        sides = constants.get(node.input[1])
        if sides is None or len(sides) > 1 or math.prod(sides) > most:
            raise ClassifierError(
                f"one {node.op_type} in its graph takes its places from something else than a "
                f"constant list of at most {most:,} numbers"
            )


def _refuse_costs(model: ModelProto, contract: Contract) -> None:
    """Memory and work for a batch of one."""
    shapes = _shapes_for_one(model, contract)
    made = {name for node in model.graph.node for name in node.output} - {OUTPUT}
    if unknown := sorted(name for name in made if min(shapes.get(name, (0,)), default=1) < 1):
        called = unknown[0][:LONGEST_NAME]
        raise ClassifierError(f"the size of {called!r} in its graph cannot be foretold")
    needed = sum(BYTES_A_NUMBER * math.prod(shapes[name]) for name in made)
    if needed > available_bytes():
        raise ClassifierError(
            f"one picture's feature maps would take {format_bytes(needed)}, and "
            f"{format_bytes(available_bytes())} are free"
        )
    if needed > (most := _most_needed(contract)):
        raise ClassifierError(
            f"one picture's feature maps would take {format_bytes(needed)}, and those of its "
            f"contract's net {format_bytes(most)} at most: it was not run"
        )
    work = sum(_work_of(node, shapes) for node in model.graph.node)
    if work > (most := _most_work(contract)):
        raise ClassifierError(
            f"one picture would take {work:,} steps, and in its contract's net {most:,} at most: "
            "it was not run"
        )


def _shapes_for_one(model: ModelProto, contract: Contract) -> dict[str, Shape]:
    """The shape of everything in a graph, for a batch of one."""
    one = ModelProto()
    one.CopyFrom(model)
    del one.graph.value_info[:]  # what the file says of itself is not believed
    one.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    try:
        inferred = shape_inference.infer_shapes(one, strict_mode=True)
    except Exception as error:  # onnx raises several kinds for a graph that contradicts itself
        raise ClassifierError(f"its graph contradicts itself: {str(error)[:LONGEST]}") from error
    return {
        **{tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer},
        **{value.name: _sides(value.type) for value in inferred.graph.value_info},
        INPUT: (1, *contract.preprocess.input_shape),
        OUTPUT: (1, len(contract.classes)),
    }


def _work_of(node: NodeProto, shapes: Mapping[str, Shape]) -> int:
    """Numbers that a node reads, makes or multiplies, whichever are more."""
    read = [shapes.get(name, ()) for name in node.input]
    made = shapes.get(node.output[0], ()) if node.output else ()
    most: int = max(sum(map(math.prod, read)), math.prod(made))
    if node.op_type in ("Conv", "Gemm") and len(read) > 1 and len(made) > 1:
        return max(most, math.prod(made) // made[1] * math.prod(read[1]))
    for one in node.attribute:
        if one.name == "kernel_shape":
            most = max(most, math.prod(made) * math.prod(one.ints))
    return most


def _most_work(contract: Contract) -> int:
    """What an export of the contract's net takes for one picture, and some to spare."""
    spec = parse_net(contract.net or "").with_outputs(contract.outputs)
    shapes = spec.shapes(contract.preprocess.input_shape)
    layers = zip(spec.layers, shapes, shapes[1:], strict=False)
    work = sum(layer.multiply_adds(before) + _seen(layer, after) for layer, before, after in layers)
    return 2 * len(Views.parse(contract.views)) * work + _most_needed(contract) // BYTES_A_NUMBER


def _seen(layer: Layer, after: Shape) -> int:
    """Numbers that a pool's windows look at."""
    window = layer.window if isinstance(layer, Pool) else None
    return 0 if window is None else math.prod(after) * window.height * window.width


def _most_needed(contract: Contract) -> int:
    """Bytes of all that an export of the contract's net makes of one picture, and some to spare."""
    shape = contract.preprocess.input_shape
    net = describe(contract.net or "", shape, contract.outputs)
    maps = net.activation_bytes + BYTES_A_WEIGHT * math.prod(shape)
    seen = VALUES_A_MAP * len(Views.parse(contract.views)) * maps
    return seen + 2 * BYTES_A_NUMBER * net.parameters + BYTES_BESIDE  # weights of integers are made


def _sides(kind: TypeProto) -> Shape:
    """The sides of a tensor, 0 where one is not a number, and where nobody knows how many."""
    if not kind.tensor_type.HasField("shape"):
        return (0,)
    return tuple(dim.dim_value for dim in kind.tensor_type.shape.dim)


def _is_elsewhere(tensor: TensorProto) -> bool:
    return bool(tensor.data_location == TensorProto.EXTERNAL or tensor.external_data)
