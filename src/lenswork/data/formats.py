"""Pictures in formats that cannot be read here, such as those that telephones take."""

import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

FORMAT = re.compile(  # the endings of picture files that are none of PICTURE_SUFFIXES
    r"\.(heic|heif|avif|jxl|jp2|j2k|jpx|svg|tga|ppm|pgm|pbm|pnm"
    r"|dng|cr2|cr3|nef|arw|orf|rw2|raf|pef|srw)\Z",
    re.IGNORECASE,
)
SHOWN = 5  # folders in a sentence


def other_formats(others: Sequence[str], pictures: Collection[str]) -> list[str]:
    """The files of a folder in such formats; not those beside a picture of the same name.

    `pictures` are its files that can be read, `others` the names of all else.
    """
    known = [(name, ending) for name in others if (ending := FORMAT.search(name))]
    readable = {os.path.splitext(name)[0] for name in pictures} if known else set()  # noqa: PTH122
    return [name for name, ending in known if name[: ending.start()] not in readable]


@dataclass(frozen=True)
class Unread:
    """The files of a folder that are left out for their formats, of `total` files in it.

    `place` is what the folder is called in sentences.
    """

    place: str
    names: Sequence[str]
    total: int


def endings_of(unread: Sequence[Unread]) -> list[str]:
    """The endings of the files that are left out, in small letters."""
    return sorted({name.rpartition(".")[2].lower() for one in unread for name in one.names})


def told(unread: Sequence[Unread]) -> str:
    """How many files are left out, in which formats, and of each folder what share."""
    shares = [f"{len(one.names):,} of {one.total:,} files in {one.place}" for one in unread]
    total = sum(len(one.names) for one in unread)
    are = "is a picture" if total == 1 else "are pictures"
    kinds = " or ".join(ending.upper() for ending in endings_of(unread))
    which = f"{are} in {kinds}, which training cannot read"
    if len(shares) == 1:
        return f"{shares[0]} {which}"
    more = f" and {len(shares) - SHOWN:,} more classes" if len(shares) > SHOWN else ""
    return f"{total:,} files {which}: {', '.join(shares[:SHOWN])}{more}"
