"""What a notebook shows of runs and nets, drawn by a real browser."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from tiny_data import striped_data

import lenswork as lw


def chromium() -> str:
    """Where the browser is; `make test` installs it."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise FileNotFoundError("these tests need Chromium: apt-get install chromium")


@pytest.mark.slow
def test_a_run_and_a_net_are_drawn_whole_without_asking_any_host(tmp_path: Path) -> None:
    run = lw.train(
        striped_data(), net="flatten, dense classes", epochs=2, home=tmp_path, progress=False
    )
    net = lw.describe("conv-32x2", (28, 28, 1))
    page_file = tmp_path / "page.html"
    page_file.write_text(f"<meta charset=utf-8>{run._repr_html_()}{net._repr_html_()}", "utf-8")
    asked: list[str] = []
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(page_file.as_uri())
        width = page.evaluate("document.querySelector('img').naturalWidth")
        text = page.inner_text("body")
        browser.close()
    assert width > 400
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert complaints == []
    assert run.name in text
    assert "val_accuracy" in text
    assert "28 - 3 + 1 = 26" in text
    assert "113,386 parameters" in text
