"""Pages that are made from the code or from results say what these say now."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import DOCS, README, ROOT, blocks

import make_commands
import make_figures
import make_readme_tables
import make_recipes
import outputs
import readme_outputs
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


def test_readme_shows_what_was_printed() -> None:
    text = README.read_text("utf-8")
    assert text.count("<!-- shown: ") == len(readme_outputs.EXCERPTS) + 1  # and the conditions
    assert "<!-- shown: conditions -->" in text


def test_an_excerpt_has_the_lines_that_fit_and_marks_what_is_left_out() -> None:
    lines = ["head", "  a: 1", "epoch 1/9", "epoch 2/9", "epoch 9/9", "last " + "x" * 200, "more"]
    wanted = (r"a: ", r"epoch 1/", r"epoch (\d)/\1", r"last ")
    kept = readme_outputs.Excerpt("train", wanted).of(lines)
    assert kept[:4] == ["  a: 1", "epoch 1/9", "...", "epoch 9/9"]
    assert len(kept) == 5
    assert kept[4].startswith("last xxx")
    assert kept[4].endswith("x …")
    assert len(kept[4]) <= readme_outputs.WIDEST


def test_an_excerpt_of_a_line_that_is_no_longer_printed_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"lenswork train prints no line like 'val'"):
        readme_outputs.Excerpt("train", ("head", "val")).of(["head", "  loss"])


def test_an_unknown_output_is_named() -> None:
    with pytest.raises(SystemExit, match="README shows 'typo'"):
        readme_outputs.shown("typo")


def test_what_a_command_prints_is_kept_without_the_folder_it_ran_in(tmp_path: Path) -> None:
    lines = outputs.printed("filter --list", tmp_path)
    assert lines[0].startswith("preset ")
    assert not any(str(tmp_path) in line for line in lines)
    with pytest.raises(SystemExit, match="lenswork net nonsense: expected it to end with 0, got 2"):
        outputs.printed("net nonsense", tmp_path)


@pytest.mark.parametrize(
    ("page", "begin", "part"),
    [
        (README, "$ lenswork study depth", "depth"),
        (DOCS / "studies.md", "$ lenswork sizes horses-or-humans", "sizes"),
    ],
)
def test_a_page_shows_of_a_study_what_the_notes_have_recorded(
    page: Path, begin: str, part: str
) -> None:
    path = ROOT / "notes" / "results" / f"{part}.json"
    found = json.loads(path.read_text("utf-8"))["found"]
    recorded = {line for one in found["shown"] for line in one["lines"]}
    sentences = {f"- {sentence}" for sentence in found["verdicts"]}
    (block,) = (one for one in blocks(page) if one.text.startswith(begin))
    shown = set(block.text.splitlines()[1:])
    assert shown - recorded - sentences - {"..."} == set()


def test_what_the_page_of_looks_says_of_forgetting_is_what_was_printed() -> None:
    lines = outputs.kept(readme_outputs.OUTPUTS)[readme_outputs.FORGOTTEN]
    rates = r"256 pictures: ([\d.]+)% .* right as trained, ([\d.]+)% "
    (found,) = (match for line in lines if (match := re.match(rates, line)))
    trained, forgotten = (f"{float(text):.0f}%" for text in found.groups())
    page = (DOCS / "look.md").read_text("utf-8")
    assert f"brought the sample's accuracy from {trained} to {forgotten} (n=256" in page


def test_check_finds_a_page_that_is_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "commands.md"
    monkeypatch.setattr(make_commands, "PAGE", page)
    assert make_commands.main(["--check"]) == 1
    assert make_commands.main([]) == 0
    assert make_commands.main(["--check"]) == 0


@pytest.mark.parametrize(
    ("command", "numbers"),
    [
        ("mistakes fashion --calibration", ("1.004", "0.63% (0.00% to 1.33%", "0.61%")),
        (
            "look mnist --pictures 0,7 --attribution integrated-gradients",
            ("672", "112", "0.44"),
        ),
    ],
)
def test_numbers_of_the_page_of_looks_were_printed_with_its_figures(
    command: str, numbers: tuple[str, ...]
) -> None:
    told = " ".join(outputs.kept(make_figures.OUTPUTS)[command])
    page = (DOCS / "look.md").read_text("utf-8")
    assert [one for one in numbers if one not in told or one not in page] == []


def test_the_page_of_the_quiz_tells_what_was_printed_for_its_figure() -> None:
    result = json.loads((ROOT / "notes" / "results" / "quiz.json").read_text("utf-8"))
    printed = [line for shown in result["found"]["shown"] for line in shown["lines"]]
    told = " ".join(" ".join(printed).split())
    page = (DOCS / "quiz.md").read_text("utf-8")
    bullets = re.findall(r"^- (.*)$", page.partition("figures/notes-quiz.png)")[2], re.MULTILINE)
    assert len(bullets) >= 3
    assert [bullet for bullet in bullets[:3] if bullet not in told] == []
