"""New run: a form of all the recipe's fields, in which nothing typed is lost."""

import re
import tomllib
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from planted import write_pictures
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from lenswork.data.sources import VARIABLE
from lenswork.record.run import Run
from lenswork.study.pace import Pace
from lenswork.training.recipe import Recipe, recipe_fields
from lenswork.web.pages import new_run
from lenswork.web.recipe_form import APART, FIRST, GROUPS, RecipeForm, value_of
from lenswork.web.settings import Settings

NET = "conv 4, pool, flatten, dense classes"
TYPED = {
    "data": "horses-or-humans-150",
    "recipe": "thorough",
    "net": "conv 8, pool, flatten, dense classes",
    "epochs": "3",
    "batch": "1,000",
    "learning_rate": "1e-3",
    "normalise": "no",
    "reduced": "yes",
    "stop_when": "loss < 0.4\r\nval_accuracy > 0.9",
    "seed": "7",
    "precision": "auto",
    "name": "mine",
}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Recipe, str | None]]:
    """What would have been trained; no process is begun."""
    asked: list[tuple[Recipe, str | None]] = []

    def start(settings: Settings, recipe: Recipe, name: str | None = None) -> str:
        asked.append((recipe, name))
        return name or "first-1"

    monkeypatch.setattr(new_run, "start_training", start)
    return asked


def told_beside(html: str, name: str) -> str:
    """What is said to be wrong with a field."""
    found = re.search(rf'<p class="wrong" id="wrong-{name}"[^>]*>(.*?)</p>', html, re.DOTALL)
    assert found is not None, name
    return unescape(found[1])


