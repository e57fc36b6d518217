"""A file read over HTTP from front to back, gone on with where the connection breaks off."""

import time
from types import TracebackType
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from lenswork.data.download import PASSING, Patience
from lenswork.data.shards.names import shown
from lenswork.errors import DownloadError

CHUNK_BYTES = 1 << 18
JUMP_BYTES = 4 << 20  # a gap worth asking anew for, rather than reading over it


class MissingError(DownloadError):
    """The server has no such file, or does not say whether it has (403, as S3 answers)."""


class _CutOffError(OSError):
    """The connection ended before the file did."""


class HttpStream:
    """Bytes of the file at `url` from `position` on; nothing is asked for before the first read.

    A server that cannot go on in the middle is asked for the whole, of which what is known is
    passed over. Raises `DownloadError` when the file is not there, has changed while it was read,
    or breaks off in every try.
    """

    def __init__(self, url: str, position: int = 0, patience: Patience | None = None) -> None:
        self.url = url
        self.position = position
        self.total: int | None = None  # bytes, once the server has said
        self._patience = patience or Patience()
        self._response: requests.Response | None = None
        self._version: str | None = None  # the server's name for the bytes that have come
        self._failures = 0

    def __enter__(self) -> "HttpStream":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._hang_up()

    def read(self, count: int) -> bytes:
        """The next `count` bytes, fewer only at the end of the file."""
        content = bytearray()
        while len(content) < count:
            piece = self._piece(min(CHUNK_BYTES, count - len(content)))
            if not piece:
                break
            content += piece
        return bytes(content)

    def skip(self, count: int) -> None:
        """Pass over `count` bytes; a long way is not received where the server can jump."""
        if count >= JUMP_BYTES:
            self._hang_up()
            self.position += count
            return
        while count > 0 and (piece := self._piece(min(CHUNK_BYTES, count))):
            count -= len(piece)

    def _piece(self, count: int) -> bytes:
        while True:
            try:
                piece = self._receive(count)
            except (OSError, HTTPError) as error:  # those of requests are OSErrors
                self._hang_up()
                self._wait_or_give_up(error)
                continue
            self.position += len(piece)
            self._failures = 0
            return piece

    def _receive(self, count: int) -> bytes:
        if self._response is None and not self._ended():
            self._response = self._ask()
        if self._response is None or self._ended():
            return b""
        piece: bytes = self._response.raw.read(count)
        if not piece and self.total is not None and self.position < self.total:
            raise _CutOffError
        return piece

    def _ended(self) -> bool:
        return self.total is not None and self.position >= self.total

    def _ask(self) -> requests.Response:
        headers = {"Accept-Encoding": "identity"}
        if self.position:
            headers["Range"] = f"bytes={self.position}-"
            if self._version:
                headers["If-Range"] = self._version
        response = requests.get(
            self.url,
            stream=True,
            timeout=(self._patience.connect_seconds, self._patience.silence_seconds),
            headers=headers,
        )
        try:
            self._begin(response)
        except BaseException:
            response.close()
            raise
        return response

    def _begin(self, response: requests.Response) -> None:
        """Check what the server sends, and pass over what was not asked for."""
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            self.total = self.position  # the file ends before: whoever reads says what is missing
            return
        response.raise_for_status()
        self._refuse_another_version(response)
        if response.status_code == requests.codes.partial_content:
            promised = response.headers.get("Content-Range", "")
            if not promised.startswith(f"bytes {self.position}-"):
                raise DownloadError(
                    f"cannot read {shown(self.url)}: the server sent another piece "
                    f"({promised or 'unnamed'}) than asked for (from byte {self.position:,})"
                )
            total = promised.rpartition("/")[2]
            self.total = int(total) if total.isdecimal() else None
            return
        length = response.headers.get("Content-Length", "")
        self.total = int(length) if length.isdecimal() else None
        left = self.position
        while left > 0:
            piece = response.raw.read(min(CHUNK_BYTES, left))
            if not piece:
                if self.total is not None and self.position <= self.total:
                    raise _CutOffError
                return  # the file ends before
            left -= len(piece)

    def _refuse_another_version(self, response: requests.Response) -> None:
        version = response.headers.get("ETag", "")
        version = "" if version.startswith("W/") else version
        if self._version and version != self._version:
            raise DownloadError(
                f"cannot read {shown(self.url)}: it has changed on the server while it was read; "
                "begin again"
            )
        self._version = version or None

    def _hang_up(self) -> None:
        if self._response is not None:
            self._response.close()
            self._response = None

    def _wait_or_give_up(self, error: Exception) -> None:
        self._failures += 1
        lasting = isinstance(error, requests.exceptions.SSLError | requests.exceptions.InvalidURL)
        if isinstance(error, requests.HTTPError):
            lasting = error.response.status_code not in PASSING
        if lasting or self._failures >= self._patience.tries:
            kind = MissingError if _is_missing(error) or _is_secret(error) else DownloadError
            raise kind(f"cannot read {shown(self.url)}: {self._explain(error)}") from error
        time.sleep(self._patience.pause_seconds * 2 ** (self._failures - 1))

    def _explain(self, error: Exception) -> str:
        tries = self._patience.tries
        if isinstance(error, requests.HTTPError):
            what = "has no such file" if _is_missing(error) else "refuses"
            return f"the server {what} (HTTP status {error.response.status_code})"
        if isinstance(error, requests.exceptions.SSLError):
            return "the server's certificate cannot be verified"
        if isinstance(error, requests.Timeout) or "timed out" in str(error):
            return f"the server fell silent at byte {self.position:,}, in each of {tries} tries"
        if isinstance(error, requests.ConnectionError):
            host = urlsplit(self.url).hostname
            return f"{host} cannot be reached, this machine may not be connected to the network"
        if isinstance(error, _CutOffError | HTTPError):
            whole = f" of {self.total:,}" if self.total is not None else ""
            return (
                f"the connection broke off after {self.position:,}{whole} bytes, in the last of "
                f"{tries} tries"
            )
        return str(error)


def _is_missing(error: Exception) -> bool:
    gone = (requests.codes.not_found, requests.codes.gone)
    return isinstance(error, requests.HTTPError) and error.response.status_code in gone


def _is_secret(error: Exception) -> bool:
    return (
        isinstance(error, requests.HTTPError)
        and error.response.status_code == requests.codes.forbidden
    )
