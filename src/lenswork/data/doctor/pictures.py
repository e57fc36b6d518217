"""What is wrong with single pictures: those that cannot be read, and those read otherwise."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence

from lenswork.amounts import counted
from lenswork.data.decode import PIXEL_LIMIT
from lenswork.data.doctor.colours import colour_findings
from lenswork.data.doctor.content_codes import seen
from lenswork.data.doctor.facts import Facts
from lenswork.data.doctor.finding import Finding
from lenswork.data.doctor.opened import BLOCK, Problem
from lenswork.data.doctor.proportions import size_findings

LEAST_GREY = 0.02  # of the rows: less can be a border

_SUFFIXES = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "BMP": (".bmp",),
    "GIF": (".gif",),
    "TIFF": (".tif", ".tiff"),
}
_REFUSED: dict[Problem, tuple[str, str, str]] = {
    "empty": ("empty", "file is empty (0 bytes)", "files are empty (0 bytes)"),
    "unreadable": ("unreadable", "file cannot be read", "files cannot be read"),
    "not a picture": ("not-a-picture", "file is no picture", "files are no pictures"),
    "cut off": ("cut-off", "picture breaks off", "pictures break off"),
    "damaged": ("damaged", "picture is damaged", "pictures are damaged"),
    "too large": ("too-many-pixels", "picture is", "pictures are"),
}


def picture_findings(
    facts: Sequence[Facts],
    size: tuple[int, int] | None = None,
    *,
    pixel_limit: int = PIXEL_LIMIT,
) -> list[Finding]:
    """What is wrong with single pictures, given their facts.

    `size`, (height, width), is the network's input; without it only proportions are told, by the
    middle size. Files are refused exactly where training refuses them.
    """
    readable = [one for one in facts if one.readable]
    return [
        *_refused([one for one in facts if not _is_only_over(one)]),
        *_over_limit([one for one in facts if _is_only_over(one)], pixel_limit),
        *_warned(readable),
        *_unwritten(readable),
        *_grey_below(readable),
        *_one_colour(readable),
        *colour_findings(readable),
        *_mislabelled(readable),
        *_animated(readable),
        *_see_through(readable),
        *size_findings(readable, size),
    ]


def _refused(facts: Sequence[Facts]) -> list[Finding]:
    found: dict[Problem, list[Facts]] = defaultdict(list)
    for one in facts:
        if one.problem is not None:
            found[one.problem].append(one)
    return [
        seen(
            _REFUSED[problem][0],
            _title(problem, len(ones)),
            f"training stops before it begins: {ones[0].error}",
            _cure_of(problem, "it" if len(ones) == 1 else "them"),
            files=_names(ones),
            move=_names(ones),
        )
        for problem, ones in found.items()
    ]


def _title(problem: Problem, count: int) -> str:
    title = counted(count, *_REFUSED[problem][1:])
    return f"{title} larger than {PIXEL_LIMIT:,} pixels" if problem == "too large" else title


def _cure_of(problem: Problem, them: str) -> str:
    away = f"move {them} out of the class folders"
    if problem == "too large":
        return (
            f"shrink {them}, or {away}; the limit is {PIXEL_LIMIT:,} pixels, and a small file that "
            "unpacks to more may be meant to fill the memory"
        )
    if problem == "unreadable":
        return f"give yourself the right to read {them}, or {away}"
    if problem == "not a picture":
        return away
    return f"bring {them} again from the source, or {away}"


def _is_only_over(one: Facts) -> bool:
    """Whether a picture is too large for the limit that was asked, but not for training."""
    return one.problem == "too large" and 0 < one.width * one.height <= PIXEL_LIMIT


def _over_limit(ones: Sequence[Facts], pixel_limit: int) -> list[Finding]:
    if not ones:
        return []
    return [
        seen(
            "over-limit",
            counted(len(ones), "picture is", "pictures are")
            + f" larger than --pixel-limit, {pixel_limit:,} pixels",
            f"training takes up to {PIXEL_LIMIT:,}; what they show was not looked at here",
            "shrink them, or ask with a higher --pixel-limit",
            files=_names(ones),
        )
    ]


def _warned(facts: Sequence[Facts]) -> list[Finding]:
    ones = [one for one in facts if one.warnings]
    if not ones:
        return []
    texts = Counter(text for one in ones for text in one.warnings)
    common = "; ".join(text for text, _ in texts.most_common(2))
    return [
        seen(
            "decoder-warnings",
            counted(len(ones), "picture is", "pictures are") + " read with a warning",
            f"the decoder makes the best of a file that is not as it should be: {common}",
            "look at them; save them again from a program that shows them whole",
            files=_names(ones),
        )
    ]


def _unwritten(facts: Sequence[Facts]) -> list[Finding]:
    ones = sorted((one for one in facts if one.unwritten), key=lambda one: -one.unwritten)
    if not ones:
        return []
    return [
        seen(
            "unwritten",
            counted(len(ones), "picture ends", "pictures end")
            + f" in zeros that were probably never written, up to {_percent(ones[0].unwritten)} "
            "of the file",
            f"they begin where a block of a disk does, every {BLOCK:,} bytes, as after a copy that "
            "was cut off; such files have no checksum, and the network learns black or noise",
            "look at them; bring those that are damaged again, or move them away",
            files=_names(ones),
        )
    ]


def _grey_below(facts: Sequence[Facts]) -> list[Finding]:
    ones = sorted(
        (one for one in facts if one.grey_below >= LEAST_GREY), key=lambda one: -one.grey_below
    )
    if not ones:
        return []
    return [
        seen(
            "grey-below",  # libjpeg warns where data is missing, but not through Pillow
            counted(len(ones), "JPEG ends", "JPEGs end")
            + f" in even grey, up to {_percent(ones[0].grey_below)} of the picture",
            "so the decoder fills in for data that is missing in a file that seems whole, or the "
            "picture has a grey border: the network learns the grey",
            "look at them; bring those that are damaged again, or move them away",
            files=_names(ones),
        )
    ]


def _one_colour(facts: Sequence[Facts]) -> list[Finding]:
    ones = [one for one in facts if one.one_colour]
    if not ones:
        return []
    return [
        seen(
            "one-colour",
            counted(len(ones), "picture is", "pictures are") + " of one even colour",
            "nothing in them tells their class: the network learns a colour from them, or nothing",
            "move these files out of the class folders",
            files=_names(ones),
            move=_movable(ones),
        )
    ]


def _mislabelled(facts: Sequence[Facts]) -> list[Finding]:
    ones = [
        one
        for one in facts
        if one.format in _SUFFIXES
        and one.candidate.path.suffix.lower() not in _SUFFIXES[one.format]
    ]
    if not ones:
        return []
    kinds = Counter((one.candidate.path.suffix.lower() or "no suffix", one.format) for one in ones)
    (suffix, kind), _ = kinds.most_common(1)[0]
    return [
        seen(
            "mislabelled",
            counted(len(ones), "file is", "files are")
            + f" of another format than the name says, such as {kind} under {suffix}",
            "they are read by their content, here and in training; other programs may fail",
            "rename them",
            files=_names(ones),
        )
    ]


def _animated(facts: Sequence[Facts]) -> list[Finding]:
    ones = [one for one in facts if one.frames > 1]
    if not ones:
        return []
    most = max(one.frames for one in ones)
    return [
        seen(
            "animated",
            counted(len(ones), "file has", "files have")
            + f" several frames or pages, up to {most:,}",
            "only the first is read",
            "save the frames that you want as files of their own",
            files=_names(ones),
        )
    ]


def _see_through(facts: Sequence[Facts]) -> list[Finding]:
    ones = [one for one in facts if one.see_through > 0]
    if not ones:
        return []
    share = statistics.median(one.see_through for one in ones)
    return [
        seen(
            "see-through",
            counted(len(ones), "picture has", "pictures have")
            + f" pixels that are not opaque, {_percent(share)} of them by the median",
            "they are laid on white, so that the network sees a white background there",
            "save them on the background that the pictures to be asked about will have",
            files=_names(ones),
        )
    ]


def _percent(share: float) -> str:
    if 0.01 <= share <= 0.99 or share == 1:
        return f"{share:.0%}"
    return "less than 1%" if share < 0.01 else "nearly all"


def _names(facts: Sequence[Facts]) -> tuple[str, ...]:
    return tuple(one.id for one in facts)


def _movable(facts: Sequence[Facts]) -> tuple[str, ...]:
    """Those that are files of their own."""
    return tuple(one.id for one in facts if one.format)
