"""A real HTTP server on loopback that misbehaves as asked."""

import threading
from collections import defaultdict
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One answer to one request."""

    content: bytes = b""
    status: int = 200
    announce: int | None = -1  # Content-Length: -1 the truth, None no such header
    cut_after: int | None = None  # bytes, then the connection is closed
    silent_after: int | None = None  # bytes, then nothing more is sent and nothing closed
    etag: str | None = None
    resumes: bool = False  # answers a Range request with the rest
    resumes_from: int | None = None  # a wrong place to go on from


class FaultyServer:
    """Serves the answers given for a path in turn, the last one again and again."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str | None]] = []  # (path, Range header)
        self._answers: dict[str, list[Answer]] = defaultdict(list)
        self._closing = threading.Event()
        self._server = _Quiet(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> "FaultyServer":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, path: str, content: bytes = b"", **faults: Any) -> str:
        """Add an answer for `path` and return its address; `faults` are Answer's fields."""
        self._answers[f"/{path}"].append(Answer(content, **faults))
        return self.address(path)

    def address(self, path: str) -> str:
        """The address of `path`, served or not."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/{path}"

    def _next_answer(self, path: str) -> Answer:
        waiting = self._answers[path]
        if not waiting:
            return Answer(b"not found", status=404)
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                wanted = self.headers.get("Range")
                outer.requests.append((self.path, wanted))
                _send(self, outer._next_answer(self.path), wanted, outer._closing)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Keep the tests' output for the tests."""

        return Handler


class _Quiet(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what the tests are about."""


def _send(
    handler: BaseHTTPRequestHandler, answer: Answer, wanted: str | None, closing: threading.Event
) -> None:
    content, status, start = answer.content, answer.status, 0
    same = answer.etag is not None and handler.headers.get("If-Range") == answer.etag
    if wanted and answer.resumes and same:
        start = int(wanted.removeprefix("bytes=").rstrip("-"))
        start = start if answer.resumes_from is None else answer.resumes_from
        content, status = content[start:], 206
    handler.send_response(status)
    if status == 206:
        total = len(answer.content)
        handler.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
    if answer.announce is not None:
        announced = len(content) if answer.announce == -1 else answer.announce
        handler.send_header("Content-Length", str(announced))
    if answer.etag is not None:
        handler.send_header("ETag", answer.etag)
    handler.end_headers()
    stop = answer.cut_after if answer.cut_after is not None else answer.silent_after
    handler.wfile.write(content[:stop])
    if answer.silent_after is not None:
        handler.wfile.flush()
        closing.wait(5)
