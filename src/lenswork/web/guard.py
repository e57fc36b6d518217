"""What stands before every page: who may ask, how much may be sent, what a page may load.

Host and Origin are checked against DNS rebinding and posts from other sites
(https://owasp.org/www-community/attacks/csrf); the Content-Security-Policy keeps anything that a
file's or a class's name contains from running. Headers that are oversized or torn are the server's
matter (uvicorn and h11).
"""

import asyncio
import re
import secrets
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lenswork.model.describe import format_bytes
from lenswork.web.settings import Settings

COOKIE = "lenswork-token"
READING = frozenset({"GET", "HEAD"})
HOST = re.compile(r"(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?")
LENGTH = re.compile(r"[0-9]{1,18}")
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)
HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "referrer-policy": "same-origin",  # with "no-referrer" a form is posted with Origin: null
    "x-content-type-options": "nosniff",
}


class TooLargeError(Exception):
    """A request sends more than the studio takes."""


class TooSlowError(Exception):
    """A request takes longer to arrive than the studio waits."""


class Guard:
    """Refuses requests that are not meant for this studio, and adds headers to every answer.

    It stands outside the application, so that the answer to a fault has the headers too.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self._hosts = settings.hosts
        self._cookie = f"{COOKIE}-{settings.port}"  # browsers send cookies to all ports of a host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; refused ones never reach a page."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer: ASGIApp = self._refusal(scope) or self.app
        await answer(scope, _limited(receive, self.settings), _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if self.settings.token is None and host not in self._hosts:
            return _refuse(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"this studio answers at {' and '.join(sorted(self._hosts))}, got {host!r}",
            )
        if not HOST.fullmatch(host):
            return _refuse(HTTPStatus.BAD_REQUEST, "the request does not say for which host it is")
        if scope["method"] not in READING and not _same_origin(headers, host):
            return _refuse(
                HTTPStatus.FORBIDDEN, "this was sent from a page that is not the studio's own"
            )
        if _is_drawn_in(headers):
            return _refuse(
                HTTPStatus.FORBIDDEN, "a page of another site may lead here, and show nothing of it"
            )
        length = headers.get("content-length", "0")
        if not LENGTH.fullmatch(length) or not scope["query_string"].isascii():
            return _refuse(HTTPStatus.BAD_REQUEST, "the request is not written as HTTP asks")
        if int(length) > self.settings.upload_bytes:
            return _refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_large(self.settings.upload_bytes)
            )
        return self._unless_known(scope, headers)

    def _unless_known(self, scope: Scope, headers: Headers) -> Response | None:
        """None for one who shows the token; it is taken from the address into a cookie."""
        token = self.settings.token
        if token is None:
            return None
        said = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        shown = dict(said).get("token")
        known = _is(cookie_parser(headers.get("cookie", "")).get(self._cookie, ""), token)
        if scope["method"] == "GET" and shown is not None and (known or _is(shown, token)):
            rest = urlencode([(name, value) for name, value in said if name != "token"])
            place = "/" + scope["path"].lstrip("/\\")  # two slashes would begin another host
            answer = RedirectResponse(place + (f"?{rest}" if rest else ""), 303)
            answer.set_cookie(self._cookie, token, httponly=True, samesite="strict")
            return answer
        if known:
            return None
        return _refuse(
            HTTPStatus.UNAUTHORIZED,
            "open the address with ?token=... that lenswork studio printed when it began",
        )


def too_large(limit: int) -> str:
    """What is said to one who sends more bytes than `limit`."""
    return f"the studio takes {format_bytes(limit)} at once: send fewer or smaller pictures"


def _is(shown: str, token: str) -> bool:
    return secrets.compare_digest(shown.encode("utf-8", "replace"), token.encode())


def _same_origin(headers: Headers, host: str) -> bool:
    return headers.get("origin", "").lower() in (f"http://{host}", f"https://{host}")


def _is_drawn_in(headers: Headers) -> bool:
    """Whether a page of another site wants this for itself, and does not lead here.

    It would see nothing of the answer, but could keep the studio at work
    (https://w3c.github.io/webappsec-fetch-metadata/).
    """
    asked_by = headers.get("sec-fetch-site", "none")  # older browsers and programs do not say
    leads_here = headers.get("sec-fetch-dest") == "document"
    return asked_by not in ("none", "same-origin") and not leads_here


def _refuse(status: HTTPStatus, text: str) -> Response:
    return PlainTextResponse(f"{text}\n", status)


def _limited(receive: Receive, settings: Settings) -> Receive:
    """Count what arrives: a length that was not announced, or announced falsely, counts too.

    When all has come, a page may wait for its reader to leave for as long as it likes.
    """
    taken = 0
    coming = True
    end: float | None = None

    async def counted() -> Message:
        nonlocal taken, coming, end
        if not coming:
            return await receive()
        end = end or asyncio.get_running_loop().time() + settings.upload_seconds
        try:
            async with asyncio.timeout_at(end):
                message = await receive()
        except TimeoutError:
            raise TooSlowError from None
        coming = bool(message.get("more_body"))
        taken += len(message.get("body", b""))
        if taken > settings.upload_bytes:
            raise TooLargeError
        return message

    return counted


def _with_headers(send: Send) -> Send:
    async def headed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return headed
