"""Pictures come by every way there is, one answer at a time, and the newest drawing wins."""

import base64
import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from picture_files import encoded, noise
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect
from studio_server import until

from lenswork.kinds import Picture
from lenswork.web.render import _environment, asset

pytestmark = pytest.mark.slow

START = """async () => {
  const { capture } = await import("/static/capture.js");
  const told = async ({ blob, name, source }) => {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const letters = Array.from(bytes, (one) => String.fromCharCode(one));
    return { name, source, content: btoa(letters.join("")) };
  };
  Object.assign(window, { taken: [], running: 0, most: 0, cleared: 0, waits: null, problem: null });
  document.addEventListener("capture:clear", () => (window.cleared += 1));
  window.handle = capture(document.querySelector("main"), async (given) => {
    window.most = Math.max(window.most, ++window.running);
    const list = Array.isArray(given);
    const all = await Promise.all((list ? given : [given]).map(told));
    window.taken.push({ list, all });
    if (window.waits) await window.waits;
    window.running -= 1;
    if (window.problem) throw new Error(window.problem);
  });
}"""
DROP = """([kind, files]) => {
  const data = new DataTransfer();
  for (const [name, type, text] of files) {
    const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    data.items.add(new File([bytes], name, { type }));
  }
  const init = { bubbles: true, cancelable: true };
  const pasted = () => new ClipboardEvent(kind, { ...init, clipboardData: data });
  const dragged = () => new DragEvent(kind, { ...init, dataTransfer: data });
  const event = kind === "paste" ? pasted() : dragged();
  return !(document.activeElement ?? document.body).dispatchEvent(event);
}"""
LAST = """() => {
  const canvas = document.querySelector(".capture canvas").toDataURL("image/png").split(",")[1];
  if (window.waits) return true;
  return !window.running && window.taken.at(-1)?.all[0].content === canvas;
}"""
PNG = encoded(noise(6, 5, 3), "PNG")


def bench(tab: Page, **options: object) -> Page:
    """A page with nothing on it but the controls."""
    macro: Any = _environment().get_template("_capture.html").module
    html = (
        f'<!doctype html><html lang="en"><head><title>Bench</title>'
        f'<link rel="icon" href="data:,"><link rel="stylesheet" href="{asset("studio.css")}">'
        f"</head><body><main>"
        f'<h1>Bench</h1>{macro.capture(**options)}<label>Field <input id="field"></label>'
        f"</main></body></html>"
    )

    def answer(route: Route) -> None:
        route.fulfill(body=html, content_type="text/html")

    tab.route("**/bench", answer)
    tab.goto("/bench")
    tab.evaluate(START)
    return tab


def taken(tab: Page, count: int) -> list[dict[str, Any]]:
    """What the page's function was called with, as soon as that has been so often."""
    tab.wait_for_function("count => window.taken.length >= count && !window.running", arg=count)
    calls: list[dict[str, Any]] = tab.evaluate("window.taken")
    assert len(calls) == count
    return calls


def picture(call: dict[str, Any]) -> Picture:
    """The one picture of a call, as a browser or camera wrote it."""
    (one,) = call["all"]
    with Image.open(io.BytesIO(base64.b64decode(one["content"]))) as image:
        return np.asarray(image.convert("RGB"))


def send(tab: Page, kind: str, *names: str, content: bytes = PNG) -> bool:
    """Drop or paste files on what has the focus; whether the page took them."""
    text = base64.b64encode(content).decode()
    done: bool = tab.evaluate(DROP, [kind, [[name, "image/png", text] for name in names]])
    return done


def draw(tab: Page, *points: tuple[float, float]) -> None:
    """One stroke through points that are given as fractions of the canvas."""
    box: Any = tab.locator(".capture canvas").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    tab.mouse.move(*places[0])
    tab.mouse.down()
    for place in places[1:]:
        tab.mouse.move(*place, steps=4)
    tab.mouse.up()
    tab.wait_for_function(LAST)  # the last of the stroke has been asked for


def test_a_file_that_is_chosen_comes_as_it_is(tab: Page) -> None:
    bench(tab)
    tab.set_input_files(
        "[data-way=file]", {"name": "a.png", "mimeType": "image/png", "buffer": PNG}
    )
    (call,) = taken(tab, 1)
    content = base64.b64encode(PNG).decode()
    assert call == {"list": False, "all": [{"name": "a.png", "source": "file", "content": content}]}


