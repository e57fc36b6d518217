"""Templates to pages: one environment in which everything is escaped."""

import hashlib
import shlex
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from lenswork.amounts import counted
from lenswork.model.describe import format_bytes
from lenswork.record.durations import format_seconds
from lenswork.visible import visible
from lenswork.web.short import short_data

STATIC = files("lenswork.web").joinpath("static")
"""The studio's own styles and scripts, with the vendored ones."""


def page(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A whole page, or a fragment of one, from `templates/`; nothing in it is left unescaped."""
    settings = request.app.state.settings
    html = (
        _environment()
        .get_template(template)
        .render(request=request, settings=settings, path=request.scope["path"], **context)
    )
    return HTMLResponse(html.encode("utf-8", "backslashreplace"), status)  # half a surrogate too


def address(path: str, *names: str, **query: object) -> str:
    """`path`, with `names` as its further parts whatever they contain, and a query.

    What is None in the query is left out, lists are said several times.
    """
    place = "/".join([path, *(quote(name, safe="") for name in names)])
    said = {name: value for name, value in query.items() if value is not None}
    return f"{place}?{urlencode(said, doseq=True)}" if said else place


@cache
def asset(name: str) -> str:
    """The address of a file in `static/`, which changes with its content."""
    digest = hashlib.sha256(STATIC.joinpath(name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?{digest}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("lenswork.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"asset": asset, "address": address}
    environment.filters |= FILTERS
    return environment


def percent(fraction: float | None, digits: int = 2) -> str:
    """Such as 98.76%; a dash where it is not known."""
    return "–" if fraction is None else f"{100 * fraction:.{digits}f}%"


def count(number: int) -> str:
    """Such as 12,345."""
    return f"{number:,}"


def number(value: float | None, digits: int = 4) -> str:
    """A number in so many digits; a dash where it is not known."""
    return "–" if value is None else f"{value:.{digits}g}"


def when(text: str) -> str:
    """Such as 23 Nov 2026, 17:20, of a time in ISO form; another text as it is."""
    try:
        return f"{datetime.fromisoformat(text).astimezone():%d %b %Y, %H:%M}".lstrip("0")
    except ValueError:
        return text


FILTERS: Mapping[str, Any] = {
    "percent": percent,
    "count": count,
    "counted": counted,
    "number": number,
    "when": when,
    "seconds": format_seconds,
    "bytes": format_bytes,
    "shell": shlex.quote,
    "plain": visible,
    "short_data": short_data,
}
