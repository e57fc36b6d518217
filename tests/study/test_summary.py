"""A summary and its report say what the trials' records say."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tiny_data import write_striped_folder
from tiny_studies import finished_study, plan_on

from lenswork.errors import RunError, UsageError
from lenswork.study.folder import Study, start_study
from lenswork.study.report import write_report
from lenswork.study.summary import front_of, summarise
from lenswork.study.words import sentences


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    root = tmp_path_factory.mktemp("studies")
    folder = write_striped_folder(root / "stripes")
    return finished_study(folder, root, failing=["long-seed1"], seeds=3, question="How <long>?")


def test_a_summary_holds_every_finished_trial_and_every_failure(study: Study) -> None:
    summary = summarise(study)
    assert summary.results.settings["short"].seeds == (0, 1, 2)
    assert summary.results.settings["long"].seeds == (0, 2)
    assert dict(summary.failures) == {"long-seed1": "it was asked to fail"}
    assert [setting.seeds for setting in summary.verdict.settings] == [3, 2]
    assert summary.missing == 0


def test_costs_are_means_over_the_trials(study: Study) -> None:
    seconds = [sum(row["train_seconds"] for row in run.history) for run in study.runs("short")]
    cost = summarise(study).costs["short"].train_seconds
    assert cost.mean == pytest.approx(sum(seconds) / 3)
    assert cost.interval is not None


def test_as_json_there_is_an_accuracy_for_every_trial(study: Study) -> None:
    content = summarise(study).as_dict()
    assert list(content["accuracies"]["long"]) == ["0", "2"]
    assert content["accuracies"]["short"]["1"] == study.runs("short")[1].accuracy().fraction


def test_the_front_keeps_what_no_other_beats_in_both() -> None:
    settings = {"slow": (9.0, 0.9), "worse": (5.0, 0.7), "quick": (1.0, 0.8), "same": (1.0, 0.8)}
    assert front_of(settings) == ("quick", "same", "slow")


def test_a_study_without_a_finished_trial_has_no_summary(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "stripes")
    with pytest.raises(RunError, match="no trial of study try is finished"):
        summarise(start_study(plan_on(folder), tmp_path))


class Sources(HTMLParser):
    """Every address that a page asks a browser to fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.found += [value or "" for name, value in attrs if name in ("src", "href")]


def test_an_html_report_holds_everything_and_asks_for_nothing(study: Study, tmp_path: Path) -> None:
    [file] = write_report(study, tmp_path / "report.html")
    page = file.read_text("utf-8")
    sources = Sources()
    sources.feed(page)
    assert len(sources.found) == 3
    assert all(address.startswith("data:image/png;base64,") for address in sources.found)
    assert "How &lt;long&gt;?" in page
    assert "Failed: long-seed1: it was asked to fail" in page
    for pair in summarise(study).verdict.pairs:
        for sentence in sentences(pair):
            assert sentence in page


def test_a_markdown_report_has_its_figures_beside_it(study: Study, tmp_path: Path) -> None:
    [file, *figures] = write_report(study, tmp_path / "report.md")
    text = file.read_text("utf-8")
    assert re.findall(r"\]\((.*?\.png)\)", text) == [figure.name for figure in figures]
    assert all(figure.read_bytes().startswith(b"\x89PNG") for figure in figures)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({row.count("|") for row in rows}) == 1, "every row has as many cells"


def test_a_report_of_another_kind_is_refused(study: Study, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.html or \.md, got 'report\.pdf'"):
        write_report(study, tmp_path / "report.pdf")
