"""A picture of a run's data, as an image."""

from starlette.requests import Request
from starlette.responses import Response

from lenswork.data.dataset import Part
from lenswork.errors import LensworkError, PictureError, UsageError
from lenswork.kinds import SPLIT_NAMES, SplitName
from lenswork.look.pictures import part_in
from lenswork.record.run import Run
from lenswork.web.answers import ids_of
from lenswork.web.images import png, png_response
from lenswork.web.named import quoted, run_named
from lenswork.web.opened import data_of
from lenswork.web.render import page
from lenswork.web.settings import Settings
from lenswork.web.thumbnails import LARGEST, THUMBNAIL, picture_at
from lenswork.web.whole import whole


def show(request: Request) -> Response:
    """The picture at `place` of a part, in the order in which the run has answered it.

    Where the data is gone or has changed it is a drawing that says so, so that a page with it
    stays whole. A browser keeps it where the address says of which run it is (`v`): its name alone
    may be another run's tomorrow.
    """
    settings: Settings = request.app.state.settings
    return picture_of(request, run_named(settings, request.path_params["run"]))


def picture_of(request: Request, run: Run) -> Response:
    """The picture that a request asks for, of the data of any run."""
    settings: Settings = request.app.state.settings
    split = _split(request)
    place = _number(request, "place", None, 10**9)
    side = _number(request, "side", THUMBNAIL, LARGEST)
    kept = "v" in request.query_params
    try:
        part = part_in(run, data_of(settings, run), split)
        place = place_of(run, part, split, place)
        if 2 * max(part.source.shape(place)) <= side:
            return png_response(png(part.source.read(place), side, crisp=True), kept=kept)
        return picture_at(part.source, place, side, kept=kept)
    except PictureError:
        return _absent(request, "cannot be read")
    except LensworkError:
        return _absent(request, "is not there")


def place_of(run: Run, part: Part, split: SplitName, place: int) -> int:
    """Where in the data a run's picture is now; raises `UsageError` when it is there no more."""
    ids = ids_of(run, split)
    if not ids and place < len(part):
        return place
    if place < len(ids):
        if place < len(part) and part.ids[place] == ids[place]:
            return place
        if ids[place] in part.ids:
            return part.ids.index(ids[place])
    raise UsageError(f"run {run.name} has no {split} picture {place} that is in its data now")


def _absent(request: Request, what: str) -> Response:
    answer = page(request, "picture_absent.svg", what=what)
    answer.headers["content-type"] = "image/svg+xml"
    answer.headers["cache-control"] = "no-store"
    return answer


def _split(request: Request) -> SplitName:
    said = request.query_params.get("split")
    for name in SPLIT_NAMES:
        if name == said:
            return name
    raise UsageError(f"split: expected one of {', '.join(SPLIT_NAMES)}, got {said!r}")


def _number(request: Request, key: str, default: int | None, most: int) -> int:
    said = request.query_params.get(key, "" if default is None else str(default))
    number = whole(said, most)
    if number is None:
        raise UsageError(f"{key}: expected a whole number, 0 to {most:,}, got {quoted(said)}")
    return number