def shown_value(html: str, name: str) -> str | None:
    """What stands in a field of the form."""
    if found := re.search(rf'<input id="f-{name}" name="{name}" value="([^"]*)"', html):
        return unescape(found[1])
    if found := re.search(rf'<textarea id="f-{name}"[^>]*>(.*?)</textarea>', html, re.DOTALL):
        return unescape(found[1])
    if found := re.search(rf'<select id="f-{name}".*?</select>', html, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected>', found[0])
        return unescape(chosen[1]) if chosen else ""
    return None


def test_every_field_of_the_recipe_is_in_the_form_once_with_its_help(client: TestClient) -> None:
    html = unescape(client.get("/new").text)
    for row in recipe_fields():
        assert html.count(f' name="{row.name}"') == (3 if row.name == "recipe" else 1), row.name
        if row.name not in APART:
            assert row.help in html, row.name
            for choice in row.choices:
                assert f'value="{choice}"' in html or f">{choice} (default)<" in html


def test_the_groups_name_fields_that_there_are_and_none_twice() -> None:
    names = [*FIRST, *APART, *(name for group in GROUPS.values() for name in group)]
    assert sorted(names) == sorted(row.name for row in recipe_fields())


def test_an_untouched_form_is_the_recipe_without_a_word() -> None:
    form = RecipeForm.sent({"data": "mnist", "recipe": "fast", "epochs": "", "other": " "})
    fields, wrong = form.read()
    assert Recipe(**fields) == Recipe(data="mnist")
    assert wrong == {}


def test_what_is_typed_is_read_as_what_it_means() -> None:
    fields, wrong = RecipeForm.sent(TYPED).read()
    assert wrong == {}
    recipe = Recipe(**fields)
    assert (recipe.batch, recipe.epochs, recipe.seed, recipe.learning_rate) == (1000, 3, 7, 0.001)
    assert (recipe.normalise, recipe.reduced) == (False, True)
    assert recipe.stop_when == ("loss < 0.4", "val_accuracy > 0.9")


def test_every_default_is_read_back_from_its_text() -> None:
    recipe = Recipe()
    for field in recipe_fields():
        default = getattr(recipe, field.name)
        if default in (None, ()):
            continue
        text = "yes" if default is True else "no" if default is False else str(default)
        assert value_of(field, text) == default


def test_each_wrong_field_says_what_is_wrong_and_nothing_typed_is_lost(
    client: TestClient, started: list[tuple[Recipe, str | None]]
) -> None:
    typed = TYPED | {
        "epochs": "many",
        "batch": "0",
        "size": "big",
        "learning_rate": "-1",
        "augment": "flip, tilt 3",
        "net": "conv 8, pol, flatten, dense classes",
        "stop_when": "accuracy > 5",
        "name": "../x",
        "seed": "1.5",
    }
    answer = client.post("/new", data=typed)
    assert answer.status_code == 422
    assert started == []
    html = answer.text
    assert told_beside(html, "epochs") == "expected a whole number such as 10, got 'many'"
    assert told_beside(html, "seed") == "expected a whole number such as 10, got '1.5'"
    assert told_beside(html, "batch") == "should be greater than or equal to 1, got 0"
    assert told_beside(html, "learning_rate") == "should be greater than 0, got -1.0"
    assert told_beside(html, "size").startswith("size must be HEIGHTxWIDTH in pixels")
    assert "got 'tilt 3'" in told_beside(html, "augment")
    assert told_beside(html, "net") == "no layer is called 'pol'. Did you mean 'pool'?"
    assert "accuracy is a fraction from 0 to 1" in told_beside(html, "stop_when")
    assert told_beside(html, "name").startswith("a run's name has letters, digits")
    assert told_beside(html, "momentum") == ""
    assert "9 things are wrong" in html
    for name, text in typed.items():
        if name != "recipe":
            assert shown_value(html, name) == text.replace("\r\n", "\n"), name
    assert '<input type="radio" name="recipe" value="thorough" checked>' in html
    assert html.count('aria-invalid="true"') == 9
    assert '<details class="card all" open>' in html


@pytest.mark.parametrize(
    ("typed", "name", "said"),
    [
        ({"output": "sigmoid", "data": "stripes"}, "output", "a sigmoid tells two classes apart"),
        ({"train_pictures": "1,000"}, "train_pictures", "pets has 24 training pictures, got 1,000"),
        ({"stop_when": "test_loss < 1"}, "stop_when", "stopping by the test part"),
        ({"augment": "shift 24"}, "augment", "pictures of 24 pixels a side can be shifted by 23"),
        ({"net": "pool 20x20, pool 9x9, flatten, dense classes"}, "net", "cannot pool a map of"),
        ({"group": "("}, "group", "is no regular expression"),
        ({"group": "zebra"}, "group", "must match every file's name"),
        ({"data": "/etc"}, "data", "the studio opens pictures only in the folders it was given"),
        ({"other": "/etc"}, "data", "the studio opens pictures only in the folders it was given"),
        ({"data": "mnits"}, "data", "the studio opens pictures only in the folders"),
        ({"name": "first"}, "name", "first"),
        ({"data": "steering"}, "data", "has characters that cannot be printed: rename it"),
    ],
)
def test_what_does_not_fit_the_data_is_told_of_its_field(
    client: TestClient,
    pictures: Path,
    started: list[tuple[Recipe, str | None]],
    typed: dict[str, str],
    name: str,
    said: str,
) -> None:
    pets = write_pictures(
        pictures / "pets",
        {"train/cats": 12, "train/dogs": 12, "validation/cats": 3, "validation/dogs": 3},
    )
    three = write_pictures(pictures / "three", {"a": 6, "b": 6, "c": 6})
    steering = write_pictures(pictures / "steering", {"a": 6, "b\x1b": 6})
    data = {"stripes": str(three), "steering": str(steering)}.get(
        typed.get("data", ""), typed.get("data", str(pets))
    )
    answer = client.post("/new", data={**typed, "data": data})
    assert answer.status_code == 422
    assert said in told_beside(answer.text, name)
    assert started == []


def test_a_right_form_begins_the_run_and_goes_to_its_page(
    client: TestClient, started: list[tuple[Recipe, str | None]]
) -> None:
    answer = client.post("/new", data=TYPED, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs/mine")
    [(recipe, name)] = started
    assert name == "mine"
    assert recipe.recipe == "thorough"
    assert recipe.batch == 1000
    client.post("/new", data={"data": "horses-or-humans-150"}, follow_redirects=False)
    assert started[1] == (Recipe(), None)


def test_a_path_that_was_typed_goes_before_the_choice(
    client: TestClient, pictures: Path, started: list[tuple[Recipe, str | None]]
) -> None:
    pets = write_pictures(pictures / "pets", {"cats": 8, "dogs": 8})
    client.post("/new", data={"data": "mnist", "other": f" {pets} "}, follow_redirects=False)
    assert started[0][0].data == str(pets)


def test_the_address_fills_the_form(client: TestClient, pictures: Path) -> None:
    html = client.get("/new", params={"data": str(pictures), "net": NET, "epochs": "4"}).text
    assert shown_value(html, "data") == str(pictures)
    assert shown_value(html, "net") == NET
    assert shown_value(html, "epochs") == "4"


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(data="mnist", recipe="notes", net=NET, learning_rate=0.00123456789),
        Recipe(normalise=False, reduced=True, stop_when=("loss < 0.4", "accuracy > 0.9"), batch=7),
    ],
)
def test_a_recipe_is_typed_as_it_would_be_read(recipe: Recipe) -> None:
    fields, wrong = RecipeForm.of(recipe).read()
    assert wrong == {}
    assert Recipe(**fields) == recipe


def test_a_new_run_like_one_that_was_trained_has_its_recipe(client: TestClient, home: Path) -> None:
    assert 'href="/new?like=first"' in client.get("/runs/first").text
    html = client.get("/new", params={"like": "first", "epochs": "9"}).text
    assert shown_value(html, "net") == Run(home / "first").recipe.net
    assert shown_value(html, "size") == "32x32"
    assert shown_value(html, "epochs") == "9", "what else the address says goes before"
    assert client.get("/new?like=nobody").status_code == 404
    assert client.get("/new?like=..").status_code == 404


