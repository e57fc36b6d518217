"""How far every form of a classifier is from it, for docs/export.md.

Run as `python bench/forms.py [HOME]`: takes the runs mnist, fashion and horses of HOME (default
.figures/, see scripts/make_figures.py), exports each in every form, has each answer up to 1,000
test pictures in its own runtime, and writes bench/forms.json, from which
`python scripts/make_export_table.py` writes the table. Pictures are given as files of their own
size, so that decoding and resizing are measured too. Needs the extras onnx and keras, and Chromium
for the page.
"""

import base64
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from click.testing import CliRunner
from PIL import Image
from playwright.sync_api import sync_playwright
from starlette.testclient import TestClient

from lenswork import Classifier, Run
from lenswork.cli.app import lenswork as command_line
from lenswork.files import write_bytes
from lenswork.kinds import Picture, Pictures, Probabilities
from lenswork.look.pictures import part_of
from lenswork.use.fast import load_fast, load_without_torch
from lenswork.use.keras_import import import_keras
from lenswork.use.onnx_export import export_onnx
from lenswork.use.onnx_runtime import RUNTIME
from lenswork.use.serve.app import server
from lenswork.use.webpage import export_page
from machine import this_machine

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "bench" / "forms.json"
RUNS = ("mnist", "fashion", "horses")
MOST = 1000
PHOTOGRAPHED, PHOTOGRAPHS, SIDE = "horses", 64, 1200  # JPEGs, of which a quarter is decoded
AT_ONCE = 50
CLASSIFY = """async (texts) => Promise.all(texts.map(async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return [...await lenswork.classify(new Blob([bytes]))];
}))"""
Said = tuple[str, str, Probabilities]  # the runtime, the form, the answers
Form = Callable[[Classifier, Path, Sequence[bytes]], Said]


def file_of(picture: Picture, kind: str = "PNG", side: int | None = None) -> bytes:
    """A picture as a file, at its own size or enlarged to `side` pixels each way."""
    file = io.BytesIO()
    image = Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture)
    (image if side is None else image.resize((side, side))).save(file, kind)
    return file.getvalue()


def seen(classifier: Classifier, files: Sequence[bytes]) -> Pictures:
    """Pictures as the network sees them, (count, height, width, channels)."""
    return np.stack([classifier.contract.preprocess.apply_bytes(one) for one in files])


def by_file(classifier: Classifier, folder: Path, files: Sequence[bytes]) -> Said:
    """The classifier's own file, opened without torch."""
    path = folder / "net.safetensors"
    classifier.save(path)
    opened = load_without_torch(path)
    if opened is None:
        raise SystemExit("onnxruntime cannot open the classifier's file")
    return RUNTIME, "`load_fast`, safetensors", opened.probabilities(seen(classifier, files))


def by_command(classifier: Classifier, folder: Path, files: Sequence[bytes]) -> Said:
    """`lenswork predict`, which is given files."""
    path, pictures = folder / "net.safetensors", folder / "pictures"
    classifier.save(path)
    pictures.mkdir()
    for number, content in enumerate(files):
        (pictures / f"{number:05d}.png").write_bytes(content)
    done = CliRunner().invoke(command_line, ["predict", "--json", str(path), str(pictures)])
    if done.exit_code:
        raise SystemExit(f"lenswork predict failed: {done.output}")
    rows = [list(one["probabilities"].values()) for one in json.loads(done.stdout)]
    return RUNTIME, "`lenswork predict`", np.array(rows, np.float32)


def by_onnx(classifier: Classifier, folder: Path, files: Sequence[bytes]) -> Said:
    """ONNX."""
    path = export_onnx(classifier, folder / "net.onnx").path
    return RUNTIME, "ONNX", load_fast(path).probabilities(seen(classifier, files))


