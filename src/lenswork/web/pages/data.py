"""Data: what there is to learn from, and its pictures by class."""

from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from lenswork.data.browse import look_around
from lenswork.data.dataset import FileSource, Part
from lenswork.data.doctor.finding import SEVERITIES, Finding
from lenswork.data.doctor.report import counts_of
from lenswork.data.known import KNOWN, SAMPLE
from lenswork.data.sources import survey
from lenswork.errors import DataError, LensworkError, PictureError
from lenswork.kinds import PictureShape
from lenswork.web.examinations import known_of, marks_of, path_of
from lenswork.web.named import allowed_data, allowed_folder
from lenswork.web.opened import data_named
from lenswork.web.render import page
from lenswork.web.settings import Settings
from lenswork.web.sheets import Sheet, label_of, sheet_of
from lenswork.web.thumbnails import LARGEST, THUMBNAIL, picture_at, picture_in, thumbnail_query
from lenswork.web.whole import whole

SHOWN = 6  # pictures of a known set in the list
SMALL_SIDE = 64  # pixels


def show(request: Request) -> Response:
    """One data set, if one is named; else all that can be chosen."""
    settings: Settings = request.app.state.settings
    said = request.query_params.get("data", "").strip()
    if not said:
        return _choices(request)
    try:
        name = allowed_data(settings, said)
    except LensworkError as error:
        return _choices(request, str(error), said, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        data = data_named(settings, name)
    except LensworkError as error:
        there = _is_there(name)
        status = HTTPStatus.OK if there else HTTPStatus.NOT_FOUND
        return page(
            request, "data_refused.html", status, name=name, sentence=str(error), there=there
        )
    found = sheet_of(data, request.query_params.get("split"), marks_of(settings, name))
    label = label_of(data, request.query_params.get("class"))
    return page(
        request,
        "data_one.html",
        data=data,
        inside=name == SAMPLE.name,
        counts=counts_of(data),
        **_pictures(request, name, found, label),
    )


def sheet(request: Request) -> Response:
    """The next pictures of a class, or the next classes: a part of a page."""
    name, found = _sheet(request)
    label = label_of(found.data, request.query_params.get("class"))
    template = "_data_tiles.html" if label is not None else "_data_rows.html"
    return page(request, template, **_pictures(request, name, found, label))


def picture(request: Request) -> Response:
    """A picture by its part and row, or a file that the doctor names by its id."""
    settings: Settings = request.app.state.settings
    query = request.query_params
    side = max(1, _number(query.get("side", str(LARGEST)), LARGEST))
    if "id" in query:
        return picture_in(path_of(known_of(settings, query.get("data", "")), query["id"]), side)
    _, found = _sheet(request, marked=False)
    part = found.data.parts[found.split]
    place = _number(query.get("place", ""), len(part) - 1)
    return picture_at(part.source, place, side)


def look(request: Request) -> Response:
    """One picture, larger, with what is known of it; a page, or what stands in its frame."""
    settings: Settings = request.app.state.settings
    name, found = _sheet(request)
    part = found.data.parts[found.split]
    place = _number(request.query_params.get("place", ""), len(part) - 1)
    tile = found.tile(place)
    before, after = found.beside(place)
    shape, problem = _shape(part, place)
    template = "_data_look.html" if "hx-request" in request.headers else "data_look.html"
    return page(
        request,
        template,
        name=name,
        tile=tile,
        before=before,
        after=after,
        shape=shape,
        problem=problem,
        byte_count=_byte_count(part, place),
        findings=_findings_of(settings, name, tile.id),
        picture=thumbnail_query(name),
    )


def _choices(
    request: Request, wrong: str | None = None, typed: str = "", status: HTTPStatus = HTTPStatus.OK
) -> Response:
    """What can be chosen: known sets with where they are, and what lies in the folders given."""
    settings: Settings = request.app.state.settings
    folder = request.query_params.get("folder")
    given = [allowed_folder(settings, folder)] if folder else list(settings.folders)
    return page(
        request,
        "data.html",
        status,
        known=survey(settings.data_home),
        browsing=folder is not None,
        folders=[look_around(one) for one in given],
        above=_above(settings, given[0]) if folder else None,
        wrong=wrong,
        typed=typed,
        side=THUMBNAIL,
        shown=SHOWN,
    )


def _is_there(name: str) -> bool:
    """Whether data that was refused is a file or folder that can be looked at."""
    try:
        return name not in KNOWN and Path(name).exists()
    except OSError:  # a name that is too long
        return False


def _above(settings: Settings, folder: Path) -> Path | None:
    """The folder around one, as long as that is not outside of what the studio was given."""
    try:
        return allowed_folder(settings, str(folder.parent))
    except DataError:
        return None


def _sheet(request: Request, *, marked: bool = True) -> tuple[str, Sheet]:
    settings: Settings = request.app.state.settings
    name = allowed_data(settings, request.query_params.get("data", ""))
    data = data_named(settings, name)
    marks = marks_of(settings, name) if marked else {}
    return name, sheet_of(data, request.query_params.get("split"), marks)


def _pictures(request: Request, name: str, found: Sheet, label: int | None) -> dict[str, Any]:
    """What both a page and its parts need to show pictures."""
    start = _number(request.query_params.get("from") or "0", 10**9)
    shown: dict[str, Any] = {"page": None, "rows": []}
    if label is not None:
        shown["page"] = found.page(label, start)
    else:
        shown["rows"] = found.rows(start)
    classes = len(found.data.classes)
    following = start + len(shown["rows"])
    return {
        **shown,
        "name": name,
        "split": found.split,
        "label": label,
        "classes": found.data.classes,
        "crisp": _are_small(found.data.parts[found.split]),
        "following": following if label is None and following < classes else None,
        "picture": thumbnail_query(name),
    }


def _number(said: str, most: int) -> int:
    """A whole number from 0 to `most`; anything else is not there."""
    number = whole(said, most)
    if number is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return number


def _findings_of(settings: Settings, name: str, picture_id: str) -> list[Finding]:
    """What the doctor says of one picture, the worst first; nothing is looked at for it."""
    if picture_id not in marks_of(settings, name):
        return []
    found = known_of(settings, name).report.findings
    order = [one for severity in SEVERITIES for one in found if one.severity == severity]
    return [one for one in order if picture_id in one.files]


def _shape(part: Part, place: int) -> tuple[PictureShape | None, str | None]:
    try:
        return part.source.shape(place), None
    except PictureError as error:
        return None, str(error)


def _are_small(part: Part) -> bool:
    """Whether pictures are shown with their pixels to be seen, by the first of them."""
    shape, _ = _shape(part, 0) if len(part) else (None, None)
    return shape is not None and max(shape[:2]) <= SMALL_SIDE


def _byte_count(part: Part, place: int) -> int | None:
    """The size of a picture's file, if it is one."""
    if not isinstance(part.source, FileSource):
        return None
    try:
        return part.source.files[place].stat().st_size
    except OSError:
        return None
