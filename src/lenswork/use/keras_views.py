"""Several views of a picture, averaged inside a Keras model, as `model.views` does it."""

from collections.abc import Iterator
from typing import Any

from lenswork.model.views import Views

LAST = "channels_last"


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
