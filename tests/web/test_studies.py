"""Studies: their list, how far each is, what the library says of it, and new ones from a form."""

import re
import tomllib
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape as markup
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient
from tiny_data import write_striped_folder
from tiny_studies import HereWorkers, carry_out, finished_study, plan_on
from work import soon

from lenswork.study.builtin import BUILTIN
from lenswork.study.folder import Study, start_study, studies_folder
from lenswork.study.plan import Plan
from lenswork.study.summary import summarise
from lenswork.study.words import notes
from lenswork.web.jobs import start_study as start_job
from lenswork.web.plan_form import AxisRow, PlanForm, checked, toml_of
from lenswork.web.plan_lines import read_values, written_values
from lenswork.web.settings import Settings

LIVE = {"hx-request": "true", "hx-target": "live"}


@pytest.fixture
def data(pictures: Path) -> Path:
    """A folder of pictures that the studio may open."""
    return write_striped_folder(pictures / "stripes")


@pytest.fixture
def study(data: Path, home: Path) -> Study:
    """A finished study called `try`: short and long, two seeds each."""
    return finished_study(data, home, question="How <long>?")


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Plan, str | None]]:
    """The studies that pages have begun, which nobody carries out."""
    found: list[tuple[Plan, str | None]] = []

    def note(settings: Settings, plan: Plan, name: str | None = None) -> str:
        found.append((plan, name))
        return name or plan.name

    for module in ("studies", "study_new"):
        monkeypatch.setattr(f"lenswork.web.pages.{module}.start_study", note)
    return found


def form_of(plan: Plan, **changed: Any) -> dict[str, Any]:
    """What a browser sends for this plan, with some fields typed otherwise."""
    form = PlanForm.of(tomllib.loads(plan.to_toml()))
    return {
        "view": "form",
        "do": "start",
        "name": form.name,
        "question": form.question,
        "seeds": form.seeds,
        "baseline": form.baseline,
        **{f"base.{name}": text for name, text in form.base.items()},
        "axis": [row.name for row in form.axes],
        "values": [row.values for row in form.axes],
        "others": form.others,
        **changed,
    }


def test_a_home_without_studies_offers_questions_to_begin_with(client: TestClient) -> None:
    html = client.get("/studies").text
    assert "No studies yet" in html
    for plan in BUILTIN.values():
        assert f'href="/studies/new?plan={plan.name}"' in html


def test_studies_are_listed_with_their_trials_as_dots(client: TestClient, study: Study) -> None:
    broken = studies_folder(study.path.parents[1]) / "broken"
    broken.mkdir()
    (broken / "plan.toml").write_text("name = <b>")
    html = client.get("/studies").text
    assert "How &lt;long&gt;?" in html
    assert "4 of 4 trials done" in html
    assert html.count("<circle") == 4
    assert "Cannot be read: broken:" in html
    assert "<b>" not in html


def test_the_page_says_what_the_library_says(client: TestClient, study: Study) -> None:
    html = client.get("/studies/try").text
    summary = summarise(study)
    for sentence in [*summary.sentences(), *notes(summary.verdict)]:
        assert str(markup(sentence)) in html
    assert "The verdict</h2>" in html
    assert "4 of 4 trials done" in html
    [link] = set(re.findall(r'href="(/compare\?[^"]+)"', html))
    assert client.get(unescape(link)).status_code == 200