def test_the_same_file_can_be_chosen_again(tab: Page) -> None:
    bench(tab)
    for count in (1, 2):
        tab.set_input_files(
            "[data-way=file]", {"name": "a.png", "mimeType": "image/png", "buffer": PNG}
        )
        taken(tab, count)


def test_many_files_come_together_and_one_comes_alone(tab: Page) -> None:
    bench(tab, many=True)
    send(tab, "drop", "a.png", "b.png", "c.png")
    (call,) = taken(tab, 1)
    assert (call["list"], [one["name"] for one in call["all"]]) == (
        True,
        ["a.png", "b.png", "c.png"],
    )
    bench(tab)
    send(tab, "drop", "a.png", "b.png")
    (call,) = taken(tab, 1)
    assert (call["list"], [one["name"] for one in call["all"]]) == (False, ["a.png"])


def test_the_whole_page_is_where_one_drops(tab: Page) -> None:
    bench(tab)
    zone = tab.locator(".capture-drop")
    assert send(tab, "dragenter", "a.png")
    expect(zone).to_have_class("drop capture-drop over")
    assert send(tab, "dragover", "a.png")
    send(tab, "dragleave", "a.png")
    expect(zone).to_have_class("drop capture-drop")
    send(tab, "dragenter", "a.png")
    assert send(tab, "drop", "a.png")
    expect(zone).to_have_class("drop capture-drop")
    taken(tab, 1)


def test_what_is_dragged_and_is_no_file_is_left_alone(tab: Page) -> None:
    bench(tab)
    for kind in ("dragenter", "dragover", "drop"):
        assert not send(tab, kind)
    expect(tab.locator(".capture-drop")).to_have_class("drop capture-drop")


def test_a_picture_is_pasted_anywhere_but_in_a_field(tab: Page) -> None:
    bench(tab)
    assert send(tab, "paste", "image.png")
    (call,) = taken(tab, 1)
    assert (call["all"][0]["name"], call["all"][0]["source"]) == ("image.png", "paste")
    tab.focus("#field")
    assert not send(tab, "paste", "image.png")
    taken(tab, 1)


def test_the_clipboard_is_read_by_a_button_where_there_is_one(tab: Page) -> None:
    tab.add_init_script(
        """const blob = new Blob([new Uint8Array([1, 2, 3])], { type: "image/png" });
        const item = { types: ["text/html", "image/png"], getType: async () => blob };
        window.items = [item];
        Object.defineProperty(navigator, "clipboard", { value: { read: async () => {
          if (!window.items) throw new DOMException("no", "NotAllowedError");
          return window.items;
        } } });"""
    )
    bench(tab)
    button = tab.get_by_role("button", name="Paste")
    button.click()
    (call,) = taken(tab, 1)
    assert call["all"] == [{"name": "pasted.png", "source": "paste", "content": "AQID"}]
    said = tab.locator(".capture-said")
    tab.evaluate("window.items = []")
    button.click()
    expect(said).to_have_text("there is no picture in the clipboard: copy one first")
    tab.evaluate("window.items = null")
    button.click()
    expect(said).to_have_text(
        "the browser did not let the studio read the clipboard: press Ctrl V instead"
    )


def test_a_browser_without_a_clipboard_has_no_button_for_it(tab: Page) -> None:
    tab.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    bench(tab)
    expect(tab.locator("[data-way=paste]")).to_be_hidden()


def test_a_drawing_is_white_on_black_where_the_pen_has_been(tab: Page) -> None:
    bench(tab, open="draw")
    draw(tab, (0.25, 0.5))
    drawn = picture(taken(tab, 1)[0])
    assert drawn.shape == (280, 280, 3)
    rows, columns = np.nonzero(drawn[:, :, 0] == 255)
    assert (rows.mean(), columns.mean()) == pytest.approx((139.5, 69.5), abs=1.0)
    width = 22
    assert np.ptp(rows) + 1 == pytest.approx(width, abs=2)
    assert (drawn > 0).all(axis=2).sum() == pytest.approx(np.pi * width**2 / 4, rel=0.15)
    assert drawn[rows.max() + 4 :].max() == 0


