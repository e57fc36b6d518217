"""What a run got wrong, with the pictures: the surest mistakes, a class pair, one cell."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from lenswork.errors import DataError, RunError, UsageError
from lenswork.kinds import SplitName
from lenswork.look.labels import find_suspects
from lenswork.look.mistakes import (
    Judged,
    Mistake,
    answered_so,
    confused_pairs,
    worst_mistakes,
)
from lenswork.record.predictions import HELD_OUT
from lenswork.record.run import Run
from lenswork.web.answers import judged_of
from lenswork.web.named import quoted, run_named
from lenswork.web.opened import data_of
from lenswork.web.render import address, page
from lenswork.web.settings import Settings
from lenswork.web.whole import whole

A_PAGE = 48  # pictures
MOST_PAIRS = 24
MOST_SUSPECTS = 240


@dataclass(frozen=True)
class Shown:
    """A page of pictures; `more` is the address of the next ones, if there are any."""

    pictures: Sequence[Mistake]
    first: int
    total: int
    more: str | None


def show(request: Request) -> Response:
    """The mistakes of which the run was surest; or its pictures whose label may be wrong."""
    run, judged = _judged(request)
    wanted = "labels" if request.query_params.get("show") == "labels" else "mistakes"
    suspects = _suspects(judged)
    chosen = suspects if wanted == "labels" else worst_mistakes(judged)
    here = address("/runs", run.name, "mistakes")
    shown = _paged(request, chosen, here, show=wanted if wanted == "labels" else None)
    if _wants_more(request):
        return page(request, "_pictures_of_run.html", run=run, part=judged.part, shown=shown)
    return page(
        request,
        "run_mistakes.html",
        run=run,
        judged=judged,
        part=judged.part,
        parts=tuple(run.answers),
        wanted=wanted,
        shown=shown,
        wrong=len(judged.wrong),
        suspects=len(suspects),
        pairs=confused_pairs(judged, MOST_PAIRS),
        problem=_why_no_pictures(request, run),
    )


def cell(request: Request) -> Response:
    """The pictures of one class that were called another, or rightly called it."""
    run, judged = _judged(request)
    truth, said = (_class(request, judged, key) for key in ("truth", "said"))
    chosen = answered_so(judged, truth, said)
    here = address("/runs", run.name, "cell")
    shown = _paged(request, chosen, here, truth=truth, said=said)
    if _wants_more(request):
        return page(request, "_pictures_of_run.html", run=run, part=judged.part, shown=shown)
    return page(
        request,
        "_cell.html" if "hx-request" in request.headers else "run_cell.html",
        run=run,
        part=judged.part,
        truth=judged.classes[truth],
        said=judged.classes[said],
        right=truth == said,
        shown=shown,
        problem=_why_no_pictures(request, run),
    )


def _judged(request: Request) -> tuple[Run, Judged]:
    settings: Settings = request.app.state.settings
    run = run_named(settings, request.path_params["run"])
    asked = request.query_params.get("part")
    if asked is not None and asked not in HELD_OUT:
        raise UsageError(f"expected a part, {' or '.join(HELD_OUT)}, got {asked!r}")
    part: SplitName | None = next((name for name in HELD_OUT if name == asked), None)
    return run, judged_of(run, part)


def _class(request: Request, judged: Judged, key: str) -> int:
    said, most = request.query_params.get(key, ""), len(judged.classes) - 1
    number = whole(said, most)
    if number is None:
        raise UsageError(f"{key}: expected the number of a class, 0 to {most}, got {quoted(said)}")
    return number


def _suspects(judged: Judged) -> list[Mistake]:
    """Wrong answers whose label is suspect, most suspect first: the network never saw them."""
    found = find_suspects(judged.truth, judged.probabilities).numbers
    wrong = found[judged.truth[found] != judged.answer[found]]
    return [judged.mistake(number) for number in wrong[:MOST_SUSPECTS]]


def _paged(request: Request, chosen: Sequence[Mistake], here: str, **query: object) -> Shown:
    first = whole(request.query_params.get("from", ""), 10**9) or 0
    after = first + A_PAGE
    query |= {"part": request.query_params.get("part"), "from": after}
    more = address(here, **query) if after < len(chosen) else None
    return Shown(chosen[first:after], first, len(chosen), more)


def _wants_more(request: Request) -> bool:
    """Whether only further pictures are asked for, to be put behind those that are there."""
    return "hx-request" in request.headers and "from" in request.query_params


def _why_no_pictures(request: Request, run: Run) -> str:
    """Why the run's pictures cannot be shown; empty where they can."""
    try:
        data_of(request.app.state.settings, run)
    except (DataError, RunError) as error:
        return str(error)
    return ""
