"""A report says what the summary says, in HTML and in Markdown."""

import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markupsafe import escape
from matplotlib.ticker import PercentFormatter
from tiny_data import write_striped_folder
from tiny_studies import finished_study

from lenswork.errors import UsageError
from lenswork.study.folder import Study
from lenswork.study.plan import Setting
from lenswork.study.report import CAPTIONS, figures_of, markdown_text, write_report
from lenswork.study.summary import summarise
from lenswork.study.words import sentences


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    root = tmp_path_factory.mktemp("studies")
    folder = write_striped_folder(root / "stripes")
    return finished_study(folder, root, failing=["long-seed1"], seeds=3, question="How <long>?")


@pytest.fixture(scope="module")
def half_failed(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """One seed of two settings, and a third that failed."""
    root = tmp_path_factory.mktemp("failed")
    axes = {"epochs": {"short": 1, "long": 2, "a|b": 3}}
    name = Setting("a|b", {}).slug
    return finished_study(
        write_striped_folder(root / "stripes"), root, failing=[f"{name}-seed0"], seeds=1, axes=axes
    )


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
    assert "Failed: long, seed 1: it was asked to fail" in page
    for pair in summarise(study).verdict.pairs:
        for sentence in sentences(pair):
            assert sentence in page
    assert re.search(r"(long|short) took .* times as long to train as (long|short)", page)
    front = summarise(study).front_sentence
    assert front is not None
    assert front in page


def test_a_markdown_report_has_its_figures_beside_it(study: Study, tmp_path: Path) -> None:
    [file, *figures] = write_report(study, tmp_path / "report.md")
    text = file.read_text("utf-8")
    assert re.findall(r"\]\((.*?\.png)\)", text) == [figure.name for figure in figures]
    assert all(figure.read_bytes().startswith(b"\x89PNG") for figure in figures)
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert [len(table) for table in tables] == [4, 4]
    for table in tables:
        assert len({row.count("|") for row in table}) == 1, "every row has as many cells"
    assert text.endswith("\n```\n")


def test_a_report_of_another_kind_is_refused(study: Study, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.html or \.md, got 'report\.pdf'"):
        write_report(study, tmp_path / "report.pdf")


@pytest.mark.parametrize("suffix", ["html", "md"])
def test_a_setting_that_failed_has_a_row_and_its_pairs_a_sentence(
    half_failed: Study, tmp_path: Path, suffix: str
) -> None:
    text = write_report(half_failed, tmp_path / f"report.{suffix}")[0].read_text("utf-8")
    summary = summarise(half_failed)
    assert set(summary.unfinished) == {"a|b"}
    assert "0 of 1" in text
    assert len(summary.without_verdict) == 2
    for sentence in summary.without_verdict:
        assert (markdown_text(sentence) if suffix == "md" else sentence) in text
    assert text.count("One seed each says nothing of the settings") == 1


def test_a_bar_in_a_name_ends_no_cell_of_a_markdown_table(
    half_failed: Study, tmp_path: Path
) -> None:
    text = write_report(half_failed, tmp_path / "report.md")[0].read_text("utf-8")
    [row] = [line for line in text.splitlines() if line.startswith("| a")]
    assert len(re.split(r"(?<!\\)\|", row)) == 9


def test_a_study_of_one_day_names_it_once(study: Study, tmp_path: Path) -> None:
    [file] = write_report(study, tmp_path / "report.html")
    days = re.findall(r"Trained (\S+)(?: to (\S+?))?[<\s]", file.read_text("utf-8"))
    assert days
    assert all(first != last for first, last in days)


@pytest.fixture(scope="module")
def oddly_named(tmp_path_factory: pytest.TempPathFactory) -> Study:
    root = tmp_path_factory.mktemp("odd")
    axes = {"epochs": {"*three* _a_": 1, "三 <b>": 2, "1. a very long name " * 9: 3}}
    folder = write_striped_folder(root / "stripes")
    return finished_study(folder, root, seeds=1, axes=axes, question="# Does <b> [help](x)?\n$x$")


def test_names_and_question_are_read_as_they_are_written_in_markdown(
    oddly_named: Study, tmp_path: Path
) -> None:
    text = write_report(oddly_named, tmp_path / "report.md")[0].read_text("utf-8")
    words = text.split("```toml")[0]
    assert words.startswith("# \\# Does \\<b\\> \\[help\\](x)? \\$x\\$\n")
    assert not re.search(r"(?<!\\)\*three", words)
    assert not re.search(r"(?<!\\)<b", words)
    assert "\n- 1. a" not in words


def test_figures_of_long_and_foreign_names_stay_inside_and_warn_of_nothing(
    oddly_named: Study,
) -> None:
    summary = summarise(oddly_named)
    for name, figure in figures_of(oddly_named, summary).items():
        figure.savefig(io.BytesIO(), format="png")
        width, height = figure.canvas.get_width_height()
        [axes] = figure.axes
        box = axes.get_tightbbox()
        assert box is not None
        assert box.x0 >= -1, name
        assert box.x1 <= width + 1, name
        assert box.y0 >= -1, name
        assert box.y1 <= height + 1, name
        assert axes.get_window_extent().width > width / 2, name


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a_b *c* `d`", r"a\_b \*c\* \`d\`"),
        ("- x", r"\- x"),
        ("+ x", r"\+ x"),
        ("12. x", r"12\. x"),
        ("3) x", r"3\) x"),
        ("two\nlines", "two lines"),
        ("1.20 times (0.5 to 2)", "1.20 times (0.5 to 2)"),
    ],
)
def test_what_markdown_would_read_as_its_own_is_escaped(text: str, written: str) -> None:
    assert markdown_text(text) == written


def test_a_single_epoch_is_no_way_to_be_drawn(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "stripes")
    study = finished_study(folder, tmp_path, axes={"epochs": {"one": 1, "other": 1}})
    assert set(figures_of(study, summarise(study))) == {"accuracy", "cost"}


def test_the_way_is_in_percent(study: Study) -> None:
    axes = figures_of(study, summarise(study))["way"].axes[0]
    assert isinstance(axes.yaxis.get_major_formatter(), PercentFormatter)


def test_one_setting_is_a_setting(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "stripes")
    failing = ["long-seed0", "long-seed1"]
    study = finished_study(folder, tmp_path, failing=failing)
    for suffix in ("md", "html"):
        text = write_report(study, tmp_path / f"one.{suffix}")[0].read_text("utf-8")
        assert "Study try: 1 setting on the " in text


def test_every_figure_has_its_caption_where_it_can_be_read(study: Study, tmp_path: Path) -> None:
    html, markdown = (
        write_report(study, tmp_path / f"report.{suffix}")[0].read_text("utf-8")
        for suffix in ("html", "md")
    )
    for name, caption in CAPTIONS.items():
        assert f"\n\n![{name}](report-{name}.png)\n\n{caption}\n" in markdown
        assert f"<figcaption>{escape(caption)}</figcaption>" in html
