"""The page in a real browser, from a file, with the network switched off."""

import base64
import io
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, sync_playwright
from portable import noise, portable

from lenswork.errors import LensworkError
from lenswork.kinds import Picture
from lenswork.model.classifier import Classifier
from lenswork.model.preprocess import Resize
from lenswork.use import webpage
from lenswork.use.onnx_export import onnx_model
from lenswork.use.webpage import export_page, network_in, page_of, title_of

pytestmark = pytest.mark.slow
MOST_BYTES = 8_000_000  # without the weights
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    path = next((one for one in found if one), None)
    assert path, "the browser tests need Chromium: sh scripts/install_chromium.sh"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--no-first-run", *CAMERA]
        )
        yield browser
        browser.close()


@pytest.fixture
def shown(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens a page from a file, offline; it must not complain nor ask for anything else."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    complaints: list[str] = []
    asked: list[str] = []

    def show(text: str, state: str = "agrees") -> Page:
        path = tmp_path / "page.html"
        path.write_text(text, "utf-8")
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda one: complaints.append(f"{one.type}: {one.text}"))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        page.locator(f"html[data-golden={state}]").wait_for(state="attached")
        return page

    yield show
    context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith((tmp_path.as_uri(), "blob:"))] == []


def file_of(picture: Picture, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture).save(
        file, kind, **options
    )
    return file.getvalue()


def called(page: Page, function: str, content: bytes) -> np.ndarray:
    """What one of the page's functions for other scripts makes of a file."""
    script = """async ([name, text]) => {
        const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
        return [...await lenswork[name](new Blob([bytes]))];
    }"""
    return np.array(page.evaluate(script, [function, base64.b64encode(content).decode()]))


def choose(page: Page, files: dict[str, bytes]) -> None:
    """Choose files as a person does."""
    given: list[FilePayload] = [
        {"name": name, "mimeType": "image/png", "buffer": content}
        for name, content in files.items()
    ]
    page.locator("[data-part=files]").set_input_files(given)


def assert_prepared_alike(page: Page, classifier: Classifier, content: bytes) -> None:
    preprocess = classifier.contract.preprocess
    seen = called(page, "prepare", content).reshape(preprocess.input_shape)
    assert np.array_equal(seen, preprocess.apply_bytes(content))


METHODS: tuple[Resize, ...] = ("bilinear", "nearest", "bicubic", "box", "lanczos")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_are_resized_to_the_last_bit_as_pillow_does(
    shown: Callable[..., Page], method: Resize, channels: int
) -> None:
    classifier = portable("flatten, dense classes", (12, 17, channels), resize=method)
    page = shown(page_of(classifier))
    for height, width in [(12, 17), (100, 90), (5, 7), (12, 80), (1, 1), (333, 17), (3, 200)]:
        for given in (1, 3):
            content = file_of(noise((height, width, given), height))
            assert_prepared_alike(page, classifier, content)


def test_turned_and_transparent_pictures_are_brought_upright_and_laid_on_white(
    shown: Callable[..., Page],
) -> None:
    classifier = portable("flatten, dense classes", (20, 30, 3))
    page = shown(page_of(classifier))
    turned = Image.Exif()
    turned[0x0112] = 6
    assert_prepared_alike(page, classifier, file_of(noise((40, 30, 3)), exif=turned))
    clear = np.concatenate([noise((40, 30, 3)), np.zeros((40, 30, 1), np.uint8)], axis=2)
    clear[:20, :, 3] = 255
    assert_prepared_alike(page, classifier, file_of(clear))


JPEGS: list[dict[str, Any]] = [
    {"subsampling": "4:4:4", "quality": 95},
    {"subsampling": "4:2:2", "quality": 75},
    {"subsampling": "4:2:0", "quality": 90, "restart_marker_blocks": 3},
    {"subsampling": "4:2:2", "quality": 60, "progressive": True},
    {"subsampling": "4:2:0", "quality": 85, "progressive": True, "restart_marker_rows": 1},
]
SIDES = [(81, 123), (171, 250), (333, 517), (40, 60), (79, 1000)]  # in half, 1/4, 1/8, whole, whole


