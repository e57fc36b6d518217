"""Pages that are made from the code or from results say what these say now."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pages import README, ROOT

import make_commands
import make_readme_tables
import make_recipes
from lenswork.cli.app import COMMANDS
from lenswork.training.recipe import recipe_fields

RESULTS = ROOT / "bench" / "results"


def test_the_page_of_commands_is_what_the_program_prints() -> None:
    words = [sys.executable, str(ROOT / "scripts" / "make_commands.py"), "--check"]
    checked = subprocess.run(words, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_command_is_on_its_page() -> None:
    text = make_commands.text()
    assert [name for name in COMMANDS if f"\n## lenswork {name}\n" not in text] == []


def test_a_page_is_named_for_commands_that_there_are_only() -> None:
    assert set(make_commands.READ_ON) - set(COMMANDS) == set()


def test_the_page_of_recipes_is_what_the_code_says() -> None:
    assert make_recipes.PAGE.read_text("utf-8") == make_recipes.text()


def test_every_field_of_the_recipe_is_on_its_page() -> None:
    text = make_recipes.text()
    assert [row.name for row in recipe_fields() if f"\n| `{row.name}` |" not in text] == []


def test_readme_says_what_was_measured() -> None:
    text = README.read_text("utf-8")
    assert make_readme_tables.filled(text, RESULTS) == text
    assert text.count("<!-- measured: ") == len(make_readme_tables.BLOCKS)


def test_another_result_changes_readme(tmp_path: Path) -> None:
    for path in RESULTS.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    changed = tmp_path / "to-accuracy-mnist.json"
    result = json.loads(changed.read_text("utf-8"))
    result["contenders"][0]["figures"]["train_seconds"]["mean"] = 12345.0
    changed.write_text(json.dumps(result), "utf-8")
    text = README.read_text("utf-8")
    assert "12,345" in make_readme_tables.filled(text, tmp_path)
    assert "12,345" not in text


@pytest.mark.parametrize(
    ("what", "command"),
    [
        ('Lenswork, `recipe = "fast"`', "`lenswork train mnist`"),
        (
            'Lenswork, `recipe = "thorough", augment = "flip, shift 1", normalise = false`',
            '`lenswork train mnist --recipe thorough --augment "flip, shift 1" --no-normalise`',
        ),
        (
            f'Lenswork, `recipe = "fast", net = "{"conv 8, " * 9}dense classes", epochs = 2`',
            "`lenswork train mnist --epochs 2`, with a net of its own",
        ),
    ],
)
def test_a_results_recipe_is_told_as_the_command_that_trains_by_it(what: str, command: str) -> None:
    assert make_readme_tables.command_of("mnist", what) == command


def test_an_unknown_mark_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="'typo'"):
        make_readme_tables.filled("<!-- measured: typo -->\n<!-- end -->", tmp_path)


def test_check_finds_a_page_that_is_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "commands.md"
    monkeypatch.setattr(make_commands, "PAGE", page)
    assert make_commands.main(["--check"]) == 1
    assert make_commands.main([]) == 0
    assert make_commands.main(["--check"]) == 0
