"""A run's network as the page about its inside draws it before there is a picture."""

from typing import Any

from lenswork.errors import UsageError
from lenswork.look.fields import fields_of
from lenswork.look.places import Place, places_of
from lenswork.look.sizes import sight, size_steps
from lenswork.model.classifier import Classifier
from lenswork.model.describe import LayerRow, describe, moving_window
from lenswork.model.layers import Conv, Layer
from lenswork.model.network import Network
from lenswork.model.shapes import Shape, format_shape
from lenswork.web.inside_bytes import first_of

MIXING = ("dense", "pool")


def layers_of(classifier: Classifier) -> list[dict[str, Any]]:
    """Each layer's name, shape, size in words, window and fields, for templates and scripts.

    Raises `UsageError` for a torch module of one's own.
    """
    contract = classifier.contract
    input_shape = contract.preprocess.input_shape
    network = classifier.network
    if contract.net is None or not isinstance(network, Network):
        raise UsageError(
            f"the studio looks inside nets that are a line of text, got {type(network).__name__}"
        )
    rows = describe(contract.net, input_shape, contract.outputs).rows
    steps = size_steps(contract.net, input_shape, contract.outputs)
    specs = network.spec.layers
    return [
        _layer(place, row, step.words)
        | _sight(classifier, place, contract.net)
        | {"window": _window(spec, step.before)}
        for place, row, step, spec in zip(
            places_of(network, input_shape), rows, steps, specs, strict=True
        )
    ]


def _layer(place: Place, row: LayerRow, words: str) -> dict[str, Any]:
    shape = place.output_shape
    return {
        "name": place.name,
        "kind": place.kind,
        "shape": list(shape),
        "size": format_shape(shape).replace("x", " × "),
        "count": shape[-1],
        "first": first_of(shape),
        "words": words,
        "parameters": row.parameters,
    }


def _sight(classifier: Classifier, place: Place, net: str) -> dict[str, Any]:
    """(first, end) of the picture's rows and columns that each place of a map sees.

    Of a vector whose units mix all places they are one pair each; None where a unit is one number
    of the layer before.
    """
    contract = classifier.contract
    shape = contract.preprocess.input_shape
    if place.is_map:
        fields = fields_of(classifier.network, place, shape)
        return {"rows": fields.rows.tolist(), "columns": fields.columns.tolist()}
    if place.kind not in MIXING:
        return {"rows": None, "columns": None}
    seen = sight(net, shape, place.name, (0,), contract.outputs)
    return {"rows": [seen.rows], "columns": [seen.columns]}


def _window(layer: Layer, before: Shape) -> dict[str, Any] | None:
    """The window that moves over the layer before.

    `each` says that channels stay apart, `times` how many each of them makes.
    """
    window = moving_window(layer)
    if window is None:
        return None
    top, left = window.corner(before)
    return {
        "height": window.height,
        "width": window.width,
        "stride": window.stride,
        "top": top,
        "left": left,
        "each": not isinstance(layer, Conv),
        "times": getattr(layer, "times", 1),
    }