@pytest.mark.parametrize("channels", [1, 3])
def test_large_jpegs_are_decoded_at_a_reduced_size_to_the_last_bit_as_pillow_does(
    shown: Callable[..., Page], channels: int
) -> None:
    classifier = portable("flatten, dense classes", (20, 30, channels), reduced=True)
    page = shown(page_of(classifier))
    for options in JPEGS:
        for height, width in SIDES:
            content = file_of(noise((height, width, 3), width), "JPEG", **options)
            assert_prepared_alike(page, classifier, content)
    for progressive in (False, True):
        content = file_of(noise((171, 250, 1)), "JPEG", progressive=progressive)
        assert_prepared_alike(page, classifier, content)


def test_a_large_jpeg_that_is_turned_is_reduced_by_its_upright_sides(
    shown: Callable[..., Page],
) -> None:
    classifier = portable("flatten, dense classes", (20, 30, 3), reduced=True)
    page = shown(page_of(classifier))
    for turn in range(1, 9):
        turned = Image.Exif()
        turned[0x0112] = turn
        assert_prepared_alike(
            page, classifier, file_of(noise((130, 110, 3), turn), "JPEG", exif=turned)
        )


def test_a_large_jpeg_that_can_only_be_decoded_whole_is_named(shown: Callable[..., Page]) -> None:
    page = shown(page_of(portable(reduced=True)))
    file = io.BytesIO()
    Image.fromarray(noise((100, 100, 3))).convert("CMYK").save(file, "JPEG")
    choose(page, {"print.jpg": file.getvalue(), "good.png": file_of(noise((90, 90, 3)))})
    page.locator("[data-part=kept] li").nth(1).wait_for()
    page.locator("[role=alert]:not([hidden])").wait_for()
    said = page.locator("[role=alert]").inner_text()
    assert said.startswith("print.jpg is a JPEG of a rare kind: here all of it is decoded")
    assert "good.png" not in said


def test_the_page_answers_as_the_classifier_does(shown: Callable[..., Page]) -> None:
    classifier = portable(views="flip", temperature=1.5)
    page = shown(page_of(classifier))
    for seed in range(5):
        content = file_of(noise((30 + seed, 40, 3), seed))
        picture = classifier.contract.preprocess.apply_bytes(content)
        expected = classifier.probabilities(picture[None])[0]
        np.testing.assert_allclose(called(page, "classify", content), expected, rtol=0, atol=1e-5)


def test_the_mark_says_that_the_golden_pictures_agree(shown: Callable[..., Page]) -> None:
    page = shown(page_of(portable()))
    assert page.locator("[data-part=mark]").inner_text() == "✓ answers as trained"
    proof = page.locator("[data-part=proof]").text_content()
    assert "3 golden pictures were answered" in (proof or "")
    assert 0 <= float(page.locator("html").get_attribute("data-difference") or "nan") <= 1e-5


def test_a_page_that_answers_otherwise_says_so_and_answers_nothing(
    shown: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = onnx_model(portable("flatten, dense classes"))
    monkeypatch.setattr(webpage, "onnx_model", lambda _: other)
    page = shown(page_of(portable()), "refused")
    assert page.locator("[data-part=mark]").inner_text() == "✕ not proven here"
    assert "answers the 3 golden pictures otherwise" in page.locator("[role=alert]").inner_text()
    assert page.get_by_role("button", name="Choose pictures …").is_disabled()
    assert page.evaluate("globalThis.lenswork === undefined")


def test_chosen_files_are_answered_and_kept_and_bad_ones_named(
    shown: Callable[..., Page],
) -> None:
    classifier = portable()
    page = shown(page_of(classifier))
    content = file_of(noise((50, 60, 3)))
    files = {"bad.png": b"no picture", "good.png": content}
    choose(page, files)
    page.locator("[data-part=kept] figcaption").wait_for()
    said = classifier.predict(np.asarray(Image.open(io.BytesIO(content))))[0]
    assert page.locator("[data-part=class]").inner_text() == said.class_name
    caption = page.locator("[data-part=kept] figcaption").inner_text()
    assert (said.class_name in caption, "good.png" in caption) == (True, True)
    assert "bad.png cannot be read as a picture" in page.locator("[role=alert]").inner_text()
    page.get_by_role("button", name="Forget them").click()
    assert page.locator("[data-part=kept] li").count() == 0


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_dropped_and_pasted_pictures_are_answered(shown: Callable[..., Page], way: str) -> None:
    page = shown(page_of(portable()))
    page.evaluate(
        """([way, text]) => {
            const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
            const given = new DataTransfer();
            given.items.add(new File([bytes], "given.png", { type: "image/png" }));
            document.dispatchEvent(way === "drop"
                ? new DragEvent("drop", { dataTransfer: given, bubbles: true })
                : new ClipboardEvent("paste", { clipboardData: given, bubbles: true }));
        }""",
        [way, base64.b64encode(file_of(noise((9, 9, 3)))).decode()],
    )
    page.locator("[data-part=kept] figcaption").wait_for()
    assert "given.png" in page.locator("[data-part=kept]").inner_text()


def test_a_drawing_is_answered_stroke_by_stroke(shown: Callable[..., Page]) -> None:
    page = shown(page_of(portable(shape=(28, 28, 1))))
    page.get_by_role("button", name="Draw").click()
    box = page.locator("[data-part=sheet]").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 150, steps=5)
    page.mouse.up()
    page.locator("[data-part=bars] li").first.wait_for()
    assert page.locator("[data-part=bars] li").count() == 3
    page.get_by_role("button", name="Draw").click()
    assert page.locator("[data-part=start]").is_visible()


