"""What a net would be, before anything is trained: shapes, parameters, work, memory, sight."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import escape

from lenswork.model.layers import Conv, Dense, Depthwise, Layer, Pool
from lenswork.model.shapes import Shape, format_shape
from lenswork.model.spec import NetSpec, check_net, parse_net
from lenswork.model.window import Window

BYTES_A_NUMBER = 4  # float32


@dataclass(frozen=True)
class LayerRow:
    """One layer of a described net, for one picture.

    `receptive_field` is (height, width) in input pixels: what one number of the layer's output
    can see, before it is cut at the picture's edges. After a dense layer or a global pool it is
    what reaches any number: less than the picture where windows leave rows out at its end.
    """

    layer: str
    output_shape: Shape
    parameters: int
    multiply_adds: int
    activation_bytes: int
    receptive_field: tuple[int, int]
    reason: str


class LayerSums:
    """Sums over the layers in `rows`."""

    rows: tuple[LayerRow, ...]

    @property
    def parameters(self) -> int:
        """Trained numbers in all."""
        return sum(row.parameters for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """Work for one picture in all."""
        return sum(row.multiply_adds for row in self.rows)

    @property
    def activation_bytes(self) -> int:
        """Memory of all layers' outputs for one picture, in bytes."""
        return sum(row.activation_bytes for row in self.rows)


@dataclass(frozen=True)
class Description(LayerSums):
    """A net's rows and sums."""

    net: str
    input_shape: Shape
    outputs: int
    rows: tuple[LayerRow, ...]

    def as_dict(self) -> dict[str, object]:
        """Rows and sums for JSON."""
        return {
            **asdict(self),
            "parameters": self.parameters,
            "multiply_adds": self.multiply_adds,
            "activation_bytes": self.activation_bytes,
        }

    def _repr_html_(self) -> str:
        heads = ("layer", "output", "parameters", "multiply-adds", "memory", "sees", "why")
        head = "".join(f"<th style='text-align:left'>{name}</th>" for name in heads)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
            for cells in self.cells()
        )
        return (
            f"<table><caption><code>{escape(self.net)}</code> on "
            f"{format_shape(self.input_shape)}: {self.parameters:,} parameters, "
            f"{self.multiply_adds:,} multiply-adds a picture</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def cells(self) -> list[tuple[str, ...]]:
        """The rows as text, one tuple a layer."""
        return [
            (
                row.layer,
                format_shape(row.output_shape),
                f"{row.parameters:,}",
                f"{row.multiply_adds:,}",
                format_bytes(row.activation_bytes),
                f"{row.receptive_field[0]}x{row.receptive_field[1]}",
                row.reason,
            )
            for row in self.rows
        ]


def describe(net: str | NetSpec, input_shape: Shape, outputs: int = 10) -> Description:
    """Describe a net for pictures of `input_shape`, (height, width, channels).

    `outputs` is what `classes` stands for. Raises `NetError` for a net that cannot be built.
    """
    spec = parse_net(net) if isinstance(net, str) else net
    check_net(spec, input_shape, outputs)
    filled = spec.with_outputs(outputs)
    shapes = filled.shapes(input_shape)
    return Description(str(spec), input_shape, outputs, layer_rows(filled, shapes))


def layer_rows(filled: NetSpec, shapes: list[Shape]) -> tuple[LayerRow, ...]:
    """A row for each layer of a net that was given its outputs, or of the beginning of one.

    `shapes` are the input's and then each layer's.
    """
    fields = receptive_fields(filled, shapes)
    return tuple(
        LayerRow(
            layer=layer.text(),
            output_shape=after,
            parameters=layer.parameters(before),
            multiply_adds=layer.multiply_adds(before),
            activation_bytes=_count(after) * BYTES_A_NUMBER,
            receptive_field=field,
            reason=layer.reason(before),
        )
        for layer, before, after, field in zip(
            filled.layers, shapes, shapes[1:], fields, strict=False
        )
    )


def receptive_fields(spec: NetSpec, shapes: list[Shape]) -> Iterator[tuple[int, int]]:
    """(height, width) in input pixels that one output number of each layer can see.

    field += (window - 1) * jump; jump *= stride; start -= padding * jump (Araujo, Norris and Sim
    2019, "Computing receptive fields of convolutional neural networks", section 2).
    """
    return zip(_side_fields(spec, shapes, 0), _side_fields(spec, shapes, 1), strict=True)


def _side_fields(spec: NetSpec, shapes: list[Shape], axis: int) -> Iterator[int]:
    picture = places = shapes[0][axis]  # places: how many fields the last map has side by side
    field, jump, start = 1, 1, 0  # the first field begins at pixel `start`
    for layer, before, after in zip(spec.layers, shapes, shapes[1:], strict=False):
        window = moving_window(layer)
        if window is not None:
            start -= window.corner(before)[axis] * jump
            field += ((window.height, window.width)[axis] - 1) * jump
            jump *= window.stride
            places = after[axis]
        elif isinstance(layer, Dense | Pool):  # sees all places, cut at the picture's edges
            end = min(start + (places - 1) * jump + field, picture)
            start, places = max(start, 0), 1
            field = end - start
        yield field


def moving_window(layer: Layer) -> Window | None:
    """The window that a layer moves over its map, if it has one."""
    return layer.window if isinstance(layer, Conv | Depthwise | Pool) else None


def format_bytes(count: float) -> str:
    """A number of bytes for a reader: 86.5 kB, 1.2 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def _count(shape: Shape) -> int:
    product = 1
    for side in shape:
        product *= side
    return product
