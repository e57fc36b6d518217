"""Questions 4 and 5: sizes worked out for any numbers, and measured in the reader's own net."""

from lenswork.errors import UsageError
from lenswork.look.quiz.shown import Control, Demonstration, Table, few
from lenswork.look.quiz.subject import Subject, Wanted, whole
from lenswork.look.sizes import SizeStep, size_steps
from lenswork.model.layers import Conv, Pool, format_shape
from lenswork.model.spec import parse_net

LARGEST = 1000  # pixels a side, and of a window
PADDINGS = (("none", "none"), ("same", "keep the size"))
METHODS = (("max", "maximum"), ("avg", "average"))


def filter_size(subject: Subject, wanted: Wanted) -> Demonstration:
    """The size of a map from the picture's, the filter's, the stride and the padding."""
    side, window, stride = _numbers(wanted, side=28, window=3, stride=1)
    padding = _one_of(wanted, "padding", PADDINGS)
    words = f"conv 1 {window}x{window} stride {stride}{' same' if padding == 'same' else ''}"
    step = _step(words, side)
    before, after = (format_shape(shape[:2]) for shape in (step.before, step.after))
    return _demonstration(
        subject,
        wanted,
        Conv,
        f"A {window}x{window} filter on {before}: {step.words.split(';')[0]}. The map is {after}.",
        (
            Control("side", "Picture side", str(side), 1, LARGEST),
            Control("window", "Filter side", str(window), 1, LARGEST),
            Control("stride", "Stride", str(stride), 1, LARGEST),
            Control("padding", "Padding", padding, choices=PADDINGS),
        ),
    )


def pool_size(subject: Subject, wanted: Wanted) -> Demonstration:
    """The size after pooling from the map's and the window's."""
    side, window, stride = _numbers(wanted, side=26, window=2, stride=0)
    method = _one_of(wanted, "method", METHODS)
    step = _step(f"pool {method} {window}x{window} stride {stride or window}", side)
    before, after = (format_shape(shape[:2]) for shape in (step.before, step.after))
    return _demonstration(
        subject,
        wanted,
        Pool,
        f"{window}x{window} pooling of {before}: {step.words}. What comes out is {after}.",
        (
            Control("side", "Map side", str(side), 1, LARGEST),
            Control("window", "Window side", str(window), 1, LARGEST),
            Control("stride", "Stride (0: window)", str(stride), 0, LARGEST),
            Control("method", "Keeps the", method, choices=METHODS),
        ),
    )


def _demonstration(
    subject: Subject,
    wanted: Wanted,
    kind: type[Conv] | type[Pool],
    said: str,
    controls: tuple[Control, ...],
) -> Demonstration:
    table, agreed = _measured(subject, wanted, kind)
    return Demonstration((said, agreed), (table,), controls)


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


def _numbers(wanted: Wanted, *, side: int, window: int, stride: int) -> tuple[int, int, int]:
    return (
        whole(wanted, "side", side, 1, LARGEST),
        whole(wanted, "window", window, 1, LARGEST),
        whole(wanted, "stride", stride, min(stride, 1), LARGEST),
    )


def _one_of(wanted: Wanted, name: str, choices: tuple[tuple[str, str], ...]) -> str:
    said = wanted.get(name, choices[0][0])
    known = [value for value, _ in choices]
    if said not in known:
        raise UsageError(f"{name} must be one of {', '.join(known)}, got {said!r}")
    return said
