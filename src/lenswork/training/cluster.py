"""Joining a Ray cluster, or starting one of this machine's cores.

An address is HOST:PORT or ray://HOST:PORT of a cluster that runs, "auto" for the one that this
machine belongs to, or "local" for one of this machine's cores that ends with the work.
"""

import importlib
import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lenswork.errors import LensworkError, UsageError

ANSWER_SECONDS = 5.0
CLIENT_PORT = 10001  # of ray://HOST
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # what Ray will one day do; unsaid, it warns
}
# RFC 9113, section 3.4: how a client of HTTP/2, and so of gRPC, begins; then empty settings.
HTTP2_BEGIN = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
PRINTER = "print_to_stdstream"  # Ray's own, which has no switch
HTTP2_SETTINGS = 4  # the fourth byte of the answer: its kind of frame


class ClusterError(UsageError):
    """A Ray cluster that cannot be joined; the text says what answered at the address."""


def load_ray() -> Any:
    """The module `ray`, told to send nobody statistics; raises `UsageError` without it."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise UsageError("Ray is not installed: pip install 'lenswork[ray]'") from error
    return ray


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """The module `ray`, connected to the cluster at `address` until the block ends.

    A connection that the program has made itself is used and left as it is. Raises
    `ClusterError` within seconds when nothing there answers, or another version of Ray does.
    """
    ray = load_ray()
    if ray.is_initialized():
        yield ray
        return
    with _unsaid_by_ray():
        yield from _connected(ray, address)


def _connected(ray: Any, address: str) -> Iterator[Any]:
    _connect(ray, address)
    try:
        if ray.cluster_resources().get("CPU", 0) < 1:
            raise ClusterError(f"the Ray cluster at {address} has no CPU to work with")
        yield ray
    finally:
        ray.shutdown()


def cpus_of(ray: Any) -> int:
    """The CPUs of the cluster."""
    return int(ray.cluster_resources().get("CPU", 0))


def describe_cluster(ray: Any) -> str:
    """Its size in a few words: 8 CPUs on 2 Ray nodes."""
    cpus = cpus_of(ray)
    nodes = sum(node["Alive"] for node in ray.nodes())
    return f"{cpus} CPU{'' if cpus == 1 else 's'} on {nodes} Ray node{'' if nodes == 1 else 's'}"


def own_error(ray: Any, error: BaseException) -> str:
    """What went wrong in remote work, for a reader: our own errors without Ray's report."""
    if isinstance(error, ray.exceptions.RayTaskError):
        cause = error.cause
        if isinstance(cause, LensworkError):
            return str(cause)
        return f"{type(cause).__name__}: {cause}"
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}".rstrip(
        ": "
    )


def _connect(ray: Any, address: str) -> None:
    options = {"include_dashboard": False} if address == "local" else {}
    try:
        if address != "local":
            _refuse_silent(address, _host_and_port(address))
        with _unseen_stderr():
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **options)
    except ClusterError:
        raise
    except (OSError, RuntimeError, ValueError, AssertionError) as error:
        reason = " ".join(str(error).split())
        if "failed to connect" in reason.lower():  # all that Ray says when a token is refused
            reason = (
                "it answers, but lets us not in. If it wants a token, set RAY_AUTH_MODE=token and "
                "have the token here; else see that the port is that of `ray start --head`"
            )
        raise ClusterError(f"the Ray cluster at {address} cannot be joined: {reason}") from error


@contextmanager
def _unsaid_by_ray() -> Iterator[None]:
    """Keep the cluster's news of lost nodes and tasks from our standard output, which is read.

    `log_to_driver=False` keeps only what workers print from it.
    """
    driver = importlib.import_module("ray._private.worker")
    before = getattr(driver, PRINTER, None)
    if before is not None:
        setattr(driver, PRINTER, lambda *_, **__: None)
    try:
        yield
    finally:
        if before is not None:
            setattr(driver, PRINTER, before)


@contextmanager
def _unseen_stderr() -> Iterator[None]:
    """Hide what Ray's C++ writes past Python, a line a second, while it tries to connect."""
    sys.stderr.flush()
    with Path(os.devnull).open("w") as nowhere:
        kept = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _host_and_port(address: str) -> tuple[str, int]:
    """Where `address` leads; "auto" is looked up as Ray itself does."""
    text = address
    if address == "auto":
        from ray._private.services import canonicalize_bootstrap_address

        try:
            text = canonicalize_bootstrap_address("auto") or ""
        except ConnectionError as error:
            raise ClusterError(
                "this machine belongs to no Ray cluster: start one with `ray start --head`, give "
                "the address of one, or `local` for this machine's cores"
            ) from error
    client = text.startswith("ray://")
    host, _, port = text.removeprefix("ray://").partition("?")[0].rpartition(":")
    if client and not host:
        host, port = port, str(CLIENT_PORT)
    if not host or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise ClusterError(
            f"expected a Ray address such as 10.0.0.5:6379, ray://10.0.0.5:{CLIENT_PORT}, auto or "
            f"local, got {address!r}"
        )
    return host.strip("[]"), int(port)


def _refuse_silent(address: str, place: tuple[str, int]) -> None:
    """Raise unless a server of gRPC answers: Ray itself would try for minutes."""
    host, port = place
    advice = (
        f"give the address that `ray start --head` printed there (port 6379, or ray:// and "
        f"{CLIENT_PORT}), and see that no firewall is between"
    )
    try:
        with socket.create_connection(place, timeout=ANSWER_SECONDS) as connection:
            connection.settimeout(ANSWER_SECONDS)
            connection.sendall(HTTP2_BEGIN)
            answer = connection.recv(9)
    except OSError as error:
        reason = error.strerror or error
        raise ClusterError(
            f"no Ray cluster answers at {host}:{port} ({reason}); {advice}"
        ) from error
    if len(answer) < 4 or answer[3] != HTTP2_SETTINGS:
        raise ClusterError(f"what answers at {host}:{port} is no Ray cluster ({address}); {advice}")
