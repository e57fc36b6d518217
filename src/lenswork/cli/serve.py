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
    opened = _opened(models, home)
    listening = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listening.getsockname()[1]}"
    for name, classifier in opened.items():
        classes = ", ".join(classifier.classes[:10])
        click.echo(f"{address}/models/{name}/predict answers {classes}")
    click.echo("Ctrl-C ends it when those who wait have their answers", err=True)
    app = server(opened, limits, hosts=LOCAL if _is_loopback(host) else None)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(seconds) + 1,
    )
    with contextlib.suppress(KeyboardInterrupt):  # raised again once all have their answers
        uvicorn.Server(config).run(sockets=[listening])


def _opened(models: tuple[str, ...], home: Path | None) -> dict[str, Answering]:
    opened: dict[str, Answering] = {}
    for model in models:
        name, mark, path = model.partition("=")
        if not mark:
            name, path = re.sub(r"[^A-Za-z0-9._-]", "-", Path(model).stem), model
        if not NAME.fullmatch(name):
            raise UsageError(
                f"expected a name of letters, digits, '-', '_' and '.', got {name!r}: give one as "
                f"NAME={path}"
            )
        if name in opened:
            raise UsageError(f"two models would be called {name!r}: give names as NAME={path}")
        opened[name] = open_classifier(path, home)
    return opened


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


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
