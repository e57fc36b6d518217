"""`lenswork studio`: where it listens, what it prints, how it ends."""

import io
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import httpx
import pytest
import uvicorn
from studio_server import until

from lenswork.cli.studio import _listen, _why_not
from lenswork.errors import UsageError
from lenswork.record.run import CLASSIFIER, Run

Command = Callable[..., Any]
SECONDS = 30


class Studio:
    """The command in a process of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lenswork", "studio", "--no-browser", "--port", "0", *words],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.out: IO[str] = self.process.stdout  # type: ignore[assignment]
        self.first = self.out.readline()
        self.address = self.first.rpartition(": ")[2].strip()

    def end(self, how: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """As Ctrl-C in the terminal does: exit code, the rest of its output, its errors."""
        os.killpg(self.process.pid, how)
        out, error = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, self.first + out, error


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Callable[..., Studio]]:
    begun: list[Studio] = []

    def begin(*words: str) -> Studio:
        begun.append(Studio(tmp_path, *words))
        return begun[-1]

    yield begin
    for one in begun:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()


@pytest.mark.slow
def test_it_prints_its_address_answers_there_and_ends_well_on_ctrl_c(
    studio: Callable[..., Studio], tmp_path: Path
) -> None:
    home = tmp_path / "not there"
    one = studio("--home", str(home))
    answer = httpx.get(one.address)
    assert answer.status_code == 200
    code, out, error = one.end()
    assert code == 0
    assert out == f"studio of the runs in {home}: {one.address}\n"
    assert error == "Ctrl-C ends it; runs that are training go on\n"
    assert not home.exists()


@pytest.mark.slow
def test_another_host_than_this_machine_s_needs_the_token_which_is_said_once(
    studio: Callable[..., Studio],
) -> None:
    one = studio("--host", "0.0.0.0")  # noqa: S104
    address, _, token = one.address.partition("?token=")
    assert httpx.get(address).status_code == 401
    with httpx.Client(follow_redirects=True) as browser:
        answer = browser.get(one.address)
        assert answer.status_code == 200
        assert str(answer.url) == address
        assert browser.get(address).status_code == 200
        browser.get(f"{address}nowhere?token={token}")
    code, out, error = one.end()
    assert code == 0
    assert out.count(token) == 1
    assert token not in error
    assert "elsewhere: with this machine's name in place of 127.0.0.1\n" in error


@pytest.mark.slow
def test_it_ends_while_a_page_is_still_listening(studio: Callable[..., Studio]) -> None:
    one = studio()
    assert httpx.get(one.address).status_code == 200
    port = int(one.address.rstrip("/").rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as open_page:
        open_page.sendall(b"GET / HTTP/1.1\r\nhost: 127.0.0.1:")  # never finished
        code, _, error = one.end()
    assert code == 0
    assert "Traceback" not in error


@pytest.mark.slow
def test_it_ends_well_on_ctrl_c_however_early(studio: Callable[..., Studio]) -> None:
    code, _, error = studio().end()
    assert code == 0
    assert "Traceback" not in error


@pytest.mark.slow
def test_ctrl_c_leaves_a_training_running(
    studio: Callable[..., Studio], tmp_path: Path, folder: Path
) -> None:
    one = studio("--home", str(tmp_path / "runs"), str(folder))
    form = {"data": str(folder), "net": "flatten, dense classes", "epochs": "3", "name": "mine"}
    origin = {"origin": one.address.rstrip("/")}
    began = httpx.post(f"{one.address}new", data=form, headers=origin, timeout=SECONDS)
    assert (began.status_code, began.headers.get("location")) == (303, "/runs/mine")
    assert one.end()[0] == 0
    assert not (tmp_path / "runs" / "mine").exists(), "it had ended before the studio did"
    until(lambda: (tmp_path / "runs" / "mine" / CLASSIFIER).is_file(), 60)
    until(lambda: Run(tmp_path / "runs" / "mine").status == "finished")


@pytest.mark.slow
def test_the_first_page_is_there_before_torch_and_matplotlib(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from starlette.testclient import TestClient\n"
        "import lenswork.cli.studio\n"
        "from lenswork.web.app import studio\n"
        "from lenswork.web.settings import Settings\n"
        "app = studio(Settings(home=Path('runs'), port=80))\n"
        "with TestClient(app, base_url='http://127.0.0.1') as client:\n"
        "    assert client.get('/').status_code == 200\n"
        "print(*sys.modules, sep='\\n')"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    ).stdout.split()
    assert {"torch", "matplotlib", "scipy", "pandas"}.isdisjoint(loaded)


def test_a_port_that_is_taken_is_told_with_what_to_do(lenswork: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = lenswork("studio", "--no-browser", "--port", str(port))
    assert said.code == 2
    assert said.err == (
        f"error: port {port} of 127.0.0.1 is taken, perhaps by another studio: give another "
        "--port, or --port 0 for any that is free\n"
    )


@pytest.mark.parametrize("host", ["", "a" * 300, "..", "é" * 99, "no.such.host"])
def test_a_host_that_is_none_is_told_with_an_example(
    lenswork: Command, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = socket.getaddrinfo

    def find(name: str, *rest: Any, **options: Any) -> Any:
        if name == "no.such.host":  # no test asks a server for names
            raise socket.gaierror(-2, "Name or service not known")
        return asked(name, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", find)
    said = lenswork("studio", "--no-browser", "--host", host)
    assert said.code == 2
    assert "--host must be a name or address of this machine, such as 127.0.0.1, got" in said.err


def test_an_address_of_another_machine_is_told_so(lenswork: Command) -> None:
    said = lenswork("studio", "--no-browser", "--port", "0", "--host", "192.0.2.1")
    assert said.code == 2
    assert "cannot listen at 192.0.2.1 port 0" in said.err
    assert said.err.endswith("give a --host that is an address of this machine\n")


def test_a_port_for_root_alone_is_told_with_those_for_all() -> None:
    error = PermissionError(13, "Permission denied")
    assert _why_not("127.0.0.1", 80, error) == (
        "port 80 may not be used without being root: give a --port from 1024 on"
    )


@pytest.mark.parametrize("port", ["-1", "65536", "many"])
def test_a_port_that_is_none_is_refused(lenswork: Command, port: str) -> None:
    assert lenswork("studio", "--port", port).code == 2


def test_a_home_that_is_a_file_is_refused(lenswork: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = lenswork("studio", "--no-browser", "--port", "0", "--home", tmp_path / "file")
    assert said.code == 2
    assert "file" in said.err


@pytest.mark.parametrize(("place", "alone"), [("127.0.0.1", True), ("0.0.0.0", False)])  # noqa: S104
def test_a_name_for_this_machine_that_leads_elsewhere_needs_a_token(
    lenswork: Command, monkeypatch: pytest.MonkeyPatch, place: str, alone: bool
) -> None:
    def find(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", find)
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: None)
    said = lenswork("studio", "--no-browser", "--port", "0", "--host", "localhost")
    assert said.code == 0
    assert ("token=" in said.out) is not alone


@pytest.mark.parametrize("command", ["studio", "serve"])
def test_a_server_leaves_what_others_log_to_open(
    lenswork: Command, trained: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    given = {"studio": "--no-browser", "serve": trained}[command]

    def run(_: object, sockets: list[socket.socket]) -> None:
        for one in sockets:
            one.close()

    closed: list[object] = []
    handler = logging.StreamHandler(io.StringIO())
    handler.close = lambda: closed.append(handler)  # type: ignore[method-assign]
    monkeypatch.setattr(uvicorn.Server, "run", run)
    assert lenswork(command, given, "--port", "0").code == 0
    assert closed == []


def test_an_address_of_six_parts_is_listened_at_where_there_are_such() -> None:
    try:
        listening = _listen("::1", 0)
    except UsageError as error:
        assert str(error).startswith("cannot listen at ::1 port 0")  # noqa: PT017
    else:
        with listening:
            assert listening.getsockname()[0] == "::1"


def test_a_page_that_is_opened_at_once_waits_for_its_answer() -> None:
    with (
        _listen("127.0.0.1", 0) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as accepted,
    ):
        assert accepted.fileno() >= 0
