"""Home: every run with its curves, sorted, filtered, paged, selected, and kept up to date."""

import fcntl
import json
import re
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from shutil import copytree

import pytest
from filelock import FileLock
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from lenswork.record.run import LOCK, Run

TABLE = {"hx-request": "true", "hx-target": "runs"}


def names(html: str) -> list[str]:
    """The runs in the table, from above."""
    return [unescape(name) for name in re.findall(r'name="run" value="([^"]*)"', html)]


def copied(home: Path, name: str, **recipe: object) -> Path:
    """One more run, the first with another recipe."""
    path = copytree(home / "first", home / name)
    text = (path / "recipe.toml").read_text()
    for field, value in recipe.items():
        text = re.sub(rf"(?m)^{field} = .*$", f"{field} = {json.dumps(value)}", text)
    (path / "recipe.toml").write_text(text)
    return path


def test_every_run_has_its_row_with_accuracy_part_and_curves(
    client: TestClient, home: Path
) -> None:
    html = client.get("/").text
    assert sorted(names(html)) == ["first", "second"]
    assert html.count('<polyline class="held-out"') == html.count('<polyline class="train"') == 2
    for name in ("first", "second"):
        accuracy = Run(home / name).metrics["val_accuracy"]
        assert f"{accuracy:.2%}<small>validation</small>" in html
        assert f'href="/runs/{name}"' in html
        said = f"the validation accuracy is {accuracy:.2%} after 2 epochs"
        assert f'aria-label="{said}"' in html
    assert "conv 8-8" in html


def test_columns_sort_one_way_and_turned_the_other(client: TestClient, home: Path) -> None:
    copied(home, "third")
    assert names(client.get("/?sort=name").text) == ["first", "second", "third"]
    assert names(client.get("/?sort=name&turned=1").text) == ["third", "second", "first"]
    html = client.get("/?sort=name").text
    assert 'class="name" aria-sort="ascending"' in html
    assert 'href="/?sort=name&amp;turned=1"' in html
    assert 'class="started" aria-sort="descending"' in client.get("/").text


def test_rows_are_chosen_by_words_status_and_data(client: TestClient, home: Path) -> None:
    copied(home, "leaves", data="/pictures/leaves")
    history = home / "second" / "history.jsonl"
    history.write_text("".join(history.read_text().splitlines(keepends=True)[:-1]))
    assert names(client.get("/?text=sec conv").text) == ["second"]
    assert names(client.get("/?status=killed").text) == ["second"]
    assert names(client.get("/?data=/pictures/leaves").text) == ["leaves"]
    html = client.get("/?text=owl").text
    assert names(html) == []
    assert "None of the 3 runs here is what you asked for." in html
    assert 'value="owl"' in html, "what was typed stays"


def test_what_means_nothing_in_the_address_counts_as_left_out(client: TestClient) -> None:
    odd = client.get("/?sort=__class__&status=odd&page=-1&turned=x&page=999999999999")
    assert odd.status_code == 200
    assert sorted(names(odd.text)) == ["first", "second"]
    assert sorted(names(client.get("/?page=900").text)) == ["first", "second"], "the last page"
    assert sorted(names(client.get("/?page=0").text)) == ["first", "second"], "the first page"


def test_the_table_alone_says_its_plain_address(client: TestClient) -> None:
    asked = "/?text=first&status=&data=&sort=started"
    answer = client.get(asked, headers=TABLE)
    assert answer.headers["hx-replace-url"] == "/?text=first"
    assert answer.text.lstrip().startswith('<section id="runs"')
    assert "hx-replace-url" not in client.get("/?text=first").headers


