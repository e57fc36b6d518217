"""Tiny shards, made here and by hand, and a real server that gives them piecewise."""

import io
import tarfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from picture_files import encoded, noise
from tiny_data import striped_data

from lenswork.data.dataset import Dataset
from lenswork.data.shards.open import open_shards
from lenswork.data.shards.source import ShardSource, ShardTable
from lenswork.data.shards.write import ShardSize, pack


def packed(out: Path, train: int = 20, shards: int = 3, validation: int = 6) -> Path:
    """A folder of shards of striped pictures."""
    data = striped_data(train, validation=validation)
    pack(data, out, ShardSize(-(-train // shards)))
    return out


def opened(out: Path, **counts: int) -> Dataset:
    """The same, opened."""
    return open_shards(str(packed(out, **counts)))


def source_of(data: Dataset) -> ShardSource:
    """Where the training pictures of shards come from."""
    source = data.train.source
    assert isinstance(source, ShardSource)
    return source


def table_of(counts: Sequence[int]) -> ShardSource:
    """Pictures of shards that are not there, so many in each."""
    total = sum(counts)
    table = ShardTable(
        locations=tuple(f"{number}.tar" for number in range(len(counts))),
        members=tuple(f"{number}.png" for number in range(total)),
        shards=np.repeat(np.arange(len(counts)), counts),
        offsets=np.concatenate([np.arange(count) * 2048 + 1536 for count in counts]),
        sizes=np.full(total, 100),
        checks=np.full(total, -1),
    )
    return ShardSource(table, np.arange(total))


def tar_of(files: Sequence[tuple[str, bytes]], format: int = tarfile.PAX_FORMAT) -> bytes:  # noqa: A002
    """A tar of these names and contents, as Python writes it."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=format) as tar:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return content.getvalue()


def tiny_picture(seed: int = 0) -> bytes:
    """A PNG of 4x4."""
    return encoded(noise(4, 4, 1, seed), "PNG")


def labelled(labels: Sequence[str], start: int = 0) -> list[tuple[str, bytes]]:
    """The members of a shard as others write it: 000000.cls, 000000.png, ..."""
    files = []
    for number, label in enumerate(labels, start=start):
        files.append((f"{number:06d}.cls", label.encode()))
        files.append((f"{number:06d}.png", tiny_picture(number)))
    return files


class PieceServer:
    """Serves the files of a folder on loopback, from any byte on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requests: list[tuple[str, str | None]] = []  # (file, Range header)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def address(self, path: str = "") -> str:
        """The address of a file, there or not."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/{path}"

    def asked(self, ending: str) -> list[str | None]:
        """The ranges that were asked for of files with this ending."""
        return [wanted for path, wanted in self.requests if path.endswith(ending)]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                wanted = self.headers.get("Range")
                outer.requests.append((self.path, wanted))
                file = outer.folder / self.path.lstrip("/").partition("?")[0]
                if not file.is_file():
                    self.send_error(404)
                    return
                _send(self, file.read_bytes(), wanted)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Keep the tests' output for the tests."""

        return Handler

    @contextmanager
    def running(self) -> Iterator["PieceServer"]:
        """Serve while the block runs."""
        self._thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()


def _send(handler: Any, content: bytes, wanted: str | None) -> None:
    start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
    if start >= len(content) > 0:
        handler.send_error(416)
        return
    handler.send_response(206 if wanted else 200)
    if wanted:
        handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
    handler.send_header("Content-Length", str(len(content) - start))
    handler.end_headers()
    try:
        handler.wfile.write(content[start:])
    except OSError:  # a reader that has what it wanted hangs up
        handler.close_connection = True