def test_the_ink_can_be_changed_and_the_picture_is_its_opposite(tab: Page) -> None:
    bench(tab, open="draw")
    draw(tab, (0.2, 0.2), (0.8, 0.8))
    tab.evaluate("window.taken = []")
    tab.get_by_role("button", name="Black on white").click()
    light = picture(taken(tab, 1)[0]).astype(int)
    tab.get_by_role("button", name="Black on white").click()
    dark = picture(taken(tab, 2)[1]).astype(int)
    assert np.abs(255 - light - dark).max() <= 4  # edges of strokes that overlap are rounded
    assert dark[0, 0, 0] == 0


def test_a_stroke_can_be_undone_and_all_cleared(tab: Page) -> None:
    bench(tab, open="draw")
    undo, clear = (tab.get_by_role("button", name=name) for name in ("Undo", "Clear"))
    expect(undo).to_be_disabled()
    draw(tab, (0.2, 0.5))
    one = picture(taken(tab, 1)[0])
    draw(tab, (0.8, 0.5))
    two = picture(taken(tab, 2)[1])
    assert (two > 0).sum() > (one > 0).sum()
    undo.click()
    assert np.array_equal(picture(taken(tab, 3)[2]), one)
    clear.click()
    expect(undo).to_be_disabled()
    expect(clear).to_be_disabled()
    assert tab.evaluate("window.cleared") == 1
    taken(tab, 3)


def test_a_wider_pen_leaves_more_ink(tab: Page) -> None:
    bench(tab, open="draw")
    inks: list[int] = []
    for width in ("6", "22", "60"):
        tab.get_by_label("Pen width").fill(width)
        draw(tab, (0.5, 0.5))
        inks.append(int((picture(taken(tab, len(inks) + 1)[-1]) > 127).sum() / 3))
        tab.evaluate("window.handle.clear()")
    assert [round((4 * ink / np.pi) ** 0.5) for ink in inks] == pytest.approx([6, 22, 60], abs=1)


def test_of_drawings_that_wait_only_the_newest_is_asked_for(tab: Page) -> None:
    bench(tab, open="draw")
    tab.evaluate("() => { window.waits = new Promise((go) => (window.go = go)); }")
    for place in (0.1, 0.3, 0.5, 0.7, 0.9):
        draw(tab, (place, 0.5))
    tab.wait_for_function("window.taken.length === 1")
    tab.evaluate("() => { window.waits = null; window.go(); }")
    first, last = taken(tab, 2)
    rows = [picture(call)[140, :, 0] > 127 for call in (first, last)]
    assert [int(np.diff(row.astype(int)).clip(0).sum()) for row in rows] == [1, 5]
    assert tab.evaluate("window.most") == 1


def test_what_goes_wrong_is_said_and_the_next_picture_is_taken(tab: Page) -> None:
    bench(tab)
    tab.evaluate("window.problem = 'cannot read a.png'")
    send(tab, "drop", "a.png")
    said = tab.locator(".capture-said")
    expect(said).to_have_text("cannot read a.png")
    expect(said).to_have_attribute("role", "status")
    tab.evaluate("window.problem = null")
    send(tab, "drop", "b.png")
    taken(tab, 2)
    expect(said).to_have_text("")


def test_an_example_comes_with_its_name(tab: Page) -> None:
    bench(tab, examples=[{"address": "/static/lens.svg", "name": "<a lens>"}])
    tab.get_by_role("button", name="<a lens>").click()
    (call,) = taken(tab, 1)
    assert (call["all"][0]["name"], call["all"][0]["source"]) == ("<a lens>", "example")


def test_the_camera_takes_a_picture(tab: Page) -> None:
    bench(tab)
    tab.get_by_role("button", name="Camera", exact=True).click()
    tab.get_by_role("button", name="Take a picture").click()
    call = taken(tab, 1)[0]
    assert (call["all"][0]["name"], call["all"][0]["source"]) == ("camera.jpg", "camera")
    assert picture(call).shape == (480, 640, 3)
    expect(tab.get_by_role("button", name="Other camera")).to_be_hidden()


def test_live_takes_the_next_frame_when_the_last_is_answered(tab: Page) -> None:
    bench(tab)
    tab.get_by_role("button", name="Camera", exact=True).click()
    live = tab.get_by_role("button", name="Live")
    live.click()
    tab.wait_for_function("window.taken.length >= 3")
    live.click()
    tab.wait_for_function("!window.running")
    count = tab.evaluate("window.taken.length")
    tab.wait_for_timeout(300)
    assert tab.evaluate("window.taken.length") <= count + 1
    assert tab.evaluate("window.most") == 1