def test_a_table_that_is_seen_already_is_not_sent_again(
    client: TestClient, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lenswork.web.pages.home.FRESH_SECONDS", 0)
    [seen] = re.findall(r"seen=(\w+)", client.get("/").text)
    assert client.get(f"/?seen={seen}", headers=TABLE).status_code == 204
    copied(home, "third")
    changed = client.get(f"/?seen={seen}", headers=TABLE)
    assert sorted(names(changed.text)) == ["first", "second", "third"]


def test_open_pages_that_ask_again_share_one_reading_of_the_home(
    client: TestClient, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [seen] = re.findall(r"seen=(\w+)", client.get("/").text)
    monkeypatch.setattr("lenswork.web.pages.home.FRESH_SECONDS", 60)
    monkeypatch.setattr("lenswork.web.pages.home.list_runs", lambda _: pytest.fail("read again"))
    assert client.get(f"/?seen={seen}", headers=TABLE).status_code == 204
    assert sorted(names(client.get("/?seen=other", headers=TABLE).text)) == ["first", "second"]


def test_a_run_in_the_making_says_how_far_it_is_and_is_looked_at_often(
    client: TestClient, home: Path
) -> None:
    path = copied(home, "third", epochs=9)
    history = path / "history.jsonl"
    history.write_text("".join(history.read_text().splitlines(keepends=True)[:-2]))
    assert 'data-refresh="10"' in client.get("/").text
    with FileLock(path / LOCK):
        html = client.get("/").text
    assert 'data-refresh="3"' in html
    assert '<span class="chip accent">running</span>' in html
    assert "1 of 9 epochs" in html


def test_a_folder_that_cannot_be_read_is_named_and_no_name_becomes_markup(
    client: TestClient, home: Path
) -> None:
    (home / "second" / "recipe.toml").write_text("epochs = '<i>many</i>'")
    copied(home, "<b>bold", data="</script><script>alert(1)</script>")
    html = client.get("/").text
    assert "1 folder here cannot be read as a run" in html
    assert str(home / "second") in html
    assert "&lt;b&gt;bold" in html
    assert "&lt;/script&gt;&lt;script&gt;" in html
    for raw in ("<b>bold", "<script>alert", "<i>many"):
        assert raw not in html


def test_an_empty_home_says_what_to_do_next(client: TestClient, home: Path) -> None:
    for name in ("first", "second"):
        (home / name).rename(home / f".gone-{name}")
    html = client.get("/").text
    assert "No runs yet" in html
    assert 'href="/new"' in html


def test_many_runs_are_paged_and_read_from_the_index(
    client: TestClient, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(118):
        folder = home / f"more-{number:03d}"
        folder.mkdir()
        for name in ("recipe.toml", "history.jsonl", "environment.json"):
            (folder / name).write_bytes((home / "first" / name).read_bytes())
    first = client.get("/?sort=name").text
    assert len(names(first)) == 50
    assert "1 to 50 of 120 runs" in first

    def never(_: Run) -> None:
        raise AssertionError("a run was read that has not changed")

    monkeypatch.setattr(Run, "summary", never)
    shown = [
        name for page in (1, 2, 3) for name in names(client.get(f"/?sort=name&page={page}").text)
    ]
    assert len(shown) == 120
    assert shown == sorted(shown)


def test_the_first_page_needs_neither_torch_nor_matplotlib() -> None:
    code = "import sys, lenswork.web.pages.home; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "matplotlib", "scipy"} & set(done.stdout.split())


@pytest.mark.slow
def test_selected_runs_stay_selected_while_the_table_changes_and_are_compared(
    tab: Page, axe: Callable[[Page], None]
) -> None:
    tab.goto("/")
    button = tab.get_by_role("button", name="Compare")
    expect(button).to_be_disabled()
    tab.get_by_label("Select first").check()
    expect(tab.locator("#selected")).to_have_text("1 selected: select another")
    tab.get_by_role("link", name="Run", exact=True).click()
    expect(tab.locator("th.name[aria-sort=ascending]")).to_be_visible()
    expect(tab).to_have_url(re.compile(r"/\?sort=name$"))
    expect(tab.get_by_label("Select first")).to_be_checked()
    tab.get_by_label("Find in name, data, recipe or net").fill("second")
    expect(tab.get_by_label("Select first")).to_have_count(0)
    expect(tab).to_have_url(re.compile(r"/\?text=second&sort=name$"))
    tab.get_by_label("Select second").check()
    expect(tab.locator("#selected")).to_have_text("2 selected")
    axe(tab)
    button.click()
    tab.wait_for_url("**/compare?*")
    assert sorted(re.findall(r"run=(\w+)", tab.url)) == ["first", "second"]
    tab.goto("/compare?run=first")
    tab.get_by_role("link", name="To the runs").click()
    expect(tab.get_by_label("Select first")).to_be_checked()
    expect(tab.locator("#selected")).to_have_text("1 selected: select another")


@pytest.mark.slow
def test_a_run_that_appears_is_shown_without_a_reload(tab: Page, home: Path) -> None:
    tab.goto("/")
    expect(tab.locator("#runs tbody tr")).to_have_count(2)
    copied(home, "third")
    expect(tab.get_by_role("link", name="third")).to_be_visible(timeout=20_000)


@pytest.mark.slow
def test_a_narrow_page_shows_each_run_as_a_card_without_scrolling_sideways(
    tab: Page, axe: Callable[[Page], None]
) -> None:
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.goto("/")
    expect(tab.get_by_role("link", name="first")).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe(tab)


def test_a_run_that_a_page_has_begun_is_named_before_it_has_a_folder(
    client: TestClient, home: Path
) -> None:
    folder = home / ".studio" / "runs" / "mnist-1"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text("{}")
    with (folder / "log.txt").open("wb") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        html = client.get("/").text
    assert '<a class="chip accent" href="/runs/mnist-1">mnist-1 is starting</a>' in html
    assert 'data-refresh="3"' in html
    assert "is starting" not in client.get("/").text
