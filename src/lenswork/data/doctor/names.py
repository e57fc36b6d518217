"""What the names of classes and files say: too alike, not UTF-8, or digits."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from lenswork.amounts import counted
from lenswork.data.decode import printable
from lenswork.data.doctor.classes import folded, how_they_differ
from lenswork.data.doctor.codes import found, quoted
from lenswork.data.doctor.finding import Finding
from lenswork.data.doctor.survey import Folder, Survey
from lenswork.data.doctor.wording import REFUSED, listed, move_all, named
from lenswork.data.signs import are_signs


def class_name_findings(classes: Sequence[str], folders: Sequence[Folder] = ()) -> list[Finding]:
    """Classes of one part whose names are alike, and digits; `folders` are the classes' own."""
    alike: dict[str, list[str]] = defaultdict(list)
    for name in classes:
        alike[folded(name)].append(name)
    findings = [_alike(names, folders) for names in alike.values() if len(names) > 1]
    findings += _unprintable(classes, folders)
    if are_signs(classes):
        findings.append(_digits())
    return findings


def name_findings(surveyed: Survey) -> list[Finding]:
    """Files and class folders whose names are not UTF-8."""
    odd = list(_odd_names(surveyed.top))
    if not odd:
        return []
    return [
        *_written_alike(surveyed),
        found(
            "name-bytes",
            f"{counted(len(odd), 'name is', 'names are')} not UTF-8",
            "training reads such a file and writes its bytes as \\x.. in records; other programs, "
            "archives and machines may not",
            f"convmv -r -f latin1 -t utf8 --notest {quoted(surveyed.top.path)}  # if it is Latin-1",
            odd,
        ),
    ]


def _written_alike(surveyed: Survey) -> list[Finding]:
    r"""A name that is not UTF-8 is written as caf\xe9, and another may be just that."""
    twins = []
    for part in surveyed.parts.values():
        written = Counter(printable(Path(folder.name)) for folder in part.folders)
        twins += [f"{part.id}/{name}/".lstrip("/") for name, count in written.items() if count > 1]
    for _, folder in surveyed.classes():
        if any(map(_is_odd, folder.pictures)):
            ids = Counter(map(folder.id_of, folder.pictures))
            twins += [name for name, count in ids.items() if count > 1]
    if not twins:
        return []
    return [
        found(
            "written-alike",
            f"{counted(len(twins), 'name is', 'names are')} written as another is",
            "training refuses it: a record could not tell them apart",
            "rename the one whose bytes are not UTF-8",
            twins,
        )
    ]


def _odd_names(top: Folder) -> Iterable[str]:
    for folder in top.within():
        if folder.id and _is_odd(folder.name):
            yield f"{folder.id}/"
        for name in (*folder.pictures, *folder.others):
            if not name.isascii() and _is_odd(name):
                yield folder.id_of(name)


def _is_odd(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:  # bytes that are not UTF-8 come as lone surrogates
        return True
    return False


def _alike(names: Sequence[str], folders: Sequence[Folder]) -> Finding:
    shown = [printable(Path(name)) for name in names]
    concerned = [folder for folder in folders if folder.name in names]
    first = max(concerned, key=lambda folder: len(folder.pictures), default=None)
    commands = [
        move_all(folder.path, first.path)
        for folder in concerned
        if first is not None and folder is not first
    ]
    return found(
        "alike-classes",
        f"the classes {' and '.join(map(repr, shown))} differ only in {how_they_differ(names)}",
        "training takes them for different classes, and each of their pictures can be answered "
        "with the other's name",
        "if they are one class:\n" + "\n".join(commands)
        if commands
        else "if they are one class, give them one name",
        [f"{folder.id}/" for folder in concerned],
    )


def _unprintable(classes: Sequence[str], folders: Sequence[Folder]) -> list[Finding]:
    odd = [name for name in classes if not printable(Path(name)).isprintable()]
    if not odd:
        return []
    return [
        found(
            "unprintable-class",
            f"{counted(len(odd), 'class name has', 'class names have')} characters that cannot be "
            f"printed: {listed(odd)}",
            f"{REFUSED}: such a name would steer a terminal or a page instead of being read there",
            "rename the folder, in each part alike",
            named([folder for folder in folders if folder.name in odd]),
        )
    ]


def _digits() -> Finding:
    return found(
        "digits",
        "the classes are called like digits or letters",
        "if they are, a mirrored one is another or none: a mirrored 2 is no 2. No recipe mirrors "
        "their pictures by itself",
        "if they are not: --augment flip, or names that say what the pictures show",
    )