def by_keras(classifier: Classifier, folder: Path, files: Sequence[bytes]) -> Said:
    """A .keras file."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    from lenswork.use.keras_export import BACKENDS, export_keras, keras_probabilities

    path = folder / "net.keras"
    export_keras(classifier, path)
    model = keras.models.load_model(path, compile=False)
    answers = keras_probabilities(keras, model, seen(classifier, files))
    return f"Keras {keras.__version__} on {BACKENDS[keras.backend.backend()]}", ".keras", answers


def by_keras_and_back(classifier: Classifier, folder: Path, files: Sequence[bytes]) -> Said:
    """A .keras file, imported."""
    from lenswork.use.keras_export import export_keras

    path = folder / "net.keras"
    export_keras(classifier, path)
    again = import_keras(path).classifier
    answers = again.probabilities(seen(again, files))
    return f"PyTorch {torch.__version__.split('+')[0]}", ".keras, imported again", answers


def by_http(classifier: Classifier, folder: Path, files: Sequence[bytes]) -> Said:
    """`lenswork serve`, which is sent files."""
    path, rows = folder / "net.safetensors", []
    classifier.save(path)
    with TestClient(server({"net": load_fast(path)}), base_url="http://localhost") as client:
        for some in _pieces(files):
            sent = [("picture", (f"{number}.png", one)) for number, one in enumerate(some)]
            answers = client.post("/predict", files=sent).json()["answers"]
            rows += [list(one["probabilities"].values()) for one in answers]
    return RUNTIME, "`lenswork serve`, HTTP", np.array(rows, np.float32)


def by_page(classifier: Classifier, folder: Path, files: Sequence[bytes]) -> Said:
    """The web page, in Chromium without a network."""
    path = export_page(classifier, folder / "net.html").path
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_context(offline=True).new_page()
        page.goto(path.resolve().as_uri())
        page.locator("html[data-golden=agrees]").wait_for(state="attached")
        rows = [
            row
            for some in _pieces(files)
            for row in page.evaluate(CLASSIFY, [base64.b64encode(one).decode() for one in some])
        ]
        name = f"Chromium {browser.version.split('.')[0]}"
        browser.close()
    return name, "web page", np.array(rows, np.float32)


FORMS: tuple[Form, ...] = (
    by_file, by_command, by_onnx, by_http, by_keras, by_keras_and_back, by_page,
)  # fmt: skip


def _pieces(files: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (files[start : start + AT_ONCE] for start in range(0, len(files), AT_ONCE))


def rows_of(
    name: str, kind: str, classifier: Classifier, files: Sequence[bytes], forms: Sequence[Form]
) -> Iterator[dict[str, Any]]:
    """How far each form is from the classifier, and how many pictures get another class."""
    here = classifier.probabilities(seen(classifier, files))
    for form in forms:
        with tempfile.TemporaryDirectory() as folder:
            runtime, said, there = form(classifier, Path(folder), files)
        yield {
            "run": name,
            "files": kind,
            "pictures": len(files),
            "runtime": runtime,
            "form": said,
            "difference": float(np.abs(here - there).max()),
            "other": int((here.argmax(axis=1) != there.argmax(axis=1)).sum()),
        }


def held_out_pictures(run: Run, most: int = MOST) -> list[Picture]:
    """Held-out pictures at their own size, from all over the part."""
    part = part_of(run, run.held_out())
    chosen = np.unique(np.linspace(0, len(part) - 1, min(most, len(part))).astype(int))
    return [part.source.read(int(index)) for index in chosen]


def all_rows(home: Path) -> Iterator[dict[str, Any]]:
    """Every run in every form, then photographs that are decoded at a reduced size."""
    for name in RUNS:
        run = Run(home / name)
        files = [file_of(one) for one in held_out_pictures(run)]
        yield from rows_of(name, "PNG", run.classifier, files, FORMS)
    run = Run(home / PHOTOGRAPHED)
    classifier, said = run.classifier, run.classifier.contract
    preprocess = said.preprocess.model_copy(update={"reduced": True})
    contract = said.model_copy(update={"preprocess": preprocess})
    reduced = Classifier(classifier.network, contract, classifier.golden)
    files = [file_of(one, "JPEG", SIDE) for one in held_out_pictures(run, PHOTOGRAPHS)]
    kind = f"JPEG, {SIDE:,}x{SIDE:,}, reduced decoding"
    yield from rows_of(run.name, kind, reduced, files, (by_command, by_http, by_page))


def main() -> None:
    """Measure, tell row by row, and write the file."""
    home = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".figures"
    rows = []
    for row in all_rows(home):
        rows.append(row)
        print(json.dumps(row), flush=True)
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": this_machine().to_json(),
        "reference": f"PyTorch {torch.__version__.split('+')[0]}",
        "rows": rows,
    }
    write_bytes(RESULT, (json.dumps(result, indent=1, ensure_ascii=False) + "\n").encode())


if __name__ == "__main__":
    main()
