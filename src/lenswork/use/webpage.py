"""One web page that classifies pictures by itself: no server, no request, opened from a file.

The network is the ONNX file, run by onnxruntime's WebAssembly build (one thread: pages of files
are not isolated, so threads could not share memory). Both lie in the page, packed by gzip and
written in base64. What the page may do is fixed by a content security policy: its one script and
style by their digests, WebAssembly, the camera; no other source of anything.
"""

import base64
import gzip
import hashlib
import json
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
from jinja2 import Environment, StrictUndefined
from PIL import Image

import lenswork
from lenswork.errors import LensworkError
from lenswork.files import written_whole
from lenswork.model.classifier import Classifier
from lenswork.use.agreement import Exported, agreed
from lenswork.use.onnx_export import onnx_model
from lenswork.use.onnx_properties import golden_text
from lenswork.use.onnx_runtime import RUNTIME, OnnxClassifier

FORM = "web page"
MODULES = (  # after those they use
    "bytes", "resize", "jpeg_bits", "jpeg_dct", "jpeg", "pixels", "model", "draw", "camera", "page",
)  # fmt: skip
ORT_SCRIPT, ORT_WASM = "ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm.gz"
_EXPORT = re.compile(r"^export (?=const|function|async|class)", re.MULTILINE)
_EXPORTS = re.compile(r"export\s*\{([^{}]*)\}\s*;?\s*\Z")
_NETWORK = re.compile(r'<script type="text/plain" id="network">([^<]*)</script>')


def export_page(classifier: Classifier, path: str | Path) -> Exported:
    """Write the page; the network in it is taken out again and answers the golden pictures here.

    In a browser the page does the same at its start, shows the outcome, and answers nothing where
    it differs by more than 1e-4. Raises `LensworkError`, and leaves no file, where it does here.
    """
    path = Path(path)
    page = page_of(classifier)
    with written_whole(path) as temporary:
        temporary.write_text(page, "utf-8")
        found = network_in(temporary.read_text("utf-8"))
        inside = OnnxClassifier(found, classifier.contract, classifier.golden)
        difference = agreed(FORM, RUNTIME, classifier.golden_answers(), inside.golden_answers())
    runtime = f"{RUNTIME} (a browser checks again)"
    return Exported(path, FORM, runtime, difference, len(classifier.golden))


def page_of(classifier: Classifier) -> str:
    """The whole page as text."""
    contract, folder = classifier.contract, files("lenswork.use").joinpath("page")
    network = onnx_model(classifier).SerializeToString()
    style = _text(folder / "page.css")
    script = _script(folder)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(_text(folder / "page.html")).render(
        title=title_of(contract.classes),
        policy=_policy(script, style),
        style=style,
        script=script,
        version=lenswork.__version__,
        runtime=_text(folder / "vendor" / "VERSION").strip(),
        classes=contract.classes,
        preprocess=contract.preprocess,
        data=contract.data,
        net=contract.net,
        contract={
            "classes": contract.classes,
            "preprocess": contract.preprocess.model_dump()
            | {"columnsMayBeFirst": columns_may_be_first()},
            "golden": json.loads(golden_text(classifier.golden, classifier.golden_answers())),
        },
        network=_packed(network),
        wasm=base64.b64encode((folder / "vendor" / ORT_WASM).read_bytes()).decode("ascii"),
    )


def network_in(page: str) -> bytes:
    """The ONNX file that lies in a page."""
    found = _NETWORK.search(page)
    if found is None:
        raise LensworkError("expected a page with a network in it, found none")
    return gzip.decompress(base64.b64decode(found.group(1), validate=True))


def title_of(classes: tuple[str, ...]) -> str:
    """What the page asks, without its question mark: "cat or dog", "0, 1 … 9"."""
    if len(classes) <= 3:
        return " or ".join((", ".join(classes[:-1]), classes[-1]))
    return f"{classes[0]}, {classes[1]} … {classes[-1]}"


def columns_may_be_first() -> bool:
    """Whether the Pillow that is installed resizes some pictures along their columns first.

    Pillow 13 does where a picture loses more than twice as many rows as columns; before it rows
    always came first. The results differ by rounding, so the page is told.
    """
    picture = Image.fromarray((np.arange(20 * 44) * 7919 % 251).astype(np.uint8).reshape(20, 44))
    method = Image.Resampling.BILINEAR
    at_once = picture.resize((42, 9), method)
    columns_first = picture.resize((44, 9), method).resize((42, 9), method)
    return np.array_equal(np.asarray(at_once), np.asarray(columns_first))


def _packed(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, mtime=0)).decode("ascii")


def _script(folder: Traversable) -> str:
    """All modules in one, since a page in a file cannot import others."""
    parts = [_runtime(_text(folder / "vendor" / ORT_SCRIPT))]
    for name in MODULES:
        source = re.sub(r"^import [^;]*;\n", "", _text(folder / f"{name}.js"), flags=re.MULTILINE)
        parts.append(_EXPORT.sub("", source))
    script = "\n".join(parts)
    if "</script" in script or "<!--" in script:
        raise LensworkError("a script of the page would end it before its time")
    return script


def _runtime(source: str) -> str:
    """The module of onnxruntime as one object, its own names kept to itself."""
    source = re.sub(r"^//# sourceMappingURL=.*$", "", source, flags=re.MULTILINE).rstrip()
    found = _EXPORTS.search(source)
    if found is None:
        raise LensworkError(f"expected {ORT_SCRIPT} to end in its exports")
    pairs = [one.split(" as ") for one in found.group(1).split(",")]
    names = ", ".join(f"{pair[-1].strip()}: {pair[0].strip()}" for pair in pairs)
    body = source[: found.start()]
    return f"const ort = await (async () => {{\n{body}\nreturn {{ {names} }};\n}})();\n"


def _policy(script: str, style: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'sha256-{_digest(script)}' 'wasm-unsafe-eval'",
            f"style-src 'sha256-{_digest(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _text(file: Traversable) -> str:
    return file.read_text("utf-8")