def test_a_run_that_did_not_begin_can_be_mended_as_it_was_typed(
    client: TestClient, home: Path
) -> None:
    folder = home / ".studio" / "runs" / "never"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text("{}")
    (folder / "recipe.toml").write_text(Recipe(epochs=4, augment="flip").to_toml())
    html = client.get("/runs/never").text
    assert 'href="/new?like=never"' in html
    form = client.get("/new?like=never").text
    assert [shown_value(form, name) for name in ("epochs", "augment", "batch")] == ["4", "flip", ""]


def test_data_that_is_not_here_can_be_chosen_and_its_size_is_said(
    client: TestClient,
    started: list[tuple[Recipe, str | None]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr("lenswork.data.sources.SYSTEM_HOMES", ())
    monkeypatch.setattr("lenswork.data.sources.cache_home", lambda: tmp_path / "nothing")
    assert "mnist: grey handwritten digits, fetches 11.5 MB first" in client.get("/new").text
    preview = client.post("/new/net", data={"data": "mnist"}).text
    assert "mnist is not on this machine: Start fetches 11.5 MB first." in preview
    assert "28×28×1" in preview
    assert "The data is not here yet." in client.post("/new/estimate", data={"data": "mnist"}).text
    assert client.post("/new", data={"data": "mnist"}, follow_redirects=False).status_code == 303
    assert started[0][0].data == "mnist"
    assert not (tmp_path / "nothing").exists()


def test_what_would_be_chosen_is_said_with_the_reasons(client: TestClient) -> None:
    answer = unescape(client.post("/new/net", data={"data": "horses-or-humans-150"}).text)
    assert "horses-or-humans-150: 2 classes, 1,027 train, 256 validation" in answer
    assert "pictures have about 150 pixels a side, and 64 are enough to begin with" in answer
    assert "net of the fast recipe for pictures over 40 pixels a side" in answer
    assert "<dt>size</dt><dd>64x64</dd>" in answer


def test_the_time_is_measured_when_asked(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Recipe] = []

    def estimate(recipe: Recipe, data_home: Path | None) -> Pace:
        asked.append(recipe)
        return Pace(250.0, 0.0, 5, 37)

    monkeypatch.setattr(new_run, "estimate", estimate)
    answer = client.post("/new/estimate", data=TYPED)
    assert (
        "About 4 min 10 s: 5 epochs of 50 s; 37 steps were timed on this machine now."
        in answer.text
    )
    assert asked[0].batch == 1000
    wrong = client.post("/new/estimate", data=TYPED | {"epochs": "0"})
    assert "Mend what is wrong in the form first." in wrong.text
    assert len(asked) == 1


def test_a_post_from_another_page_begins_nothing(
    client: TestClient, started: list[tuple[Recipe, str | None]]
) -> None:
    answer = client.post("/new", data=TYPED, headers={"origin": "https://example.org"})
    assert answer.status_code == 403
    assert started == []


@pytest.mark.slow
def test_a_first_timer_chooses_data_and_presses_start(
    tab: Page, pictures: Path, home: Path, axe: Callable[[Page], None]
) -> None:
    pets = write_pictures(
        pictures / "pets",
        {"train/cats": 12, "train/dogs": 12, "validation/cats": 6, "validation/dogs": 6},
    )
    tab.goto("/new")
    expect(tab.locator("#chosen")).to_contain_text("2 classes, 1,027 train")
    axe(tab)
    tab.get_by_label("Data", exact=True).select_option(str(pets))
    expect(tab.locator("#chosen")).to_contain_text("pets: 2 classes, 24 train, 12 validation")
    tab.get_by_role("button", name="Start").click()
    tab.wait_for_url("**/runs/pets-1")
    recipe = next(iter(home.rglob("pets-1/recipe.toml")))
    assert tomllib.loads(recipe.read_text("utf-8"))["data"] == str(pets)


@pytest.mark.slow
def test_the_time_of_a_real_training_is_measured(tab: Page) -> None:
    tab.goto(f"/new?net={NET}&size=16x16&epochs=2")
    expect(tab.locator("#chosen")).to_contain_text("1,027 train")
    tab.get_by_role("button", name="How long will it take?").click()
    expect(tab.locator("#estimate")).to_contain_text("2 epochs of", timeout=60_000)
    tab.get_by_label("Seed", exact=True).fill("3")
    expect(tab.locator("#estimate")).to_have_text("The form has changed since: ask again.")


@pytest.mark.slow
def test_the_form_fits_a_telephone_and_tells_what_is_wrong_as_one_types(
    tab: Page, axe: Callable[[Page], None]
) -> None:
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.goto("/new")
    expect(tab.locator("#chosen")).to_contain_text("1,027 train")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.get_by_label("Epochs", exact=True).fill("none")
    expect(tab.locator("#wrong-epochs")).to_have_text(
        "expected a whole number such as 10, got 'none'"
    )
    expect(tab.get_by_label("Epochs", exact=True)).to_have_attribute("aria-invalid", "true")
    axe(tab)
