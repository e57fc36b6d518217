"""Fetching one file over HTTP: whole and with the right checksum, or not at all."""

import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import requests
from rich.console import Console
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from lenswork.data.quiet import Quiet
from lenswork.errors import DownloadError

with Quiet(r"tqdm\."):  # pooch loads it, and in a notebook it asks for widgets that nobody needs
    import pooch
    from pooch.hashes import hash_matches

CHUNK_BYTES = 1 << 16
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})  # answers worth asking again for
STALE_SECONDS = 24 * 3600.0
TEMPORARY_PREFIX = ".lenswork-download-"


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server, and how often to ask it."""

    tries: int = 3
    pause_seconds: float = 1.0  # doubled after each try
    connect_seconds: float = 10.0
    silence_seconds: float = 30.0  # between two pieces


class _UnexpectedError(Exception):
    """What the server sends cannot be the file; asking again would not help."""


class _CutOffError(Exception):
    """The file broke off; asking again may help."""


class Meter:
    """A progress bar on standard error, or one line at the end where that is no terminal."""

    def __init__(self, name: str, total_bytes: int) -> None:
        self.name = name
        self.total_bytes = total_bytes
        self._started = time.monotonic()
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID = self._progress.add_task(name, total=total_bytes)

    def __enter__(self) -> "Meter":
        self._progress.start()
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self._progress.stop()
        if error is None:
            seconds = time.monotonic() - self._started
            say(f"fetched {self.name}: {decimal(self.total_bytes)} in {seconds:.1f} s")

    def show(self, received_bytes: int) -> None:
        """Show that `received_bytes` of the file are here."""
        self._progress.update(self._task, completed=received_bytes)


class _Transfer:
    """A pooch downloader that asks again after a cut-off, from where the file broke off."""

    def __init__(self, size_bytes: int, checksum: str, patience: Patience, meter: Meter) -> None:
        self.size_bytes = size_bytes
        self.checksum = checksum
        self.patience = patience
        self.meter = meter
        self.received_bytes = 0
        self._version: str | None = None  # the server's name for the bytes received so far

    def __call__(self, url: str, output_file: str, _pooch: Any) -> None:
        """Fetch `url` to `output_file` and check it; raises what the last try raised."""
        with Path(output_file).open("wb") as file:
            self._receive_patiently(url, file)
        algorithm, _, expected = self.checksum.partition(":")
        got = pooch.file_hash(output_file, alg=algorithm)
        if got != expected:  # pooch would find it too, but say less
            raise _UnexpectedError(
                f"expected a file with {algorithm} {expected}, got one with {got}: it has changed "
                "at that address or on the way"
            )

    def _receive_patiently(self, url: str, file: IO[bytes]) -> None:
        pause_seconds = self.patience.pause_seconds
        for remaining in reversed(range(self.patience.tries)):
            try:
                self._receive(url, file)
                return
            except (_CutOffError, requests.ConnectionError, requests.Timeout) as error:
                if not remaining or isinstance(error, requests.exceptions.SSLError):
                    raise
            except requests.HTTPError as error:
                if not remaining or error.response.status_code not in PASSING:
                    raise
            time.sleep(pause_seconds)
            pause_seconds *= 2

    def _receive(self, url: str, file: IO[bytes]) -> None:
        with requests.get(
            url,
            stream=True,
            timeout=(self.patience.connect_seconds, self.patience.silence_seconds),
            headers=self._headers(),
        ) as response:
            response.raise_for_status()
            self._begin(response, file)
            try:
                for chunk in response.iter_content(CHUNK_BYTES):
                    self._keep(chunk, file)
            except requests.exceptions.ChunkedEncodingError as error:
                raise _CutOffError from error
        if self.received_bytes < self.size_bytes:
            raise _CutOffError

    def _headers(self) -> dict[str, str]:
        headers = {"Accept-Encoding": "identity"}  # the file's own bytes, for its checksum
        if self.received_bytes and self._version:
            headers["Range"] = f"bytes={self.received_bytes}-"
            headers["If-Range"] = self._version  # the rest of the same file, or all of the new one
        return headers

    def _begin(self, response: requests.Response, file: IO[bytes]) -> None:
        """Go on where the file broke off if the server does too, or start again."""
        resumed = response.status_code == requests.codes.partial_content
        promised = response.headers.get("Content-Range", "")
        if resumed and not promised.startswith(f"bytes {self.received_bytes}-"):
            raise _UnexpectedError(
                f"it sent another piece ({promised or 'unnamed'}) than asked for"
            )
        if not resumed:
            file.seek(0)
            file.truncate()
            self.received_bytes = 0
            version = response.headers.get("ETag", "")
            self._version = None if version.startswith("W/") else version or None
        announced = response.headers.get("Content-Length", "")
        if announced.isdecimal() and self.received_bytes + int(announced) != self.size_bytes:
            total_bytes = self.received_bytes + int(announced)
            raise _UnexpectedError(
                f"expected {self.size_bytes:,} bytes, the server announces {total_bytes:,}"
            )

    def _keep(self, chunk: bytes, file: IO[bytes]) -> None:
        self.received_bytes += len(chunk)
        if self.received_bytes > self.size_bytes:
            raise _UnexpectedError(f"expected {self.size_bytes:,} bytes, the server sends more")
        file.write(chunk)
        self.meter.show(self.received_bytes)


def fetch(
    url: str,
    checksum: str,
    destination: Path,
    *,
    size_bytes: int,
    patience: Patience | None = None,
) -> Path:
    """Fetch `url` to `destination` and return it, unless the right file is already there.

    `checksum` is `sha256:…` or `md5:…`. The file is received under a temporary name in the same
    folder and renamed when it is whole, so two processes may fetch it at once. After a cut-off
    the server is asked again, for the rest where it can send it. Raises `DownloadError`, having
    kept nothing, when the file does not arrive or is not the one that `checksum` names.
    """
    if destination.is_file() and hash_matches(destination, checksum):
        return destination
    there = " (the file already there has another checksum)" if destination.exists() else ""
    patience = patience or Patience()
    meter = Meter(destination.name, size_bytes)
    transfer = _Transfer(size_bytes, checksum, patience, meter)
    pooch.get_logger().setLevel("WARNING")  # it would announce the temporary name
    try:
        with _temporary_folder(destination) as folder, meter:
            received = Path(
                pooch.retrieve(
                    url, checksum, fname=destination.name, path=folder, downloader=transfer
                )
            )
            received.chmod(0o644)  # pooch's temporary files are for their maker only
            received.replace(destination)
    except (_UnexpectedError, _CutOffError, requests.RequestException) as error:
        raise DownloadError(
            f"cannot download {destination.name} from {urlsplit(url).hostname}: "
            f"{_explain(error, transfer)}{there}. Try again later, or get {url} by hand, save it "
            f"as {destination}, and run the same command again"
        ) from error
    except OSError as error:
        raise DownloadError(
            f"cannot save {destination}: {error.strerror or error}. Expected a folder that can be "
            f"written to with {decimal(size_bytes)} free; name another as the data home"
        ) from error
    return destination


def say(line: str) -> None:
    """Write one line for the user to standard error."""
    print(line, file=sys.stderr, flush=True)


@contextlib.contextmanager
def _temporary_folder(destination: Path) -> Iterator[Path]:
    """A private folder beside `destination`; those of downloads that were killed are removed."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    for old in destination.parent.glob(f"{TEMPORARY_PREFIX}*"):
        if time.time() - old.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(old, ignore_errors=True)  # another process may be removing it too
    with tempfile.TemporaryDirectory(prefix=TEMPORARY_PREFIX, dir=destination.parent) as folder:
        yield Path(folder)


def _explain(error: Exception, transfer: _Transfer) -> str:
    """What came instead of the file, for the middle of a sentence."""
    patience = transfer.patience
    if isinstance(error, _UnexpectedError):
        return str(error)
    if isinstance(error, requests.HTTPError):
        status = error.response.status_code
        gone = status in (requests.codes.not_found, requests.codes.gone)
        return f"the server {'has no such file' if gone else 'refuses'} (HTTP status {status})"
    if isinstance(error, requests.exceptions.SSLError):
        return "the server's certificate cannot be verified, so what it sends cannot be trusted"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return f"the server fell silent, in each of {patience.tries} tries"
    if isinstance(error, _CutOffError) or transfer.received_bytes:
        return (
            f"expected {transfer.size_bytes:,} bytes, the connection broke off after "
            f"{transfer.received_bytes:,}, in the last of {patience.tries} tries"
        )
    if isinstance(error, requests.ConnectionError):
        return "the server cannot be reached, this machine may not be connected to the network"
    return str(error)
