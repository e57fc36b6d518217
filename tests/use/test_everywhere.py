"""One classifier, one answer: Python, the command line, ONNX, Keras, HTTP, Keras and back, a page.

For all 256 validation pictures of horses or humans, decoded anew by each.
"""

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from keras_nets import answers_of, keras
from playwright.sync_api import sync_playwright
from starlette.testclient import TestClient

import lenswork
from lenswork.cli.app import lenswork as command_line
from lenswork.data.sources import sample_folder
from lenswork.kinds import Probabilities
from lenswork.use.keras_export import export_keras
from lenswork.use.keras_import import import_keras
from lenswork.use.onnx_export import export_onnx
from lenswork.use.onnx_runtime import load_onnx
from lenswork.use.predict import find_pictures
from lenswork.use.serve.app import server
from lenswork.use.webpage import export_page

pytestmark = [
    pytest.mark.slow,
    # Keras 3.15 on torch copies arrays in a way that numpy warns of
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
AGREES = 1e-4
IN_A_REQUEST = 32
NET = "conv 16, pool, conv 32, pool, flatten, dense 64, dense classes"


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """All validation pictures."""
    return list(find_pictures([sample_folder() / "validation"]))


@pytest.fixture(scope="module")
def classifier_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier trained on horses or humans, briefly, that answers with two views."""
    home = tmp_path_factory.mktemp("runs")
    run = lenswork.train(
        home=home, recipe="notes", size="64x64", net=NET, epochs=3, views="flip", seed=1
    )
    return run.classifier_path


@pytest.fixture(scope="module")
def expected(classifier_file: Path, files: list[Path]) -> Probabilities:
    """What Python says."""
    said = lenswork.load(classifier_file).predict(files)
    rows = np.array([list(one.probabilities.values()) for one in said], np.float32)
    assert rows.shape == (256, 2)
    assert float(np.ptp(rows[:, 0])) > 0.01  # the answers are not all one
    return rows


def assert_same(rows: Probabilities, expected: Probabilities) -> None:
    assert rows.shape == expected.shape
    assert float(np.abs(rows - expected).max()) <= AGREES


def test_the_command_line(
    classifier_file: Path, files: list[Path], expected: Probabilities
) -> None:
    words = ["predict", "--json", str(classifier_file), *map(str, files)]
    said = CliRunner().invoke(command_line, words)
    assert said.exit_code == 0, said.output
    rows = [list(one["probabilities"].values()) for one in json.loads(said.stdout)]
    assert_same(np.array(rows), expected)


def test_onnx(
    classifier_file: Path, files: list[Path], expected: Probabilities, tmp_path: Path
) -> None:
    export_onnx(lenswork.load(classifier_file), tmp_path / "a.onnx")
    opened = load_onnx(tmp_path / "a.onnx")
    pictures = [opened.contract.preprocess.read_file(file) for file in files]
    assert_same(opened.probabilities(np.stack(pictures)), expected)


def test_keras(
    classifier_file: Path, files: list[Path], expected: Probabilities, tmp_path: Path
) -> None:
    classifier = lenswork.load(classifier_file)
    assert export_keras(classifier, tmp_path / "a.keras").difference <= AGREES
    model = keras.models.load_model(tmp_path / "a.keras", compile=False)
    pictures = np.stack([classifier.contract.preprocess.read_file(file) for file in files])
    assert_same(answers_of(model, pictures), expected)


def test_http(classifier_file: Path, files: list[Path], expected: Probabilities) -> None:
    rows = []
    app = server({"horses": lenswork.load(classifier_file)})
    with TestClient(app, base_url="http://localhost") as client:
        for start in range(0, len(files), IN_A_REQUEST):
            some = files[start : start + IN_A_REQUEST]
            sent = [("picture", (file.name, file.read_bytes())) for file in some]
            answers = client.post("/predict", files=sent).json()["answers"]
            rows += [list(one["probabilities"].values()) for one in answers]
    assert_same(np.array(rows), expected)


def test_a_page_in_a_browser(
    classifier_file: Path, files: list[Path], expected: Probabilities, tmp_path: Path
) -> None:
    export_page(lenswork.load(classifier_file), tmp_path / "page.html")
    assert_same(np.array(list(said_by_the_page(tmp_path / "page.html", files))), expected)


def said_by_the_page(page_file: Path, files: list[Path]) -> Iterator[list[float]]:
    """Probabilities, in Chromium, with the network switched off."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "the browser tests need Chromium: sh scripts/install_chromium.sh"
    script = """async (text) => {
        const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
        return [...await lenswork.classify(new Blob([bytes]))];
    }"""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_context(offline=True).new_page()
        page.goto(page_file.as_uri())
        page.locator("html[data-golden=agrees]").wait_for(state="attached")
        for file in files:
            yield page.evaluate(script, base64.b64encode(file.read_bytes()).decode())
        browser.close()


def test_keras_and_back(
    classifier_file: Path, files: list[Path], expected: Probabilities, tmp_path: Path
) -> None:
    export_keras(lenswork.load(classifier_file), tmp_path / "a.keras")
    both = import_keras(tmp_path / "a.keras").classifier
    pictures = np.stack([both.contract.preprocess.read_file(file) for file in files])
    assert_same(both.probabilities(pictures), expected)
