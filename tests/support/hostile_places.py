"""The part of the corpus that is not merely bytes: links, pipes, folders and names."""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from picture_files import encoded, noise

from lenswork.data.decode import BYTE_LIMIT

COLOUR = noise(9, 13, 3)
PNG = encoded(COLOUR, "PNG")
NOT_REGULAR = "it is not a regular file"


@dataclass(frozen=True)
class Place:
    """Something in a class folder: how it is made, and what must become of it.

    It is read as `COLOUR`, or refused with `says`. `is_picture` is whether it counts among the
    pictures of its folder.
    """

    name: str
    make: Callable[[Path], object]
    says: str = ""
    is_picture: bool = True


def all_places() -> tuple[Place, ...]:
    """Every odd thing, under names that differ."""
    return (*not_files(), *links(), *holes(), *names())


def not_files() -> Iterator[Place]:
    """What would wait for ever, or is a folder."""
    yield Place("a pipe.jpg", os.mkfifo, NOT_REGULAR)
    yield Place("a socket.jpg", lambda path: os.mknod(path, stat.S_IFSOCK | 0o600), NOT_REGULAR)
    yield Place("a folder.jpg", Path.mkdir, "it is a folder, not a file", is_picture=False)


def links() -> Iterator[Place]:
    """Links that lead round, away, or nowhere."""
    yield Place("to zeros without end.jpg", _to("/dev/zero"), NOT_REGULAR)
    yield Place("to chance without end.png", _to("/dev/urandom"), NOT_REGULAR)
    yield Place("to nothing at all.png", _to("/dev/null"), NOT_REGULAR)
    yield Place("to itself.jpg", _to("to itself.jpg"), "Too many levels of symbolic links")
    yield Place("there.png", _to("and back.png"), "Too many levels of symbolic links")
    yield Place("and back.png", _to("there.png"), "Too many levels of symbolic links")
    yield Place("broken.gif", _to("gone.gif"), "there is no such file")
    yield Place("up.jpg", _to(".."), "it is a folder, not a file", is_picture=False)
    yield Place("leaves.png", _link_away)
    yield Place("through a file.png", _to("leaves.png/more.png"), "Not a directory")


def holes() -> Iterator[Place]:
    """Files of much length and no content; they take no room on the disk."""
    yield Place("nothing.png", lambda path: path.write_bytes(b""), "the file is empty (0 bytes)")
    yield Place("one byte.bmp", lambda path: path.write_bytes(b"B"), "none of these")
    yield Place("larger than any picture.jpg", _hole(BYTE_LIMIT + 1), "more than the limit of")
    yield Place("as large as may be.jpg", _hole(BYTE_LIMIT - 1), "none of these")
    yield Place("a terabyte.tif", _hole(10**12), "more than the limit of")


def names() -> Iterator[Place]:
    """Whole pictures whose names are a trial for what prints, stores or shows them."""
    odd = ("two\nlines.png", "tab\there.png", "'quoted' \"twice\".png", "<b>&amp;<script>.png",
           "\u202egnp.exe.png", "-rf.png", " .png", "%s %d {0} {name}.png", "$(reboot) `x`.png",
           "$x$ \\alpha_1.png", "back\\slash.png", "con.png", "a.b.c.d.png", "*?[x].png",
           "#1;2.png",
           "馬 🐎.png", "e\u0301.png", "\u00e9.png", "zero\u200bwidth.png", "\x1b[31mred.png",
           "UPPER.PNG", "Mixed.PnG", "x" * 251 + ".png", os.fsdecode(b"caf\xe9.png"))  # fmt: skip
    for name in odd:
        yield Place(name, _picture)
    for name in (
        ".hidden.png",
        "._resource.png",
        "x.png.txt",
        "x.png~",
        "png",
        "x.svg",
        "Thumbs.db",
    ):
        yield Place(name, _picture, is_picture=False)


def _picture(path: Path) -> None:
    path.write_bytes(PNG)


def _to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _hole(length: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(length)

    return make


def _link_away(path: Path) -> None:
    away = path.parent.parent.parent / "away from all data.png"
    away.write_bytes(PNG)
    path.symlink_to(away)
