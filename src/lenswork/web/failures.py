"""Errors as pages: the library's own sentence, with the status that fits."""

import errno
import logging
from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from lenswork.errors import LensworkError, RunError, UsageError
from lenswork.visible import visible
from lenswork.web.guard import TooLargeError, TooSlowError, too_large
from lenswork.web.render import page

LOG = logging.getLogger("lenswork.studio")
LONGEST_PATH = 120
FULL = (errno.ENOSPC, errno.EDQUOT)


def _missing(request: Request, error: Exception) -> Response:
    return told(request, HTTPStatus.NOT_FOUND, str(error))


def _refused(request: Request, error: Exception) -> Response:
    return told(request, HTTPStatus.UNPROCESSABLE_ENTITY, str(error))


def _failed(request: Request, error: Exception) -> Response:
    return told(request, HTTPStatus.INTERNAL_SERVER_ERROR, str(error))


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return _unforeseen(request, error)
    status = HTTPStatus(error.status_code)
    path = visible(request.scope["path"], lines=False)
    shown = path if len(path) <= LONGEST_PATH else f"{path[:LONGEST_PATH]}…"
    sentence = {
        HTTPStatus.NOT_FOUND: f"there is no page at {shown}",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{shown} does not take {request.method}",
    }.get(status, error.detail or status.phrase)
    return told(request, status, sentence, error.headers)


def _gone(request: Request, error: Exception) -> Response:
    """A run or a picture that was deleted while it was shown."""
    LOG.warning("%s: %s", _place(request), error)
    return told(
        request,
        HTTPStatus.NOT_FOUND,
        "a file that this page shows is not there any more: it may have been moved or deleted",
    )


def _left(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """Nobody is there to read this: the tab was closed while it was sending."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)


def _too_large(request: Request, error: Exception) -> Response:  # noqa: ARG001
    limit = request.app.state.settings.upload_bytes
    return told(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_large(limit))


def _too_slow(request: Request, error: Exception) -> Response:  # noqa: ARG001
    seconds = request.app.state.settings.upload_seconds
    sentence = f"what was sent did not arrive within {seconds:g} s: send less at once"
    return told(request, HTTPStatus.REQUEST_TIMEOUT, sentence)


def _hindered(request: Request, error: Exception) -> Response:
    """The disk is full, a folder may not be written to, there are no more processes to be had."""
    LOG.error("%s: %s", _place(request), error)
    full = getattr(error, "errno", None) in FULL
    why = getattr(error, "strerror", None) or type(error).__name__
    do = "free some space" if full else "its terminal says where"
    status = HTTPStatus.INSUFFICIENT_STORAGE if full else HTTPStatus.INTERNAL_SERVER_ERROR
    return told(request, status, f"the studio could not do this ({why}): {do}, then try again")


def _unforeseen(request: Request, error: Exception) -> Response:
    """A fault of ours: told on the terminal in full, and here without its innards."""
    LOG.error("%s", _place(request), exc_info=error)
    return told(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        f"the studio has failed here ({type(error).__name__}); its terminal says more",
    )


def told(
    request: Request,
    status: HTTPStatus,
    sentence: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page that says what is wrong; for a part of a page, only the notice."""
    template = "_failure.html" if "hx-request" in request.headers else "failure.html"
    answer = page(request, template, status, sentence=sentence, status_code=int(status))
    answer.headers.update(headers or {})
    return answer


def _place(request: Request) -> str:
    """Without the query: it may hold a token."""
    return visible(f"{request.method} {request.scope['path']}", lines=False)


HANDLERS = {
    RunError: _missing,
    UsageError: _refused,
    LensworkError: _failed,
    TooLargeError: _too_large,
    TooSlowError: _too_slow,
    ClientDisconnect: _left,
    FileNotFoundError: _gone,
    NotADirectoryError: _gone,
    OSError: _hindered,
    HTTPException: _http,
    Exception: _unforeseen,
}
