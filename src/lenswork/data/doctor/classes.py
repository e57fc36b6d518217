"""What is wrong with the class folders of the parts: empty, one only, or not the same in all."""

import difflib
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from lenswork.amounts import counted
from lenswork.data.decode import printable
from lenswork.data.doctor.codes import found, quoted
from lenswork.data.doctor.finding import Finding
from lenswork.data.doctor.survey import Folder, Survey
from lenswork.data.doctor.wording import REFUSED, SHOWN, go_to, in_data, listed, named


def class_findings(surveyed: Survey, meant: Sequence[str]) -> list[Finding]:
    """What the class folders say for which training refuses the data."""
    return [
        *_empty_classes(surveyed),
        *_differences(surveyed),
        *_one_class(surveyed, meant),
        *_cannot_cut(surveyed),
    ]


def folded(name: str) -> str:
    """The name as eyes take it: without case, white space at its ends, or Unicode form."""
    text = unicodedata.normalize("NFC", printable(Path(name))).casefold()
    return " ".join(text.split())


def how_they_differ(names: Sequence[str]) -> str:
    """`case`, `white space`, `Unicode form`: in what names differ that are alike to the eye.

    "" if they are not.
    """
    if len(set(map(folded, names))) > 1:
        return ""
    formed = [unicodedata.normalize("NFC", name) for name in names]
    spaced = [" ".join(name.split()) for name in formed]
    ways = []
    if len(set(formed)) < len(set(names)):
        ways.append("Unicode form")
    if len(set(spaced)) < len(set(formed)):
        ways.append("white space")
    if len({name.casefold() for name in spaced}) < len(set(spaced)):
        ways.append("case")
    return " and ".join(ways)


def _empty_classes(surveyed: Survey) -> list[Finding]:
    """Class folders without a picture in them or below, in parts where others have some."""
    bare = [
        child
        for part in surveyed.parts.values()
        if any(child.pictures or child.problem for child in part.folders)
        for child in part.folders
        if child.problem is None and not any(below.pictures for below in child.within())
    ]
    if not bare:
        return []
    names = sorted({child.name for child in bare})
    clear = not any(child.others or child.hidden or child.folders for child in bare)
    return [
        found(
            "empty-class",
            f"{counted(len(names), 'class has', 'classes have')} no pictures: {listed(names)}",
            f"{REFUSED}: a class that is never seen cannot be learned, nor judged",
            "put pictures in, or remove the folder:\n"
            f"rmdir {' '.join(quoted(child.path) for child in bare[:SHOWN])}"
            if clear
            else f"put pictures in, or move the folder out of {quoted(surveyed.top.path)}",
            named(bare),
        )
    ]


def _differences(surveyed: Survey) -> Iterator[Finding]:
    """Held-out parts whose class folders are not those of the training part.

    A part in which no folder holds pictures is told by itself: it has no classes to compare.
    """
    train = surveyed.parts.get("train")
    if train is None or not _has_classes(train):
        return
    names = {child.name for child in train.folders}
    for part in surveyed.parts.values():
        its = {child.name for child in part.folders}
        missing, extra = sorted(names - its), sorted(its - names)
        if part is train or not _has_classes(part) or not (missing or extra):
            continue
        said = [f"only in {train.name}/: {listed(missing)}"] if missing else []
        said += [f"only in {part.name}/: {listed(extra)}"] if extra else []
        renames = _renames(missing, extra)
        alike = [
            f"{printable(Path(old))!r} and {printable(Path(new))!r} differ only in {way}"
            for old, new in renames.items()
            if (way := how_they_differ([old, new]))
        ]
        yield found(
            "classes-differ",
            f"{train.name}/ and {part.name}/ have different classes; " + "; ".join([*said, *alike]),
            f"{REFUSED}: a class would be judged that was never learned, or never judged; a "
            "trainer that compares numbers only would mix them up",
            "\n".join(
                f"mv -i {quoted(part.path / old)} {quoted(part.path / new)}"
                for old, new in renames.items()
            )
            or "give all parts the same class folders",
            [f"{train.id}/{printable(Path(name))}/" for name in missing]
            + [f"{part.id}/{printable(Path(name))}/" for name in extra],
        )


def _has_classes(part: Folder) -> bool:
    return any(child.pictures for child in part.folders)


def _renames(missing: Sequence[str], extra: Sequence[str]) -> dict[str, str]:
    """Names that a part has beside those of the training part that they probably mean."""
    by_fold = {folded(name): name for name in missing}
    meant: dict[str, str] = {}
    for name in extra:
        if near := difflib.get_close_matches(folded(name), by_fold, n=1):
            meant[name] = by_fold.pop(near[0])
    return meant


def _one_class(surveyed: Survey, meant: Sequence[str]) -> list[Finding]:
    train = surveyed.parts.get("train")
    if train is None or len(train.folders) != 1 or not train.folders[0].pictures:
        return []
    name = printable(Path(train.folders[0].name))
    return [
        found(
            "one-class",
            f"there is one class in {in_data(train)}: {name}",
            f"{REFUSED}: a classifier needs something to tell it from",
            go_to(meant, "add a folder with pictures of what it is not"),
            named(train.folders),
        )
    ]


def _cannot_cut(surveyed: Survey) -> list[Finding]:
    """Classes of one picture, where it would have to be on both sides of a cut."""
    if set(surveyed.parts) != {"train"}:
        return []
    single = [child for child in surveyed.parts["train"].folders if len(child.pictures) == 1]
    if not single:
        return []
    names = listed([child.name for child in single])
    return [
        found(
            "cannot-cut",
            f"{counted(len(single), 'class has', 'classes have')} one picture only: {names}",
            f"{REFUSED}: there is no validation part, and none can be cut with a picture of each "
            "class on each side",
            "add pictures, or bring a validation/ folder beside train/",
            named(single),
        )
    ]
