"""What is wrong with the folders: the level, the parts, the classes that are there or not."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from lenswork.amounts import counted
from lenswork.data.decode import printable
from lenswork.data.doctor.classes import class_findings
from lenswork.data.doctor.codes import found, quoted
from lenswork.data.doctor.finding import Finding
from lenswork.data.doctor.nested import nested_part
from lenswork.data.doctor.survey import Folder, Survey
from lenswork.data.doctor.wording import REFUSED, SHOWN, go_to, in_data, listed, move_all, named
from lenswork.data.folder import SPLIT_FOLDERS


def structure_findings(surveyed: Survey, meant: Sequence[str] = ()) -> list[Finding]:
    """Everything that the shape of the folder says; `meant` are the paths probably meant."""
    top = surveyed.top
    if top.problem is not None:
        return [_unreadable(top)] if top.path.is_dir() else [_not_a_folder(top, meant)]
    findings = [_two_folders(surveyed, *pair) for pair in surveyed.twice]
    findings += [_beside(surveyed)] if surveyed.beside else []
    findings += [] if "train" in surveyed.parts else [_no_train(surveyed)]
    for part in surveyed.parts.values():
        findings += _part_findings(part, surveyed, meant)
    findings += class_findings(surveyed, meant)
    findings += _beside_the_data(top.path)
    return findings


def _not_a_folder(top: Folder, meant: Sequence[str]) -> Finding:
    return found(
        "not-a-folder",
        f"{printable(top.path)} is no folder",
        f"{REFUSED}: it expects a folder with one sub-folder of pictures a class",
        go_to(meant, "give the folder that holds the class folders"),
    )


def _unreadable(folder: Folder) -> Finding:
    return found(
        "unreadable-folder",
        f"{in_data(folder)} cannot be listed: {folder.problem}",
        "training refuses the data, since it cannot know what is in there",
        f"chmod -R u+rX {quoted(folder.path)}",
        named([folder]),
    )


def _two_folders(surveyed: Survey, first: Folder, second: Folder) -> Finding:
    split = SPLIT_FOLDERS[first.name.lower()]
    return found(
        "two-folders",
        f"{first.name}/ and {second.name}/ are both for {split} pictures",
        f"{REFUSED}: nobody knows which of them is meant",
        f"keep one, and move the other out of {quoted(surveyed.top.path)}",
        named([first, second]),
    )


def _beside(surveyed: Survey) -> Finding:
    parts = " and ".join(f"{part.name}/" for part in surveyed.parts.values())
    copies = [f for f in surveyed.beside if _has_parts(f)]
    beside = copies or surveyed.beside
    names = listed([folder.name for folder in beside])
    if copies:
        return found(
            "nested-copy",
            f"{names} holds the data once more, beside {parts}",
            f"{REFUSED}; a trainer that looks for pictures at every level would see each twice",
            f"move {_places(beside)} out of {quoted(surveyed.top.path)}",
            named(beside),
        )
    return found(
        "beside-parts",
        f"{names} {'lies' if len(beside) == 1 else 'lie'} beside {parts}",
        f"{REFUSED}: there are either classes here or parts, and other trainers would take "
        "train and validation for classes",
        f"move {_places(beside)} into {parts}, or out of {quoted(surveyed.top.path)}",
        named(beside),
    )


def _places(folders: Sequence[Folder]) -> str:
    """The first few paths, since a folder may be called as the one that it lies in."""
    more = f" and {len(folders) - SHOWN} more" if len(folders) > SHOWN else ""
    return ", ".join(quoted(folder.path) for folder in folders[:SHOWN]) + more


def _has_parts(folder: Folder) -> bool:
    return any(child.name.lower() in SPLIT_FOLDERS or _has_parts(child) for child in folder.folders)


def _no_train(surveyed: Survey) -> Finding:
    names = " and ".join(f"{part.name}/" for part in surveyed.parts.values())
    return found(
        "no-train",
        f"there is {names} and no train/",
        f"{REFUSED}: there is nothing to learn from",
        "name the folder with the training pictures train/",
        named(list(surveyed.parts.values())),
    )


def _part_findings(part: Folder, surveyed: Survey, meant: Sequence[str]) -> Iterator[Finding]:
    if part.problem is not None:
        yield _unreadable(part)
        return
    if not part.folders:
        yield _without_folders(part, surveyed, meant)
        return
    yield from (_unreadable(child) for child in part.folders if child.problem is not None)
    empty = [child for child in part.folders if not child.pictures and child.problem is None]
    nested = [child for child in empty if any(below.pictures for below in child.within())]
    if len(empty) == len(part.folders):
        deeper = None if surveyed.flat else nested_part(part)
        yield deeper or _without_pictures(part, meant)
        return
    yield from (_nested(child) for child in nested)


def _without_folders(part: Folder, surveyed: Survey, meant: Sequence[str]) -> Finding:
    place, count = in_data(part), len(part.pictures)
    if not count:
        return found(
            "no-pictures",
            f"{place} has neither folders nor pictures",
            REFUSED,
            go_to(meant, "put one folder of pictures a class into it"),
            named([part]),
        )
    if surveyed.flat:
        return found(
            "too-low",
            f"{place} has {counted(count, 'picture', 'pictures')} and no folders: "
            "it looks like one class",
            f"{REFUSED}: this is one level too low",
            go_to(meant, "give the folder that holds the class folders"),
            named([part]),
        )
    return found(
        "unsorted-part",
        f"{place} has {counted(count, 'picture', 'pictures')} and no class folders",
        f"{REFUSED}: nobody knows what its pictures show",
        f"sort them into class folders, or move {part.name}/ out of {quoted(surveyed.top.path)}",
        named([part]),
    )


def _without_pictures(part: Folder, meant: Sequence[str]) -> Finding:
    place, names = in_data(part), listed([child.name for child in part.folders])
    if any(child.folders for child in part.folders):
        return found(
            "too-high",
            f"the folders in {place} hold folders, not pictures: this is one level too high",
            f"{REFUSED}; other trainers would take these for the classes: {names}",
            go_to(meant, "give the folder that holds the class folders"),
            named(part.folders),
        )
    return found(
        "no-pictures",
        f"the folders in {place} have no pictures: {names}",
        f"{REFUSED}: there is nothing to learn from",
        go_to(meant, "put pictures into them: JPEG, PNG, WebP, BMP, GIF or TIFF"),
        named(part.folders),
    )


def _nested(child: Folder) -> Finding:
    inner = [below for below in child.folders if any(f.pictures for f in below.within())]
    count = sum(len(below.pictures) for below in child.within())
    twice = len(inner) == 1 and inner[0].name == child.name
    return found(
        "nested-folder",
        f"{child.id}/ holds no pictures, but {'another' if twice else 'the folder'} "
        f"{listed([below.name for below in inner])}/ with {count:,}",
        f"{REFUSED}: the pictures lie one folder too deep",
        "\n".join(move_all(below.path, child.path) for below in inner[:SHOWN])
        if all(f.pictures for f in inner)
        else f"move the pictures up into {quoted(child.path)}",
        named(inner),
    )


def _beside_the_data(root: Path) -> list[Finding]:
    """The other parts, where the folder of one part was given as the data."""
    real = root.resolve()
    own = SPLIT_FOLDERS.get(real.name.lower())
    if own is None:
        return []
    try:
        beside = sorted(
            child.name
            for child in real.parent.iterdir()
            if child != real and child.name.lower() in SPLIT_FOLDERS and child.is_dir()
        )
    except OSError:
        return []
    others = [name for name in beside if SPLIT_FOLDERS[name.lower()] != own]
    if not others or (
        own != "train" and "train" not in map(SPLIT_FOLDERS.get, map(str.lower, others))
    ):
        return []
    names = " and ".join(f"{name}/" for name in others)
    meaning = (
        "a part is cut from the training pictures in place of it"
        if own == "train"
        else "training would learn from the pictures that are meant to judge it"
    )
    return [
        found(
            "unused-beside",
            f"{names} beside {real.name}/ {'is' if len(others) == 1 else 'are'} not used",
            meaning,
            f"lenswork train {quoted(real.parent)}",
        )
    ]
