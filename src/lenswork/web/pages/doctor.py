"""What the doctor says of data, beside the pictures that it speaks of."""

from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lenswork.data.doctor.finding import Finding
from lenswork.data.doctor.wording import COMMANDS
from lenswork.look.doctor_page import MOST_IN_GROUP, doctor_page, shown_groups, verdict
from lenswork.web.download import kept_as
from lenswork.web.examinations import Known, begin, going_on, known_of
from lenswork.web.named import allowed_data
from lenswork.web.render import address, page
from lenswork.web.settings import Settings
from lenswork.web.sheets import places_of_ids
from lenswork.web.thumbnails import thumbnail_query


def show(request: Request) -> Response:
    """What the doctor says; while pictures are being examined, how far that is."""
    settings: Settings = request.app.state.settings
    name = allowed_data(settings, request.query_params.get("data", ""))
    running = going_on(settings, name)
    if running is not None and not running.over:
        return page(request, "_data_examining.html", name=name, running=running)
    known = known_of(settings, name)
    return page(
        request,
        "_data_findings.html",
        name=name,
        report=known.report,
        verdict=verdict(known.report),
        shown=[_shown(known, finding) for finding in known.report.findings],
        places=_places(known),
        failed=None if running is None else running.error,
        picture=thumbnail_query(name),
        most=MOST_IN_GROUP,
    )


def examine(request: Request) -> Response:
    """Have every picture examined, and show how far that is."""
    settings: Settings = request.app.state.settings
    name = request.query_params.get("data", "")
    begin(settings, name)
    if "hx-request" in request.headers:
        return show(request)
    return RedirectResponse(address("/data", data=name), HTTPStatus.SEE_OTHER)


def report(request: Request) -> Response:
    """The doctor's report as one file to keep, with pictures inside."""
    settings: Settings = request.app.state.settings
    known = known_of(settings, request.query_params.get("data", ""))
    html = doctor_page(known.report).encode("utf-8", "backslashreplace")
    return Response(html, media_type="text/html; charset=utf-8", headers=kept_as("doctor.html"))


def _shown(known: Known, finding: Finding) -> dict[str, Any]:
    """A finding with as many of its pictures as a page has room for."""
    groups = shown_groups(finding)
    return {
        "finding": finding,
        "groups": groups,
        "more": len(finding.groups) - len(groups),
        "together": any(len(group) > 1 for group in finding.groups),
        "cure": [line for line in finding.cure.splitlines() if not line.startswith(COMMANDS)],
        "commands": [line for line in finding.cure.splitlines() if line.startswith(COMMANDS)],
        "files": {name for group in groups for name in group if name in known.report.paths},
    }


def _places(known: Known) -> dict[str, Any]:
    """Where the pictures are that the findings show."""
    opened = known.report.opened
    if opened is None:
        return {}
    wanted = {
        name
        for finding in known.report.findings
        for group in shown_groups(finding)
        for name in group[:MOST_IN_GROUP]
    }
    return places_of_ids(opened, wanted)
