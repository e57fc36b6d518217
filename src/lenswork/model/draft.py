"""A net while it is being written: what is known of each layer, as far as it can be read."""

from dataclasses import dataclass

from lenswork.errors import NetError
from lenswork.model.describe import LayerRow, LayerSums, layer_rows
from lenswork.model.layers import Layer
from lenswork.model.shapes import Shape
from lenswork.model.spec import NetSpec, check_net, line_of, parse_layers, parse_net


@dataclass(frozen=True)
class Draft(LayerSums):
    """A line of layers, `pieces`, the first of which have `rows`.

    `problem` says why it is no net for this input yet, in one sentence or two. It is about the
    piece `wrong`, or about the whole where that is None; `span` is the place in `line` of the word
    that is wrong, where it is a word.
    """

    line: str
    pieces: tuple[str, ...]
    rows: tuple[LayerRow, ...]
    problem: str | None = None
    wrong: int | None = None
    span: tuple[int, int] | None = None


def draft(text: str, input_shape: Shape, outputs: int) -> Draft:
    """What a net would be for pictures of (height, width, channels), layer by layer.

    It never raises: a line that is wrong somewhere is described up to there.
    """
    line = line_of(text)
    layers: list[Layer] = []
    shapes = [input_shape]
    problem: NetError | None = None
    try:
        for layer in parse_layers(line):
            [filled] = NetSpec((layer,)).with_outputs(outputs).layers
            shapes.append(filled.output_shape(shapes[-1]))
            layers.append(filled)
        check_net(parse_net(line), input_shape, outputs)
    except NetError as error:
        problem = error
    pieces = tuple(piece.strip() for piece in line.split(",")) if line.strip() else ()
    known = len(layers)
    return Draft(
        line=line,
        pieces=pieces,
        rows=layer_rows(NetSpec(tuple(layers)), shapes),
        problem=None if problem is None else _sentence(problem),
        wrong=known if problem is not None and known < len(pieces) else None,
        span=None if problem is None else problem.span,
    )


def _sentence(problem: NetError) -> str:
    """What is wrong, without the line and the mark below the word: `span` tells that."""
    return str(problem).splitlines()[0]
