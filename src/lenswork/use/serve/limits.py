"""What one server takes, and how it refuses the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus


@dataclass(frozen=True)
class Limits:
    """Of a request: `request_bytes`, `pictures` and each picture's `pixels`; and of all together.

    `queue` pictures may wait for a model and `held_bytes` of requests be in memory. A request
    takes `upload_seconds` at most to arrive, and its answer `seconds` after that. Up to `batch`
    pictures are answered at once; the first waits up to `wait_seconds` for others that are on
    their way.
    """

    request_bytes: int = 32 * 2**20
    pictures: int = 64
    pixels: int = 50_000_000
    queue: int = 512
    held_bytes: int = 256 * 2**20
    seconds: float = 30.0
    upload_seconds: float = 120.0
    batch: int = 32
    wait_seconds: float = 0.002


@dataclass(eq=False)  # an exception must be hashable
class Refusal(Exception):  # noqa: N818  # a request is refused, nothing has failed
    """A request that is not answered: the status, and a body that says what to do."""

    status: HTTPStatus
    error: str
    expected: str
    got: str
    do: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(self.error)

    def body(self) -> dict[str, str]:
        """What the answer says."""
        return {"error": self.error, "expected": self.expected, "got": self.got, "do": self.do}


def too_large(limit: int, got: str) -> Refusal:
    """A body that is longer than the server takes."""
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "the request is too large",
        f"at most {limit:,} bytes",
        got,
        "send fewer or smaller pictures at once",
    )


def busy(what: str, limit: str) -> Refusal:
    """More than fits into the queue."""
    return Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        "the server is busy",
        limit,
        what,
        "try again in a second, or send less at once",
        {"retry-after": "1"},
    )


def unavailable(error: str, got: str) -> Refusal:
    """A server that cannot answer now."""
    return Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        error,
        "an answer in time",
        got,
        "try again in a few seconds",
        {"retry-after": "5"},
    )
