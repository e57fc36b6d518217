"""From a Keras configuration to its layers in one straight line."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from lenswork.errors import ClassifierError

MOST_LAYERS = 300
DEEPEST = 8  # models inside models
SEQUENTIAL, FUNCTIONAL = "Sequential", ("Functional", "Model")
Config = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """One layer: its place in words, its class and configuration, and where its weights are.

    `path` is its folder in `model.weights.h5`, which is named by classes and not by layers; `name`
    is the layer's own, by which old `.h5` files know it; `inner` is true inside another model.
    """

    place: str
    kind: str
    config: Config
    name: str
    path: str
    inner: bool

    def error(self, problem: str) -> ClassifierError:
        """An error that says which layer cannot be taken over, and why."""
        return ClassifierError(f"{self.place}: {problem}")

    def number(self, name: str, default: float) -> float:
        """A number of the configuration."""
        value = self.config.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(f"{name}: expected a number, got {shown(value)}")
        return float(value)

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number above 0."""
        value = self.config.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.error(f"{name}: expected a whole number above 0, got {shown(value)}")
        return value

    def pair(self, name: str, default: int) -> tuple[int, int]:
        """Two whole numbers, or one for both."""
        value = self.config.get(name)
        value = default if value is None else value
        sides = list(value) if isinstance(value, list | tuple) else [value, value]
        if len(sides) != 2 or not all(type(side) is int and side >= 1 for side in sides):
            raise self.error(f"{name}: expected two whole numbers above 0, got {shown(value)}")
        return sides[0], sides[1]


def straight_line(config: Config) -> list[Step]:
    """The layers of a model in their order, those of models inside it in their places.

    Raises `ClassifierError` for a model that branches, joins or repeats.
    """
    found = islice(_layers_of(config, "", DEEPEST), MOST_LAYERS + 1)  # few bytes can nest many
    layers = [
        replace(one, place=f"layer {number}, {one.place}")
        for number, one in enumerate(found, start=1)
    ]
    if not 0 < len(layers) <= MOST_LAYERS:
        got = "more" if layers else "none"
        raise ClassifierError(f"expected a Keras model of 1 to {MOST_LAYERS:,} layers, got {got}")
    return layers


def shown(value: object) -> str:
    """A value in an error, cut short."""
    try:
        text = repr(value)
    except RecursionError:
        text = "something nested very deeply"
    return text if len(text) <= 60 else f"{text[:59]}…"


def _layers_of(model: Config, path: str, deepest: int) -> Iterator[Step]:
    kind, config = model.get("class_name"), model.get("config")
    if deepest == 0:
        raise ClassifierError(f"expected at most {DEEPEST} models inside one another")
    if kind == SEQUENTIAL:
        layers = config.get("layers") if isinstance(config, dict) else config
        chain = objects(layers)
    elif kind in FUNCTIONAL and isinstance(config, dict):
        chain = _chain(config)
    else:
        raise ClassifierError(
            f"expected a Sequential or Functional Keras model, got {shown(kind)}: build it from "
            "layers in one line"
        )
    used: dict[str, int] = {}
    for layer in chain:
        yield from _steps(layer, path, used, deepest)


def _steps(layer: Config, path: str, used: dict[str, int], deepest: int) -> Iterator[Step]:
    kind, config = str(layer.get("class_name", "")), layer.get("config")
    folder = _snake(kind)
    count = used.get(folder, 0)
    used[folder] = count + 1
    inside = f"{path}layers/{folder}" + (f"_{count}" if count else "")
    if kind in (SEQUENTIAL, *FUNCTIONAL):
        yield from _layers_of(layer, f"{inside}/", deepest - 1)
        return
    if not isinstance(config, dict):
        raise ClassifierError(f"a {shown(kind)} layer has no configuration")
    name = str(config.get("name", layer.get("name", "")))
    place = f"{name[:60]!r} ({kind[:60]})"
    yield Step(place, kind, config, name, inside, inner=path != "")


