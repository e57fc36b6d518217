"""`lenswork serve`: a real server, asked over the network, stopped by a signal."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

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
        (["{run}", "--host", "256.1.1.1"], "cannot listen at 256.1.1.1"),
    ],
)
def test_what_cannot_be_served_is_refused_before_anything_listens(
    lenswork: Command, trained: Path, words: list[str], problem: str
) -> None:
    said = lenswork("serve", *(word.format(run=trained) for word in words))
    assert said.code == 2
    assert problem in said.err
