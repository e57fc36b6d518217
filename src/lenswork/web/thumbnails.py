"""Pictures of a data set as they are shown: decoded no larger than that, kept by the browser."""

from pathlib import Path
from typing import Any

from starlette.responses import RedirectResponse, Response

from lenswork.data.dataset import EncodedPictures, PictureSource
from lenswork.data.decode import decode_bytes, decode_file
from lenswork.errors import PictureError
from lenswork.kinds import Picture
from lenswork.look.thumbnail import thumbnail
from lenswork.web.images import keeping
from lenswork.web.opened import stamp_of
from lenswork.web.render import asset

THUMBNAIL = 160  # pixels along the longer side: a cell on a screen with fine pixels
LARGEST = 1024  # of a picture that is looked at alone
UNREADABLE = "unreadable.svg"


def thumbnail_query(name: str) -> dict[str, Any]:
    """What the addresses of all thumbnails of a data set say; it changes with its files."""
    return {"data": name, "side": THUMBNAIL, "v": stamp_of(name) or None}


def picture_at(source: PictureSource, place: int, side: int, *, kept: bool = True) -> Response:
    """The picture at `place` with a longer side of `side` pixels at most; never enlarged.

    One that cannot be read is a drawing that says so, so that a page with it stays whole.
    """
    try:
        if isinstance(source, EncodedPictures):
            picture = decode_bytes(*source.encoded(place), at_least=(side, side))
        else:
            picture = source.read(place)
    except PictureError:
        return unreadable()
    return _answer(picture, side, kept=kept)


def picture_in(path: Path, side: int) -> Response:
    """The same of one file."""
    try:
        return _answer(decode_file(path, at_least=(side, side)), side, kept=True)
    except PictureError:
        return unreadable()


def unreadable() -> Response:
    """The drawing in place of a picture that cannot be read."""
    return RedirectResponse(asset(UNREADABLE), headers={"cache-control": "no-store"})


def _answer(picture: Picture, side: int, *, kept: bool) -> Response:
    content, kind = thumbnail(picture, side)
    return Response(content, media_type=f"image/{kind}", headers=keeping(kept=kept))
