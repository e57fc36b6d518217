"""Whatever is sent as a form becomes pictures or one sentence, and none of it is kept."""

import io
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from asgi import Answered, ask, multipart
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from PIL import Image
from starlette.types import ASGIApp

from lenswork.web.app import studio
from lenswork.web.settings import Settings

PAGE = "/runs/first/predict"
KIND = "multipart/form-data; boundary=cut"
PART = b'content-disposition: form-data; name="picture"; filename="a.png"\r\n\r\n'


@pytest.fixture
def app(settings: Settings) -> ASGIApp:
    return studio(replace(settings, upload_count=3, upload_pixels=1000))


def sent(app: ASGIApp, kind: str | None, body: bytes, page: str = PAGE) -> Answered:
    headers = {"hx-request": "true"} | ({} if kind is None else {"content-type": kind})
    return ask(app, page, "POST", headers, [body])


def files(app: ASGIApp, *given: tuple[str, bytes], page: str = PAGE) -> Answered:
    headers, body = multipart(*given)
    return sent(app, headers["content-type"], body, page)


def png(width: int = 8, height: int = 8) -> bytes:
    file = io.BytesIO()
    Image.new("L", (width, height), 90).save(file, "PNG")
    return file.getvalue()


# Starlette leaves the file of a part that never ends to the garbage collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (None, b""),
        ("application/json", b"{}"),
        ("multipart/form-data", b"--cut"),
        ("multipart/form-data; boundary=", b"--cut"),
        ("multipart/form-data; boundary=" + 300 * "b", b""),
        (KIND, b""),
        (KIND, b"garbage"),
        (KIND, b"--other\r\n" + PART + b"x\r\n--other--"),
        (KIND, b"--cut\r\n" + PART + b"cut short"),
        (KIND, b"--cut\r\ncontent-disposition: form-data\r\n\r\nx\r\n--cut--"),
        (KIND, b"--cut\r\nno colon\r\n\r\nx\r\n--cut--"),
        (KIND, b"--cut\r\n\r\nx\r\n--cut--"),
        (KIND, b"--cut\r\n" + 5000 * b"a" + b": b\r\n\r\nx\r\n--cut--"),
        (KIND, b"--cut\r\n" + 500 * b"a: b\r\n" + b"\r\nx\r\n--cut--"),
        (KIND, b"--cut\r\n" + PART.replace(b"a.png", 100_000 * b"a") + b"x\r\n--cut--"),
        (KIND, b"--cut\r\n" + PART.replace(b"picture", b"other") + b"x\r\n--cut--"),
        (KIND, b"--cut\r\n" + PART + b"\r\n--cut--"),
        ("application/x-www-form-urlencoded", b"picture=a.png"),
        ("application/x-www-form-urlencoded", 2_000_000 * b"a"),
        ("application/x-www-form-urlencoded", 2000 * b"a=b&"),
    ],
)
def test_what_is_no_form_with_pictures_is_told_in_a_sentence(
    app: ASGIApp, kind: str | None, body: bytes
) -> None:
    answer = sent(app, kind, body)
    assert answer.status == 422
    assert answer.text.startswith('<p class="notice refuse" role="alert">')
    assert "Traceback" not in answer.text
    assert len(answer.text) < 400


@pytest.mark.parametrize("charset", ["undefined", "idna", "utf-7", "unicode_escape", "hex", "\0"])
def test_a_name_in_an_odd_alphabet_is_read_or_refused(app: ASGIApp, charset: str) -> None:
    body = b"--cut\r\n" + PART.replace(b"a.png", b"\\x\xff+.png") + b"x\r\n--cut--"
    answer = sent(app, f"{KIND}; charset={charset}", body)
    assert answer.status in (200, 422)
    assert answer.text.startswith('<p class="notice refuse" role="alert">')


def test_a_form_without_a_picture_says_what_to_do(app: ASGIApp) -> None:
    answer = files(app, ("", b""))
    assert (answer.status, "no picture was sent: choose, drop, paste or draw one") == (
        422,
        answer.text.split(">")[1].split("<")[0],
    )


def test_a_form_in_a_form_is_one_file_that_is_no_picture(app: ASGIApp) -> None:
    body = b"x"
    for depth in range(200):
        _, body = multipart(("a.png", body), boundary=f"depth{depth}")
    answer = files(app, ("deep", body))
    assert "cannot read deep: expected a JPEG, PNG" in answer.text


def test_more_files_than_are_taken_are_refused_with_their_number(app: ASGIApp) -> None:
    few = [(f"{number}.png", png()) for number in range(3)]
    assert files(app, *few, page=f"{PAGE}/many").status == 200
    answer = files(app, *few, ("3.png", png()), page=f"{PAGE}/many")
    assert answer.status == 422
    assert "the studio takes 3 pictures at once: send them in parts" in answer.text


def test_a_picture_that_unpacks_to_too_many_pixels_is_not_unpacked(app: ASGIApp) -> None:
    answer = files(app, ("bomb.png", png(101, 10)))
    assert (
        "cannot read bomb.png: it unpacks to 101 x 10 pixels, more than the limit of 1,000"
        in answer.text
    )
    rows = files(app, ("bomb.png", png(101, 10)), ("a.png", png()), page=f"{PAGE}/many").text
    assert "more than the limit of 1,000" in rows
    assert '"error":""' in rows


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a%22b.png", "a&#34;b.png"),
        ("../../etc/passwd", "../../etc/passwd"),
        ("/etc/passwd", "/etc/passwd"),
        ("C:\\\\a.png", "a.png"),
        ("<b>.png", "&lt;b&gt;.png"),
        ("猫.png", "猫.png"),
        ("a\x1b[31m.png", r"a\x1b[31m.png"),
        (300 * "a" + "end.png", "…" + 192 * "a" + "end.png"),
    ],
)
def test_a_name_is_only_ever_spoken_of(app: ASGIApp, written: str, meant: str) -> None:
    answer = files(app, (written, b"no picture"))
    assert f"cannot read {meant}: expected a JPEG" in answer.text


def test_nothing_that_was_sent_is_kept(
    app: ASGIApp, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before = {path: path.stat().st_size for path in settings.home.rglob("*") if path.is_file()}
    large = png() + bytes(3_000_000)  # more than is held in memory while it comes
    assert files(app, ("a.png", png()), ("large.png", large)).status == 200
    assert files(app, ("a.png", large), ("b", b"bad"), page=f"{PAGE}/many").status == 200
    after = {path: path.stat().st_size for path in settings.home.rglob("*") if path.is_file()}
    assert after == before
    assert list(scratch.iterdir()) == []


HEADER = st.sampled_from(
    [b'content-disposition: form-data; name="picture"; filename="a"', b"a: b", b":", b"\xff: \0"]
)
PIECES = st.one_of(
    st.sampled_from([b"--cut", b"--cut--", b"\r\n", b"\r\n\r\n", b"\n", b"--", png()]),
    HEADER,
    st.binary(max_size=40),
)


@examples(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(pieces=st.lists(PIECES, max_size=14), charset=st.sampled_from(["", "; charset=utf-16"]))
def test_no_form_at_all_makes_the_studio_fail(
    app: ASGIApp, pieces: list[bytes], charset: str
) -> None:
    answer = sent(app, KIND + charset, b"".join(pieces), f"{PAGE}/many")
    assert answer.status in (200, 422)
