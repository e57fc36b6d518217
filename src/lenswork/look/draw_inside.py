"""Figures of what a run's network does with pictures, in one call each, for a notebook.

Pictures are numbers in the run's held-out part, from 0, or paths of files.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from matplotlib.figure import Figure

from lenswork.errors import UsageError
from lenswork.kinds import SplitName
from lenswork.look.arithmetic_figure import arithmetic_figure
from lenswork.look.attribution import attribute
from lenswork.look.attribution_figure import attribution_figure
from lenswork.look.attribution_methods import Method
from lenswork.look.each_number import EachNumber, work_out
from lenswork.look.each_number_figure import each_number_figure
from lenswork.look.filters import look_at_filters
from lenswork.look.filters_figure import patches_figure
from lenswork.look.forgot import What, forget, forget_part, slip
from lenswork.look.forgot_figure import forgot_figure
from lenswork.look.grid import all_channel_maps, channel_maps
from lenswork.look.grid_figure import channel_figure
from lenswork.look.pictures import FIRST_PICTURES, Shown, part_of, picture_file, some_pictures
from lenswork.look.sheet_figure import sheet_figure
from lenswork.record.run import Run

Wanted = int | str | Path  # a number in the part, or a file
Layer = int | str  # its number from 1, or its words


def draw_maps(
    run: Run,
    pictures: Sequence[Wanted] | None = None,
    *,
    channel: int = 0,
    layers: Sequence[Layer] | None = None,
    part: SplitName | None = None,
) -> Figure:
    """One channel of each layer, a row a picture: the grid of the notes.

    Left out, the pictures are 0, 7 and 26 of the held-out part, and the layers the first four
    convolutions and poolings. Raises `UsageError` for what is not there, naming what is.
    """
    names = None if layers is None else [str(layer) for layer in layers]
    shown = _shown(run, pictures, part)
    return channel_figure(channel_maps(run.classifier, shown, channel=channel, layers=names))


def draw_channels(
    run: Run,
    picture: Wanted = 0,
    *,
    layers: Sequence[Layer] | None = None,
    part: SplitName | None = None,
) -> Figure:
    """Every channel of some layers, or of all, for one picture."""
    names = None if layers is None else [str(layer) for layer in layers]
    (shown,) = _shown(run, [picture], part)
    return sheet_figure(all_channel_maps(run.classifier, shown, layers=names))


def draw_filters(run: Run, layer: Layer | None = None, *, part: SplitName = "train") -> Figure:
    """A convolution's filters, the first one's if none is named, and what excites each most.

    The patches are cut from the pictures of a part.
    """
    name = None if layer is None else str(layer)
    return patches_figure(look_at_filters(run.classifier, part_of(run, part), name))


def draw_value(
    run: Run,
    layer: Layer,
    channel: int = 0,
    place: tuple[int, int] | None = None,
    *,
    picture: Wanted = 0,
    part: SplitName | None = None,
) -> Figure:
    """The arithmetic behind one number of a layer; `place` is its row and column in a map.

    Left out, the place is where the channel answers most.
    """
    (shown,) = _shown(run, [picture], part)
    worked = work_out(run.classifier, shown.picture, str(layer), channel, place)
    if isinstance(worked, EachNumber):
        return each_number_figure(worked)
    return arithmetic_figure(worked)


def draw_attribution(
    run: Run,
    pictures: Sequence[Wanted] | None = None,
    method: Method = "grad-cam",
    *,
    class_name: str | None = None,
    part: SplitName | None = None,
) -> Figure:
    """Which pixels spoke for the answer, or for `class_name`, beside a check of that map."""
    shown = _shown(run, pictures, part)
    return attribution_figure(attribute(run.classifier, shown, method, class_name=class_name))


def draw_forgotten(
    run: Run,
    what: What = "rescale",
    pictures: Sequence[Wanted] | None = None,
    *,
    part: SplitName | None = None,
) -> Figure:
    """What the answers become when `what` is forgotten, for some pictures and for the whole part.

    It is "rescale", "colours", "size" or "class-order".
    """
    shown = _shown(run, pictures, part)
    whole = forget_part(run.classifier, part_of(run, part), what)
    return forgot_figure(slip(run.classifier, what), forget(run.classifier, shown, what), whole)


def _shown(run: Run, wanted: Sequence[Wanted] | None, part: SplitName | None) -> list[Shown]:
    """The wanted pictures in their order; the data are opened only where a number asks for them."""
    classifier = run.classifier
    preprocess = classifier.contract.preprocess
    opened = cache(lambda: part_of(run, part))
    if wanted is None:
        wanted = [number for number in FIRST_PICTURES if number < len(opened())]
    if not len(wanted):
        raise UsageError("give at least one picture: a number in the part, or a file's path")
    return [
        some_pictures(opened(), [one], classifier.classes, preprocess)[0]
        if isinstance(one, int)
        else picture_file(Path(one), preprocess)
        for one in wanted
    ]
