"""Several views of a picture, averaged inside a Keras model, as `model.views` does it; and back.

picture -+---------------> net -+-> mean -> temperature -> probabilities
         +-> moved, mirrored -> net -+
"""

from collections.abc import Iterator
from typing import Any

from lenswork.errors import ClassifierError
from lenswork.model.views import Views
from lenswork.use.keras_line import (
    SEQUENTIAL,
    Config,
    ends_of,
    name_of,
    objects,
    refuse_training,
    sources_of,
)

LAST = "channels_last"
MEAN = "Average"
MAKES_VIEWS = frozenset({"Cropping2D", "UpSampling2D", "Concatenate", "Flip", MEAN})


def seen_in_views(keras: Any, net: Any, given: Any, views: Views) -> Any:
    """The mean of what `net` makes of each view of `given`, (batch, height, width, channels)."""
    answers = []
    for moved in _moved(keras, given, views.shift):
        answers.append(net(moved))
        if views.flip:
            answers.append(net(keras.ops.flip(moved, axis=2)))
    return keras.layers.Average()(answers)


def _moved(keras: Any, given: Any, pixels: int) -> Iterator[Any]:
    """The picture, and moved by some pixels four ways, its edge repeated; of layers alone."""
    yield given
    if not pixels:
        return
    _, height, width, _ = given.shape
    for axis, length in ((1, height), (2, width)):
        shift = min(pixels, length)
        for backwards in (True, False):
            yield _shifted(keras.layers, given, axis, length, shift, backwards=backwards)


def _shifted(
    layers: Any, given: Any, axis: int, length: int, pixels: int, *, backwards: bool
) -> Any:
    """Without `pixels` rows (or columns) at one end; those at the other are its edge again."""

    def cropped(before: int, after: int) -> Any:
        cut = ((before, after), (0, 0)) if axis == 1 else ((0, 0), (before, after))
        return layers.Cropping2D(cut, data_format=LAST)(given)

    times = (pixels, 1) if axis == 1 else (1, pixels)
    edge = cropped(0, length - 1) if backwards else cropped(length - 1, 0)
    edge = layers.UpSampling2D(times, data_format=LAST)(edge)
    if pixels == length:
        return edge
    rest = cropped(0, pixels) if backwards else cropped(pixels, 0)
    return layers.Concatenate(axis=axis)([edge, rest] if backwards else [rest, edge])


def without_views(model: Config, views: Views) -> Config:
    """A model that `seen_in_views` made, in one line: its input, its network once, what follows.

    That its views are those of the contract is for the golden pictures to prove. Raises
    `ClassifierError` for a model that does not average one network over as many views.
    """
    if len(views) == 1:
        return model
    config = model.get("config")
    layers = objects(config.get("layers")) if isinstance(config, dict) else ()
    nets = [layer for layer in layers if layer.get("class_name") == SEQUENTIAL]
    means = [layer for layer in layers if layer.get("class_name") == MEAN]
    if not isinstance(config, dict) or len(nets) != 1 or len(means) != 1:
        raise _error(views)
    net, mean, begins = name_of(nets[0]), name_of(means[0]), ends_of(config.get("input_layers"))
    refuse_training(nets[0])
    if sources_of(means[0]) != [net] * len(views) or len(begins) != 1:
        raise _error(views)
    kept = []
    for layer in layers:
        if layer is nets[0]:
            kept.append(_after(layer, begins[0]))
        elif sources_of(layer) == [mean]:
            kept.append(_after(layer, net))
        elif layer.get("class_name") not in MAKES_VIEWS:
            kept.append(layer)
    return {**model, "config": {**config, "layers": kept}}


def _after(layer: Config, source: str) -> Config:
    """The layer with one node, which follows another layer."""
    return {**layer, "inbound_nodes": [[source, 0, 0]]}


def _error(views: Views) -> ClassifierError:
    return ClassifierError(
        f"expected a Keras model that averages one network over {len(views)} views of a picture "
        f"({views}), as its contract says, found another: export it again"
    )
