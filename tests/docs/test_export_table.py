"""The table of how far a classifier's forms are apart is what was measured."""

import json
from pathlib import Path

import pytest

import make_export_table
from make_export_table import MEASURED, PAGE, filled, measured

FORMS = ("safetensors", "predict", "ONNX", "HTTP", ".keras", "imported again", "web page")


def test_the_page_on_exports_says_what_was_measured() -> None:
    result = json.loads(MEASURED.read_text("utf-8"))
    text = PAGE.read_text("utf-8")
    assert filled(text, result) == text
    assert text.count("<!-- measured: forms -->") == 1
    result["rows"][0]["difference"] = 0.125
    assert "1.2e-01" in filled(text, result)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_was_measured_on_every_run(form: str) -> None:
    rows = json.loads(MEASURED.read_text("utf-8"))["rows"]
    runs = {one["run"] for one in rows if form in one["form"] and one["files"] == "PNG"}
    assert runs == {"mnist", "fashion", "horses"}


def test_check_finds_a_table_that_is_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "export.md"
    page.write_text("<!-- measured: forms -->\nold\n<!-- end -->\n", "utf-8")
    monkeypatch.setattr(make_export_table, "PAGE", page)
    assert make_export_table.main(["--check"]) == 1
    assert make_export_table.main([]) == 0
    assert make_export_table.main(["--check"]) == 0
    assert measured(json.loads(MEASURED.read_text("utf-8"))) in page.read_text("utf-8")
