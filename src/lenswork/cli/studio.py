"""`lenswork studio`: all of it in the browser."""

import contextlib
import errno
import os
import signal
import socket
import threading
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import uvicorn

from lenswork.cli.options import data_home_option, home_option
from lenswork.errors import UsageError
from lenswork.record.home import home_folder
from lenswork.web.app import studio
from lenswork.web.settings import WILDCARDS, Settings, is_loopback, new_token

ENDING_SECONDS = 1  # for answers that are on their way when it is ended


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where it listens.")
@click.option("--no-browser", is_flag=True, help="Open no page.")
@home_option
@data_home_option
def command(
    folders: tuple[Path, ...],
    port: int,
    host: str,
    no_browser: bool,
    home: Path | None,
    data_home: Path | None,
) -> None:
    """Open the studio: train, look inside, compare and predict in the browser.

    Pages can open pictures in FOLDERS (left out: the folder you are in) and the known data sets,
    and nothing else. It listens on this machine only; with another --host it prints a token that
    every visitor must show.
    """
    runs = home_folder(home).absolute()
    listening = _listen(host, port)
    where, taken = listening.getsockname()[:2]
    settings = Settings(
        home=runs,
        folders=tuple(folder.resolve() for folder in folders or (Path.cwd(),)),
        data_home=data_home,
        host=host,
        port=taken,
        token=None if is_loopback(host) and is_loopback(where) else new_token(),
    )
    server = _server(settings)
    with listening, _ended_by_interrupt(server):
        click.echo(f"studio of the runs in {settings.home}: {settings.address}")
        if host in WILDCARDS:
            click.echo("elsewhere: with this machine's name in place of 127.0.0.1", err=True)
        click.echo("Ctrl-C ends it; runs that are training go on", err=True)
        if not no_browser:
            threading.Thread(target=webbrowser.open, args=[settings.address], daemon=True).start()
        server.run(sockets=[listening])


@contextlib.contextmanager
def _ended_by_interrupt(server: uvicorn.Server) -> Iterator[None]:
    """Have Ctrl-C end the server however early it comes.

    As an exception it could be lost: one raised while an object is deleted is ignored.
    """
    before = signal.signal(signal.SIGINT, server.handle_exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _server(settings: Settings) -> uvicorn.Server:
    """What answers whoever asks, until a signal comes."""
    config = uvicorn.Config(
        studio(settings),
        log_config=None,  # its own would close the handlers that others have opened
        log_level="critical",  # a fault is told by the studio itself, once
        access_log=False,  # an address may hold the token
        server_header=False,
        lifespan="off",
        ws="none",
        http="h11",  # the other that may be installed takes headers of any size
        timeout_graceful_shutdown=ENDING_SECONDS,
    )
    return uvicorn.Server(config)


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens already, so that a page opened now waits for its answer.

    Raises `UsageError` that says what to do when it cannot.
    """
    family, place = _found(host, port)
    listening = socket.socket(family)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen()
    except OSError as error:
        listening.close()
        raise UsageError(_why_not(host, port, error)) from error
    return listening


def _found(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    """The kind of address that a host has, and where to listen; raises `UsageError` for none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM) if host else []
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise UsageError(
            f"--host must be a name or address of this machine, such as 127.0.0.1, got {host!r}"
        )
    return found[0][0], found[0][4]


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} of {host} is taken, perhaps by another studio: give another --port, "
            "or --port 0 for any that is free"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"port {port} may not be used without being root: give a --port from 1024 on"
    return (
        f"cannot listen at {host} port {port} ({error.strerror}): give a --host that is an "
        "address of this machine"
    )
