"""`lenswork serve`: a real server, asked over the network, stopped by a signal."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lenswork.cli.serve import hosts_of, opened_models
from lenswork.model.classifier import load

Command = Callable[..., Any]


@pytest.fixture
def served(trained: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a server of a run, and its process."""
    command = [sys.executable, "-m", "lenswork", "serve", f"pets={trained}", "--port", "0"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.match(r"(http://127\.0\.0\.1:\d+)/models/pets/predict answers high, low", line)
        assert found, line
        yield found[1], process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_a_served_run_answers_as_its_classifier_and_stops_gracefully(
    served: tuple[str, subprocess.Popen[str]], trained: Path, folder: Path
) -> None:
    address, process = served
    file = folder / "validation" / "high" / "000.png"
    answer = httpx.post(
        f"{address}/predict",
        content=file.read_bytes(),
        headers={"content-type": "image/png"},
        timeout=20,
    )
    (said,) = answer.json()["answers"]
    expected = load(trained / "classifier.safetensors").predict(file)[0]
    assert said["class"] == expected.class_name
    assert said["probabilities"] == pytest.approx(expected.probabilities, abs=1e-5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["../x y="], "expected a name of letters"),
        (["a={run}", "a={run}"], "two models would be called 'a'"),
        (["missing.safetensors"], "there is no classifier file"),
        (["a.keras"], "there is no classifier file"),
        (["{run}", "--host", "256.1.1.1"], "cannot listen at 256.1.1.1"),
    ],
)
def test_what_cannot_be_served_is_refused_before_anything_listens(
    lenswork: Command, trained: Path, words: list[str], problem: str
) -> None:
    said = lenswork("serve", *(word.format(run=trained) for word in words))
    assert said.code == 2
    assert problem in said.err


@pytest.mark.parametrize(
    ("model", "name"),
    [("a=b.safetensors", "a-b"), ("v1.2", "v1.2"), ("x.y.safetensors", "x.y"), ("b=v1.2", "b")],
)
def test_a_model_is_called_by_its_file_or_run_or_as_it_is_told(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    trained.rename(tmp_path / "v1.2")
    for file in ("a=b.safetensors", "x.y.safetensors"):
        shutil.copy(tmp_path / "v1.2" / "classifier.safetensors", file)
    assert list(opened_models((model,), None)) == [name]


@pytest.mark.parametrize("host", ["127.0.0.2", "localhost", "LOCALHOST", "::1", "127.0.0.1"])
def test_a_server_answers_for_the_host_that_it_was_told_to_be(host: str) -> None:
    hosts = hosts_of(host)
    assert hosts is not None
    assert f"[{host}]" in hosts if ":" in host else host.lower() in hosts
    assert "evil.example" not in hosts


def test_a_server_for_others_leaves_the_hosts_to_its_proxy() -> None:
    assert hosts_of("0.0.0.0") is None  # noqa: S104  # nothing is bound
    assert hosts_of("example.org") is None
