"""A part whose class folders lie further down, as when it was copied into a folder of its name."""

from collections.abc import Sequence

from lenswork.data.doctor.codes import found, quoted
from lenswork.data.doctor.finding import Finding
from lenswork.data.doctor.survey import Folder
from lenswork.data.doctor.wording import REFUSED, in_data, listed, move_all, named


def nested_part(part: Folder) -> Finding | None:
    """What is to be told of a part with nothing but one folder, in which the classes lie."""
    outer = _only_folder(part)
    inner = outer
    while inner is not None and not any(child.pictures for child in inner.folders):
        inner = _only_folder(inner)
    if outer is None or inner is None:
        return None
    return found(
        "too-high",
        f"the class folders of {in_data(part)} lie too deep, in {in_data(inner)}: "
        + listed([child.name for child in inner.folders]),
        f"{REFUSED}: {listed([outer.name])} is taken for the only class, and has no pictures",
        _move_up(part, outer, inner),
        named([inner]),
    )


def _only_folder(folder: Folder) -> Folder | None:
    """The one folder in another, if it holds no pictures itself."""
    if len(folder.folders) != 1 or folder.folders[0].pictures:
        return None
    return folder.folders[0]


def _move_up(part: Folder, outer: Folder, inner: Folder) -> str:
    """The command that brings the class folders into the part, also one called as the outer is."""
    names = [child.name for child in inner.folders]
    place, first = outer.path, ""
    if outer.name in names:
        place = part.path / _free_name(outer.name, [*names, *part.others, *part.hidden])
        first = f"mv -n {quoted(outer.path)} {quoted(place)} && "
    source = place / inner.path.relative_to(outer.path)
    above = [folder for folder in source.parents if folder.is_relative_to(place)]
    return first + move_all(source, part.path) + "".join(f" {quoted(path)}" for path in above)


def _free_name(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "-outer"
    return name
