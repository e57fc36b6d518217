"""The server as an ASGI application."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar

import numpy as np
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from lenswork.cores import available_cores
from lenswork.errors import PictureError
from lenswork.kinds import Pictures, Probabilities
from lenswork.model.contract import Contract
from lenswork.use.predict import Upload
from lenswork.use.serve.batcher import Batcher, Engine
from lenswork.use.serve.guard import Guard
from lenswork.use.serve.limits import Limits, Refusal, unavailable
from lenswork.use.serve.metrics import CONTENT_TYPE, Metrics
from lenswork.use.serve.openapi import described
from lenswork.use.serve.page import page
from lenswork.use.serve.request import Held, pictures_in, read_body

LOG = logging.getLogger("lenswork.serve")
Result = TypeVar("Result")


@dataclass
class Served:
    """Everything that the pages of one server share."""

    batchers: Mapping[str, Batcher]
    limits: Limits
    metrics: Metrics
    held: Held = field(default_factory=Held)
    readers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(available_cores(), "pictures")
    )

    def batcher(self, name: str | None) -> Batcher:
        """The model of that name, or the first one; raises `Refusal` with 404."""
        found = next(iter(self.batchers.values())) if name is None else self.batchers.get(name)
        if found is None:
            raise Refusal(
                HTTPStatus.NOT_FOUND,
                "there is no such model",
                f"one of {', '.join(self.batchers)}",
                str(name)[:100],
                "take a name from GET /models",
            )
        return found

    def stop(self) -> None:
        """Answer what waits, then end the threads."""
        for batcher in self.batchers.values():
            batcher.stop()
        self.readers.shutdown()


def server(
    models: Mapping[str, Engine],
    limits: Limits | None = None,
    hosts: Collection[str] | None = None,
) -> Starlette:
    """An application that answers pictures with `models`, the first of which `/predict` takes.

    With `hosts`, requests that were meant for another host are refused.
    """
    limits, metrics = limits or Limits(), Metrics()
    served = Served(
        {name: Batcher(name, engine, limits, metrics) for name, engine in models.items()},
        limits,
        metrics,
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(served.stop)

    app = Starlette(
        routes=[
            Route("/", _page, methods=["GET"]),
            Route("/healthz", _health, methods=["GET"]),
            Route("/metrics", _metrics, methods=["GET"]),
            Route("/openapi.json", _openapi, methods=["GET"]),
            Route("/models", _models, methods=["GET"]),
            Route("/predict", _predict, methods=["POST"]),
            Route("/models/{name}/predict", _predict, methods=["POST"]),
        ],
        middleware=[Middleware(Guard, hosts=hosts, metrics=metrics)],
        exception_handlers={
            Refusal: _refused,
            HTTPException: _http,
            ClientDisconnect: _gone,
            Exception: _unforeseen,
        },
        lifespan=lifespan,
    )
    app.state.served = served
    return app


async def _predict(request: Request) -> Response:
    served: Served = request.app.state.served
    batcher = served.batcher(request.path_params.get("name"))
    try:
        limits = served.limits
        body = await _in_time(read_body(request, limits, served.held), limits.upload_seconds)
        end = time.monotonic() + limits.seconds
        with batcher.coming():
            sent = await _in_time(pictures_in(request, body, limits), limits.seconds)
            del body  # its pictures have its bytes: they are not kept twice
            reading = _read(served, batcher.engine.contract, sent)
            answer = batcher.submit(await _in_time(reading, end - time.monotonic()))
        rows = await _in_time(asyncio.wrap_future(answer), end - time.monotonic())
    finally:
        served.held.count -= getattr(request.state, "held_bytes", 0)
    return JSONResponse(_said(batcher, sent, rows))


async def _read(served: Served, contract: Contract, sent: Sequence[Upload]) -> Pictures:
    """The pictures at the contract's size; raises `Refusal` naming those that cannot be read."""
    read: list[Pictures | PictureError] = [PictureError("not read")] * len(sent)
    remaining = iter(enumerate(sent))

    async def work() -> None:
        loop = asyncio.get_running_loop()
        for place, one in remaining:  # the next that nobody has taken
            read[place] = await loop.run_in_executor(
                served.readers, _decoded, contract, one, served.limits.pixels
            )

    if len(sent) == 1:
        await work()
    else:  # no more at a time than there are cores: another request waits for a few, not for all
        await asyncio.gather(*(work() for _ in range(min(len(sent), available_cores()))))
    unread = [one for one in read if isinstance(one, PictureError)]
    if unread:
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{len(unread)} of {len(sent)} pictures cannot be read",
            f"whole pictures of at most {served.limits.pixels:,} pixels: PNG, JPEG, GIF, BMP, "
            "TIFF or WebP",
            "; ".join(str(error) for error in unread)[:1000],
            "leave these out, or repair them",
        )
    pictures = [one for one in read if not isinstance(one, PictureError)]
    return np.stack(pictures) if len(pictures) > 1 else pictures[0][np.newaxis]  # not copied


