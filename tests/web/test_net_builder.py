"""The net builder: the line, its table, and the buttons that change both."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from lenswork.model.describe import describe
from lenswork.model.presets import PRESETS

NET = "conv 8, pool, flatten, dense 16, dense classes"
DATA = {"data": "horses-or-humans-150", "size": "32x32"}


def rows(html: str) -> list[list[str]]:
    """The cells of the table's body as text."""
    body = re.search(r"<tbody>(.*?)</tbody>", html, re.DOTALL)
    assert body is not None
    return [
        [
            " ".join(unescape(re.sub(r"<[^>]*>", " ", cell)).split())
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", body[1], re.DOTALL)
    ]


def test_each_layer_has_its_shape_parameters_work_memory_and_sight(client: TestClient) -> None:
    html = client.post("/new/net", data={**DATA, "net": NET}).text
    table = rows(html)
    assert table[0][:2] == ["input", "32×32×3"]
    assert table[1][:6] == ["conv 8", "30×30×8 32 - 3 + 1 = 30", "224", "194,400", "28.8 kB", "3×3"]
    whole = describe(NET, (32, 32, 3), 1)
    assert [row[2] for row in table[1:]] == [f"{row.parameters:,}" for row in whole.rows]
    assert f'<td class="number">{whole.parameters:,}</td>' in html.partition("<tfoot>")[2]


def test_left_empty_the_recipe_s_net_is_shown(client: TestClient) -> None:
    html = client.post("/new/net", data=DATA).text
    assert "This network is the recipe's: change it, and it becomes yours." in html
    assert len(rows(html)) > 3


def test_an_error_points_at_the_word_and_what_stands_before_it_is_shown(client: TestClient) -> None:
    html = client.post(
        "/new/net", data={**DATA, "net": "conv 8, pol 3, flatten, dense classes"}
    ).text
    assert "conv 8, <mark>pol</mark> 3, flatten, dense classes" in html
    assert "no layer is called &#39;pol&#39;. Did you mean &#39;pool&#39;?" in html
    table = rows(html)
    assert [row[0] for row in table] == ["input", "conv 8", "pol 3", "flatten", "dense classes"]
    assert table[2][1] == "this one is wrong"
    assert table[1][2] == "224"
    assert '<p class="wrong" id="wrong-net" hx-swap-oob="true">no layer' in html


def test_a_layer_that_does_not_fit_is_told_and_marked(client: TestClient) -> None:
    net = "pool 30x30, conv 8, flatten, dense classes"
    html = client.post("/new/net", data={**DATA, "net": net}).text
    assert "cannot be laid on a map of 1x1x3" in unescape(html)
    assert rows(html)[2][:2] == ["conv 8", "this one is wrong"]


def test_a_comma_at_the_end_is_a_layer_that_is_still_to_come(client: TestClient) -> None:
    html = client.post("/new/net", data={**DATA, "net": f"{NET}, "}).text
    assert ">this one is wrong<" not in html
    assert len(rows(html)) == 6


def test_a_name_of_a_preset_is_its_net_and_its_input(client: TestClient) -> None:
    html = client.post("/new/net", data={"data": DATA["data"], "net": "horses-150"}).text
    table = rows(html)
    assert table[0][1] == "150×150×3"
    assert [row[0] for row in table[1:]] == PRESETS["horses-150"].net.split(", ")


def test_another_field_that_is_wrong_does_not_hide_the_net(client: TestClient) -> None:
    html = client.post("/new/net", data={**DATA, "net": NET, "epochs": "x", "batch": "-3"}).text
    assert len(rows(html)) == 6
    assert "expected a whole number such as 10, got" in html
    html = client.post("/new/net", data={**DATA, "net": NET, "augment": "shift 40"}).text
    assert len(rows(html)) == 6
    assert "can be shifted by 31 at the most" in html


def test_what_is_typed_is_text(client: TestClient) -> None:
    html = client.post(
        "/new/net", data={**DATA, "net": "<b>conv</b> 8, \x1b[31m, dense classes"}
    ).text
    assert "<b>" not in html
    assert "\x1b" not in html


def test_a_very_long_line_is_answered(client: TestClient) -> None:
    answer = client.post("/new/net", data={**DATA, "net": ", ".join(["relu"] * 5000)})
    assert answer.status_code == 200


def test_without_data_there_is_no_net_and_the_reason_is_told(
    client: TestClient, tmp_path: Path
) -> None:
    html = client.post("/new/net", data={"data": str(tmp_path / "x"), "net": NET}).text
    assert "The network is shown once the data and the other fields are right." in html
    assert "the studio opens pictures only in the folders it was given" in html


@pytest.mark.slow
def test_layers_are_added_moved_and_removed_with_buttons_and_keys(
    tab: Page, axe: Callable[[Page], None]
) -> None:
    tab.goto(f"/new?size=32x32&net={NET}")
    line = tab.get_by_label("Layers", exact=True)
    table = tab.locator(".layers tbody tr")
    expect(table).to_have_count(6)
    tab.get_by_role("button", name="Convolution").click()
    expect(line).to_have_value("conv 8, pool, conv 32, flatten, dense 16, dense classes")
    expect(table).to_have_count(7)
    tab.get_by_role("button", name="Dropout").click()
    expect(line).to_have_value(
        "conv 8, pool, conv 32, flatten, dense 16, dropout 0.2, dense classes"
    )
    expect(table).to_have_count(8)
    tab.get_by_role("button", name="Remove dropout 0.2").click()
    expect(table).to_have_count(7)
    up = tab.get_by_role("button", name="Move conv 32 up")
    up.focus()
    tab.keyboard.press("Enter")
    expect(line).to_have_value("conv 8, conv 32, pool, flatten, dense 16, dense classes")
    expect(tab.get_by_role("button", name="Move conv 32 up")).to_be_focused()
    tab.keyboard.press("Alt+ArrowDown")
    expect(line).to_have_value("conv 8, pool, conv 32, flatten, dense 16, dense classes")
    axe(tab)


@pytest.mark.slow
def test_the_table_follows_the_typing_and_a_preset_fills_the_line(tab: Page) -> None:
    tab.goto("/new?size=32x32")
    expect(tab.locator(".layers")).to_be_visible()
    line = tab.get_by_label("Layers", exact=True)
    line.fill("conv 8, flaten")
    expect(tab.locator("#net mark")).to_have_text("flaten")
    expect(tab.locator("#wrong-net")).to_contain_text("Did you mean 'flatten'?")
    line.fill("flatten, dense classes")
    expect(tab.locator(".layers tbody tr")).to_have_count(3)
    tab.get_by_label("A network of the notes").select_option(label=None, index=2)
    expect(line).to_have_value(list(PRESETS.values())[1].net)


@pytest.mark.slow
def test_the_net_of_the_recipe_becomes_one_s_own_when_it_is_changed(tab: Page) -> None:
    tab.goto("/new?size=32x32")
    table = tab.locator(".layers tbody tr")
    expect(table.first).to_be_visible()
    before = table.count()
    tab.get_by_role("button", name=re.compile("^Remove")).first.click()
    expect(table).to_have_count(before - 1)
    assert tab.get_by_label("Layers", exact=True).input_value() != ""