def test_a_study_that_is_not_done_can_be_carried_on(
    client: TestClient, data: Path, home: Path, begun: list[Any]
) -> None:
    study = start_study(plan_on(data), home)
    html = client.get("/studies/try").text
    assert "0 of 4 trials done" in html
    assert "left unfinished" in html
    assert "Carry on</button>" in html
    answer = client.post("/studies/try/again", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/studies/try")
    assert begun == [(study.plan, "try")]


def test_more_seeds_and_another_try_of_what_failed(
    client: TestClient, data: Path, home: Path, begun: list[Any]
) -> None:
    study = finished_study(data, home, failing=["long-seed1"])
    html = client.get("/studies/try").text
    assert "1 trial failed, and is in no mean" in html
    assert "long, seed 1: it was asked to fail" in html
    client.post("/studies/try/again", data={"failed": "1"})
    assert study.failures() == {}
    client.post("/studies/try/again", data={"seeds": "4"})
    assert [plan.seeds for plan, _ in begun] == [2, 4]
    refused = client.post("/studies/try/again", data={"seeds": "1"})
    assert refused.status_code == 422
    assert markup("seeds: expected 4 to 10,000, got '1'") in refused.text


@pytest.mark.parametrize("seeds", ["many", "²", "-3", "1.5", 5000 * "9", 10_000 * "x"])
def test_seeds_that_are_no_number_are_refused_in_one_sentence(
    client: TestClient, data: Path, home: Path, begun: list[Any], seeds: str
) -> None:
    start_study(plan_on(data), home)
    answer = client.post("/studies/try/again", data={"seeds": seeds})
    assert answer.status_code == 422
    assert "seeds: expected 2 to 10,000, got" in answer.text
    assert len(answer.text) < 5000
    assert begun == []


def test_a_study_in_the_making_is_told_to_stop_and_looked_at_often(
    client: TestClient, data: Path, home: Path
) -> None:
    study = start_study(plan_on(data), home)
    refused = client.post("/studies/try/stop")
    assert refused.status_code == 422
    assert "study try is not being carried out, so there is nothing to stop" in refused.text
    with study.alone():
        html = client.get("/studies/try", headers=LIVE).text
        assert 'data-refresh="2"' in html
        assert "Stop</button>" in html
        assert client.post("/studies/try/stop").status_code == 200  # after the redirect
        assert study.is_asked_to_stop()
        assert "stopping" in client.get("/studies/try", headers=LIVE).text


def test_a_table_that_is_seen_already_is_not_sent_again(
    client: TestClient, data: Path, home: Path
) -> None:
    study = start_study(plan_on(data), home)
    html = client.get("/studies/try").text
    live, found = re.findall(r'"seen": "(\w+)"', html)
    results = {"hx-request": "true", "hx-target": "found"}
    assert client.get(f"/studies/try?seen={live}", headers=LIVE).status_code == 204
    assert client.get(f"/studies/try?seen={found}", headers=results).status_code == 204
    carry_out(study, HereWorkers())
    assert "4 of 4" in client.get(f"/studies/try?seen={live}", headers=LIVE).text
    assert "verdict" in client.get(f"/studies/try?seen={found}", headers=results).text


@pytest.mark.slow
def test_the_report_is_a_file_to_keep(client: TestClient, study: Study) -> None:
    answer = client.get("/studies/try/report")
    assert answer.headers["content-disposition"] == 'attachment; filename="try.html"'
    assert "How &lt;long&gt;?" in answer.text
    assert "data:image/png;base64," in answer.text


def test_a_study_whose_folder_was_renamed_goes_by_its_new_name(
    client: TestClient, study: Study, begun: list[Any]
) -> None:
    study.path.rename(study.path.with_name("other"))
    assert 'href="/studies/other"' in client.get("/studies").text
    answer = client.post("/studies/other/again", data={"seeds": "3"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/studies/other")
    [(plan, name)] = begun
    assert (plan.name, plan.seeds, name) == ("other", 3, "other")
    assert not study.path.exists(), "it was begun anew under its old name"


def test_a_study_with_a_name_that_no_plan_has_is_shown_and_not_gone_on_with(
    client: TestClient, study: Study, begun: list[Any]
) -> None:
    study.path.rename(study.path.with_name("my study"))
    assert 'href="/studies/my%20study"' in client.get("/studies").text
    html = client.get("/studies/my%20study").text
    assert 'action="/studies/my%20study/again"' in html
    assert "4 of 4 trials done" in html
    answer = client.post("/studies/my%20study/again", data={"seeds": "3"})
    assert answer.status_code == 422
    assert "a name has letters, digits" in answer.text
    assert begun == []


def test_a_study_that_is_not_there_is_named(client: TestClient) -> None:
    for name in ("owl", "..%2f..%2fetc", "%00"):
        assert client.get(f"/studies/{name}").status_code == 404


@pytest.mark.parametrize("name", BUILTIN)
def test_no_plan_loses_anything_as_a_form(name: str) -> None:
    content, errors = PlanForm.of(tomllib.loads(BUILTIN[name].to_toml())).content()
    assert errors == {}
    assert Plan(**tomllib.loads(toml_of(content))) == BUILTIN[name]


ODD: dict[str, Any] = {
    "name": "odd",
    "seeds": 3,
    "pairs": [["a = 1", "sgd"], ["sgd", "plain 16"]],
    "base": {"data": "mnist", "epochs": 2, "optimizer": "adam", "stop_when": ["accuracy > 0.9"]},
    "axes": {
        "plain": {
            "a = 1": {"learning_rate": 0.01},
            "sgd": {"optimizer": "sgd", "momentum": 0.9, "net": 'conv 8, pool, dense "x"'},
            "plain 16": {"batch": 16, "normalise": False},
        }
    },
}


def test_what_has_no_field_stays_in_the_form_as_toml() -> None:
    form = PlanForm.of(ODD)
    assert tomllib.loads(form.others) == {
        "pairs": ODD["pairs"],
        "base": {"optimizer": "adam", "stop_when": ["accuracy > 0.9"]},
    }
    content, errors = form.content()
    assert errors == {}
    assert content == ODD
    assert list(content["axes"]["plain"]) == list(ODD["axes"]["plain"]), "in their order"


@pytest.mark.parametrize(
    ("axis", "text", "values"),
    [
        ("epochs", "5\n10", [5, 10]),
        ("filters", "wide = 64\nnarrow = 8", {"wide": 64, "narrow": 8}),
        ("filters", '"64 filters" = 64\n8', {"64 filters": 64, "filters 8": 8}),
        ("net", "conv-32x1\nconv 8, pool, flatten, dense classes", None),
        ("size", "75x75\n150x150", ["75x75", "150x150"]),
        ("normalise", "on = true\noff = false", {"on": True, "off": False}),
        ("learning_rate", "1e-4\n0.001", [0.0001, 0.001]),
        ("how", "sgd = { optimizer = \"sgd\", momentum = 0.9 }",
         {"sgd": {"optimizer": "sgd", "momentum": 0.9}}),
    ],
)  # fmt: skip
def test_an_axis_is_read_as_it_is_written(axis: str, text: str, values: Any) -> None:
    found = read_values(axis, text)
    assert values in (None, found)
    assert read_values(axis, written_values(axis, found)) == found


def test_a_line_of_many_blanks_is_read_in_a_moment() -> None:
    for line in (f"a{100_000 * ' '}b", f"{100_000 * ' '}a", 50_000 * "a ", 50_000 * "= "):
        assert read_values("net", line) == [line.strip()]


def test_a_name_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="two values are called 'a': give each a name of its own"):
        read_values("epochs", "a = 1\na = 2")


def test_the_form_begins_with_a_question_or_another_study(client: TestClient, study: Study) -> None:
    html = unescape(client.get("/studies/new?plan=filters").text)
    assert 'value="How many filters?"' in html
    assert "conv {filters}, pool, conv {filters}, pool" in html
    assert "16 filters = 16\n" in html
    like = unescape(client.get("/studies/new?like=try").text)
    assert "short = 1\nlong = 2" in like
    assert client.get("/studies/new?like=owl").status_code == 404


def test_a_study_is_started_from_the_form(
    client: TestClient, data: Path, home: Path, begun: list[Any]
) -> None:
    plan = plan_on(data, name="mine")
    answer = client.post("/studies/new", data=form_of(plan), follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/studies/mine")
    assert Study(studies_folder(home) / "mine").plan == plan
    assert begun == [(plan, "mine")]


def test_every_wrong_field_says_what_is_wrong_and_nothing_typed_is_lost(
    client: TestClient, data: Path, begun: list[Any]
) -> None:
    typed = form_of(plan_on(data), **{
        "base.epochs": "many <b>", "base.net": "conw 8", "question": "kept?", "base.data": "/etc",
    })  # fmt: skip
    answer = client.post("/studies/new", data=typed)
    assert answer.status_code == 422
    wrong = {
        name: unescape(text)
        for name, text in re.findall(r'id="wrong-([\w.]+)">([^<]*)<', answer.text)
    }
    assert set(wrong) == {"base.epochs", "base.net", "base.data"}
    assert "valid integer, got 'many <b>'" in wrong["base.epochs"]
    assert "conw" in wrong["base.net"]
    assert "start it with lenswork studio FOLDER" in wrong["base.data"]
    html = unescape(answer.text)
    for text in ('value="many <b>"', 'value="conw 8"', 'value="kept?"', "short = 1\nlong = 2"):
        assert text in html
    assert "<b>" not in answer.text
    assert begun == []


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"name": "no/name"}, "name", "a name has letters, digits"),
        ({"name": ""}, "name", "a name is missing"),
        ({"name": "new"}, "name", "the studio's form has the name 'new'"),
        ({"seeds": "0"}, "seeds", "expected 1 to 10,000, got 0"),
        ({"baseline": "owl"}, "baseline", "there is no setting 'owl'"),
        ({"axis": [""]}, "axis.0", "name the axis"),
        ({"values": [""]}, "axis.0", "expected one value a line"),
        ({"axis": ["wings"]}, "axis.0", "is no field of a recipe"),
        ({"values": ["5\nmany"]}, "axis.0", "valid integer"),
        ({"axis": [], "values": []}, "axis.0", "expected at least one axis"),
        ({"others": "x = ["}, "others", "this is no TOML"),
        ({"others": "[base]\nwings = 2"}, "others", "a recipe has no field 'wings'"),
    ],
)
def test_a_wrong_field_is_marked(
    client: TestClient, data: Path, begun: list[Any], typed: dict[str, Any], field: str, said: str
) -> None:
    answer = client.post("/studies/new", data=form_of(plan_on(data), **typed))
    assert answer.status_code == 422
    found = re.findall(r'id="wrong-([\w.]+)">([^<]*)<', answer.text)
    assert [name for name, _ in found] == [field]
    assert said in unescape(found[0][1])
    assert begun == []


