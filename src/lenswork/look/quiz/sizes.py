"""Questions 4 and 5: sizes worked out for any numbers, and measured in the reader's own net."""

from collections.abc import Callable
from dataclasses import dataclass

from lenswork.errors import UsageError
from lenswork.look.quiz.shown import Control, Demonstration, Table, few
from lenswork.look.quiz.subject import Subject, Wanted, whole
from lenswork.look.sizes import SizeStep, size_steps
from lenswork.model.layers import Conv, Pool
from lenswork.model.shapes import format_shape
from lenswork.model.spec import parse_net

LARGEST = 1000  # pixels a side, and of a window
Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Sliding:
    """What slides over a square of numbers, and how the reader is asked and told about it.

    `side`, `window` and `stride` are those of the question, `labels` what they are called, and
    `choice` a fourth one: its name, label and values. `layer` writes the line of text from
    (window, stride, choice).
    """

    kind: type[Conv] | type[Pool]
    side: int
    window: int
    stride: int
    labels: tuple[str, str, str]
    choice: tuple[str, str, Choices]
    layer: Callable[[int, int, str], str]
    said: str


def _conv(window: int, stride: int, padding: str) -> str:
    return f"conv 1 {window}x{window} stride {stride}{' same' if padding == 'same' else ''}"


def _pool(window: int, stride: int, method: str) -> str:
    return f"pool {method} {window}x{window} stride {stride or window}"


FILTER = Sliding(
    Conv,
    28,
    3,
    1,
    ("Picture side", "Filter side", "Stride"),
    ("padding", "Padding", (("none", "none"), ("same", "keep the size"))),
    _conv,
    "A {window}x{window} filter on {before}: {why}. The map is {after}.",
)
POOLING = Sliding(
    Pool,
    26,
    2,
    0,
    ("Map side", "Window side", "Stride (0: window)"),
    ("method", "Keeps the", (("max", "maximum"), ("avg", "average"))),
    _pool,
    "{window}x{window} pooling of {before}: {why}. What comes out is {after}.",
)


def filter_size(subject: Subject, wanted: Wanted) -> Demonstration:
    """The size of a map from the picture's, the filter's, the stride and the padding."""
    return _size(FILTER, subject, wanted)


def pool_size(subject: Subject, wanted: Wanted) -> Demonstration:
    """The size after pooling from the map's and the window's."""
    return _size(POOLING, subject, wanted)


def _size(sliding: Sliding, subject: Subject, wanted: Wanted) -> Demonstration:
    side = whole(wanted, "side", sliding.side, 1, LARGEST)
    window = whole(wanted, "window", sliding.window, 1, LARGEST)
    least = min(sliding.stride, 1)
    stride = whole(wanted, "stride", sliding.stride, least, LARGEST)
    name, label, choices = sliding.choice
    choice = _one_of(wanted, name, choices)
    step = _step(sliding.layer(window, stride, choice), side)
    before, after = (format_shape(shape[:2]) for shape in (step.before, step.after))
    why = step.words.split(";")[0]  # what follows tells of many maps, and here is one
    table, agreed = _measured(subject, wanted, sliding.kind)
    of_side, of_window, of_stride = sliding.labels
    return Demonstration(
        said=(sliding.said.format(window=window, before=before, why=why, after=after), agreed),
        parts=(table,),
        controls=(
            Control("side", of_side, str(side), 1, LARGEST),
            Control("window", of_window, str(window), 1, LARGEST),
            Control("stride", of_stride, str(stride), least, LARGEST),
            Control(name, label, choice, choices=choices),
        ),
    )


def _measured(subject: Subject, wanted: Wanted, kind: type[Conv] | type[Pool]) -> tuple[Table, str]:
    """Every layer's size as arithmetic, and as it came out when the network ran."""
    outputs = subject.outputs(subject.shown(wanted))
    spec = subject.net
    steps = size_steps(spec, subject.input_shape, subject.classifier.contract.outputs)
    same = sum(step.after == output.shape for step, output in zip(steps, outputs, strict=True))
    table = Table(
        f"Your network, {subject.run.name}, layer by layer",
        ("layer", "before", "after", "measured", "why"),
        tuple(
            (step.name, format_shape(step.before), format_shape(step.after),
             format_shape(output.shape), step.words)
            for step, output in zip(steps, outputs, strict=True)
        ),
        marked=tuple(
            place for place, layer in enumerate(spec.layers) if isinstance(layer, kind)
        ),
    )  # fmt: skip
    agreed = (
        f"A picture was sent through your network, and the size of each layer was measured: "
        f"{same} of {few(len(steps), 'size')} as worked out."
    )
    return table, agreed


def _step(words: str, side: int) -> SizeStep:
    spec = parse_net(f"{words}, flatten, dense classes")
    return size_steps(spec, (side, side, 1))[0]


def _one_of(wanted: Wanted, name: str, choices: Choices) -> str:
    said = wanted.get(name, choices[0][0])
    known = [value for value, _ in choices]
    if said not in known:
        raise UsageError(f"{name} must be one of {', '.join(known)}, got {said!r}")
    return said
