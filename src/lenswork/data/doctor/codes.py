"""The kinds of findings that need no picture to be opened, and how bad each of them is."""

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from lenswork.data.doctor.finding import Finding, Severity, alone
from lenswork.data.shards.names import shown_source

CODES: Mapping[str, tuple[Severity, str]] = {  # what it says in docs/doctor.md
    # the shape of the folder
    "not-a-folder": ("refuse", "a file, where a folder of class folders is meant"),
    "too-high": ("refuse", "the folders hold folders: the data lies further down"),
    "too-low": ("refuse", "pictures and no folders: one class, not the data"),
    "no-pictures": ("refuse", "neither pictures nor folders that hold some"),
    "nested-folder": ("refuse", "a class folder that holds its pictures one folder further down"),
    "nested-copy": ("refuse", "the data once more in a folder beside train/ and validation/"),
    "beside-parts": ("refuse", "class folders beside train/ and validation/"),
    "two-folders": ("refuse", "two folders for one part, such as val/ and validation/"),
    "no-train": ("refuse", "validation/ or test/ without a train/"),
    "unsorted-part": ("refuse", "a part whose pictures lie in no class folders"),
    "unreadable-folder": ("refuse", "a folder that may not be listed"),
    # the classes
    "empty-class": ("refuse", "a class without pictures"),
    "one-class": ("refuse", "one class only"),
    "classes-differ": ("refuse", "parts whose class folders have different names"),
    "cannot-cut": ("refuse", "no validation part, and too few pictures to cut one"),
    "alike-classes": (
        "warn",
        "classes whose names differ only in case, white space or Unicode form",
    ),
    "imbalance": ("warn", "a class with 4 times as many training pictures as another, or more"),
    "digits": ("note", "classes called like digits or letters: a mirrored one is another"),
    "unprintable-class": ("refuse", "a class whose name has characters that cannot be printed"),
    "written-alike": ("refuse", "names that a record would write the same"),
    # the files, by name and size
    "empty": ("refuse", "picture files of 0 bytes"),
    "special-file": ("refuse", "a pipe, socket or device under a picture's name"),
    "unreadable": ("refuse", "picture files that may not be read"),
    "too-large-file": ("refuse", "a picture file larger than any picture within the pixel limit"),
    "broken-link": ("refuse", "a picture that is a link to nothing"),
    "link-circle": ("refuse", "a picture that is a link to itself"),
    "stray-pictures": ("warn", "pictures beside the class folders, which belong to no class"),
    "left-out": ("warn", "pictures in folders inside class folders"),
    "other-format": ("warn", "pictures in formats that training cannot read, such as HEIC"),
    "broken-folder-link": ("warn", "a link to nothing where class folders lie"),
    "unused-beside": ("warn", "one part was given, and the others beside it are not used"),
    "folder-circle": ("note", "a link to a folder that it lies in"),
    "link-leaves": ("note", "links to files outside the data"),
    "not-pictures": ("note", "files that are no pictures by their names"),
    "hidden": ("note", "hidden files and folders, such as .DS_Store and __MACOSX"),
    "name-bytes": ("note", "names that are not UTF-8"),
    "not-searched": ("note", "more folders inside class folders than were looked into"),
    # series in the files' names
    "series-cut": ("warn", "pictures of one series on both sides of the split that the data has"),
    "series-in-cut": ("warn", "the same in the validation part that is cut by Lenswork"),
    # whatever else training says
    "refused": ("refuse", "what training refuses for another reason"),
}


def found(
    code: str,
    title: str,
    meaning: str,
    cure: str,
    files: Sequence[str] = (),
    *,
    groups: Sequence[Sequence[str]] | None = None,
    move: Sequence[str] = (),
) -> Finding:
    """A finding with the severity of its code; folders among `files` end in a slash."""
    together = alone(files) if groups is None else tuple(tuple(group) for group in groups)
    return Finding(code, CODES[code][0], title, meaning, cure, together, tuple(move))


def quoted(path: Path | str) -> str:
    r"""A path as a shell takes it, on one line: what cannot be printed is $'\xe9' as in bash."""
    text = shown_source(str(path)) if "://" in str(path) else Path(path).as_posix()
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(map(_escaped, text)) + "'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))