@pytest.mark.parametrize("stop", ["Stop the camera", "Camera", "Draw"])
def test_the_camera_is_given_back(tab: Page, stop: str) -> None:
    bench(tab)
    tab.get_by_role("button", name="Camera", exact=True).click()
    expect(tab.get_by_role("button", name="Take a picture")).to_be_enabled()
    track = tab.evaluate_handle("document.querySelector('video').srcObject.getTracks()[0]")
    tab.get_by_role("button", name=stop, exact=True).click()
    assert track.evaluate("track => track.readyState") == "ended"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("NotAllowedError", "the browser may not use the camera: allow it beside the page's"),
        ("NotFoundError", "no camera was found: connect one, then start it again"),
        ("NotReadableError", "another program holds the camera: close it there"),
        ("OddError", "the camera did not start: because"),
    ],
)
def test_a_camera_that_is_refused_is_told_with_what_to_do(
    tab: Page, name: str, sentence: str
) -> None:
    tab.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => "
        f"{{ throw new DOMException('because', '{name}'); }}"
    )
    bench(tab)
    tab.get_by_role("button", name="Camera", exact=True).click()
    expect(tab.locator(".capture-said")).to_contain_text(sentence)
    expect(tab.get_by_role("button", name="Take a picture")).to_be_disabled()
    expect(tab.get_by_role("button", name="Start the camera")).to_be_enabled()


def test_a_page_that_may_have_no_camera_says_why(tab: Page) -> None:
    tab.add_init_script("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    bench(tab)
    tab.get_by_role("button", name="Camera", exact=True).click()
    expect(tab.locator(".capture-said")).to_contain_text("only to pages from this machine")


def test_drawing_and_camera_give_way_to_each_other(tab: Page) -> None:
    bench(tab)
    draw_button = tab.get_by_role("button", name="Draw", exact=True)
    draw_button.click()
    expect(tab.locator("[data-panel=draw]")).to_be_visible()
    tab.get_by_role("button", name="Camera", exact=True).click()
    expect(tab.locator("[data-panel=draw]")).to_be_hidden()
    expect(draw_button).to_have_attribute("aria-expanded", "false")


def test_everything_is_reached_by_keyboard(tab: Page) -> None:
    bench(tab)
    reached = []
    for _ in range(4):
        tab.keyboard.press("Tab")
        reached.append(tab.evaluate("document.activeElement.dataset.way ?? ''"))
    assert reached == ["file", "paste", "draw", "camera"]
    tab.locator("[data-way=draw]").focus()
    tab.keyboard.press("Enter")
    tab.get_by_label("Pen width").focus()
    tab.keyboard.press("ArrowRight")
    assert tab.get_by_label("Pen width").input_value() == "24"
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.dataset.draw") == "ink"


@pytest.mark.parametrize("width", [390, 1280, 1920])
@pytest.mark.parametrize("panel", ["draw", "camera"])
def test_the_controls_fit_every_width_and_have_no_grave_fault(
    tab: Page, axe: Callable[[Page], None], width: int, panel: str
) -> None:
    tab.set_viewport_size({"width": width, "height": 900})
    bench(tab, open=panel, many=True, hint="Up to 64 MB.")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    axe(tab)


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Page]:
    """A tab of a telephone."""
    context = browser.new_context(
        base_url=address, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    yield context.new_page()
    context.close()


def test_a_finger_draws_and_the_page_stays_where_it_is(phone: Page) -> None:
    bench(phone, open="draw")
    canvas = phone.locator(".capture canvas")
    canvas.scroll_into_view_if_needed()
    box: Any = canvas.bounding_box()
    before = phone.evaluate("scrollY")
    touch = phone.context.new_cdp_session(phone)

    def send_touch(kind: str, *points: tuple[float, float]) -> None:
        places = [
            {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in points
        ]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    send_touch("touchStart", (0.5, 0.2))
    for step in range(1, 7):
        send_touch("touchMove", (0.5, 0.2 + step / 10))
    send_touch("touchEnd")
    phone.wait_for_function("window.taken.length > 0 && !window.running")
    # the first to be taken may have been drawn before the finger was at its end
    until(lambda: (picture(phone.evaluate("window.taken")[-1])[60:224, 140, 0] == 255).all())
    assert phone.evaluate("scrollY") == before