HUGE = "0x" + 5000 * "f"  # Python reads it, and refuses to write it


@pytest.mark.parametrize(
    "typed",
    [
        {"seeds": HUGE},
        {"base.epochs": HUGE},
        {"values": [f"1\n{HUGE}"]},
        {"others": f"seeds = {HUGE}"},
        {"others": f"[base]\nbatch = {HUGE}"},
        {"view": "toml", "toml": f'name = "a"\nseeds = {HUGE}'},
        {"view": "toml", "do": "form", "toml": f"[base]\nepochs = [{HUGE}]"},
        {"others": "x = " + 5000 * "["},
        {"base.epochs": 3000 * "(["},
    ],
)
def test_a_plan_beyond_all_bounds_is_refused_in_words(
    client: TestClient, data: Path, begun: list[Any], typed: dict[str, Any]
) -> None:
    form = form_of(plan_on(data), **typed)
    assert client.post("/studies/new", data=form).status_code == 422
    for part in ("check", "time"):
        assert client.post(f"/studies/new/{part}", data=form).status_code == 200
    assert begun == []


def test_more_settings_than_anybody_can_train_are_counted_and_not_made(
    client: TestClient, data: Path, begun: list[Any]
) -> None:
    ten = "\n".join(map(str, range(1, 11)))
    typed = {"axis": ["epochs", "batch", "patience", "warm_up"], "values": 4 * [ten]}
    answer = client.post("/studies/new", data=form_of(plan_on(data), **typed, seeds="3"))
    sentence = "expected at most 1,000 settings and 100,000 trials, got 10,000 and 30,000"
    assert sentence in answer.text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--cut"),
        ("multipart/form-data; boundary=cut", b"garbage"),
        (
            "multipart/form-data; boundary=cut; charset=undefined",
            b'--cut\r\ncontent-disposition: form-data; name="seeds"\r\n\r\n\xff\r\n--cut--',
        ),
        ("application/x-www-form-urlencoded", b"seeds=" + 300_000 * b"1"),
        ("application/x-www-form-urlencoded", 300 * b"a=b&"),
    ],
)
def test_what_is_no_form_is_told_in_a_sentence(
    client: TestClient, data: Path, home: Path, begun: list[Any], kind: str, body: bytes
) -> None:
    start_study(plan_on(data), home)
    for page in ("new", "new/check", "new/time", "try/again"):
        headers = {"content-type": kind}
        answer = client.post(f"/studies/{page}", content=body, headers=headers)
        assert answer.status_code == 422
        assert "what was sent is not a form that can be read" in answer.text
    assert begun == []


