"""Figures of data and answers in one call, for a notebook: what there is, and what went wrong."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from lenswork.data.dataset import Dataset
from lenswork.data.open import open_data
from lenswork.errors import UsageError
from lenswork.kinds import SplitName
from lenswork.look.confusion_figure import confusion_figure
from lenswork.look.contact_sheet import Block, Caption, contact_sheet, numbers_of, packed
from lenswork.look.held_out import read_shown
from lenswork.look.mistakes import confused_pairs, judge
from lenswork.look.mistakes_figure import mistakes_blocks, mistakes_sheet
from lenswork.look.pictures import drawn_places
from lenswork.record.run import Run
from lenswork.record.train import open_for
from lenswork.study.folder import Study
from lenswork.study.sizes_seen import lost_figure, moved_in
from lenswork.study.summary import summarise
from lenswork.training.recipe import Recipe

SIZED = {"size", "net"}  # what each setting of sizes_plan says


def draw_pictures(
    data: Dataset | str | Path, part: SplitName = "train", *, each: int = 4, seed: int = 0
) -> Figure:
    """Some pictures of every class, picked by chance.

    `data` is an opened data set, a known name or a folder; `each` is how many of a class. Raises
    what `open_data` raises, and `UsageError` for a part that is not there.
    """
    opened = data if isinstance(data, Dataset) else open_data(data)
    if part not in opened.parts:
        raise UsageError(
            f"{opened.name} has no {part} pictures; it has {', '.join(opened.parts)} pictures"
        )
    if each < 1:
        raise UsageError(f"each is how many pictures of a class: expected 1 or more, got {each}")
    chosen = opened.parts[part]
    blocks = []
    for label, name in enumerate(opened.classes):
        count = int((chosen.labels == label).sum())
        places = drawn_places(chosen, each, label, seed)
        captions = tuple(Caption(place, "", chosen.ids[place]) for place in places)
        blocks += [Block(f"{name}, {count:,}", captions)] if captions else []
    blocks = packed(blocks)
    pictures = [chosen.source.read(place) for place in numbers_of(blocks)]
    note = f"{len(pictures):,} of {len(chosen):,} {part} pictures, picked by chance, by class"
    return contact_sheet(opened.name, note, blocks, pictures)


def draw_mistakes(run: Run, most: int = 24, *, part: SplitName | None = None) -> Figure:
    """The surest mistakes of every class pair, frequent pairs first, at most `most` pictures.

    Raises `RunError` for a run without answers, and where the data have changed since.
    """
    if most < 1:
        raise UsageError(f"most is how many mistakes to draw: expected 1 or more, got {most}")
    judged = judge(run, part)
    pairs = confused_pairs(judged)
    blocks = mistakes_blocks(pairs, most)
    pictures = read_shown(run, judged, numbers_of(blocks))
    return mistakes_sheet(judged, blocks, pictures, len(pairs))


def draw_confusion(run: Run, *, part: SplitName | None = None) -> Figure:
    """The confusion matrix, with each class's 95% interval beside it."""
    return confusion_figure(judge(run, part))


def draw_lost(study: Study) -> Figure:
    """The pictures that the smaller sizes lose, in a study made from `sizes_plan`.

    Raises `UsageError` for a study of something else.
    """
    settings = study.plan.axes.get("setting", {}).values()
    sized = [one for one in settings if isinstance(one, Mapping) and one.keys() >= SIZED]
    if not sized or len(sized) < len(settings):
        raise UsageError(
            f"study {study.name} does not compare picture sizes alone: make one with sizes_plan"
        )
    summary = summarise(study)
    _, data = open_for(Recipe(**study.plan.settings[0].fields))
    return lost_figure(study, summary.results, moved_in(summary), data)
