"""Requests as no well-behaved client would send them: straight into the application."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message

OWN = {"host": "127.0.0.1", "origin": "http://127.0.0.1"}


@dataclass(frozen=True)
class Answered:
    """What the application sent back."""

    status: int
    headers: Headers
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


def ask(
    app: ASGIApp,
    path: str = "/",
    method: str = "GET",
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    body: Sequence[bytes] = (b"",),
    query: bytes = b"",
    own: bool = True,
    patience: float = 60,
    pause: float = 0,
) -> Answered:
    """One request; with `own` it has the Host and Origin of the studio's own pages.

    An answer that goes on for longer than `patience` seconds is taken as far as it has come; before
    each part of the body there is a `pause`.
    """
    given = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    named = {name for name, _ in given}
    given += [(name, value) for name, value in OWN.items() if own and name not in named]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogateescape"),
        "root_path": "",
        "query_string": query,
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
    }
    parts = list(body)
    sent: list[Message] = []

    async def receive() -> Message:
        if not parts:
            return {"type": "http.disconnect"}
        await asyncio.sleep(pause)
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        try:
            await asyncio.wait_for(app(scope, receive, send), patience)
        except Exception:  # the studio tells a fault to the server, too, after its answer
            if not sent:
                raise

    with ThreadPoolExecutor(1) as thread:  # this one may have a loop already: Playwright's
        thread.submit(asyncio.run, run()).result()
    start = next(one for one in sent if one["type"] == "http.response.start")
    content = b"".join(one.get("body", b"") for one in sent if one["type"] == "http.response.body")
    return Answered(start["status"], Headers(raw=start["headers"]), content)


def multipart(
    *files: tuple[str, bytes], field: str = "picture", boundary: str = "cut"
) -> tuple[dict[str, str], bytes]:
    """The headers and body of a form with files, as browsers write one."""
    parts = b"".join(
        f'--{boundary}\r\ncontent-disposition: form-data; name="{field}"; '
        f'filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in files
    )
    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    return headers, parts + f"--{boundary}--\r\n".encode()
