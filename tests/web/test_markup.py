"""Whatever classes and files are called, no page takes it for markup."""

from collections import Counter, deque
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from picture_files import encoded, noise
from playwright.sync_api import FilePayload, Page, expect
from starlette.testclient import TestClient

from lenswork.record.train import train

CLASSES = ["<planted>", "' planted='1", '" planted="1" onload="planted', "{{ 'plan' + 'ted' }}"]
FILES = ['"><planted>', "<!--<planted>", "<script>planted", "]]><planted>", "&lt;planted&gt;"]
MOST_OF_ONE_PATH = 4
LINKS = ("href", "src", "hx-get", "action")


class Reader(HTMLParser):
    """The links of a page, and what in it is markup that a name has made."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.planted: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if "planted" in tag or any("planted" in name for name in named):
            self.planted.append(self.get_starttag_text() or tag)
        if tag == "script" and not named.get("src") and named.get("type") != "application/json":
            self.planted.append(self.get_starttag_text() or tag)
        self.links += [named[name] or "" for name in LINKS if name in named]


@pytest.fixture
def odd(pictures: Path, home: Path) -> Path:
    """A run of pictures whose classes and files have names that look like markup."""
    for part, count in (("train", 8), ("validation", 4)):
        for seed, name in enumerate(CLASSES):
            folder = pictures / part / name
            folder.mkdir(parents=True)
            for number in range(count):
                content = encoded(noise(16, 16, 3, seed=100 * count + 10 * number + seed), "PNG")
                (folder / f"{FILES[number % len(FILES)]}{part}{number}.png").write_bytes(content)
    net = "conv 4, pool, flatten, dense classes"
    train(str(pictures), net=net, size="16x16", epochs=1, name="odd", home=home, progress=False)
    return pictures


@pytest.mark.slow
def test_no_name_becomes_markup_on_any_page_that_can_be_reached(
    client: TestClient, odd: Path
) -> None:
    waiting = deque(["/", f"/data?data={odd}", "/runs/odd", "/compare?run=odd&run=first"])
    seen = set(waiting)
    visits: Counter[str] = Counter()
    shown = 0
    while waiting:
        address = waiting.popleft()
        if address.endswith("/events"):
            continue
        answer = client.get(address)
        assert answer.status_code < 500, address
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        reader = Reader()
        reader.feed(answer.text)
        assert reader.planted == [], address
        shown += "planted" in answer.text
        for link in reader.links:
            place = urlsplit(urljoin(address, link))
            there = place._replace(fragment="").geturl()
            page = not place.netloc and place.path.startswith("/") and "static" not in place.path
            if page and there not in seen and visits[place.path] < MOST_OF_ONE_PATH:
                visits[place.path] += 1
                seen.add(there)
                waiting.append(there)
    assert shown >= 20


@pytest.mark.slow
def test_no_script_of_ours_makes_markup_of_a_name(tab: Page, odd: Path) -> None:
    parts = ("", "/mistakes", "/calibration", "/filters", "/inside", "/predict")
    addresses = ["/", "/compare?run=odd&run=first", f"/data?data={odd}", "/learn/13"]
    for address in [*addresses, *(f"/runs/odd{part}" for part in parts)]:
        tab.goto(address, wait_until="networkidle")
        assert tab.locator("planted, [planted]").count() == 0, address
    png = encoded(noise(8, 8, 3), "PNG")
    sent: list[FilePayload] = [
        {"name": f"{name}.png", "mimeType": "image/png", "buffer": png} for name in FILES
    ]
    tab.set_input_files("[data-way=file]", sent)
    expect(tab.locator("#many-rows tr")).to_have_count(len(FILES))
    tab.locator(".predict-thumb").first.click()
    expect(tab.locator(".predict-said")).to_have_attribute("data-name", f"{FILES[0]}.png")
    assert tab.locator("planted, [planted]").count() == 0
