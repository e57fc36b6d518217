"""What shards are called: patterns that stand for many, folders and addresses, keys inside."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from lenswork.data.decode import printable
from lenswork.errors import DataError, UsageError

MANIFEST = "lenswork.json"
SUFFIX = ".tar"
COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
MOST_SHARDS = 100_000

_BRACES = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d+)\.\.(\d+)(?:\.\.(\d+))?")
BETWEEN_SHARDS = "::"
_BETWEEN = re.compile(r"::(?![^\[\]]*\])")  # but not within http://[::1]/


def pieces(text: str) -> list[str]:
    """The patterns in a text of several: `a-{0..9}.tar::b.tar`, as WebDataset writes them."""
    return _BETWEEN.split(text)


def expand(pattern: str) -> list[str]:
    """What a pattern stands for, as a shell expands it: `{000..009}`, `{0..8..2}`, `{a,b}`.

    Numbers are filled up with zeros where one of the two is. Raises `UsageError` for a pattern
    that stands for more than 100,000.
    """
    for match in _BRACES.finditer(pattern):
        alternatives = _alternatives(match[1])
        if alternatives is None:
            continue
        tails = expand(pattern[match.end() :])
        if len(alternatives) * len(tails) > MOST_SHARDS:
            raise UsageError(f"{pattern!r} stands for more than {MOST_SHARDS:,} shards")
        return [pattern[: match.start()] + one + tail for one in alternatives for tail in tails]
    return [pattern]


def _alternatives(inner: str) -> list[str] | None:
    """What a pair of braces stands for; None where they are only letters of a name."""
    if bounds := _RANGE.fullmatch(inner):
        first, last = int(bounds[1]), int(bounds[2])
        step = max(1, int(bounds[3] or 1))
        if abs(last - first) // step >= MOST_SHARDS:
            raise UsageError(f"{{{inner}}} stands for more than {MOST_SHARDS:,} shards")
        filled = any(len(text) > 1 and text.startswith("0") for text in (bounds[1], bounds[2]))
        width = max(len(bounds[1]), len(bounds[2])) if filled else 0
        numbers = range(first, last + 1, step) if first <= last else range(first, last - 1, -step)
        return [f"{number:0{width}d}" for number in numbers]
    return inner.split(",") if "," in inner else None


def is_url(text: str) -> bool:
    """Whether `text` is an address to be asked over HTTP."""
    return text.lower().startswith(("http://", "https://"))


def names_shards(text: str) -> bool:
    """Whether `text` means shards: an address, something.tar, or a folder with a manifest."""
    first = pieces(text)[0]
    if is_url(first) or first.lower().endswith((SUFFIX, *COMPRESSED)):
        return True
    try:
        return bool(first) and (Path(first).expanduser() / MANIFEST).is_file()
    except (OSError, RuntimeError):  # a name that is too long, the home of nobody
        return False


def is_shard(location: str) -> bool:
    """Whether a location is of one shard, not of a folder of them; refuses a compressed one."""
    path = urlsplit(location).path if is_url(location) else location
    if path.lower().endswith(COMPRESSED):
        raise DataError(
            f"{shown(location)} is compressed: expected a plain .tar, in which a picture can be "
            "found without unpacking what is before it, and pictures are compressed already; "
            "unpack it (gunzip, unxz) first"
        )
    return path.lower().endswith(SUFFIX)


def folder_of(location: str) -> str:
    """The folder or address that a shard is in, with a slash at its end."""
    return beside(location, "")


def beside(location: str, name: str) -> str:
    """The file called `name` in a shard's folder, or in a folder whose name ends in a slash."""
    if not is_url(location):
        return f"{location.rpartition('/')[0]}/{name}" if "/" in location else name
    parts = urlsplit(location)
    return urlunsplit(parts._replace(path=f"{parts.path.rpartition('/')[0]}/{name}"))


def file_name(location: str) -> str:
    """The last part of a location: train-003.tar."""
    path = unquote(urlsplit(location).path) if is_url(location) else location
    return path.rpartition("/")[2]


def shown(location: str) -> str:
    """A location as it can be printed: an address without passwords and tokens."""
    if not is_url(location):
        return printable(Path(location))
    parts = urlsplit(location)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def shown_source(text: str) -> str:
    """What data was opened by, as it can be printed: its addresses without passwords and tokens."""
    return BETWEEN_SHARDS.join(shown(one) if is_url(one) else one for one in pieces(text))


def key_of(picture_id: str) -> str:
    """The key of a picture: its id, with all but letters, digits, `_`, `-`, `~` and `/` as %XX.

    WebDataset ends a key at the first dot, so that a dot must not be in it; the picture's own
    ending is kept, since a.png and a.jpg are two pictures.
    """
    plain = all(picture_id.split("/"))  # no empty folder name, so that no name begins with a slash
    return quote(picture_id, safe="/" if plain else "").replace(".", "%2E")


def id_of(key: str) -> str:
    """The picture's id that `key_of` was given."""
    return unquote(key)


def split_name(member: str) -> tuple[str, str] | None:
    """A member's key and ending without its dot, in small letters; None for a name without.

    As WebDataset does: the ending begins at the first dot of the last part of the name.
    """
    folder, slash, name = member.rpartition("/")
    stem, dot, ending = name.partition(".")
    return (folder + slash + stem, ending.lower()) if stem and dot and ending else None


def unique(locations: list[str]) -> list[str]:
    """The same locations; raises `DataError` where one is named twice."""
    seen: set[str] = set()
    for location in locations:
        if location in seen:
            raise DataError(
                f"{shown(location)} is named twice: each picture is met once an epoch, name it once"
            )
        seen.add(location)
    return locations


def expanded(text: str) -> Iterator[str]:
    """The locations that `text` stands for; a file or folder with braces in its name is itself."""
    for piece in pieces(text):
        if is_url(piece) or not Path(piece).exists():
            yield from expand(piece)
        else:
            yield piece
