"""What the names, sizes and kinds of the files say, before any of them is opened."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lenswork.amounts import counted
from lenswork.data.decode import BYTE_LIMIT, PICTURE_SUFFIXES
from lenswork.data.doctor.codes import found, quoted
from lenswork.data.doctor.finding import Finding
from lenswork.data.doctor.formats import format_findings, unread_in
from lenswork.data.doctor.survey import Folder, Survey, Trouble

LIST = "lenswork doctor DATA --fix-list FILE"
ENDINGS = ", ".join(sorted(PICTURE_SUFFIXES))
TAKE_AWAY = f"replace, or take away; this writes the names:\n{LIST}"


@dataclass(frozen=True)
class _Said:
    """How a trouble is told: its code, of one and of many, and the cure."""

    code: str
    one: str
    many: str
    cure: str = TAKE_AWAY


_TROUBLES: Mapping[Trouble, _Said] = {
    "empty": _Said("empty", "picture is empty (0 bytes)", "pictures are empty (0 bytes)"),
    "special": _Said(
        "special-file",
        "picture is a pipe, socket or device",
        "pictures are pipes, sockets or devices",
    ),
    "unreadable": _Said(
        "unreadable",
        "picture may not be read",
        "pictures may not be read",
        "chmod -R u+rX DATA",
    ),
    "too-large": _Said(
        "too-large-file",
        f"picture has more than {BYTE_LIMIT:,} bytes",
        f"pictures have more than {BYTE_LIMIT:,} bytes",
        f"make smaller, or take away; this writes the names:\n{LIST}",
    ),
    "broken-link": _Said(
        "broken-link", "picture is a link to nothing", "pictures are links to nothing"
    ),
    "link-circle": _Said(
        "link-circle", "picture is a link to itself", "pictures are links to themselves"
    ),
}


def trouble_findings(troubles: Mapping[str, Trouble], place: str = "DATA") -> list[Finding]:
    """A finding a kind of trouble; `troubles` gives the kind of each file that cannot be read.

    `place` is the data as a shell takes it.
    """
    findings = []
    for kind, said in _TROUBLES.items():
        files = sorted(name for name, trouble in troubles.items() if trouble == kind)
        if files:
            findings.append(
                found(
                    said.code,
                    counted(len(files), said.one, said.many),
                    "training stops where it comes to such a file",
                    said.cure.replace("DATA", place),
                    files,
                    move=[] if kind == "unreadable" else files,
                )
            )
    return findings


def troubles_in(surveyed: Survey) -> dict[str, Trouble]:
    """The files that training would read and cannot, by their ids."""
    return {
        folder.id_of(name): trouble
        for _, folder in surveyed.classes()
        for name, trouble in folder.troubles.items()
    }


def passed_by_findings(surveyed: Survey, place: str) -> list[Finding]:
    """What lies in the data and is left out, and links that lead away or round."""
    findings = [
        *_stray_pictures(surveyed, place),
        *_deeper(surveyed),
        *_broken_folder_links(surveyed),
        *format_findings(surveyed),
    ]
    findings += _circles(surveyed)
    if outside := [f.id_of(name) for f in _read(surveyed) for name in f.outside]:
        findings.append(
            found(
                "link-leaves",
                f"{counted(len(outside), 'link leads', 'links lead')} out of the data",
                "training reads what lies there; a copy of the folder may not have it",
                f"cp -rL {quoted(surveyed.top.path)} COPY  # has the files in place of the links",
                outside,
            )
        )
    if others := _no_pictures(surveyed):
        findings.append(
            found(
                "not-pictures",
                f"{counted(len(others), 'file is no picture', 'files are no pictures')} by name",
                f"training leaves out what ends in none of {ENDINGS}",
                "none is needed; a picture needs its right ending",
                others,
            )
        )
    if hidden := [f.id_of(name) for f in _read(surveyed) for name in f.hidden]:
        findings.append(
            found(
                "hidden",
                f"{counted(len(hidden), 'file or folder is', 'files or folders are')} hidden",
                "training leaves out what is hidden; a trainer that reads every folder would take "
                "a hidden one for a class",
                "none is needed",
                hidden,
            )
        )
    return findings


def _no_pictures(surveyed: Survey) -> list[str]:
    """The files in class folders that are no pictures by name, of formats that are known."""
    return [
        folder.id_of(name)
        for _, folder in surveyed.classes()
        for name in sorted(set(folder.others).difference(unread_in(folder)))
    ]


def _read(surveyed: Survey) -> Iterator[Folder]:
    """The folders in which training looks for something."""
    yield from _above_classes(surveyed)
    yield from (folder for _, folder in surveyed.classes())


def _stray_pictures(surveyed: Survey, place: str) -> list[Finding]:
    having = [f for f in _above_classes(surveyed) if f.pictures and f.folders]
    strays = [folder.id_of(name) for folder in having for name in folder.pictures]
    if not strays:
        return []
    places = " and ".join(f"{f.id}/" if f.id else quoted(f.path) for f in having)
    return [
        found(
            "stray-pictures",
            f"{counted(len(strays), 'picture lies', 'pictures lie')} directly in {places}",
            "what lies there belongs to no class, and training leaves it out",
            "put into a class folder, or take away; this writes the names:\n"
            + LIST.replace("DATA", place),
            strays,
            move=strays,
        )
    ]


def _deeper(surveyed: Survey) -> list[Finding]:
    findings = []
    deep = [
        below.id_of(name)
        for _, folder in surveyed.classes()
        if folder.pictures  # else it is a folder of the wrong level
        for child in folder.folders
        for below in child.within()
        for name in below.pictures
    ]
    if deep:
        findings.append(
            found(
                "left-out",
                f"{counted(len(deep), 'picture lies', 'pictures lie')} in folders inside class "
                "folders",
                "training leaves out what lies so deep",
                "move up into the class folder, or out of the data",
                deep,
            )
        )
    if surveyed.cut_short:
        findings.append(
            found(
                "not-searched",
                "there are more folders inside class folders than were looked into",
                "pictures in them are left out by training, and were not counted here",
                "none is needed if the data is what was meant",
            )
        )
    return findings


def _broken_folder_links(surveyed: Survey) -> list[Finding]:
    broken = [f.id_of(name) for f in _above_classes(surveyed) for name in f.broken]
    in_classes = [folder.id_of(name) for _, folder in surveyed.classes() for name in folder.broken]
    if not broken and not in_classes:
        return []
    return [
        found(
            "broken-folder-link",
            f"{counted(len(broken + in_classes), 'link leads', 'links lead')} to nothing",
            "training passes it by, and a class that was meant is missing"
            if broken
            else "training passes it by",
            "bring back what the link led to, or remove the link",
            [*broken, *in_classes],
        )
    ]


def _above_classes(surveyed: Survey) -> Sequence[Folder]:
    return [surveyed.top, *(p for p in surveyed.parts.values() if p is not surveyed.top)]


def _circles(surveyed: Survey) -> list[Finding]:
    circles = [f.id_of(name) for f in surveyed.top.within() for name in f.circles]
    if not circles:
        return []
    return [
        found(
            "folder-circle",
            f"{counted(len(circles), 'link leads', 'links lead')} to a folder that it lies in",
            "training does not follow it; a program that does never ends",
            "remove the link",
            [f"{name}/" for name in circles],
        )
    ]
