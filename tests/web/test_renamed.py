"""A run's folder may be renamed to anything: it is shown, and every address of it leads to it."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest
from asgi import Answered, ask
from live_runs import Held
from playwright.sync_api import Page, expect
from starlette.types import ASGIApp

from lenswork.look.calibration import calibration_of
from lenswork.look.temperature import Temperature
from lenswork.web.app import studio
from lenswork.web.pages import calibration
from lenswork.web.settings import Settings

NAMES = ["my run", "Vögel", "50%", "a#b?c=d", "x&y", "猫", "a\\b", "%2e%2e", "-x", "new\nline", " "]
ODD = 'it\'s my "run" 50% #1?a=b&<i> Vögel 猫 \\ %2e'
LINKS = re.compile(r'\b(?:href|src|action|hx-get|data-(?:events|picture|address))="([^"]*)"')
PAGES = ("", "/mistakes", "/calibration", "/filters", "/inside", "/predict", "/cell?truth=0&said=0")


@pytest.fixture
def app(settings: Settings) -> ASGIApp:
    return studio(settings)


def at(app: ASGIApp, link: str) -> Answered:
    """What a browser gets at a link, of which a server decodes the path once."""
    place = urlsplit(link)
    return ask(app, unquote(place.path), query=place.query.encode())


def links(html: str) -> set[str]:
    return {unescape(link) for link in LINKS.findall(html)}


@pytest.mark.parametrize("name", NAMES)
def test_every_run_that_home_lists_has_its_page(home: Path, app: ASGIApp, name: str) -> None:
    (home / "first").rename(home / name)
    runs = {link for link in links(ask(app).text) if link.startswith("/runs/")}
    assert runs == {"/runs/second", f"/runs/{quote(name, safe='')}"}
    assert {at(app, link).status for link in runs} == {200}


@pytest.mark.slow
def test_every_link_of_a_run_with_an_odd_name_leads_to_it(home: Path, app: ASGIApp) -> None:
    (home / "first").rename(home / ODD)
    here = f"/runs/{quote(ODD, safe='')}"
    met: set[str] = set()
    for part in PAGES:
        html = at(app, here + part).text
        assert "<i>" not in html
        met |= {link for link in links(html) if link.startswith("/runs/")}
        met |= {link for link in links(html) if "like=" in link or "run=" in link}
    met |= links(at(app, f"{here}/inside/examples").text)
    assert len(met) > 30
    for link in sorted(met):
        assert link.startswith(here) or "=" in link
        assert at(app, link).status == 200, link
    for end, suffix in (("classifier", "safetensors"), ("recipe", "toml")):
        kept = at(app, f"{here}/{end}").headers["content-disposition"]
        assert kept == f"attachment; filename*=utf-8''{quote(f'{ODD}.{suffix}')}"


def test_a_command_that_a_page_tells_can_be_pasted(
    home: Path, app: ASGIApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "first").rename(home / "my run")
    monkeypatch.setattr(calibration, "_temperature", lambda _: Temperature(1.5, 0.4, 0.3, 64))
    monkeypatch.setattr(
        calibration, "calibration_of", lambda *of: replace(calibration_of(*of), chance=-1.0)
    )
    html = unescape(at(app, "/runs/my%20run/calibration").text)
    assert "lenswork mistakes 'my run' --calibrated" in html


@pytest.mark.slow
def test_a_run_with_an_odd_name_works_in_the_browser(
    tab: Page, home: Path, pictures: Path, axe: Callable[[Page], None]
) -> None:
    (home / "first").rename(home / ODD)
    here = f"/runs/{quote(ODD, safe='')}"
    tab.goto("/")
    tab.get_by_label(f"Select {ODD}").check()
    tab.get_by_label("Select second").check()
    tab.get_by_role("link", name="Run", exact=True).click()  # the table is put in place anew
    expect(tab.locator("th.name[aria-sort=ascending]")).to_be_visible()
    tab.get_by_role("button", name="Compare").click()
    expect(tab.get_by_role("heading", name="The verdict")).to_be_visible()
    tab.goto(here)
    expect(tab.locator(".tabs [aria-current]")).to_have_text("Summary")
    tab.locator(".matrix a").first.click()
    expect(tab.locator("#behind img").first).to_be_visible()
    axe(tab)
    tab.get_by_role("link", name="Inside", exact=True).first.click()
    expect(tab.locator(".inside[data-drawn]")).to_be_visible()
    tab.get_by_role("link", name="Predict", exact=True).last.click()
    tab.wait_for_url("**/predict")  # and until it has loaded
    tab.locator(".capture-examples button").first.click()
    expect(tab.locator("#answer .predict-said")).to_be_visible()

    held = Held(home, pictures / "stripes")
    held.epochs(1)
    (home / "held").rename(home / f"live {ODD}")
    tab.goto(f"/runs/{quote(f'live {ODD}', safe='')}")
    expect(tab.locator("#epoch-rows tr")).to_have_count(1)
    expect(tab.locator("#trouble")).to_be_hidden()
    tab.goto("/")  # the page of the run would miss it from here on
    (home / f"live {ODD}").rename(home / "held")
    held.kill()
