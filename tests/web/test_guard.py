"""Who may ask, how much may be sent, and what every answer forbids its page."""

import errno
import logging
import os
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from asgi import ask, multipart
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from lenswork.errors import UsageError
from lenswork.web import addresses
from lenswork.web.app import studio
from lenswork.web.guard import POLICY
from lenswork.web.render import asset
from lenswork.web.settings import Settings, is_loopback, new_token

TOKEN = "a-token-that-nobody-guesses"  # noqa: S105
MEGABYTE = 10**6
MOST_ASSETS = 300_000  # bytes


@pytest.fixture
def app(settings: Settings) -> ASGIApp:
    return studio(settings)


@pytest.fixture
def guarded(settings: Settings) -> ASGIApp:
    """A studio that other machines can reach."""
    return studio(replace(settings, host="0.0.0.0", port=8080, token=TOKEN))  # noqa: S104


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page has a fault."""

    def page(request: Request) -> Response:
        raise RuntimeError("the secret is wisteria")

    monkeypatch.setattr(addresses, "_function", lambda _: page)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1:9999", "", "127.0.0.1.evil.example", "localhost@evil", "127.0.0.2"],
)
def test_a_request_for_another_host_is_refused(app: ASGIApp, host: str) -> None:
    answer = ask(app, headers={"host": host})
    assert answer.status == 421
    assert answer.text.startswith("this studio answers at 127.0.0.1 and 127.0.0.1:80 and [::1]")
    assert answer.text.endswith(f"got {host!r}\n")


def test_a_request_without_a_host_is_refused(app: ASGIApp) -> None:
    assert ask(app, own=False).status == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:80", "LOCALHOST", "[::1]", "[::1]:80"])
def test_every_name_of_this_machine_will_do(app: ASGIApp, host: str) -> None:
    assert ask(app, "/static/lens.svg", headers={"host": host}).status == 200


@pytest.mark.parametrize(
    "origin", ["", "null", "http://evil.example", "http://127.0.0.1:9999", "http://127.0.0.1.evil"]
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_what_another_site_sends_is_refused(app: ASGIApp, origin: str, method: str) -> None:
    answer = ask(app, "/predict", method, headers={"origin": origin})
    assert answer.status == 403
    assert answer.text == "this was sent from a page that is not the studio's own\n"


def test_a_form_without_an_origin_is_refused(app: ASGIApp) -> None:
    answer = ask(app, "/predict", "POST", headers={"host": "127.0.0.1"}, own=False)
    assert answer.status == 403


def test_a_method_that_a_page_does_not_take_is_told_with_those_that_it_does(app: ASGIApp) -> None:
    answer = ask(app, "/predict", "BREW")
    assert answer.status == 405
    assert "/predict does not take BREW" in answer.text
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_head_is_answered_as_get_is(app: ASGIApp) -> None:
    got, head = ask(app, "/predict"), ask(app, "/predict", "HEAD")
    assert (got.status, head.status) == (200, 200)
    assert head.headers["content-type"] == got.headers["content-type"]


def test_an_address_that_does_not_exist_is_named_and_cut(app: ASGIApp) -> None:
    answer = ask(app, "/nowhere/<b>")
    assert answer.status == 404
    assert "there is no page at /nowhere/&lt;b&gt;" in answer.text
    assert len(ask(app, "/" + 50_000 * "x").text) < 10_000


def asked_in_many_ways(app: ASGIApp) -> list[tuple[int, str, str]]:
    headers, body = multipart()
    answers = [
        ask(app, "/predict"),
        ask(app, "/static/studio.css"),
        ask(app, "/nowhere"),
        ask(app, "/predict", "BREW"),
        ask(app, "/predict", headers={"host": "evil.example"}),
        ask(app, "/predict", "POST", headers={"origin": "http://evil.example"}),
        ask(app, "/predict", headers={"content-length": str(65 * MEGABYTE)}),
        ask(app, "/predict", headers={"content-length": "many"}),
        ask(app, "/runs/first/predict", "POST", headers, [body]),
    ]
    policy = "content-security-policy"
    return [(one.status, one.headers[policy], one.headers["cache-control"]) for one in answers]


def test_every_answer_says_what_its_page_may_load(app: ASGIApp) -> None:
    said = asked_in_many_ways(app)
    assert [status for status, _, _ in said] == [200, 200, 404, 405, 421, 403, 413, 400, 422]
    assert {policy for _, policy, _ in said} == {POLICY}
    assert {caching for _, _, caching in said} == {"no-store", "no-cache"}
    assert "unsafe" not in POLICY
    assert "default-src 'none'" in POLICY


@pytest.mark.usefixtures("failing")
def test_a_fault_of_ours_has_the_headers_too_and_keeps_its_innards(
    app: ASGIApp, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = ask(app, "/predict", query=b"token=hidden")
    assert answer.status == 500
    assert "the studio has failed here (RuntimeError); its terminal says more" in answer.text
    assert "wisteria" not in answer.text
    assert answer.headers["content-security-policy"] == POLICY
    (record,) = [one for one in caplog.records if one.name == "lenswork.studio"]
    assert record.getMessage() == "GET /predict"
    assert record.exc_info is not None
    assert "hidden" not in caplog.text


def test_a_file_that_goes_while_it_is_shown_is_told_as_gone(
    app: ASGIApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def page(request: Request) -> Response:
        raise FileNotFoundError(2, "No such file or directory", "/somewhere/secret")

    monkeypatch.setattr(addresses, "_function", lambda _: page)
    answer = ask(app, "/predict")
    assert answer.status == 404
    assert "is not there any more: it may have been moved or deleted" in answer.text
    assert "secret" not in answer.text


def test_a_part_of_a_page_gets_the_notice_alone(app: ASGIApp) -> None:
    answer = ask(app, "/nowhere", headers={"hx-request": "true"})
    assert answer.text.strip() == (
        '<p class="notice refuse" role="alert">there is no page at /nowhere</p>'
    )


def test_half_a_letter_in_a_page_is_shown_as_its_code(
    app: ASGIApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def page(request: Request) -> Response:
        raise UsageError("a\udcffb")

    monkeypatch.setattr(addresses, "_function", lambda _: page)
    answer = ask(app, "/predict")
    assert answer.status == 422
    assert r"a\udcffb" in answer.text


@pytest.mark.parametrize("length", ["many", "-1", "²", "1.5", "", "9" * 5000])
def test_a_length_that_is_no_length_is_refused(app: ASGIApp, length: str) -> None:
    answer = ask(app, "/predict", headers={"content-length": length})
    assert answer.status == 400
    assert answer.text == "the request is not written as HTTP asks\n"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("kind", ["image", "script", "iframe", "empty", ""])
def test_a_page_of_another_site_cannot_keep_the_studio_at_work(
    app: ASGIApp, site: str, kind: str
) -> None:
    asked = {"sec-fetch-site": site, "sec-fetch-dest": kind}
    answer = ask(app, "/runs/first/filters/seen", headers=asked)
    assert answer.status == 403
    assert answer.text == "a page of another site may lead here, and show nothing of it\n"


@pytest.mark.parametrize(
    ("site", "kind"),
    [("cross-site", "document"), ("none", "document"), ("same-origin", "image"), ("", "")],
)
def test_a_link_leads_here_from_anywhere(app: ASGIApp, site: str, kind: str) -> None:
    said = {"sec-fetch-site": site, "sec-fetch-dest": kind} if site else {}
    assert ask(app, "/static/lens.svg", headers=said).status == 200


def test_what_comes_too_slowly_is_refused_when_its_time_is_over(settings: Settings) -> None:
    headers, body = multipart(("a.png", bytes(1000)))
    parts = [body[start : start + 100] for start in range(0, len(body), 100)]
    assert ask(studio(settings), "/runs/first/predict", "POST", headers, parts).status == 200
    hasty = studio(replace(settings, upload_seconds=0.2))
    answer = ask(hasty, "/runs/first/predict", "POST", headers, parts, pause=0.05)
    assert answer.status == 408
    assert "what was sent did not arrive within 0.2 s: send less at once" in answer.text


@pytest.mark.parametrize(
    ("number", "status", "sentence"),
    [
        (errno.ENOSPC, 507, "(No space left on device): free some space, then try again"),
        (errno.EACCES, 500, "(Permission denied): its terminal says where, then try again"),
        (errno.EAGAIN, 500, "its terminal says where, then try again"),
    ],
)
def test_a_disk_that_takes_no_more_is_told_in_a_sentence(
    app: ASGIApp,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    number: int,
    status: int,
    sentence: str,
) -> None:
    def page(request: Request) -> Response:
        raise OSError(number, os.strerror(number), "/somewhere/secret")

    monkeypatch.setattr(addresses, "_function", lambda _: page)
    answer = ask(app, "/predict")
    assert answer.status == status
    assert sentence in answer.text
    assert "secret" not in answer.text
    assert "secret" in caplog.text
    assert "Traceback" not in caplog.text


def test_what_is_announced_as_too_large_is_refused_before_it_is_read(app: ASGIApp) -> None:
    headers = {"content-length": str(64 * MEGABYTE + 1)}
    answer = ask(app, "/runs/first/predict", "POST", headers, body=[])
    assert answer.status == 413
    assert answer.text == "the studio takes 64.0 MB at once: send fewer or smaller pictures\n"


@pytest.mark.parametrize("announced", [{}, {"content-length": "10"}], ids=["not", "falsely"])
def test_what_is_too_large_and_not_announced_is_refused_while_it_comes(
    settings: Settings, announced: dict[str, str]
) -> None:
    app = studio(replace(settings, upload_bytes=MEGABYTE))
    headers, body = multipart(("a.png", bytes(2 * MEGABYTE)))
    parts = [body[start : start + 65536] for start in range(0, len(body), 65536)]
    answer = ask(app, "/runs/first/predict", "POST", headers | announced, parts)
    assert answer.status == 413
    assert "the studio takes 1.0 MB at once: send fewer or smaller pictures" in answer.text


def test_a_tab_that_is_closed_while_it_sends_is_no_fault(
    app: ASGIApp, caplog: pytest.LogCaptureFixture
) -> None:
    headers, _ = multipart(("a.png", bytes(1000)))
    answer = ask(app, "/runs/first/predict", "POST", headers, body=[])
    assert answer.status == 400
    assert caplog.records == []


def test_without_the_token_one_is_told_where_it_is(guarded: ASGIApp) -> None:
    for query in (b"", b"token=", b"token=wrong", b"token=" + TOKEN.encode()[:-1]):
        answer = ask(guarded, headers={"host": "lab.example:8080"}, query=query)
        assert answer.status == 401
        assert answer.text == (
            "open the address with ?token=... that lenswork studio printed when it began\n"
        )


def test_the_token_goes_from_the_address_into_a_cookie_that_scripts_cannot_read(
    guarded: ASGIApp,
) -> None:
    host = {"host": "lab.example:8080"}
    answer = ask(guarded, "/predict", headers=host, query=f"a=b+c&token={TOKEN}&d=%26".encode())
    assert answer.status == 303
    assert answer.headers["location"] == "/predict?a=b+c&d=%26"
    cookie = answer.headers["set-cookie"]
    name, _, rest = cookie.partition("=")
    assert name == "lenswork-token-8080"
    assert rest.split("; ") == [TOKEN, "HttpOnly", "Path=/", "SameSite=strict"]
    shown = host | {"cookie": f"{name}={TOKEN}"}
    assert ask(guarded, "/predict", headers=shown).status == 200
    assert ask(guarded, "/predict", headers=shown | {"cookie": f"{name}=wrong"}).status == 401
    assert ask(guarded, "/predict", headers=host | {"cookie": f"other={TOKEN}"}).status == 401


def test_one_who_is_known_does_not_keep_an_old_token_in_the_address(guarded: ASGIApp) -> None:
    headers = {"host": "lab:8080", "cookie": f"lenswork-token-8080={TOKEN}"}
    answer = ask(guarded, "/predict", headers=headers, query=b"token=old")
    assert (answer.status, answer.headers["location"]) == (303, "/predict")


def test_a_token_never_leads_to_another_host(guarded: ASGIApp) -> None:
    query = f"token={TOKEN}".encode()
    for path in ("//evil.example/", "/\\evil.example/", "///evil.example"):
        location = ask(guarded, path, headers={"host": "lab:8080"}, query=query).headers["location"]
        assert location.startswith("/evil.example")


def test_a_form_needs_the_cookie_and_not_the_token(guarded: ASGIApp) -> None:
    headers = {"host": "lab:8080", "origin": "http://lab:8080"}
    query = f"token={TOKEN}".encode()
    assert ask(guarded, "/new", "POST", headers=headers, query=query).status == 401
    headers["cookie"] = f"lenswork-token-8080={TOKEN}"
    assert ask(guarded, "/predict", "POST", headers=headers).status == 405
    headers["origin"] = "http://evil.example"
    assert ask(guarded, "/predict", "POST", headers=headers).status == 403


@pytest.mark.parametrize("host", ["", "[", "a b", "lab:port", "[::1]x", "lab/evil", "http://lab"])
def test_with_a_token_a_host_must_at_least_be_one(guarded: ASGIApp, host: str) -> None:
    answer = ask(guarded, headers={"host": host})
    assert answer.status == 400
    assert answer.text == "the request does not say for which host it is\n"


def test_the_token_is_not_in_what_python_prints_of_the_settings(settings: Settings) -> None:
    assert TOKEN not in repr(replace(settings, token=TOKEN))


def test_tokens_are_long_and_never_the_same() -> None:
    assert len({new_token() for _ in range(100)}) == 100
    assert min(len(new_token()) for _ in range(100)) >= 32


@pytest.mark.parametrize(
    ("own", "hosts"),
    [
        (True, ["127.0.0.1", "127.1.2.3", "::1", "localhost"]),
        (False, ["0.0.0.0", "::", "192.168.0.7", "lab", ""]),  # noqa: S104
    ],
)
def test_only_the_machine_s_own_addresses_need_no_token(own: bool, hosts: list[str]) -> None:
    assert {is_loopback(host) for host in hosts} == {own}


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080/"),
        ("::1", "http://[::1]:8080/"),
        ("fe80::1%eth0", "http://[fe80::1]:8080/"),
        ("0.0.0.0", "http://127.0.0.1:8080/"),  # noqa: S104
        ("lab", "http://lab:8080/"),
    ],
)
def test_the_address_is_one_that_a_browser_can_open(host: str, address: str) -> None:
    settings = Settings(home=Path("runs"), host=host, port=8080)
    assert settings.address == address
    assert replace(settings, token=TOKEN).address == f"{address}?token={TOKEN}"


def test_assets_are_kept_only_under_an_address_that_changes_with_them(app: ASGIApp) -> None:
    def caching(query: str) -> str:
        answer = ask(app, "/static/studio.css", query=query.encode())
        assert answer.status == 200
        return answer.headers["cache-control"]

    fresh = asset("studio.css").partition("?")[2]
    assert caching(fresh) == "public, max-age=31536000, immutable"
    assert caching("") == caching("0123456789") == "no-cache"


def test_an_asset_that_was_kept_is_not_sent_again(app: ASGIApp) -> None:
    tag = ask(app, "/static/capture.js").headers["etag"]
    assert ask(app, "/static/capture.js", headers={"if-none-match": tag}).status == 304


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static//etc/passwd",
        "/static/\0",
        "/static/" + 300 * "a",
        "/static/..\\app.py",
        "/static/",
        "/static/vendor",
    ],
)
def test_only_the_assets_are_among_the_assets(app: ASGIApp, path: str) -> None:
    assert ask(app, path).status == 404


def test_all_assets_together_are_small() -> None:
    def size(folder: Path) -> int:
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

    assert size(Path(str(files("lenswork.web").joinpath("static")))) < MOST_ASSETS


def test_no_template_has_a_script_or_style_that_the_policy_forbids() -> None:
    templates = Path(str(files("lenswork.web").joinpath("templates"))).glob("*.html")
    for template in templates:
        text = template.read_text("utf-8").lower()
        for forbidden in (" style=", " onclick=", " onload=", " onchange=", "javascript:", "|safe"):
            assert forbidden not in text, f"{template.name}: {forbidden}"
        for script in text.split("<script")[1:]:
            opening = script.split(">")[0]
            assert "src=" in opening or 'type="application/json"' in opening, template.name