def test_the_camera_is_answered_until_it_is_stopped(shown: Callable[..., Page]) -> None:
    page = shown(page_of(portable()))
    page.get_by_role("button", name="Camera").click()
    page.locator("[data-part=bars] li").first.wait_for()
    assert page.evaluate("document.querySelector('video').srcObject.active")
    page.get_by_role("button", name="Camera").click()
    assert page.evaluate("document.querySelector('video').srcObject === null")


def test_a_camera_that_nobody_waits_for_any_more_is_switched_off(
    shown: Callable[..., Page],
) -> None:
    page = shown(page_of(portable()))
    page.evaluate(
        """() => {
            const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            navigator.mediaDevices.getUserMedia = async (wanted) => {
                await new Promise((done) => (globalThis.allow = done));
                return (globalThis.stream = await ask(wanted));
            };
        }"""
    )
    page.get_by_role("button", name="Camera").click()
    page.get_by_role("button", name="Draw").click()
    page.evaluate("allow()")
    page.evaluate(  # `wait_for_function` evaluates a text, which the page's policy forbids
        """async () => {
            while (!globalThis.stream || stream.active) await new Promise(requestAnimationFrame);
        }"""
    )
    assert page.locator("[data-part=sheet]").is_visible()
    assert page.locator("[data-part=answer]").is_hidden()


def test_the_page_is_accessible_and_fits_a_telephone(shown: Callable[..., Page]) -> None:
    page = shown(page_of(portable()))
    choose(page, {"a.png": file_of(noise((9, 9, 3)))})
    page.locator("[data-part=kept] figcaption").wait_for()
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate("document.querySelector('details').open = true")
    found = Axe().run(page).response["violations"]
    assert [one["help"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_everything_is_inside_and_the_policy_lets_nothing_else_in(tmp_path: Path) -> None:
    classifier = portable()
    exported = export_page(classifier, tmp_path / "page.html")
    assert exported.difference <= 1e-5
    text = exported.path.read_text("utf-8")
    network = network_in(text)
    assert network == onnx_model(classifier).SerializeToString()
    assert len(text.encode()) - len(network) < MOST_BYTES
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy.group(1).startswith("default-src &#39;none&#39;; script-src &#39;sha256-")
    assert not re.search(r'\b(?:src|href)=["\']', text.split("<script")[0])


def test_an_export_whose_network_answers_otherwise_leaves_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = onnx_model(portable("flatten, dense classes"))
    monkeypatch.setattr(webpage, "onnx_model", lambda _: other)
    with pytest.raises(LensworkError, match="answers the golden pictures otherwise"):
        export_page(portable(), tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_names_of_classes_cannot_leave_their_place(shown: Callable[..., Page]) -> None:
    classifier = portable()
    names = ("</script><b>cat", "<img src=x onerror=alert(1)>", "a&b")
    classifier.contract = classifier.contract.model_copy(update={"classes": names})
    page = shown(page_of(classifier))
    assert page.evaluate("lenswork.contract.classes") == list(names)
    assert page.locator("h1").inner_text() == f"{names[0]}, {names[1]} or {names[2]}?"


def test_the_title_asks_for_the_classes() -> None:
    assert title_of(("cat", "dog")) == "cat or dog"
    assert title_of(("cat", "dog", "owl")) == "cat, dog or owl"
    assert title_of(tuple("0123456789")) == "0, 1 … 9"
