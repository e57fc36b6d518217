"""Question 13: the size of the pictures and the net, each changed while the other is held."""

from collections.abc import Iterator

import numpy as np

from lenswork.data.dataset import Part
from lenswork.errors import LensworkError
from lenswork.kinds import Picture, Pictures, Probabilities
from lenswork.look.quiz.apart import HELD, SMALLER, one_less, parameters_of, trained_apart
from lenswork.look.quiz.short import asks_to_train, train_control
from lenswork.look.quiz.shown import Control, Demonstration, Panel, Panels, Table, few
from lenswork.look.quiz.subject import Subject, Wanted, whole
from lenswork.model.describe import describe
from lenswork.model.layers import Conv
from lenswork.model.preprocess import Colours, Preprocess
from lenswork.model.presets import PRESETS
from lenswork.model.shapes import Shape, format_shape
from lenswork.model.spec import NetSpec, parse_net
from lenswork.record.accuracy import accuracy_of
from lenswork.study.folder import PLAN, STUDIES, Study
from lenswork.study.results import results_of
from lenswork.study.sizes import moved_pictures, size_pairs

COUNTED, MOST_SHOWN = 100, 4
NOTES = (("the notes' net at 300x300", "horses-300-deep"), ("their net at 150x150", "horses-150"))


def smaller(subject: Subject, wanted: Wanted) -> Demonstration:
    """Take detail from the pictures while the net is held, and compare the nets of both sizes."""
    height, width, _ = subject.input_shape
    side = whole(wanted, "side", max(2, min(height, width) // 2), 2, max(height, width))
    part = subject.some(COUNTED)
    given = subject.classifier.contract.preprocess.read_all(part.source)
    coarse: Pictures = np.stack([without_detail(picture, side) for picture in given])
    before, after = (subject.classifier.probabilities(one) for one in (given, coarse))
    changed = np.flatnonzero(before.argmax(axis=1) != after.argmax(axis=1)).tolist()
    trained, apart = trained_apart(subject, side) if asks_to_train(wanted) else ((), ())
    return Demonstration(
        said=(
            (f"The net held, only detail lost: {len(part):,} held-out pictures were shrunk to "
            f"{side}x{side} and brought back to {height}x{width}. {few(len(changed), 'answer')} "
            f"changed. Right before: {accuracy_of(part.labels, before)}; after: "
            f"{accuracy_of(part.labels, after)}."),
            *trained,
            _nets_said(),
            *_studies_said(subject),
        ),
        parts=(
            *_turned(subject, part, (given, coarse), (before, after), changed),
            *apart,
            _nets(subject, side),
        ),
        controls=(
            Control("side", "Shrunk to (pixels)", str(side), 2, max(height, width)),
            train_control(wanted),
        ),
    )  # fmt: skip


def without_detail(picture: Picture, side: int) -> Picture:
    """The picture at its own size with no more detail than `side` x `side` pixels hold."""
    height, width, channels = picture.shape
    colours: Colours = "grey" if channels == 1 else "rgb"
    small = Preprocess(height=side, width=side, colours=colours, resize="box").apply(picture)
    return Preprocess(height=height, width=width, colours=colours).apply(small)


def _turned(
    subject: Subject,
    part: Part,
    pictures: tuple[Pictures, Pictures],
    answers: tuple[Probabilities, Probabilities],
    changed: list[int],
) -> tuple[Panels, ...]:
    """The first pictures whose answers changed, as they were and without their detail."""
    classes = subject.classifier.classes
    panels = [
        Panel(
            f"{words}: {classes[int(said[place].argmax())]}",
            shown[place],
            f"{part.ids[place]}, truth {classes[part.labels[place]]}",
        )
        for place in changed[:MOST_SHOWN]
        for words, shown, said in zip(("before", "after"), pictures, answers, strict=True)
    ]
    return (Panels("What turned when detail was lost", tuple(panels)),) if panels else ()


def _nets_said() -> str:
    """What the notes changed together: size and net."""
    large, small = (PRESETS[name] for _, name in NOTES)
    counts = [describe(one.net, one.input_shape, one.outputs).parameters for one in (large, small)]
    lost = _convolutions(large.net) - _convolutions(small.net)
    return (
        f"The notes changed the net as well: {few(lost, 'convolution')} fewer at 150x150, and with "
        f"that {counts[1]:,} parameters in place of {counts[0]:,}. Neither the size nor the net "
        "alone can be made to answer for the difference."
    )


def _convolutions(net: str) -> int:
    return sum(isinstance(layer, Conv) for layer in parse_net(net).layers)


def _nets(subject: Subject, side: int) -> Table:
    """The own net at its size and at the smaller one, with one block less, and the notes' nets."""
    channels = subject.input_shape[2]
    outputs = subject.classifier.contract.outputs
    own, small = subject.input_shape, (side, side, channels)
    nets: list[tuple[str, NetSpec, Shape, int]] = [
        (HELD, subject.net, own, outputs),
        (SMALLER, subject.net, small, outputs),
        ("one convolution less", one_less(subject.net), small, outputs),
    ]
    for words, name in NOTES:
        preset = PRESETS[name]
        nets.append((words, parse_net(preset.net), preset.input_shape, preset.outputs))
    return Table(
        "The same net at two sizes, and two nets at two sizes",
        ("", "pictures", "net", "parameters"),
        tuple(
            (words, format_shape(shape), str(net), _parameters(net, shape, count))
            for words, net, shape, count in nets
        ),
        numbers=(3,),
        marked=(0,),
    )


def _parameters(net: NetSpec, shape: Shape, outputs: int) -> str:
    count = parameters_of(net, shape, outputs)
    return "does not fit" if count is None else f"{count:,}"


def _studies_said(subject: Subject) -> Iterator[str]:
    """What the reader's own studies of sizes have found, setting by setting."""
    folder = subject.home / STUDIES
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not (path / PLAN).is_file():
            continue
        try:
            study = Study(path)
            pairs = size_pairs(study.plan) if _is_of_sizes(study) else ()
            if not pairs:
                continue
            results = results_of(study)
        except LensworkError:  # a study that cannot be read is told on its own page
            continue
        for size, largest in pairs:
            if {size, largest} <= set(results.settings):
                moved = moved_pictures(results, size, largest)
                yield f"Your study {study.name}: {moved.sentence()}"


def _is_of_sizes(study: Study) -> bool:
    """Whether the study is one of `lenswork sizes`: every setting names a size and a net."""
    settings = study.plan.axes.get("setting", {})
    return bool(settings) and all(
        isinstance(fields, dict) and {"size", "net"} <= set(fields) for fields in settings.values()
    )
