"""Question 13's other half: the net at two sizes, and two nets at one size, trained anew."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenswork.data.dataset import Part
from lenswork.errors import NetError
from lenswork.look.quiz.short import short_recipe, short_training, steps_in_time
from lenswork.look.quiz.shown import Table, few, percent
from lenswork.look.quiz.subject import Subject
from lenswork.model.classifier import Classifier
from lenswork.model.describe import describe
from lenswork.model.layers import Conv, Pool
from lenswork.model.shapes import Shape, format_shape
from lenswork.model.spec import NetSpec
from lenswork.record.accuracy import accuracy_interval
from lenswork.study.pairs import mcnemar

COUNTED = 200
CHANCE = 0.05  # a p value below which a difference is called more than chance
HELD = "your net at its size"
SMALLER = "your net, smaller pictures"
REMOVED = "one convolution less, your size"
BOTH = "one convolution less, smaller pictures"
WHAT = {SMALLER: "The size alone", REMOVED: "The net alone", BOTH: "Both, as in the notes"}

Correct = NDArray[np.bool_]


@dataclass(frozen=True)
class Setting:
    """A net at a size; `height` and `width` in pixels."""

    name: str
    net: NetSpec
    height: int
    width: int

    def shape(self, channels: int) -> Shape:
        """(height, width, channels) of the net's input."""
        return self.height, self.width, channels


def settings_of(subject: Subject, side: int) -> list[Setting]:
    """The own net and one with a convolution less, each at the own size and at `side`; that fit."""
    height, width, channels = subject.input_shape
    less = one_less(subject.net)
    found = [
        Setting(HELD, subject.net, height, width),
        Setting(SMALLER, subject.net, side, side),
    ]
    if less != subject.net:
        found += [Setting(REMOVED, less, height, width), Setting(BOTH, less, side, side)]
    outputs = subject.classifier.contract.outputs
    return [one for one in found if parameters_of(one.net, one.shape(channels), outputs)]


def one_less(net: NetSpec) -> NetSpec:
    """The net without its last convolution and the pooling that follows it."""
    places = [place for place, layer in enumerate(net.layers) if isinstance(layer, Conv)]
    if len(places) < 2:
        return net
    last = places[-1]
    gone = {last}
    after = net.layers[last + 1] if last + 1 < len(net.layers) else None
    if isinstance(after, Pool) and after.window is not None:
        gone.add(last + 1)
    return NetSpec(tuple(layer for place, layer in enumerate(net.layers) if place not in gone))


def parameters_of(net: NetSpec, shape: Shape, outputs: int) -> int | None:
    """How many parameters the net has for pictures of this shape; None where it does not fit."""
    try:
        return describe(net, shape, outputs).parameters
    except NetError:
        return None


def trained_apart(subject: Subject, side: int) -> tuple[tuple[str, ...], tuple[Table, ...]]:
    """Train every setting for the same few steps, and ask all of them the same pictures."""
    if subject.data is None:
        return ("Its data cannot be opened here, so nothing was trained anew.",), ()
    recipe, data = short_recipe(subject)
    settings = settings_of(subject, side)
    if len(settings) < 2:
        return (f"Neither your net at {side}x{side} nor one with less can be built.",), ()
    recipes = [
        recipe.changed(net=str(one.net), size=format_shape((one.height, one.width)))
        for one in settings
    ]
    steps = steps_in_time(recipes, data)
    if not steps:
        return (
            (
                "Your net is too slow to be trained several times here: lenswork sizes does it, "
                "with several seeds."
            ),
        ), ()
    part = subject.some(COUNTED)
    right = {
        one.name: _right(short_training(its, data, steps).classifier, part)
        for one, its in zip(settings, recipes, strict=True)
    }
    said = (
        (
            f"Both changes apart, each net trained anew for {few(steps, 'step')} on "
            f"{few(len(data.train), 'picture')} and asked the same {len(part):,} held-out ones:"
        ),
        *(_apart_said(right, name) for name in WHAT if name in right),
        (
            "One short training each, and another seed is another network: lenswork sizes asks the "
            "same with several seeds."
        ),
    )
    return said, (_table(subject, settings, right, steps),)


def _right(classifier: Classifier, part: Part) -> Correct:
    """Which pictures it answers rightly, (count,)."""
    given = classifier.contract.preprocess.read_all(part.source)
    correct: Correct = classifier.probabilities(given).argmax(axis=1) == part.labels
    return correct


def _apart_said(right: dict[str, Correct], name: str) -> str:
    test = mcnemar(right[HELD], right[name])
    chance = "more than chance explains" if test.p < CHANCE else "which chance alone can do"
    shares = [percent(float(one.mean())) for one in (right[HELD], right[name])]
    return (
        f"{WHAT[name]}: {shares[0]} right before and {shares[1]} after; it loses "
        f"{few(test.only_first, 'picture')} and wins {test.only_second:,}, {chance}."
    )


def _table(
    subject: Subject, settings: list[Setting], right: dict[str, Correct], steps: int
) -> Table:
    outputs, channels = subject.classifier.contract.outputs, subject.input_shape[2]
    rows = []
    for one in settings:
        shape, found = one.shape(channels), right[one.name]
        counted = accuracy_interval(int(found.sum()), len(found))
        interval = f"{percent(counted.low)} to {percent(counted.high)}"
        parameters = parameters_of(one.net, shape, outputs) or 0
        rows.append(
            (one.name, format_shape(shape), f"{parameters:,}", percent(counted.fraction), interval)
        )
    return Table(
        f"Trained for {few(steps, 'step')} each, and asked the same pictures",
        ("", "pictures", "parameters", "right", "95% interval"),
        tuple(rows),
        numbers=(2, 3),
        marked=(0,),
    )
