"""Whatever is asked of an address, it answers: a page or a sentence, and never a fault."""

import importlib
import inspect
import re
import subprocess
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from asgi import Answered, ask, multipart
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from picture_files import encoded, noise
from starlette.types import ASGIApp

from lenswork.data.known import SAMPLE
from lenswork.errors import UsageError
from lenswork.study.folder import start_study
from lenswork.study.plan import Plan
from lenswork.web.addresses import ADDRESSES
from lenswork.web.app import studio
from lenswork.web.guard import POLICY
from lenswork.web.settings import Settings

pytestmark = pytest.mark.slow

TRIES = 25
FUZZ = examples(
    max_examples=TRIES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
RIGHT = [
    "first",
    "second",
    "sample",
    "validation",
    "train",
    "horses",
    "humans",
    "0",
    "1",
    "2",
    "64",
]
ODD = [
    "",
    "..",
    "../second",
    "/etc/passwd",
    ".studio",
    "first\0",
    "-1",
    "1e309",
    "nan",
    "²",
    "0x10",
    "1_000",
    "99999999999999999999",
    5000 * "9",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "\n",
    "猫",
    "conv 8, pool",
    "conv 999999999",
    "[1, 2",
    3000 * "(",
]
VALUES = st.one_of(st.sampled_from(RIGHT), st.sampled_from(ODD), st.text(max_size=20))
NAMES = [
    "run",
    "data",
    "split",
    "part",
    "place",
    "side",
    "layer",
    "channel",
    "class",
    "sort",
    "page",
]
PICTURE = encoded(noise(9, 9, 3), "PNG")


class NoProcess(subprocess.Popen[bytes]):
    """Stands for any process; it is not begun."""

    def __init__(self, *_: object, **__: object) -> None:
        raise UsageError("no process is begun here")


@pytest.fixture
def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> ASGIApp:
    """A studio with a study, too, that begins no process."""
    plan = Plan(name="first", base={"data": SAMPLE.name}, axes={"epochs": [1, 2]})
    start_study(plan, settings.home)
    monkeypatch.setattr(subprocess, "Popen", NoProcess)
    return studio(replace(settings, upload_bytes=2**20))


def fields_of(place: str) -> st.SearchStrategy[list[tuple[str, str]]]:
    """Fields with the names that a page's module speaks of, and any values."""
    module = importlib.import_module(f"lenswork.web.pages.{place.split('.')[0]}")
    spoken = re.findall(r'"([a-z][a-z_]{1,20})"', inspect.getsource(module))
    names = st.sampled_from(sorted({*spoken, *NAMES}))
    return st.lists(st.tuples(names, VALUES), max_size=6)


def filled(address: str, values: list[str]) -> str:
    """An address with its parts in braces said; a number is 1."""
    address = address.replace("{number}", "1")
    return re.sub(r"\{[^}]+\}", lambda _: values.pop(), address)


def check(answer: Answered) -> None:
    assert answer.status < 500, answer.text
    assert answer.headers["content-security-policy"] == POLICY
    assert "Traceback" not in answer.body.decode("latin-1")


PARTS = st.lists(st.one_of(st.just("first"), VALUES), min_size=3, max_size=3)


@pytest.mark.parametrize(("method", "address", "place"), ADDRESSES)
def test_no_query_makes_an_address_fail(
    app: ASGIApp, method: str, address: str, place: str
) -> None:
    patience = 5 if address.endswith("/events") else 60  # a stream goes on

    @FUZZ
    @given(parts=PARTS, fields=fields_of(place), htmx=st.booleans())
    def fuzz(parts: list[str], fields: list[tuple[str, str]], htmx: bool) -> None:
        query = urlencode(fields).encode()
        headers = {"hx-request": "true"} if htmx else {}
        check(ask(app, filled(address, parts), method, headers, query=query, patience=patience))

    fuzz()


POSTS = [row for row in ADDRESSES if row[0] == "POST"]


@pytest.mark.parametrize(("method", "address", "place"), POSTS)
def test_no_form_makes_an_address_fail(app: ASGIApp, method: str, address: str, place: str) -> None:
    @FUZZ
    @given(parts=PARTS, fields=fields_of(place))
    def fuzz(parts: list[str], fields: list[tuple[str, str]]) -> None:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        check(ask(app, filled(address, parts), method, headers, [urlencode(fields).encode()]))

    fuzz()


@pytest.mark.parametrize(("method", "address", "place"), POSTS)
@pytest.mark.parametrize("content", [PICTURE, b"", b"no picture"], ids=["picture", "none", "text"])
def test_no_file_makes_an_address_fail(
    app: ASGIApp, method: str, address: str, place: str, content: bytes
) -> None:
    headers, body = multipart(("a.png", content))
    check(ask(app, filled(address, ["first"]), method, headers, [body]))


@pytest.mark.parametrize(("method", "address", "place"), ADDRESSES)
@pytest.mark.parametrize("other", ["HEAD", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_no_method_makes_an_address_fail(
    app: ASGIApp, method: str, address: str, place: str, other: str
) -> None:
    answer = ask(app, filled(address, ["first"]), other)
    check(answer)
    if other != "HEAD":
        assert answer.status == 405