def test_a_study_of_another_plan_keeps_its_name(
    client: TestClient, study: Study, data: Path, begun: list[Any]
) -> None:
    answer = client.post("/studies/new", data=form_of(plan_on(data).with_base(batch=16)))
    assert answer.status_code == 422
    assert 'id="wrong-name"' in answer.text
    assert "was begun with another plan" in answer.text
    assert begun == []


def test_a_setting_that_does_not_fit_its_data_is_said_before_anything_begins(
    client: TestClient, data: Path, home: Path, begun: list[Any]
) -> None:
    axes = {"net": {"small": "flatten, dense classes", "deep": "pool 40, flatten, dense classes"}}
    answer = client.post("/studies/new", data=form_of(plan_on(data, axes=axes)))
    assert answer.status_code == 422
    assert markup("setting 'deep': ") in answer.text
    assert not (studies_folder(home) / "try").exists()
    assert begun == []


def test_form_and_toml_are_two_views_of_one_plan(client: TestClient, data: Path) -> None:
    plan = plan_on(data)
    as_toml = client.post("/studies/new", data=form_of(plan, do="toml"))
    text = unescape(re.findall(r"<textarea[^>]*>(.*?)</textarea>", as_toml.text, re.DOTALL)[0])
    assert Plan.from_toml(text) == plan
    sent = {"view": "toml", "do": "form", "toml": text}
    form = unescape(client.post("/studies/new", data=sent).text)
    assert "short = 1\nlong = 2" in form
    broken = client.post("/studies/new", data={**sent, "toml": "name = [kept"})
    assert broken.status_code == 422
    assert "name = [kept</textarea>" in broken.text
    assert "this is no TOML" in broken.text


