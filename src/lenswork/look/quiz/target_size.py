"""Question 9: a picture as it was stored and as the network is given it."""

from collections import Counter

from lenswork.errors import NetError
from lenswork.look.pictures import Shown
from lenswork.look.quiz.shown import Control, Demonstration, Panel, Panels, Table, few
from lenswork.look.quiz.subject import Subject, Wanted, whole
from lenswork.model.describe import describe
from lenswork.model.preprocess import Preprocess
from lenswork.model.shapes import format_shape

COUNTED, MOST_SIZES, LARGEST = 100, 5, 512


def target_size(subject: Subject, wanted: Wanted) -> Demonstration:
    """Bring the picture to the network's size, and to another one."""
    shown = subject.shown(wanted)
    preprocess = subject.classifier.contract.preprocess
    own = min(preprocess.height, LARGEST)
    side = whole(wanted, "side", max(4, own // 2), 1, LARGEST)
    other = preprocess.model_copy(update={"height": side, "width": side})
    height, width, channels = preprocess.input_shape
    return Demonstration(
        said=(
            (
                f"Your network's target size is {height}x{width}: {shown.id} was stored at "
                f"{format_shape(shown.picture.shape[:2])} and became "
                f"{height} x {width} x {channels} = {height * width * channels:,} numbers."
            ),
            _sizes_said(subject),
            _other_said(subject, other),
        ),
        parts=(_panels(shown, preprocess, other), _stored(subject)),
        controls=(
            *subject.picture_control(wanted),
            Control("side", "Another target size", str(side), 1, LARGEST),
        ),
    )


def _panels(shown: Shown, preprocess: Preprocess, other: Preprocess) -> Panels:
    given = preprocess.apply(shown.picture)
    tried = other.apply(shown.picture)
    return Panels(
        "One picture, three sizes",
        (
            Panel(f"as stored: {format_shape(shown.picture.shape)}", shown.picture, crisp=False),
            Panel(f"your target size: {format_shape(given.shape)}", given),
            Panel(f"another: {format_shape(tried.shape)}", tried),
        ),
    )


def _counted(subject: Subject) -> Counter[str]:
    part = subject.some(COUNTED)
    shapes = (part.source.shape(place) for place in range(len(part)))
    return Counter(format_shape(shape[:2]) for shape in shapes)


def _sizes_said(subject: Subject) -> str:
    counted = _counted(subject)
    pictures = few(counted.total(), "held-out picture")
    if len(counted) == 1:
        return f"{pictures} looked at, all stored at {next(iter(counted))}."
    return f"{pictures} looked at: {few(len(counted), 'size')}, and one target size for them all."


def _stored(subject: Subject) -> Table:
    height, width, _ = subject.input_shape
    return Table(
        "The sizes of stored pictures, and what becomes of them",
        ("stored", "pictures", "as the network is given them"),
        tuple(
            (size, f"{count:,}", f"{height}x{width}")
            for size, count in _counted(subject).most_common(MOST_SIZES)
        ),
        numbers=(1,),
    )


def _other_said(subject: Subject, other: Preprocess) -> str:
    """What the same net would be for another size: its weights depend on it."""
    outputs = subject.classifier.contract.outputs
    size = f"{other.height}x{other.width}"
    own = describe(subject.net, subject.input_shape, outputs).parameters
    try:
        parameters = describe(subject.net, other.input_shape, outputs).parameters
    except NetError as error:
        return f"Your net could not be made for {size}: {error}."
    if parameters == own:
        return f"Made for {size}, your net has the same {own:,} parameters."
    return (
        f"Made for {size}, your net would have {parameters:,} parameters instead of {own:,}: the "
        "size is set before training, and kept in the classifier for ever after."
    )
