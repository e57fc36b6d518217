"""A study from Python: told of as it goes, shown as a table when it is done."""

import base64
from html import escape
from pathlib import Path

import pytest
from tiny_data import write_striped_folder
from tiny_studies import HereWorkers, finished_study, plan_on

from lenswork.study.conduct import run_study
from lenswork.study.folder import Study
from lenswork.study.summary import summarise
from lenswork.study.summary_html import verdict_lines


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_striped_folder(tmp_path_factory.mktemp("stripes") / "stripes")


@pytest.fixture(scope="module")
def study(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    home = tmp_path_factory.mktemp("home")
    return finished_study(folder, home, failing=["long-seed1"], question="How <long>?")


@pytest.mark.parametrize("progress", [True, False])
def test_every_trial_that_ends_is_told_of_unless_it_shall_not_be(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], progress: bool
) -> None:
    plan = plan_on(folder, seeds=1)
    run_study(plan, home=tmp_path, workers=HereWorkers(), progress=progress)
    said = capsys.readouterr()
    heads = [line.split(":")[0] for line in said.err.splitlines()]
    assert heads == (["short, seed 0", "long, seed 0"] if progress else [])
    assert said.out == ""


def test_a_notebook_shows_a_row_a_setting_every_sentence_and_the_figure(study: Study) -> None:
    summary = summarise(study)
    page = summary._repr_html_()
    for setting in summary.verdict.settings:
        assert f"<td>{setting.name}</td><td>{setting.seeds}</td>" in page
        assert f"<td>{100 * setting.mean:.2f}</td>" in page
    lines = list(verdict_lines(summary))
    assert "FAILED long, seed 1: it was asked to fail" in lines
    assert all(f"<li>{escape(line)}</li>" in page for line in lines)
    picture = page.split("src='data:image/png;base64,")[1].split("'")[0]
    assert base64.b64decode(picture).startswith(b"\x89PNG")


def test_a_question_with_marks_of_html_is_shown_as_it_was_written(study: Study) -> None:
    page = summarise(study)._repr_html_()
    assert "How &lt;long&gt;?" in page
    assert "<long>" not in page


def test_a_summary_says_in_a_line_what_it_is(study: Study) -> None:
    assert repr(summarise(study)) == "Summary(try: 2 settings, 0 trials missing)"