def test_what_a_plan_comes_to_is_told_as_it_is_typed(client: TestClient, data: Path) -> None:
    html = client.post("/studies/new/check", data=form_of(plan_on(data))).text
    assert "2 settings × 2 seeds = 4 trials" in html
    wrong = client.post("/studies/new/check", data=form_of(plan_on(data), seeds="0")).text
    assert "Not a plan yet: seeds: expected 1 to 10,000, got 0" in wrong


@pytest.mark.slow
def test_the_time_is_foretold_by_a_second_of_each_setting(client: TestClient, data: Path) -> None:
    html = client.post("/studies/new/time", data=form_of(plan_on(data))).text
    assert re.search(r"4 trials, about \d+ s with \d+ process", html)


def test_data_that_the_studio_was_not_given_is_refused_wherever_it_is_named(
    settings: Settings,
) -> None:
    for content in (
        {"name": "a", "axes": {"data": ["mnist", "/etc"]}},
        {"name": "a", "axes": {"which": {"one": {"data": "/etc"}, "two": {"data": "mnist"}}}},
        {
            "name": "a",
            "base": {"data": "/{place}"},
            "axes": {"place": {"one": "etc", "two": "usr"}},
        },
    ):
        plan, errors = checked(content, settings)
        assert plan is None
        assert "opens pictures only in the folders it was given" in next(iter(errors.values()))


def test_axes_that_were_left_empty_count_as_left_out(client: TestClient, data: Path) -> None:
    form = PlanForm(name="a", axes=(AxisRow("epochs", "1\n2"),), base={"data": "mnist"})
    assert form.content()[0]["axes"] == {"epochs": [1, 2]}
    typed = form_of(plan_on(data))
    typed |= {"axis": [*typed["axis"], ""], "values": [*typed["values"], ""]}
    assert "4 trials" in client.post("/studies/new/check", data=typed).text


@pytest.mark.slow
def test_a_study_is_planned_carried_out_and_judged_in_the_browser(
    tab: Page, data: Path, home: Path, axe: Callable[[Page], None]
) -> None:
    tab.goto("/studies/new")
    tab.get_by_label("Name", exact=True).fill("mine")
    tab.get_by_label("Seeds", exact=True).fill("2")
    tab.get_by_label("Vary", exact=True).fill("epochs")
    tab.get_by_label("Values, one a line").fill("short = 1\nlong = 2")
    tab.get_by_label("Data", exact=True).fill(str(data))
    tab.get_by_label("Net", exact=True).fill("flatten, dense classes")
    expect(tab.locator("#ahead")).to_contain_text("2 settings × 2 seeds = 4 trials")
    axe(tab)
    tab.get_by_role("button", name="Start the study").click()
    tab.wait_for_url("**/studies/mine")
    expect(tab.locator("#live")).to_contain_text("4 of 4 trials done", timeout=120_000)
    expect(tab.locator("#verdict")).to_have_text("The verdict", timeout=20_000)
    expect(tab.locator(".plot canvas")).to_have_count(1)
    axe(tab)
    assert summarise(Study(studies_folder(home) / "mine")).missing == 0


@pytest.mark.slow
def test_a_study_that_is_stopped_in_the_browser_ends_and_keeps_what_is_done(
    tab: Page, address: str, data: Path, home: Path, pictures: Path
) -> None:
    plan = plan_on(data, name="endless", axes={"epochs": {"short": 1, "endless": 1_000_000}})
    start_job(Settings(home=home, folders=(pictures,)), plan)
    study = studies_folder(home) / "endless"
    soon(lambda: (study / "plan.toml").is_file(), seconds=60)
    tab.goto("/studies/endless")
    tab.get_by_role("button", name="Stop").click(timeout=60_000)
    expect(tab.get_by_role("button", name="Carry on")).to_be_visible(timeout=30_000)
    assert not Study(study).is_carried_out
