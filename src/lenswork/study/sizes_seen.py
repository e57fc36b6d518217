"""The pictures that smaller sizes lose, read again as both networks see them."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from lenswork.data.dataset import Dataset
from lenswork.model.preprocess import Preprocess
from lenswork.study.folder import Study
from lenswork.study.results import Results
from lenswork.study.sizes import Moved, moved_pictures, size_pairs
from lenswork.study.sizes_figure import COLUMNS, Seen, sizes_figure
from lenswork.study.summary import Summary


def moved_in(summary: Summary) -> list[Moved]:
    """What each smaller size moves; sizes without a finished training are left out."""
    return [
        moved_pictures(summary.results, size, largest)
        for size, largest in size_pairs(summary.plan)
        if {size, largest} <= set(summary.results.settings)
    ]


def lost_figure(study: Study, results: Results, moved: Sequence[Moved], data: Dataset) -> Figure:
    """The first pictures that each size loses; `data` is what the study was trained on."""
    seen = {one.size: (one, _seen(study, results, one, data)) for one in moved}
    return sizes_figure(f"{data.name}: pictures that smaller sizes lose", seen)


def _seen(study: Study, results: Results, moved: Moved, data: Dataset) -> list[Seen]:
    part = data.parts[results.part]
    places = {name: place for place, name in enumerate(part.ids)}
    large, small = (_preprocess(study, name) for name in (moved.largest, moved.size))
    of_large, of_small = (len(results.settings[name].seeds) for name in (moved.largest, moved.size))
    seen = []
    for number in moved.lost[:COLUMNS]:
        place = places[results.ids[number]]
        seen.append(
            Seen(
                name=results.ids[number],
                truth=data.classes[part.labels[place]],
                large=large.read(part.source, place),
                small=small.read(part.source, place),
                right_large=f"{round(moved.right_largest[number] * of_large)} of {of_large}",
                right_small=f"{round(moved.right[number] * of_small)} of {of_small}",
            )
        )
    return seen


def _preprocess(study: Study, setting: str) -> Preprocess:
    preprocess: Preprocess = study.runs(setting)[0].classifier.contract.preprocess
    return preprocess
