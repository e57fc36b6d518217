"""Question 3: what the last filters isolate, and what the answer owes to them."""

import copy
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
import torch

from lenswork.look.activations import LayerOutput, prepared
from lenswork.look.filters import FilterLook, look_at_filters
from lenswork.look.pictures import Shown
from lenswork.look.quiz.shown import (
    Bars,
    Demonstration,
    Panel,
    Panels,
    answers_beside,
    coloured,
    few,
    percent,
)
from lenswork.look.quiz.subject import Subject, Wanted
from lenswork.model.classifier import Classifier, Prediction
from lenswork.model.layers import Conv
from lenswork.model.network import ConvLayer, Network

PICTURES, FILTERS, PATCHES = 120, 5, 4
FEW = 1 / 3  # of the places: a filter that answers at fewer is said to isolate something


def isolating(subject: Subject, wanted: Wanted) -> Demonstration:
    """Show the filters that answer the picture most, with what else excites each of them."""
    shown = subject.shown(wanted)
    place = subject.last(Conv)
    output = subject.outputs(shown)[place]
    part = subject.some(PICTURES)
    look = look_at_filters(subject.classifier, part, output.name, patches=PATCHES)
    highest = output.values[0].max(axis=(0, 1))  # (filters,)
    order = np.argsort(-highest, kind="stable").tolist()
    best = order[:FILTERS]
    given = prepared(subject.classifier, [shown.picture])[0]
    switched, bars = _switched_off(subject, shown, place, order)
    return Demonstration(
        said=(*_said(shown, output, look, best), *switched),
        parts=(
            Panels("Your picture as the network is given it", (Panel(shown.id, given),)),
            *(_one(output, look, number) for number in best),
            *bars,
        ),
        controls=subject.picture_control(wanted),
    )


def _said(shown: Shown, output: LayerOutput, look: FilterLook, best: list[int]) -> tuple[str, ...]:
    maps = output.values[0]
    silent = int((maps.max(axis=(0, 1)) <= 0).sum())
    first = best[0]
    share = _share(output, first)
    said = (
        f"In {shown.id} filter {first} of layer {output.name} answers most: at more than half its "
        f"strength on {percent(share)} of the places. {_verdict(share)}"
    )
    others = (
        f"Of the {output.channels} filters {few(silent, 'answers', 'answer')} nowhere above 0 in "
        "this picture."
    )
    below = (
        f"Below, each of those that answer most with what excites it among {look.pictures:,} "
        "pictures."
    )
    return said, others, below


def without_filters(classifier: Classifier, place: int, filters: Sequence[int]) -> Classifier:
    """The classifier with the weights and biases of some filters of a convolution at 0.

    Raises `TypeError` where the layer is no convolution.
    """
    network = copy.deepcopy(classifier.network)
    layer = network.layers[place] if isinstance(network, Network) else None
    if not isinstance(layer, ConvLayer):
        raise TypeError(f"layer {place} is no convolution")
    with torch.no_grad():
        layer.weight[list(filters)] = 0
        if layer.bias is not None:
            layer.bias[list(filters)] = 0
    return Classifier(network, classifier.contract, [])


def _switched_off(
    subject: Subject, shown: Shown, place: int, order: list[int]
) -> tuple[tuple[str, ...], tuple[Bars, ...]]:
    """The answer without the filters that answer most, and without those that answer least."""
    count = min(FILTERS, len(order) // 2)
    if not count:  # a single filter, without which there is nothing
        return (), ()
    given = prepared(subject.classifier, [shown.picture])
    tried = (
        subject.classifier,
        without_filters(subject.classifier, place, order[:count]),
        without_filters(subject.classifier, place, order[-count:]),
    )
    answers = [one.predictions(one.probabilities(given))[0] for one in tried]
    whole, most, least = map(_answer, answers)
    columns = ("as it is", f"{count} strongest off", f"{count} weakest off")
    return (
        (
            (
                f"Does the rest decide on them? The answer is {whole}. With the "
                f"{few(count, 'filter that answers', 'filters that answer')} most here switched "
                f"off it is {most}; with as many of those that answer least, {least}."
            ),
        ),
        (
            answers_beside(
                f"What your network says of {shown.id}",
                columns,
                [answer.probabilities for answer in answers],
            ),
        ),
    )


def _answer(answer: Prediction) -> str:
    return f"{answer.class_name}, {percent(answer.probability)}"


def _verdict(share: float) -> str:
    if share < FEW:
        return "A few places stand out and the rest is left behind: that is isolating."
    return "That is much of the picture: this filter isolates little of it."


def _one(output: LayerOutput, look: FilterLook, number: int) -> Panels:
    patches = tuple(
        Panel(patch.class_name, patch.pixels, PurePosixPath(patch.id).name)
        for patch in look.strongest[number]
    )
    fired = few(int(look.fired[number]), "picture")
    return Panels(
        f"Filter {number}, which answers above 0 in {fired} of {look.pictures:,}",
        (Panel("its map of yours", coloured(output.values[0, :, :, number])), *patches),
        small=True,
    )


def _share(output: LayerOutput, number: int) -> float:
    """The part of the places at which a filter answers at more than half its strength."""
    values = output.values[0, :, :, number]
    return float(np.mean(values > values.max() / 2))
