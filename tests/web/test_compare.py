"""Compare: the library's verdict, costs and flips, for two runs, several, or a study's settings."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from markupsafe import escape as markup
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient
from tiny_data import write_striped_folder
from tiny_studies import finished_study

from lenswork.look.compare import compare
from lenswork.look.flips_text import head_lines
from lenswork.look.settings import Setting, settings_of
from lenswork.record.run import Run
from lenswork.study.words import notes, sentences

BOTH = "run=first&run=second"


def settings(home: Path) -> list[Setting]:
    return settings_of([Run(home / "first"), Run(home / "second")])


def pictures_of(html: str) -> list[str]:
    found = re.findall(r'<img src="(/(?:runs|studies)/[^"]+/picture[^"]*)"', html)
    return [unescape(one) for one in found]


def test_the_page_says_what_the_library_says(client: TestClient, home: Path) -> None:
    html = client.get(f"/compare?{BOTH}").text
    compared = compare(settings(home))
    [pair] = compared.verdict.pairs
    for sentence in [*sentences(pair), *notes(compared.verdict), *head_lines(compared.flips[0])]:
        assert str(markup(sentence)) in html
    assert "These runs are of one recipe: whatever tells them apart is chance." in html
    for one in compared.verdict.settings:
        assert f"{one.over_pictures.low:.2%} to {one.over_pictures.high:.2%}" in html


def test_costs_are_a_table(client: TestClient, home: Path) -> None:
    html = client.get(f"/compare?{BOTH}").text
    parameters = Run(home / "first").start["parameters"]
    assert html.count(f'<td class="number">{parameters:,}</td>') == 2
    assert 'id="cost"' in html


def test_every_flip_is_shown_once_over_the_pages_and_its_picture_answers(
    client: TestClient, home: Path
) -> None:
    flips = compare(settings(home)).flips[0].flips
    assert flips, "two seeds after two epochs disagree"
    shown = [
        one
        for number in range(1, len(flips) // 48 + 2)
        for one in pictures_of(client.get(f"/compare/flips?{BOTH}&page={number}").text)
    ]
    assert len(shown) == len(set(shown)) == len(flips)
    ids = Run(home / "first").answers["validation"].ids
    wanted = [f"place={ids.index(flip.id)}&" for flip in flips]
    assert all(place in one for place, one in zip(wanted, shown, strict=True))
    answer = client.get(shown[0])
    assert answer.headers["content-type"] in ("image/png", "image/jpeg")


def test_flips_are_chosen_by_way_and_class(client: TestClient, home: Path) -> None:
    flips = compare(settings(home)).flips[0].flips
    for way in ("a", "b"):
        html = client.get(f"/compare/flips?{BOTH}&way={way}").text
        expected = sum(flip.way == way for flip in flips)
        assert f"{expected:,} picture{'' if expected == 1 else 's'}</span>" in html
    truth = flips[0].truth
    html = client.get(f"/compare/flips?{BOTH}&truth={truth}").text
    assert len(pictures_of(html)) == min(48, sum(flip.truth == truth for flip in flips))
    assert "No picture like that" in client.get(f"/compare/flips?{BOTH}&truth=owl").text


def test_one_run_or_none_says_how_to_choose(client: TestClient) -> None:
    for query in ("", "?run=first"):
        answer = client.get(f"/compare{query}")
        assert answer.status_code == 200
        assert "Select two runs or more" in answer.text


def test_a_run_that_is_gone_is_named(client: TestClient, home: Path) -> None:
    answer = client.get("/compare?run=first&run=owl")
    assert answer.status_code == 404
    assert markup(f"there is no run 'owl' in {home}: it may have been deleted") in answer.text


def test_runs_that_cannot_be_judged_are_set_beside_each_other_all_the_same(
    client: TestClient, home: Path
) -> None:
    third = copytree(home / "first", home / "third")
    text = (third / "recipe.toml").read_text()
    (third / "recipe.toml").write_text(text.replace("\nseed = 0\n", "\nseed = 2\n"))
    html = client.get("/compare?run=first&run=second&run=third").text
    assert "these 3 runs are all of one recipe with other seeds" in html
    assert 'id="accuracy-lines"' in html
    assert 'id="verdict"' not in html
    (home / "second" / "predictions.npz").unlink()
    html = client.get(f"/compare?{BOTH}").text
    assert "run second (finished) has no predictions" in html
    assert 'id="accuracy-lines"' in html


def test_too_many_runs_are_refused(client: TestClient) -> None:
    query = "&".join(f"run=run-{number}" for number in range(101))
    answer = client.get(f"/compare?{query}")
    assert answer.status_code == 422
    assert "expected at most 100 runs to compare, got 101: select fewer" in answer.text


def test_settings_of_a_study_are_compared_and_no_name_becomes_markup(
    client: TestClient, home: Path, pictures: Path
) -> None:
    name = "</script><b>short"
    axes = {"epochs": {name: 1, "long": 2, "longer": 3}}
    finished_study(write_striped_folder(pictures / "stripes"), home, axes=axes)
    asked = {"study": "try", "setting": [name, "long"]}
    html = client.get("/compare", params=asked).text
    assert "<b>short" not in html
    assert "&lt;/script&gt;&lt;b&gt;short" in html
    assert "what differs" in html.lower()
    for one in pictures_of(html):
        assert client.get(one).headers["content-type"] in ("image/png", "image/jpeg")
    three = client.get("/compare", params={**asked, "setting": [name, "long", "longer"]}).text
    assert three.count("See them") == 3
    refused = client.get("/compare/flips", params={**asked, "setting": [name, "long", "longer"]})
    assert refused.status_code == 422
    assert client.get("/compare?study=../runs&setting=a&setting=b").status_code == 404


def test_a_trial_s_picture_is_answered_and_nothing_else_is(
    client: TestClient, home: Path, pictures: Path
) -> None:
    finished_study(write_striped_folder(pictures / "stripes"), home)
    asked = {"trial": "short-seed0", "split": "validation", "place": "3", "side": "32"}
    answer = client.get("/studies/try/picture", params=asked)
    assert answer.content.startswith(b"\x89PNG")
    for odd in ({"trial": "../.."}, {"trial": "owl"}, {"split": "odd"}, {"place": "x"}):
        answer = client.get("/studies/try/picture", params={**asked, **odd})
        assert answer.status_code in (404, 422)


@pytest.mark.slow
def test_flips_are_chosen_and_paged_in_the_page(
    tab: Page, home: Path, axe: Callable[[Page], None]
) -> None:
    flips = compare(settings(home)).flips[0].flips
    tab.goto(f"/compare?{BOTH}")
    expect(tab.locator("#flips .flips li")).to_have_count(min(48, len(flips)))
    expect(tab.locator(".plot canvas")).to_have_count(2)
    axe(tab)
    tab.get_by_role("link", name="Only A right").click()
    expect(tab.locator("#way-a[aria-current]")).to_be_visible()
    only_a = sum(flip.way == "a" for flip in flips)
    expect(tab.locator("#flips .flips li")).to_have_count(min(48, only_a))
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.wait_for_function("document.documentElement.scrollWidth <= innerWidth")


def test_runs_judged_on_other_pictures_can_be_compared_on_those_they_share(
    client: TestClient, home: Path
) -> None:
    path = home / "first" / "predictions.npz"
    with np.load(path) as arrays:
        fewer = {name: array[10:] for name, array in arrays.items()}
    np.savez(path, **fewer)
    html = client.get(f"/compare?{BOTH}").text
    assert "were judged on other validation pictures: 246 and 256" in html
    [shared] = re.findall(r'href="(/compare\?[^"]+)">Compare on the pictures that all share', html)
    html = client.get(unescape(shared)).text
    assert "On the 246 validation pictures that all runs share" in html
    flips = compare(settings(home), common=True).flips[0].flips
    ids = Run(home / "first").answers["validation"].ids
    places = [f"place={ids.index(flip.id)}&" for flip in flips[:48]]
    assert all(place in one for place, one in zip(places, pictures_of(html), strict=True))


def test_what_is_the_same_in_both_is_not_among_what_differs(client: TestClient, home: Path) -> None:
    recipe = home / "second" / "recipe.toml"
    recipe.write_text(recipe.read_text().replace("\nepochs = 2\n", "\nepochs = 3\n"))
    html = client.get(f"/compare?{BOTH}").text
    differs = re.findall(r'<th scope="row">([^<]*)</th><td data-of=', html)
    assert differs == ["epochs"]


@pytest.mark.slow
def test_a_curve_that_ends_before_the_others_keeps_its_last_value(tab: Page, home: Path) -> None:
    history = home / "second" / "history.jsonl"
    lines = [line for line in history.read_text().splitlines(True) if '"epoch": 2' not in line]
    history.write_text("".join(lines))
    tab.goto(f"/compare?{BOTH}")
    legend = tab.locator(".plot-legend").first
    last = Run(home / "second").history[-1]["metrics"]["val_accuracy"]
    expect(legend).to_contain_text(f"{100 * last:.2f}%, epoch 1")
