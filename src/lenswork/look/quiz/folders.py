"""Question 7: the directories of the reader's own data, and every label checked against them."""

from pathlib import PurePosixPath

from lenswork.data.dataset import Dataset
from lenswork.data.folder import open_folder
from lenswork.data.open import SAMPLE, open_data
from lenswork.errors import DataError
from lenswork.look.quiz.shown import Demonstration, Panel, Panels, Part, Table, few
from lenswork.look.quiz.subject import Subject, Wanted
from lenswork.model.preprocess import Preprocess

EACH, MOST_CLASSES, SIDE = 4, 6, 160  # pictures a class, classes, pixels


def folders(subject: Subject, wanted: Wanted) -> Demonstration:  # noqa: ARG001
    """List the directories of the data by class, and open one of them by mistake."""
    data, foreword = _with_directories(subject)
    table, agreeing, count = _listed(data)
    said = (
        *foreword,
        (
            f"Every picture's label was compared with the name of its directory: {agreeing:,} of "
            f"{few(count, 'label')} are that name. Nobody wrote them down."
        ),
        *_mistaken(data),
    )
    parts: tuple[Part, ...] = (table, *_pictures(data))
    return Demonstration(said, parts)


def _with_directories(subject: Subject) -> tuple[Dataset, tuple[str, ...]]:
    """The reader's data, or the embedded sample where labels came in another way."""
    data = subject.data
    if data is not None and _directory(data.train.ids[0]) in data.classes:
        return data, ()
    why = (
        "cannot be opened from here"
        if data is None
        else "comes as two arrays, pictures and labels, and not as files in directories"
    )
    return open_data(SAMPLE), (
        (
            f"The data of {subject.run.name}, {subject.run.recipe.data}, {why}; these are the "
            f"directories of {SAMPLE}."
        ),
    )


def _listed(data: Dataset) -> tuple[Table, int, int]:
    """Each directory with its pictures, and how many labels are its name, of how many."""
    rows, agreeing, count = [], 0, 0
    for split, part in data.parts.items():
        for label, name in enumerate(data.classes):
            own = [one for one, its in zip(part.ids, part.labels, strict=True) if its == label]
            agreeing += sum(_directory(one) == name for one in own)
            count += len(own)
            where = str(PurePosixPath(own[0]).parent) if own else "–"
            rows.append((f"{where}/", split, f"{len(own):,}", name, str(label)))
    headings = ("directory", "part", "pictures", "class", "number")
    table = Table(f"{data.name}, as it lies on the disk", headings, tuple(rows), (2, 4))
    return table, agreeing, count


def _pictures(data: Dataset) -> tuple[Panels, ...]:
    small = Preprocess(height=SIDE, width=SIDE, colours="rgb")
    found = []
    for label, name in enumerate(data.classes[:MOST_CLASSES]):
        places = [place for place, its in enumerate(data.train.labels) if its == label][:EACH]
        panels = tuple(
            Panel(
                PurePosixPath(data.train.ids[place]).name,
                small.read(data.train.source, place),
                crisp=False,
            )
            for place in places
        )
        found.append(Panels(f"In the directory {name}/", panels, small=True))
    return tuple(found)


def _mistaken(data: Dataset) -> tuple[str, ...]:
    """What is said to one who points at a class's directory, as the notes warn of."""
    if data.location is None:
        return ()
    place = data.location / PurePosixPath(data.train.ids[0]).parent
    try:
        open_folder(place)
    except DataError as error:
        return (f"A common mistake is to point at one of these directories. Tried now: {error}",)
    return ()


def _directory(name: str) -> str:
    return PurePosixPath(name).parent.name
