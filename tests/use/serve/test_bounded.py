"""Heads of requests are bounded, bodies are left to their own limits, connections are kept."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from lenswork.use.serve.bounded import MOST_HEAD_BYTES, BoundedProtocol

FIRST = b"POST / HTTP/1.1\r\nhost: here\r\n"


async def count(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the number of the body's bytes."""
    taken, more = 0, True
    while more:
        message = await receive()
        taken += len(message.get("body", b""))
        more = message.get("more_body", False)
    body = str(taken).encode()
    head = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def connection() -> Iterator[socket.socket]:
    """To a server that counts."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        count, http=BoundedProtocol, lifespan="off", log_config=None, log_level="critical"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    with socket.create_connection(listening.getsockname(), timeout=30) as asking:
        yield asking
    server.should_exit = True
    thread.join(30)
    listening.close()


def answer(asking: socket.socket) -> tuple[bytes, bytes]:
    """The next answer's first line and body."""
    said = b""
    while b"\r\n\r\n" not in said:
        said += asking.recv(2**16)
    head, _, body = said.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += asking.recv(2**16)
    return head.split(b"\r\n")[0], body


def poured(asking: socket.socket, first: bytes, piece: bytes) -> int:
    """How many bytes a server takes of what would never end."""
    asking.sendall(first)
    sent = 0
    try:
        while sent < 100 * MOST_HEAD_BYTES:
            asking.sendall(piece)
            sent += len(piece)
            time.sleep(0.001)
    except ConnectionError:
        return sent
    return sent


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (FIRST, b"x-a: " + b"a" * 4000 + b"\r\n"),
        (FIRST + b"x-a: ", b"a" * 4000),
        (FIRST, b"a" * 4000),
        (b"POST /", b"a" * 4000),
        (FIRST + b"transfer-encoding: chunked\r\n\r\n", b"1;" + b"a" * 4000 + b"\r\nb\r\n"),
        (FIRST + b"transfer-encoding: chunked\r\n\r\n0\r\n", b"x-a: " + b"a" * 4000 + b"\r\n"),
    ],
    ids=["headers", "a header", "a name", "an address", "sizes of chunks", "trailers"],
)
def test_a_head_without_end_is_cut_off(
    connection: socket.socket, first: bytes, piece: bytes
) -> None:
    assert poured(connection, first, piece) < 20 * MOST_HEAD_BYTES  # the rest is on its way


@pytest.mark.parametrize("length", [0, 1, MOST_HEAD_BYTES + 1, 8 * MOST_HEAD_BYTES])
def test_a_body_of_any_length_is_no_head(connection: socket.socket, length: int) -> None:
    head = FIRST + b"content-length: %d\r\n\r\n" % length
    connection.sendall(head + b"a" * length)
    assert answer(connection) == (b"HTTP/1.1 200 OK", str(length).encode())


def test_a_body_in_chunks_is_no_head(connection: socket.socket) -> None:
    chunk = b"1000\r\n" + b"a" * 4096 + b"\r\n"
    connection.sendall(FIRST + b"transfer-encoding: chunked\r\n\r\n")
    connection.sendall(500 * chunk + b"0\r\n\r\n")
    assert answer(connection) == (b"HTTP/1.1 200 OK", b"2048000")


def test_many_requests_on_one_connection_add_up_to_nothing(connection: socket.socket) -> None:
    large = FIRST + b"x-a: " + b"a" * 50_000 + b"\r\ncontent-length: 3\r\n\r\nabc"
    for _ in range(2 * MOST_HEAD_BYTES // len(large) + 1):
        connection.sendall(large)
        assert answer(connection) == (b"HTTP/1.1 200 OK", b"3")
