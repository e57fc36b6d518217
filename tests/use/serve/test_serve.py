"""Pictures over HTTP get the classifier's own answers, or a refusal that says what to do."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from served import PNG, Serve, picture, png
from starlette.requests import Request
from starlette.testclient import TestClient

from lenswork.kinds import Pictures, Probabilities
from lenswork.model.classifier import Classifier
from lenswork.model.contract import Contract
from lenswork.use.predict import Upload
from lenswork.use.serve import app as application
from lenswork.use.serve import request
from lenswork.use.serve.app import server
from lenswork.use.serve.limits import Limits


def rows(answer: Any) -> list[list[float]]:
    """The probabilities of an answer."""
    return [list(one["probabilities"].values()) for one in answer.json()["answers"]]


def problem(answer: Any, status: int) -> dict[str, str]:
    assert answer.status_code == status
    body: dict[str, str] = answer.json()
    assert set(body) == {"error", "expected", "got", "do"}
    return body


class Slow:
    """A classifier that answers when it is told to."""

    def __init__(self, classifier: Classifier) -> None:
        self.contract = classifier.contract
        self.classifier = classifier
        self.go = threading.Event()
        self.begun = threading.Event()
        self.batches: list[int] = []

    def probabilities(self, pictures: Pictures) -> Probabilities:
        self.begun.set()
        assert self.go.wait(20)
        self.batches.append(len(pictures))
        return self.classifier.probabilities(pictures)


class Broken(Slow):
    """A classifier that cannot answer."""

    def probabilities(self, pictures: Pictures) -> Probabilities:
        raise ValueError(f"no weights for {len(pictures)} pictures")


def test_a_picture_as_the_body_gets_the_classifiers_own_answer(
    serve: Serve, classifier: Classifier
) -> None:
    answer = serve().post("/predict", content=png(7), headers=PNG)
    expected = classifier.predict(picture(7))[0]
    assert answer.status_code == 200
    assert answer.json()["model"] == "pets"
    (said,) = answer.json()["answers"]
    assert said["class"] == expected.class_name
    assert said["probabilities"] == pytest.approx(expected.probabilities, abs=1e-6)
    assert said["probability"] == pytest.approx(expected.probability, abs=1e-6)


def test_several_pictures_of_a_form_are_answered_in_their_order(
    serve: Serve, classifier: Classifier
) -> None:
    files = [("picture", (f"{seed}.png", png(seed), "image/png")) for seed in range(5)]
    answer = serve().post("/predict", files=files)
    expected = classifier.probabilities_of([picture(seed) for seed in range(5)])
    assert [one["file"] for one in answer.json()["answers"]] == [f"{n}.png" for n in range(5)]
    assert np.allclose(rows(answer), expected, atol=1e-6)


def test_every_model_answers_under_its_name(serve: Serve, classifier: Classifier) -> None:
    client = serve(pets=classifier, others=classifier)
    for name in ("pets", "others"):
        answer = client.post(f"/models/{name}/predict", content=png(1), headers=PNG)
        assert answer.json()["model"] == name
    assert [one["name"] for one in client.get("/models").json()["models"]] == ["pets", "others"]
    body = problem(client.post("/models/none/predict", content=png(1), headers=PNG), 404)
    assert body["expected"] == "one of pets, others"


def test_a_body_of_another_kind_is_refused_with_415(serve: Serve) -> None:
    answer = serve().post("/predict", json={"picture": "a"})
    assert problem(answer, 415)["got"] == "content-type 'application/json'"


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (b"", "none"),
        (b"no picture", "cannot read the body"),
        (png(1)[:200], "cannot read the body"),
    ],
)
def test_a_body_without_a_whole_picture_is_refused_with_422(
    serve: Serve, content: bytes, got: str
) -> None:
    assert got in problem(serve().post("/predict", content=content, headers=PNG), 422)["got"]


def test_the_pictures_that_cannot_be_read_are_named(serve: Serve) -> None:
    files = [("picture", (name, content)) for name, content in
             (("good.png", png(1)), ("bad.png", b"bad"), ("worse.png", b"worse"))]  # fmt: skip
    body = problem(serve().post("/predict", files=files), 422)
    assert body["error"] == "2 of 3 pictures cannot be read"
    assert "bad.png" in body["got"]
    assert "worse.png" in body["got"]
    assert "good.png" not in body["got"]


@pytest.mark.parametrize(
    ("how", "got"),
    [
        ({"files": [("image", ("a.png", png(1)))]}, "a field called 'image'"),
        (
            {"data": {"picture": "text"}, "files": {"picture": ("a.png", png(1))}},
            "cannot read picture 1",
        ),
        ({"content": b"--a", "headers": {"content-type": "multipart/form-data"}}, "boundary"),
        (
            {"content": b"none", "headers": {"content-type": "multipart/form-data; boundary=a"}},
            "",
        ),
        ({"files": [("picture", (f"{n}.png", png(1))) for n in range(4)]}, "Too many files"),
    ],
)
def test_a_form_that_is_not_as_described_is_refused(
    serve: Serve, how: dict[str, Any], got: str
) -> None:
    client = serve(Limits(pictures=3))
    assert got in problem(client.post("/predict", **how), 422)["got"]


def test_a_request_that_is_too_large_is_refused_with_413(serve: Serve) -> None:
    client = serve(Limits(request_bytes=1000))
    body = problem(client.post("/predict", content=bytes(1001), headers=PNG), 413)
    assert body["expected"] == "at most 1,000 bytes"
    pieces = (bytes(100) for _ in range(30))  # whose length is not announced
    problem(client.post("/predict", content=pieces, headers=PNG), 413)


def test_a_picture_of_too_many_pixels_is_refused_with_422(serve: Serve) -> None:
    client = serve(Limits(pixels=399))
    body = problem(client.post("/predict", content=png(1, side=20), headers=PNG), 422)
    assert "20 x 20 pixels, more than the limit of 399" in body["got"]
    assert client.post("/predict", content=png(1, side=19), headers=PNG).status_code == 200


def post(client: TestClient, seed: int) -> Any:
    return client.post("/predict", content=png(seed), headers=PNG)


def test_requests_of_several_clients_are_answered_together(
    serve: Serve, classifier: Classifier
) -> None:
    slow = Slow(classifier)
    client = serve(Limits(batch=4), slow=slow)
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(post, client, 0)
        assert slow.begun.wait(10)
        others = [pool.submit(post, client, seed) for seed in range(1, 9)]
        wait_for(lambda: waiting(client) == 8)
        slow.go.set()
        answers = [future.result() for future in (first, *others)]
    assert slow.batches == [1, 4, 4]
    expected = classifier.probabilities_of([picture(seed) for seed in range(9)])
    assert np.allclose([rows(answer)[0] for answer in answers], expected, atol=1e-6)


def test_more_than_the_queue_takes_is_refused_with_429(
    serve: Serve, classifier: Classifier
) -> None:
    slow = Slow(classifier)
    client = serve(Limits(queue=2), slow=slow)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(post, client, 0)
        assert slow.begun.wait(10)
        others = [pool.submit(post, client, seed) for seed in (1, 2)]
        wait_for(lambda: waiting(client) == 2)
        refused = post(client, 3)
        slow.go.set()
        assert [future.result().status_code for future in (first, *others)] == [200] * 3
    assert problem(refused, 429)["expected"] == "at most 2 pictures waiting for slow"
    assert refused.headers["retry-after"] == "1"


def test_more_bytes_than_all_requests_may_hold_are_refused_with_429(serve: Serve) -> None:
    client = serve(Limits(held_bytes=1000))
    problem(client.post("/predict", content=bytes(1001), headers=PNG), 429)
    assert client.post("/predict", content=bytes(100), headers=PNG).status_code == 422


def test_an_answer_that_takes_too_long_is_refused_with_503(
    serve: Serve, classifier: Classifier
) -> None:
    slow = Slow(classifier)
    client = serve(Limits(seconds=0.2), slow=slow)
    answer = post(client, 1)
    slow.go.set()
    assert problem(answer, 503)["error"] == "it took too long"


def test_a_server_that_stops_answers_those_who_wait_and_nobody_else(
    classifier: Classifier,
) -> None:
    slow = Slow(classifier)
    app = server({"slow": slow})
    with ThreadPoolExecutor(2) as pool, TestClient(app, base_url="http://localhost") as client:
        first = pool.submit(post, client, 1)
        assert slow.begun.wait(10)
        stopping = pool.submit(app.state.served.stop)
        time.sleep(0.05)
        problem(post(client, 2), 503)
        slow.go.set()
        stopping.result()
        assert first.result().status_code == 200


def test_a_fault_of_ours_is_told_without_its_innards(classifier: Classifier) -> None:
    app = server({"broken": Broken(classifier)})
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        body = problem(post(client, 1), 500)
    assert body == {
        "error": "the server has failed here",
        "expected": "an answer",
        "got": "ValueError",
        "do": "read the server's log",
    }


def test_requests_meant_for_another_host_are_refused(classifier: Classifier) -> None:
    app = server({"pets": classifier}, hosts=("localhost", "127.0.0.1", "[::1]"))
    with TestClient(app, base_url="http://localhost:8000") as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/healthz", headers={"host": "[::1]:8000"}).status_code == 200
        problem(client.get("/healthz", headers={"host": "evil.example"}), 421)


def test_addresses_and_methods_that_are_not_there_are_refused_in_json(serve: Serve) -> None:
    client = serve()
    problem(client.get("/nothing"), 404)
    answer = client.get("/predict")
    problem(answer, 405)
    assert answer.headers["allow"] == "POST"


def test_the_page_names_the_models_and_escapes_them(serve: Serve, classifier: Classifier) -> None:
    answer = serve(pets=classifier).get("/")
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for words in ("<h2>pets</h2>", "cat, dog", "12x12 rgb", "http://localhost/models/pets/predict"):
        assert words in answer.text


def test_health_says_which_models_are_there(serve: Serve) -> None:
    assert serve().get("/healthz").json() == {"status": "ok", "models": ["pets"]}


def test_metrics_count_requests_pictures_and_batches(serve: Serve) -> None:
    client = serve()
    for _ in range(3):
        client.post("/predict", content=png(1), headers=PNG)
    client.post("/predict", content=b"none", headers=PNG)
    client.get("/nothing/of/users")
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    assert 'lenswork_requests_total{path="/predict",status="200"} 3' in lines
    assert 'lenswork_requests_total{path="/predict",status="422"} 1' in lines
    assert 'lenswork_requests_total{path="other",status="404"} 1' in lines
    assert 'lenswork_pictures_total{model="pets"} 3' in lines
    assert 'lenswork_queue_pictures{model="pets"} 0' in lines
    assert 'lenswork_batch_pictures_bucket{model="pets",le="1"} 3' in lines
    assert 'lenswork_request_seconds_count{path="/predict"} 4' in lines
    assert 'lenswork_request_seconds_bucket{path="/predict",le="+Inf"} 4' in lines


def waiting(client: TestClient) -> int:
    line = next(one for one in client.get("/metrics").text.splitlines()
                if one.startswith("lenswork_queue_pictures{"))  # fmt: skip
    return int(line.split()[-1])


def wait_for(true: Any) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_host_in_capital_letters_is_the_same_host(classifier: Classifier) -> None:
    app = server({"pets": classifier}, hosts=("localhost",))
    with TestClient(app, base_url="http://localhost") as client:
        assert client.get("/healthz", headers={"host": "LocalHost:8000"}).status_code == 200


@pytest.mark.parametrize("host", ["[", "a b", "<b>", "x" * 5000, "[::1", "host:99999999"])
def test_a_host_that_is_none_breaks_no_page(serve: Serve, host: str) -> None:
    client = serve()
    assert "<b>" not in client.get("/", headers={"host": host}).text
    problem(client.get("/nothing", headers={"host": host}), 404)


HEAD = b'--a\r\ncontent-disposition: form-data; name="picture"; filename="a.png"\r\n\r\n'
NEARLY, END = b"\r\n--ab", b"\r\n--a--\r\n"  # the one nearly ends a part, the other ends the form
FORM = {"content-type": "multipart/form-data; boundary=a"}


def test_a_form_that_takes_long_to_take_apart_lets_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(request, "TURN_SECONDS", 0.0)
    content = NEARLY * 30_000
    sent, turns = asyncio.run(read_beside_others(HEAD + content + END))
    assert [one.content for one in sent] == [content]
    assert turns >= len(content) // request.PIECE


async def read_beside_others(body: bytes) -> tuple[list[Upload], int]:
    """The pictures of a form, and how often others had their turn meanwhile."""
    headers = [(name.encode(), value.encode()) for name, value in FORM.items()]
    asked = Request({"type": "http", "headers": headers})
    reading = asyncio.create_task(request.pictures_in(asked, body, Limits()))
    turns = 0
    while not reading.done():
        turns += 1
        await asyncio.sleep(0)
    return await reading, turns


def test_a_form_that_takes_too_long_to_take_apart_is_refused_with_503(serve: Serve) -> None:
    client = serve(Limits(seconds=0.05))
    answer = client.post("/predict", content=HEAD + NEARLY * 500_000 + END, headers=FORM)
    assert problem(answer, 503)["error"] == "it took too long"


def test_a_request_of_many_pictures_lets_one_of_another_be_read_in_between(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, begun = threading.Semaphore(0), threading.Semaphore(0)
    decoded = application._decoded

    def slowly(contract: Contract, sent: Upload, pixels: int) -> Any:
        if sent.name.startswith("slow"):
            begun.release()
            assert gate.acquire(timeout=20)
        return decoded(contract, sent, pixels)

    monkeypatch.setattr(application, "_decoded", slowly)
    monkeypatch.setattr(application, "available_cores", lambda: 2)
    client = serve()
    waiting_to_be_read = client.app.state.served.readers._work_queue  # type: ignore[attr-defined]
    files = [("picture", (f"slow {number}.png", png(number))) for number in range(6)]
    with ThreadPoolExecutor(2) as pool:
        many = pool.submit(client.post, "/predict", files=files)
        assert begun.acquire(timeout=20)
        assert begun.acquire(timeout=20)
        one = pool.submit(post, client, 7)
        wait_for(lambda: waiting_to_be_read.qsize() == 1)
        gate.release()
        assert one.result(20).status_code == 200
        assert not many.done()
        gate.release(5)
        assert len(many.result(20).json()["answers"]) == 6