def _snake(kind: str) -> str:
    """Keras's own rule for the folder of a class (keras/src/utils/naming.py)."""
    name = re.sub(r"\W+", "", kind[:100])
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def objects(value: object) -> Sequence[Config]:
    """A list of layers of a configuration; raises `ClassifierError` for anything else."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ClassifierError(f"expected a list of layers, got {shown(value)}")
    if len(value) > MOST_LAYERS:
        raise ClassifierError(f"expected at most {MOST_LAYERS:,} layers, got {len(value):,}")
    return value


def _chain(config: Config) -> list[Config]:
    """The layers of a functional model from its input to its output."""
    layers = {name_of(layer): layer for layer in objects(config.get("layers"))}
    begins, ends = ends_of(config.get("input_layers")), ends_of(config.get("output_layers"))
    if len(begins) != 1 or len(ends) != 1:
        raise ClassifierError(
            f"expected a Keras model with one input and one output, got {len(begins)} and "
            f"{len(ends)}"
        )
    chain, name = [], ends[0]
    while name != begins[0]:
        layer = layers.pop(name, None)
        if layer is None:
            raise ClassifierError(f"the layers do not lead from the input to {name[:60]!r}")
        chain.append(layer)
        name = _source(layer, name)
    first = layers.pop(name, None)
    if layers or first is None:
        other = next(iter(layers), name)
        raise ClassifierError(
            f"{other[:60]!r} is not on the way from the input to the output: expected layers in "
            "one line, without branches"
        )
    return [first, *reversed(chain)]


def name_of(layer: Config) -> str:
    """A layer's name, by which others say that they follow it."""
    config = layer.get("config")
    inner = config.get("name", "") if isinstance(config, dict) else ""
    return str(layer.get("name") or inner)


def ends_of(value: object) -> list[str]:
    """The names in `input_layers`, which are [name, 0, 0], or lists or objects of those."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return []
    if value and isinstance(value[0], str):
        return [value[0]]
    return [str(one[0]) for one in value if isinstance(one, list) and one]


def _source(layer: Config, name: str) -> str:
    """The one layer that a layer follows."""
    nodes = layer.get("inbound_nodes")
    if not isinstance(nodes, list) or len(nodes) != 1:
        count = len(nodes) if isinstance(nodes, list) else 0
        raise ClassifierError(
            f"{name[:60]!r} is used in {count} places: expected layers in one line, each used once"
        )
    refuse_training(layer)
    sources = sources_of(layer)
    if len(sources) != 1:
        raise ClassifierError(
            f"{name[:60]!r} ({shown(layer.get('class_name'))}) joins {len(sources)} layers: "
            "expected layers in one line"
        )
    return sources[0]


def refuse_training(layer: Config) -> None:
    """Raise `ClassifierError` for a layer that works as in training whenever it is asked."""
    if _in_training(layer.get("inbound_nodes"), DEEPEST):
        raise ClassifierError(
            f"{name_of(layer)[:60]!r} is called with training=True, so its answers differ each "
            "time: build the model without it"
        )


def _in_training(node: object, deepest: int) -> bool:
    if deepest == 0:
        return False
    if isinstance(node, dict):
        said = node.get("training") not in (None, False)
        return said or any(_in_training(value, deepest - 1) for value in node.values())
    return isinstance(node, list) and any(_in_training(value, deepest - 1) for value in node)


def sources_of(layer: Config) -> list[str]:
    """The names of the layers that a layer follows, once for each time that it is used."""
    return list(_sources(layer.get("inbound_nodes"), DEEPEST))


def _sources(node: object, deepest: int) -> Iterator[str]:
    """The layers named in a node of Keras 3 (objects) or of Keras 2 (lists)."""
    if deepest == 0:
        return
    if isinstance(node, dict):
        if node.get("class_name") == "__keras_tensor__":
            config = node.get("config")
            history = config.get("keras_history") if isinstance(config, dict) else None
            yield str(history[0]) if isinstance(history, list) and history else ""
        else:
            for value in node.values():
                yield from _sources(value, deepest - 1)
    elif isinstance(node, list):
        if len(node) in (3, 4) and isinstance(node[0], str) and type(node[1]) is int:
            yield node[0]
        else:
            for value in node:
                yield from _sources(value, deepest - 1)
