"""The data: three sets by name, and a folder of one's own."""

import re
from collections import Counter
from collections.abc import Mapping

from lenswork.data.dataset import Dataset
from lenswork.data.open import open_data
from lenswork.kinds import SplitName
from lenswork.look.draw_data import draw_pictures
from lenswork.record.environment import environment
from lenswork.record.style import save_figure
from notes.desk import Desk
from notes.made import write_folder
from notes.part import Drawn, Found, Part, Table

EXPECTED: Mapping[str, Mapping[str, int]] = {  # what the notes say of each set
    "mnist": {"train": 60_000, "test": 10_000},
    "fashion-mnist": {"train": 60_000, "test": 10_000},
    "horses-or-humans": {"train": 1_027, "validation": 256},
}
GROUPS = {"horse": {10: 50}, "human": {31: 17}}  # pictures of one figure: how many such figures
FIGURE = re.compile(r"((horse|human)\d+)-")
FOLDER = "pictures"
COUNTS: dict[SplitName, int] = {"train": 20, "validation": 10}
SHEETS: tuple[tuple[str, SplitName, int], ...] = (  # set, part, pictures of each class
    ("mnist", "train", 3),
    ("fashion-mnist", "train", 3),
    ("horses-or-humans", "train", 6),
    ("horses-or-humans", "validation", 6),
)


def measure(desk: Desk) -> Found:
    """Open the three sets and a folder, count everything, and examine the horses."""
    sets = {name: open_data(name) for name in EXPECTED}
    root = write_folder(sets["horses-or-humans"], desk.folder("own") / FOLDER, COUNTS)
    own = open_data(root)
    counts = {name: _counts(one) for name, one in sets.items()}
    groups = figures_of(sets["horses-or-humans"])
    return Found(
        verdicts=(
            _agreement(counts, groups),
            (
                f"A folder's classes are its sub-folders' names: {FOLDER}/ gives "
                f"{', '.join(own.classes)}, {_counts_text(own)}; a label is the folder of its file."
            ),
            (
                "The training horses and humans stand in scenery and those for validation on plain "
                "white: the doctor says so by itself, and validation accuracy jumps because of it."
            ),
        ),
        shown=(
            desk.lenswork("data list").paragraph(),
            desk.lenswork("doctor horses-or-humans"),
        ),
        conditions=conditions_now(),
        figures=tuple(_sheet(desk, sets[name], part, each) for name, part, each in SHEETS),
        tables=(_table(sets, own),),
        facts={"pictures": counts, "figures": {k: dict(v) for k, v in groups.items()}},
    )


def figures_of(data: Dataset) -> dict[str, Counter[int]]:
    """For horses and for humans: how many figures there are with so many training pictures."""
    found = [match for one in data.train.ids if (match := FIGURE.search(one))]
    pictures = Counter(match.group(1, 2) for match in found)
    groups: dict[str, Counter[int]] = {kind: Counter() for kind in GROUPS}
    for (_, kind), count in pictures.items():
        groups[kind][count] += 1
    return groups


def conditions_now() -> tuple[str, ...]:
    """The machine and versions of this process."""
    now = environment("cpu")
    versions = ", ".join(f"{name} {version}" for name, version in now["packages"].items())
    return (
        f"{now['processor']}, {now['cores']} cores",
        f"lenswork {now['lenswork']}, {versions}",
    )


def _agreement(
    counts: Mapping[str, Mapping[str, int]], groups: Mapping[str, Mapping[int, int]]
) -> str:
    others = [name for name, expected in EXPECTED.items() if counts[name] != expected]
    others += [f"the {kind}s' groups" for kind in GROUPS if groups[kind] != GROUPS[kind]]
    pictures = sum(sum(one.values()) for one in counts.values())
    if others:
        return f"Other than in the notes: {', '.join(others)}."
    said = " and ".join(
        f"{figures} {kind}s of {count} pictures each"
        for kind, groups_of in GROUPS.items()
        for count, figures in groups_of.items()
    )
    return (
        f"All {pictures:,} pictures of the three sets are there, in the parts that the notes "
        f"name; the training pictures show {said}."
    )


def _sheet(desk: Desk, data: Dataset, part: SplitName, each: int) -> Drawn:
    """Some pictures of each class, by chance."""
    file = f"notes-{data.name}-{part}.png"
    desk.figures.mkdir(parents=True, exist_ok=True)
    save_figure(draw_pictures(data, part, each=each), desk.figures / file)
    return Drawn(desk.drawn(file), f"{data.name}: {part} pictures, {each} of each class by chance.")


def _counts(data: Dataset) -> dict[str, int]:
    return {name: len(part) for name, part in data.parts.items()}


def _counts_text(data: Dataset) -> str:
    return ", ".join(f"{count:,} for {name}" for name, count in _counts(data).items())


def _table(sets: Mapping[str, Dataset], own: Dataset) -> Table:
    rows = []
    for name, one in {**sets, f"{FOLDER}/": own}.items():
        height, width, channels = one.train.source.shape(0)
        rows.append(
            (name, str(len(one.classes)), _counts_text(one), f"{height}x{width}x{channels}")
        )
    return Table("Opened:", ("set", "classes", "pictures", "size"), tuple(rows))


PART = Part(
    name="data",
    title="The data",
    question="Which pictures?",
    rows=("mnist", "fashion-mnist", "horses-or-humans", "a folder", "groups of one figure"),
    said="three sets (60,000 and 10,000 grey digits, as many grey clothes, 1,027 and 256 drawn "
    "horses and humans), and folders of one's own, one sub-folder a class.",
    measure=measure,
)
