"""Question 3: what the filters of the last convolution isolate, here and in other pictures."""

from pathlib import PurePosixPath

import numpy as np

from lenswork.look.activations import LayerOutput, prepared
from lenswork.look.filters import FilterLook, look_at_filters
from lenswork.look.pictures import Shown
from lenswork.look.quiz.shown import Demonstration, Panel, Panels, coloured, few, percent
from lenswork.look.quiz.subject import Subject, Wanted
from lenswork.model.layers import Conv

PICTURES, FILTERS, PATCHES = 120, 5, 4
FEW = 1 / 3  # of the places: a filter that answers at fewer is said to isolate something


def isolating(subject: Subject, wanted: Wanted) -> Demonstration:
    """Show the filters that answer the picture most, with what else excites each of them."""
    shown = subject.shown(wanted)
    output = subject.outputs(shown)[subject.last(Conv)]
    part = subject.some(PICTURES)
    look = look_at_filters(subject.classifier, part, output.name, patches=PATCHES)
    highest = output.values[0].max(axis=(0, 1))  # (filters,)
    best = np.argsort(-highest, kind="stable")[:FILTERS].tolist()
    given = prepared(subject.classifier, [shown.picture])[0]
    return Demonstration(
        said=_said(shown, output, look, best),
        parts=(
            Panels("Your picture as the network is given it", (Panel(shown.id, given),)),
            *(_one(output, look, number) for number in best),
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
    return said, others, f"Below, each with what excites it most among {look.pictures:,} pictures."


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
