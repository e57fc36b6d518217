"""Pictures in formats that training cannot read, such as those that telephones take."""

import os
import re
from collections.abc import Sequence

from lenswork.data.doctor.codes import found, quoted
from lenswork.data.doctor.finding import Finding
from lenswork.data.doctor.survey import Folder, Survey
from lenswork.data.doctor.wording import SHOWN, in_data

FORMAT = re.compile(  # the endings of picture files that are none of PICTURE_SUFFIXES
    r"\.(heic|heif|avif|jxl|jp2|j2k|jpx|jfif|jpe|svg|tga|ppm|pgm|pbm|pnm"
    r"|dng|cr2|cr3|nef|arw|orf|rw2|raf|pef|srw)\Z",
    re.IGNORECASE,
)
# Not mogrify, which would write over a JPEG of the same name
CONVERT = 'for f do [ -e "${f%.*}.jpg" ] || magick "$f[0]" -auto-orient "${f%.*}.jpg"; done'


def other_formats(folder: Folder) -> list[str]:
    """The files of a class in such formats; not those beside a picture of the same name."""
    known = [(name, ending) for name in folder.others if (ending := FORMAT.search(name))]
    readable = {os.path.splitext(name)[0] for name in folder.pictures} if known else set()  # noqa: PTH122
    return [name for name, ending in known if name[: ending.start()] not in readable]


def format_findings(surveyed: Survey) -> list[Finding]:
    """What of each class training leaves out for its format, and the command that converts it."""
    classes = {id(folder): folder for _, folder in surveyed.classes()}.values()
    left_out = [(folder, names) for folder in classes if (names := other_formats(folder))]
    if not left_out:
        return []
    endings = sorted({_ending(name) for _, names in left_out for name in names})
    return [
        found(
            "other-format",
            _title(left_out, " or ".join(ending.upper() for ending in endings)),
            "training leaves them out, and learns from fewer pictures than there are",
            "write each as a JPEG beside it, with ImageMagick:\n" + _convert(surveyed, endings),
            [folder.id_of(name) for folder, names in left_out for name in names],
        )
    ]


def _title(left_out: Sequence[tuple[Folder, list[str]]], kinds: str) -> str:
    """How many files, and of each class what share."""
    shares = [
        f"{len(names):,} of {len(one.pictures) + len(one.others):,} files in {in_data(one)}"
        for one, names in left_out
    ]
    total = sum(len(names) for _, names in left_out)
    are = "is a picture" if total == 1 else "are pictures"
    which = f"{are} in {kinds}, which training cannot read"
    if len(shares) == 1:
        return f"{shares[0]} {which}"
    more = f" and {len(shares) - SHOWN:,} more classes" if len(shares) > SHOWN else ""
    return f"{total:,} files {which}: {', '.join(shares[:SHOWN])}{more}"


def _convert(surveyed: Survey, endings: Sequence[str]) -> str:
    """The command for all classes: no file is taken away, and none is written over."""
    level = 2 if surveyed.flat else 3
    kinds = " -o ".join(f"-iname '*.{ending}'" for ending in endings)
    kinds = rf"\( {kinds} \)" if len(endings) > 1 else kinds
    return (
        f"find -L {quoted(surveyed.top.path)} -mindepth {level} -maxdepth {level} -type f {kinds} "
        f"-exec sh -c '{CONVERT}' sh {{}} +"
    )


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower()
