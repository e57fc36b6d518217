"""Which trained tensors a net has: names and shapes of its network's state, without torch."""

from lenswork.model.layers import BatchNorm, Conv, Dense, Depthwise, Layer
from lenswork.model.shapes import Shape
from lenswork.model.spec import NetSpec

COUNTER = "num_batches_tracked"  # batch normalisation's count of batches, an integer


def weight_shapes(spec: NetSpec, input_shape: Shape) -> dict[str, Shape]:
    """The shape of every tensor of the state; `spec` must have been given its outputs."""
    shapes = spec.shapes(input_shape)
    return {
        f"layers.{place}.{name}": shape
        for place, (layer, before) in enumerate(zip(spec.layers, shapes, strict=False))
        for name, shape in _of_layer(layer, before).items()
    }


def _of_layer(layer: Layer, before: Shape) -> dict[str, Shape]:
    match layer:
        case Conv() | Depthwise():
            window = (layer.window.height, layer.window.width)
            filters = layer.output_shape(before)[2]
            weight: Shape = (filters, before[2] if isinstance(layer, Conv) else 1, *window)
            return {"weight": weight} | ({"bias": weight[:1]} if layer.bias else {})
        case Dense():
            weight = (layer.units or 0, before[0])
            return {"weight": weight} | ({"bias": weight[:1]} if layer.bias else {})
        case BatchNorm():
            names = ("weight", "bias", "running_mean", "running_var")
            return dict.fromkeys(names, before[-1:]) | {COUNTER: ()}
        case _:
            return {}
