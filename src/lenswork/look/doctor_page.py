"""The doctor's report as one HTML file that needs nothing else: no host, no second file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path, PurePosixPath

from lenswork.data.decode import decode_file
from lenswork.data.doctor.finding import SEVERITIES, Finding
from lenswork.data.doctor.report import Report
from lenswork.data.folder import SPLIT_FOLDERS
from lenswork.errors import DataError
from lenswork.files import write_bytes
from lenswork.kinds import SPLIT_NAMES, Picture
from lenswork.look.thumbnail import data_uri

LARGEST_THUMBNAIL = 112  # pixels
MOST_GROUPS = 12  # of a finding
MOST_ALONE = 24  # files of a finding that belong to no group
MOST_IN_GROUP = 6
MOST_THUMBNAILS = 240  # on the page, which then has about a megabyte
SMALL_SIDE = 64  # pixels; what is smaller is drawn with its pixels to be seen
PLACE = re.compile(r"\{\{(\w+)\}\}")


@dataclass
class _Shelf:
    """What the page may still show, and where each picture belongs."""

    report: Report
    places: Mapping[str, tuple[str, str]]  # split and class of an id
    left: int


def write_page(report: Report, path: Path) -> None:
    """Write the report as a page, whole or not at all."""
    write_bytes(path, doctor_page(report).encode("utf-8", "backslashreplace"))


def doctor_page(report: Report) -> str:
    """The page's HTML: some pictures of each finding inside it, names only ever as text.

    A picture that cannot be read is named only.
    """
    shown = {name for finding in report.findings for name in _shown_names(finding)}
    shelf = _Shelf(report, _places(report, shown), MOST_THUMBNAILS)
    template = files("lenswork.look").joinpath("doctor.html").read_text("utf-8")
    parts = {
        "title": escape(f"{report.name}: the doctor's report"),
        "name": escape(report.name),
        "verdict": escape(verdict(report)),
        "counts": _counts(report),
        "how": escape(f"Looked at {report.looked_at}, in {report.seconds:.1f} s."),
        "findings": "\n".join(_section(finding, shelf) for finding in report.findings),
    }
    return PLACE.sub(lambda found: parts[found[1]], template)  # once: no name is read as a place


def verdict(report: Report) -> str:
    """How many findings of each severity, and whether training takes the data."""
    if not report.findings:
        return "Nothing found: training takes this data."
    counts = ((report.count(severity), severity) for severity in SEVERITIES)
    said = ", ".join(f"{count} {severity}" for count, severity in counts if count)
    return f"{said}: training {'refuses' if report.refused else 'takes'} this data."


def _counts(report: Report) -> str:
    """A table of the pictures by class and split."""
    splits = [split for split in SPLIT_NAMES if split in report.pictures]
    head = "".join(f"<th scope='col'>{split}</th>" for split in splits)
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th>"
        + "".join(f"<td>{report.pictures[split].get(name, 0):,}</td>" for split in splits)
        + "</tr>"
        for name in report.classes
    )
    total = "".join(f"<td>{sum(report.pictures[split].values()):,}</td>" for split in splits)
    return (
        f"<table><thead><tr><th scope='col'>class</th>{head}</tr></thead><tbody>{rows}</tbody>"
        f"<tfoot><tr><th scope='row'>all</th>{total}</tr></tfoot></table>"
    )


def _section(finding: Finding, shelf: _Shelf) -> str:
    first, *commands = finding.cure.splitlines() or [""]
    code = f"<pre>{escape(chr(10).join(commands))}</pre>" if commands else ""
    return (
        f"<section class='{finding.severity}'>"
        f"<h2><b>{finding.severity}</b> {escape(finding.title)}</h2>"
        f"<p>{escape(finding.meaning)}</p>"
        f"<p><i>Cure</i> {escape(first)}</p>{code}"
        f"{_pictures(finding, shelf)}</section>"
    )


def _pictures(finding: Finding, shelf: _Shelf) -> str:
    if not finding.groups:
        return ""
    shown = shown_groups(finding)
    boxes = "".join(_group(group, shelf) for group in shown)
    left = len(finding.groups) - len(shown)
    kind = "groups" if _in_groups(finding) else "files"
    more = f"<p class='more'>and {left:,} more {kind}</p>" if left else ""
    return f"<div class='{kind}'>{boxes}</div>{more}"


def _group(group: Sequence[str], shelf: _Shelf) -> str:
    cards = "".join(_card(name, shelf) for name in group[:MOST_IN_GROUP])
    left = len(group) - MOST_IN_GROUP
    if len(group) == 1:
        return cards
    more = f"<p class='more'>and {left:,} more</p>" if left > 0 else ""
    return f"<div class='group'>{cards}{more}</div>"


def _card(name: str, shelf: _Shelf) -> str:
    split, label = shelf.places.get(name, ("", ""))
    picture = _picture(name, shelf)
    image = ""
    if picture is not None:
        small = " class='small'" if max(picture.shape[:2]) <= SMALL_SIDE else ""
        uri = data_uri(picture, LARGEST_THUMBNAIL)
        image = f"<img{small} alt='' src='{uri}'>"
    place = f"<span><b>{escape(label)}</b> {escape(split)}</span>" if label else ""
    return (
        f"<figure>{image}<figcaption>{place}<bdi class='id'>{_broken(name)}</bdi>"
        "</figcaption></figure>"
    )


def _picture(name: str, shelf: _Shelf) -> Picture | None:
    if shelf.left <= 0 or name.endswith("/"):
        return None
    try:
        if name in shelf.report.paths:
            side = (LARGEST_THUMBNAIL, LARGEST_THUMBNAIL)
            picture = decode_file(shelf.report.paths[name], at_least=side)
        else:
            picture = shelf.report.picture(name)
    except (DataError, KeyError):
        return None
    shelf.left -= 1
    return picture


def _broken(name: str) -> str:
    """A path that may be broken after its folders."""
    return escape(name).replace("/", "/<wbr>")


def _in_groups(finding: Finding) -> bool:
    return any(len(group) > 1 for group in finding.groups)


def shown_groups(finding: Finding) -> Sequence[Sequence[str]]:
    """The first groups of a finding, as many as a page has room for."""
    return finding.groups[: MOST_GROUPS if _in_groups(finding) else MOST_ALONE]


def _shown_names(finding: Finding) -> list[str]:
    return [name for group in shown_groups(finding) for name in group[:MOST_IN_GROUP]]


def _places(report: Report, names: set[str]) -> dict[str, tuple[str, str]]:
    """The split and class of each of some ids, those that are pictures of a class."""
    if report.opened is not None:
        return {
            name: (split, report.opened.classes[label])
            for split, part in report.opened.parts.items()
            for name, label in zip(part.ids, part.labels.tolist(), strict=True)
            if name in names
        }
    places: dict[str, tuple[str, str]] = {}
    for name in names:
        folders = PurePosixPath(name).parts[:-1]
        if folders and folders[-1] in report.classes:
            split = SPLIT_FOLDERS.get(folders[0].lower(), "train") if len(folders) > 1 else ""
            places[name] = (split, folders[-1])
    return places
