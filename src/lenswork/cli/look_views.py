"""The views of `lenswork look`, and the table of which options each of them uses."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from lenswork.cli.look_augmented import open_training
from lenswork.cli.look_subject import Subject, address, one_word, open_subject, words
from lenswork.cli.pictures_bar import pictures_bar
from lenswork.look.arithmetic_figure import arithmetic_figure
from lenswork.look.arithmetic_text import arithmetic_text
from lenswork.look.attribution import attribute
from lenswork.look.attribution_figure import attribution_figure
from lenswork.look.attribution_methods import Method
from lenswork.look.augmented_figure import augmented_figure
from lenswork.look.each_number import EachNumber, work_out
from lenswork.look.each_number_figure import each_number_figure
from lenswork.look.feature_maps import FeatureMaps
from lenswork.look.filters import look_at_filters
from lenswork.look.filters_figure import patches_figure, weights_figure
from lenswork.look.forgot import What, as_dict, describe, forget, forget_part, slip
from lenswork.look.forgot_figure import forgot_figure
from lenswork.look.grid import all_channel_maps, channel_maps
from lenswork.look.grid_figure import channel_figure
from lenswork.look.pictures import Shown, as_dicts, changes
from lenswork.look.shapes_figure import sizes_figure
from lenswork.look.sheet_figure import sheet_figure
from lenswork.look.sizes import sight, size_steps
from lenswork.look.sizes_figure import sight_figure
from lenswork.record.style import ColourMap

Asked = dict[str, Any]


@dataclass(frozen=True)
class View:
    """What a look gives: lines for the terminal, the same for JSON, and figures by their name."""

    lines: list[str]
    content: object
    figures: dict[str, Figure]
    maps: FeatureMaps | None = None  # whose numbers --arrays writes


@dataclass(frozen=True)
class Looked:
    """A view, the name that its files begin with, and what was done to the pictures that it shows.

    `changes` are lines for the terminal, `pictures` the same for JSON.
    """

    name: str
    view: View
    changes: list[str] = field(default_factory=list)
    pictures: list[dict[str, object]] = field(default_factory=list)


Look = Callable[[str, Path | None, Path | None, Asked], Looked]  # run, home, data home, options


@dataclass(frozen=True)
class ViewKind:
    """How a view is taken, and which options it uses.

    `part_beside_image` says that it uses --part even for a picture of one's own.
    """

    look: Look
    uses: frozenset[str]
    part_beside_image: bool = False


def _at(make: Callable[[Subject, Asked], View], most: int | None = None) -> Look:
    """A look at a classifier and pictures, at most so many; None is any number, 0 opens none."""

    def look(run: str, home: Path | None, data_home: Path | None, asked: Asked) -> Looked:
        subject = open_subject(run, home, data_home, asked, most)
        shown, preprocess = subject.shown, subject.preprocess
        view = make(subject, asked)
        return Looked(subject.name, view, changes(shown, preprocess), as_dicts(shown, preprocess))

    return look


def _augmented(run: str, home: Path | None, data_home: Path | None, asked: Asked) -> Looked:
    """A look at training pictures, which needs no classifier."""
    training = open_training(run, home, data_home, asked)
    rows = training.copies(asked["pictures"])
    lines = [f"augment {training.words}", training.note()]
    for row in rows:
        steps = ", ".join(str(copy.step) for copy in row.copies)
        lines.append(f"picture {row.number} {row.id}, {row.truth}: met at steps {steps}")
    shown = [Shown(row.id, row.original, row.truth) for row in rows]
    figure = augmented_figure(training.words, training.note(), rows)
    view = View(lines, training.as_dict(rows), {"": figure})
    return Looked(training.name, view, pictures=as_dicts(shown, training.preprocess))


def _maps(subject: Subject, asked: Asked) -> View:
    maps = channel_maps(
        subject.classifier,
        subject.shown,
        channel=asked["channel"] or 0,
        layers=words(asked["layers"]),
        scale=asked["scale"] or "shared",
    )
    colours: ColourMap = asked["colours"] or "inferno"
    return _view_of_maps(maps, channel_figure(maps, colours))


def _all_channels(subject: Subject, asked: Asked) -> View:
    maps = all_channel_maps(
        subject.classifier,
        subject.shown[0],
        layers=words(asked["layers"]),
        scale=asked["scale"] or "own",
    )
    return _view_of_maps(maps, sheet_figure(maps, asked["colours"] or "viridis"))


def _view_of_maps(maps: FeatureMaps, figure: Figure) -> View:
    lines = maps.lines()
    if maps.left_out:
        numbers = ",".join(name.split()[0] for name in maps.left_out)
        lines.append(f"left out: {'; '.join(maps.left_out)} (--layers {numbers} shows them)")
    return View(lines, maps.as_dict(), {"": figure}, maps)


def _filters(subject: Subject, asked: Asked) -> View:
    part = subject.part(asked["part"] or "train")
    layer = one_word(asked["layers"], "--layers")
    with pictures_bar("looking") as progress:
        look = look_at_filters(subject.classifier, part, layer, progress=progress)
    over_picture = look.weights.shape[3] in (1, 3)
    channel = asked["channel"] if over_picture else asked["channel"] or 0
    figures = {"weights": weights_figure(look, channel), "": patches_figure(look)}
    seen = (
        f"patches are cut from pictures as the network sees them: {subject.preprocess.describe()}"
    )
    return View([*look.describe(), seen], look.as_dict(), figures)


def _attribution(subject: Subject, asked: Asked) -> View:
    method: Method = asked["attribution"]
    found = attribute(
        subject.classifier,
        subject.shown,
        method,
        class_name=asked["class_name"],
        layer=one_word(asked["layers"], "--layers"),
    )
    lines = [line for one in found for line in one.lines()]
    return View(lines, [one.as_dict() for one in found], {"": attribution_figure(found)})


def _forgot(subject: Subject, asked: Asked) -> View:
    what: What = asked["forgot"]
    forgotten = slip(subject.classifier, what)
    pictures = forget(subject.classifier, subject.shown, what)
    has_part = subject.run is not None or asked["part"] is not None
    part = subject.part(asked["part"]) if has_part else None
    whole = None if part is None else forget_part(subject.classifier, part, what)
    lines = describe(forgotten, pictures, whole)
    content = as_dict(forgotten, pictures, whole)
    return View(lines, content, {"": forgot_figure(forgotten, pictures, whole)})


def _sizes(subject: Subject, asked: Asked) -> View:  # noqa: ARG001
    contract = subject.contract
    steps = size_steps(subject.net, contract.preprocess.input_shape, contract.outputs)
    content = [step.as_dict() for step in steps]
    return View([str(step) for step in steps], content, {"": sizes_figure(steps)})


def _sees(subject: Subject, asked: Asked) -> View:
    layer, position = address(asked["sees"], "--sees LAYER:ROW,COLUMN")
    shape = subject.preprocess.input_shape
    seen = sight(subject.net, shape, layer, position, subject.contract.outputs)
    picture = subject.preprocess.apply(subject.shown[0].picture)
    lines = [f"picture {subject.shown[0].id}", str(seen)]
    return View(lines, seen.as_dict(), {"": sight_figure(seen, picture)})


def _value(subject: Subject, asked: Asked) -> View:
    layer, numbers = address(asked["value"], "--value LAYER:CHANNEL,ROW,COLUMN")
    picture = subject.shown[0].picture
    worked = work_out(subject.classifier, picture, layer, numbers[0], numbers[1:] or None)
    if isinstance(worked, EachNumber):
        figure = each_number_figure(worked)
    else:
        figure = arithmetic_figure(worked)
    lines = [f"picture {subject.shown[0].id}", *arithmetic_text(worked).splitlines()]
    return View(lines, worked.as_dict(), {"": figure})


_PICTURES = frozenset({"pictures", "image", "part", "out"})
_MAPS = _PICTURES | {"layers", "colours", "scale", "arrays"}

VIEWS: dict[str, ViewKind] = {  # "maps" is the view without another word
    "maps": ViewKind(_at(_maps), _MAPS | {"channel"}),
    "all_channels": ViewKind(_at(_all_channels, 1), _MAPS),
    "filters": ViewKind(_at(_filters, 0), frozenset({"part", "layers", "channel", "out"})),
    "attribution": ViewKind(_at(_attribution), _PICTURES | {"layers", "class_name"}),
    "forgot": ViewKind(_at(_forgot), _PICTURES, part_beside_image=True),
    "sizes": ViewKind(_at(_sizes, 0), frozenset({"out"})),
    "sees": ViewKind(_at(_sees, 1), _PICTURES),
    "value": ViewKind(_at(_value, 1), _PICTURES),
    "augmented": ViewKind(_augmented, frozenset({"pictures", "out"})),
}
