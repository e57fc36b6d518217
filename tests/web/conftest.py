"""A studio over two tiny runs of the embedded sample, as an application, a server and a tab."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.testclient import TestClient
from studio_server import served

from lenswork.record.train import train
from lenswork.web.app import studio
from lenswork.web.settings import Settings

NET = "conv 8, pool, conv 8, pool, flatten, dense classes"
CHROMIUM = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two finished runs; not to be changed: `home` is a copy."""
    folder = tmp_path_factory.mktemp("studio") / "runs"
    for seed, name in enumerate(("first", "second")):
        train(net=NET, size="32x32", seed=seed, epochs=2, name=name, home=folder, progress=False)
    return folder


@pytest.fixture
def home(recorded: Path, tmp_path: Path) -> Path:
    """A copy of the two runs that a test may change."""
    return shutil.copytree(recorded, tmp_path / "runs")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder that the studio may open pictures in; a test fills it."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(home: Path, pictures: Path) -> Settings:
    """The studio of `home`, on the machine's own address."""
    return Settings(home=home, folders=(pictures,), host="127.0.0.1", port=80)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A browser's part without a browser: it sends Host and Origin as one would."""
    app = studio(settings)
    with TestClient(
        app,
        base_url="http://127.0.0.1",
        headers={"origin": "http://127.0.0.1"},
        raise_server_exceptions=False,
    ) as client:
        yield client


@pytest.fixture
def address(home: Path, pictures: Path) -> Iterator[str]:
    """A real server's address, without a slash at its end."""
    with served(home, (pictures,)) as address:
        yield address


@pytest.fixture(scope="module")  # Playwright's loop is in the way of other files' own
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or another of that name."""
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    path = next((one for one in found if one), None)
    if path is None:
        raise RuntimeError("the browser tests need Chromium: sh scripts/install_chromium.sh")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def tab(browser: Browser, address: str) -> Iterator[Page]:
    """A tab at the studio; the test fails if a page complains or asks another host for anything."""
    context = browser.new_context(
        base_url=address, viewport={"width": 1280, "height": 900}, permissions=["camera"]
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    complaints: list[str] = []
    strangers: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((address, "blob:", "data:"))
            else strangers.append(request.url)
        ),
    )
    yield page
    context.close()
    assert complaints == []
    assert strangers == []


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Fails on what axe-core calls serious or critical in the page as it stands."""

    def look(page: Page) -> None:
        found = Axe().run(page).response["violations"]
        grave = [
            f"{urlsplit(page.url).path}: {one['help']}: {node['html'][:160]}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]
        assert grave == []

    return look
