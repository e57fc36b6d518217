"""`lenswork serve`: classifiers behind HTTP."""

import contextlib
import ipaddress
import re
import socket
from dataclasses import replace
from pathlib import Path

import click
import uvicorn

from lenswork.cli.options import home_option
from lenswork.cli.predict import open_classifier
from lenswork.errors import UsageError
from lenswork.model.answering import Answering
from lenswork.use.serve.app import server
from lenswork.use.serve.bounded import BoundedProtocol
from lenswork.use.serve.limits import Limits

LOCAL = ("localhost", "127.0.0.1", "[::1]")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MEGABYTE = 2**20


@click.command()
@click.argument("models", metavar="[NAME=]MODEL...", nargs=-1, required=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where it listens.")
@click.option("--most-megabytes", type=click.IntRange(1, 1024), default=32, show_default=True,
              help="Of one request.")  # fmt: skip
@click.option("--most-pictures", type=click.IntRange(1, 10_000), default=64, show_default=True,
              help="In one request.")  # fmt: skip
@click.option("--most-pixels", type=click.IntRange(1), default=50_000_000, show_default=True,
              help="Of one picture.")  # fmt: skip
@click.option("--queue", type=click.IntRange(1), default=512, show_default=True,
              help="Pictures that may wait.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(0.1, 3600), default=30.0, show_default=True,
              help="An answer may take.")  # fmt: skip
@home_option
def command(
    models: tuple[str, ...],
    port: int,
    host: str,
    most_megabytes: int,
    most_pictures: int,
    most_pixels: int,
    queue: int,
    seconds: float,
    home: Path | None,
) -> None:
    """Answer `POST /predict` with MODELS, classifier files or runs, until Ctrl-C.

    /predict is answered by the first, /models/NAME/predict by each. A picture is sent as the body,
    or one or many as a form: curl -F picture=@horse.png http://127.0.0.1:8000/predict. It listens
    on this machine only; with another --host put a proxy before it that knows who may ask.
    """
    limits = replace(
        Limits(),
        request_bytes=most_megabytes * MEGABYTE,
        held_bytes=max(256, 4 * most_megabytes) * MEGABYTE,
        pictures=most_pictures,
        pixels=most_pixels,
        queue=queue,
        seconds=seconds,
    )
    opened = opened_models(models, home)
    listening = _listen(host, port)
    address = f"http://{_bracketed(host)}:{listening.getsockname()[1]}"
    for name, classifier in opened.items():
        classes = ", ".join(classifier.classes[:10])
        click.echo(f"{address}/models/{name}/predict answers {classes}")
    click.echo("Ctrl-C ends it when those who wait have their answers", err=True)
    app = server(opened, limits, hosts=hosts_of(host))
    config = uvicorn.Config(
        app,
        log_config=None,  # its own would close the handlers that others have opened
        log_level="warning",
        access_log=False,
        server_header=False,
        http=BoundedProtocol,
        ws="none",
        timeout_graceful_shutdown=int(seconds) + 1,
    )
    with contextlib.suppress(KeyboardInterrupt):  # raised again once all have their answers
        uvicorn.Server(config).run(sockets=[listening])


def opened_models(models: tuple[str, ...], home: Path | None) -> dict[str, Answering]:
    """The classifiers by their names; raises `UsageError` for names that are none or are two."""
    opened: dict[str, Answering] = {}
    for model in models:
        name, mark, path = model.partition("=")
        if not mark or Path(model).exists():  # a file's name may have the sign in it
            name, path = _name_of(Path(model)), model
        if not NAME.fullmatch(name):
            raise UsageError(
                f"expected a name of letters, digits, '-', '_' and '.', got {name!r}: give one as "
                f"NAME={path}"
            )
        if name in opened:
            raise UsageError(f"two models would be called {name!r}: give names as NAME={path}")
        opened[name] = open_classifier(path, home)
    return opened


def _name_of(path: Path) -> str:
    """What a model is called by: its file's name without the ending, or its run's name."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", path.stem if path.is_file() else path.name)


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens; raises `UsageError` that says what to do when it cannot."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(1024)  # who asks while the server is yet to begin waits for it
    except OSError as error:
        raise UsageError(
            f"cannot listen at {host} port {port} ({error.strerror}): give another --port, 0 for "
            "any that is free"
        ) from error
    return listening


def hosts_of(host: str) -> set[str] | None:
    """The hosts that requests may be meant for; None, any, where others than this machine ask."""
    return {*LOCAL, _bracketed(host).lower()} if _is_loopback(host) else None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_loopback(host: str) -> bool:
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