def _decoded(contract: Contract, sent: Upload, pixels: int) -> Pictures | PictureError:
    try:
        return contract.preprocess.apply_bytes(sent.content, sent.name, pixel_limit=pixels)
    except PictureError as error:
        return error


async def _in_time(work: Awaitable[Result], seconds: float) -> Result:
    """What `work` gives, if it does so in time; raises `Refusal` with 503 otherwise."""
    try:
        async with asyncio.timeout(max(0.0, seconds)):  # a task fewer than `wait_for` makes
            return await work
    except TimeoutError as error:
        raise unavailable("it took too long", f"no end after {seconds:.3g} s") from error


def _said(batcher: Batcher, sent: Sequence[Upload], rows: Probabilities) -> dict[str, object]:
    classes = batcher.engine.contract.classes
    return {
        "model": batcher.name,
        "answers": [
            {
                "file": one.name,
                "class": classes[int(row.argmax())],
                "probability": float(row.max()),
                "probabilities": dict(zip(classes, map(float, row), strict=True)),
            }
            for one, row in zip(sent, rows, strict=True)
        ],
    }


async def _page(request: Request) -> Response:
    served: Served = request.app.state.served
    return HTMLResponse(page(_contracts(served), served.limits, str(request.base_url).rstrip("/")))


async def _health(request: Request) -> Response:
    served: Served = request.app.state.served
    return JSONResponse({"status": "ok", "models": list(served.batchers)})


async def _metrics(request: Request) -> Response:
    served: Served = request.app.state.served
    waiting = {name: batcher.waiting for name, batcher in served.batchers.items()}
    return PlainTextResponse(served.metrics.text(waiting), media_type=CONTENT_TYPE)


async def _openapi(request: Request) -> Response:
    served: Served = request.app.state.served
    return JSONResponse(described(_contracts(served), served.limits))


async def _models(request: Request) -> Response:
    served: Served = request.app.state.served
    return JSONResponse(
        {
            "models": [
                {
                    "name": name,
                    "classes": list(contract.classes),
                    "input": contract.preprocess.describe(),
                    "net": contract.net,
                    "data": contract.data,
                }
                for name, contract in _contracts(served).items()
            ]
        }
    )


def _contracts(served: Served) -> dict[str, Contract]:
    return {name: batcher.engine.contract for name, batcher in served.batchers.items()}


async def _refused(request: Request, error: Exception) -> Response:  # noqa: ARG001
    if not isinstance(error, Refusal):
        raise error
    return JSONResponse(error.body(), error.status, headers=dict(error.headers))


async def _http(request: Request, error: Exception) -> Response:
    """What the routes refuse: an address that is not there, a method that it does not take."""
    status = HTTPStatus(error.status_code if isinstance(error, HTTPException) else 500)
    headers = dict((error.headers if isinstance(error, HTTPException) else None) or {})
    body = {
        "error": status.phrase.lower(),
        "expected": headers.get("Allow", "an address of GET /openapi.json"),
        "got": f"{request.method} {request.scope['path']}"[:200],
        "do": "read GET /openapi.json",
    }
    return JSONResponse(body, status, headers=headers)


async def _gone(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """Whoever asked has left; nobody reads this."""
    return Response(status_code=499)


async def _unforeseen(request: Request, error: Exception) -> Response:
    """A fault of ours, told in full in the log."""
    LOG.error("%s %s", request.method, request.scope["path"], exc_info=error)
    body = {
        "error": "the server has failed here",
        "expected": "an answer",
        "got": type(error).__name__,
        "do": "read the server's log",
    }
    return JSONResponse(body, HTTPStatus.INTERNAL_SERVER_ERROR)
