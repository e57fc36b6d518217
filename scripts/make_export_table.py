"""Measure how far every exported form is from its classifier, for docs/export.md.

Run as `python scripts/make_export_table.py [HOME]`: takes the runs mnist, fashion and horses of
HOME (default .figures/, see make_figures.py), exports each in every form, has each answer up to
1,000 test pictures in its own runtime, and prints the table in Markdown. Pictures are given as PNG
files of their own size, so that decoding and resizing are measured too. Needs the extras onnx and
keras, and Chromium for the page.
"""

import base64
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

from lenswork import Classifier, Run
from lenswork.kinds import Picture, Probabilities
from lenswork.look.pictures import part_of
from lenswork.use.fast import load_fast, load_without_torch
from lenswork.use.onnx_export import export_onnx
from lenswork.use.onnx_runtime import RUNTIME
from lenswork.use.webpage import export_page

ROOT = Path(__file__).resolve().parents[1]
RUNS = ("mnist", "fashion", "horses")
MOST = 1000
CLASSIFY = """async (texts) => Promise.all(texts.map(async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return [...await lenswork.classify(new Blob([bytes]))];
}))"""
Form = Callable[[Classifier, Path, Sequence[bytes]], tuple[str, Probabilities]]


def png_of(picture: Picture) -> bytes:
    """A picture as a file."""
    file = io.BytesIO()
    plain = picture[:, :, 0] if picture.shape[2] == 1 else picture
    Image.fromarray(plain).save(file, "PNG")
    return file.getvalue()


def seen(classifier: Classifier, pngs: Sequence[bytes]) -> np.ndarray:
    """Pictures as the network sees them, (count, height, width, channels)."""
    return np.stack([classifier.contract.preprocess.apply_bytes(one) for one in pngs])


def by_file(
    classifier: Classifier, folder: Path, pngs: Sequence[bytes]
) -> tuple[str, Probabilities]:
    """The classifier's own file, opened without torch."""
    path = folder / "net.safetensors"
    classifier.save(path)
    opened = load_without_torch(path)
    if opened is None:
        raise SystemExit("onnxruntime cannot open the classifier's file")
    return f"{RUNTIME} | safetensors", opened.probabilities(seen(classifier, pngs))


def by_onnx(
    classifier: Classifier, folder: Path, pngs: Sequence[bytes]
) -> tuple[str, Probabilities]:
    """ONNX."""
    path = export_onnx(classifier, folder / "net.onnx").path
    return f"{RUNTIME} | ONNX", load_fast(path).probabilities(seen(classifier, pngs))


def by_keras(
    classifier: Classifier, folder: Path, pngs: Sequence[bytes]
) -> tuple[str, Probabilities]:
    """A .keras file."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    from lenswork.use.keras_export import export_keras, keras_probabilities

    path = folder / "net.keras"
    export_keras(classifier, path)
    model = keras.models.load_model(path, compile=False)
    answers = keras_probabilities(keras, model, seen(classifier, pngs))
    return f"Keras {keras.__version__} on {keras.backend.backend()} | .keras", answers


def by_page(
    classifier: Classifier, folder: Path, pngs: Sequence[bytes]
) -> tuple[str, Probabilities]:
    """The web page, in Chromium without a network."""
    path = export_page(classifier, folder / "net.html").path
    texts = [base64.b64encode(one).decode() for one in pngs]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_context(offline=True).new_page()
        page.goto(path.resolve().as_uri())
        page.locator("html[data-golden=agrees]").wait_for(state="attached")
        rows = [
            row
            for start in range(0, len(texts), 50)
            for row in page.evaluate(CLASSIFY, texts[start : start + 50])
        ]
        name = f"Chromium {browser.version}"
        browser.close()
    return f"{name} | web page", np.array(rows, np.float32)


FORMS: tuple[Form, ...] = (by_file, by_onnx, by_keras, by_page)


def main() -> None:
    """Print the table, row by row."""
    home = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".figures"
    print("| run | pictures | runtime | form | largest difference | other answers |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in RUNS:
        run = Run(home / name)
        part = part_of(run, run.held_out())
        chosen = np.unique(np.linspace(0, len(part) - 1, min(MOST, len(part))).astype(int))
        pngs = [png_of(part.source.read(int(index))) for index in chosen]
        classifier = run.classifier
        here = classifier.probabilities(seen(classifier, pngs))
        for form in FORMS:
            with tempfile.TemporaryDirectory() as folder:
                said, there = form(classifier, Path(folder), pngs)
            other = int((here.argmax(axis=1) != there.argmax(axis=1)).sum())
            difference = np.abs(here - there).max()
            print(f"| {name} | {len(pngs):,} | {said} | {difference:.1e} | {other} |", flush=True)


if __name__ == "__main__":
    main()
