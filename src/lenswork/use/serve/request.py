"""From a request to its pictures, held to the limits."""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from lenswork.use.predict import Upload
from lenswork.use.serve.limits import Limits, Refusal, busy, too_large

MULTIPART = "multipart/form-data"
RAW = ("image/png", "image/jpeg", "image/gif", "image/bmp", "image/tiff", "image/webp",
       "application/octet-stream")  # fmt: skip
FIELD = "picture"
LONGEST_NAME = 200
PIECE = 2**14  # bytes of a form; at worst some milliseconds of work
TURN_SECONDS = 0.005  # of work on one form, before others have theirs


@dataclass
class Held:
    """The bytes of all requests that are being read or answered."""

    count: int = 0


class _InMemory(MultiPartParser):
    spool_max_size = 2**40  # the body is in memory already, and as large as it may be

    def on_headers_finished(self) -> None:
        """Every part is a file, also one that a program has sent without a file's name."""
        said = self._current_part.content_disposition
        if said is not None and b"filename" not in said:
            self._current_part.content_disposition = said + b'; filename=""'
        super().on_headers_finished()


async def read_body(request: Request, limits: Limits, held: Held) -> bytes:
    """The whole body; what it takes is counted in `held`, also where it is refused.

    Raises `Refusal` with 413 as soon as it is known to be too large, with 429 where all requests
    together are.
    """
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:19]) > limits.request_bytes:
        raise too_large(limits.request_bytes, f"{announced[:19]} bytes")
    chunks: list[bytes] = []
    taken = 0
    async for chunk in request.stream():
        taken += len(chunk)
        held.count += len(chunk)
        request.state.held_bytes = taken
        if taken > limits.request_bytes:
            raise too_large(limits.request_bytes, f"more than {limits.request_bytes:,} bytes")
        if held.count > limits.held_bytes:
            raise busy(
                f"{held.count:,} bytes of requests",
                f"at most {limits.held_bytes:,} bytes of requests at a time",
            )
        chunks.append(chunk)
    return b"".join(chunks)


async def pictures_in(request: Request, body: bytes, limits: Limits) -> list[Upload]:
    """The pictures in a body; raises `Refusal` with 415 or 422."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == MULTIPART:
        sent = await _files(request, body, limits)
    elif kind in RAW:
        sent = [Upload("the body", body)] if body else []
    else:
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "this kind of body is not taken",
            f"{MULTIPART} with files called {FIELD!r}, or one picture as {', '.join(RAW)}",
            f"content-type {kind[:100]!r}",
            f"set the header content-type, as curl -F {FIELD}=@FILE does",
        )
    if not sent:
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "no picture was sent",
            "at least one picture",
            "none",
            f"send files called {FIELD!r}, or a picture as the body",
        )
    return sent


async def _files(request: Request, body: bytes, limits: Limits) -> list[Upload]:
    parser = _InMemory(request.headers, _by_turns(body), max_files=limits.pictures)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        problem = getattr(error, "message", "") or str(error) or type(error).__name__
        raise _bad_form(problem[:200], limits) from error
    try:
        return await _uploads(form, limits)
    finally:
        await form.close()


async def _by_turns(body: bytes) -> AsyncGenerator[bytes, None]:
    """A form piece by piece; one whose parts nearly end again and again takes seconds.

    Others go on in between, and whoever has waited long enough may end it there.
    """
    since = time.monotonic()
    for start in range(0, len(body), PIECE):
        yield body[start : start + PIECE]
        if time.monotonic() - since > TURN_SECONDS:
            await asyncio.sleep(0)
            since = time.monotonic()


async def _uploads(form: FormData, limits: Limits) -> list[Upload]:
    if other := [name for name, _ in form.multi_items() if name != FIELD]:
        raise _bad_form(f"a field called {other[0][:100]!r}", limits)
    files = [item for item in form.getlist(FIELD) if isinstance(item, UploadFile)]
    return [
        Upload((file.filename or f"picture {number}")[:LONGEST_NAME], await file.read())
        for number, file in enumerate(files, start=1)
    ]


def _bad_form(got: str, limits: Limits) -> Refusal:
    return Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "the form cannot be read",
        f"files called {FIELD!r} and nothing else, at most {limits.pictures}",
        got,
        f"send it as curl -F {FIELD}=@FILE does",
    )
