"""docs/notes.md has every row of the notes, and no number that a result does not have."""

import re

import pytest

from lenswork.look.kernels import parse_kernel
from notes.desk import ROOT
from notes.page import anchor, page, section
from notes.part import Drawn, Found, Part, Table
from notes.parts import PARTS
from notes.parts.handmade import KERNELS, largest_difference
from notes.parts.models import NETS, SUMMARY, described
from notes.printed import Shown
from notes.results import Result, read_all, write

RESULTS = ROOT / "notes" / "results"
PAGE = ROOT / "docs" / "notes.md"
NUMBER = re.compile(r"\d[\d,.]*\d|\d")
ROWS = {  # what the notes describe, row by row
    "mnist", "fashion-mnist", "horses-or-humans", "a folder", "groups of one figure",
    "ten nets with their parameters", "the annotated summary",
    "optimizers, batches and epochs", "first weights",
    "stop at loss 0.4", "stop at accuracy 0.6", "stop at accuracy 0.995", "no such metric",
    "divided by 255 or not",
    "2 x 16", "2 x 32", "2 x 64", "1 x 32", "3 x 32", "which is fastest", "5 or 10 epochs",
    "three pictures by layers", "every channel of one's own picture", "dead filters",
    "hand-made 3x3 filters", "2x2 pooling halves the axes",
    "pointing at the sub-directory", "validation from a second directory", "upload and predict",
    "300 against 150", "size apart from net", "pictures that change sides",
    "the woman seen from behind", "would more pictures help", "forgetting to rescale", "quiz",
}  # fmt: skip


def test_every_row_of_the_notes_has_its_section_and_its_answer() -> None:
    assert {row for part in PARTS for row in part.rows} == ROWS
    text = PAGE.read_text("utf-8")
    for part in PARTS:
        assert f"\n## {part.title}\n" in text
        assert f"[{part.question}](#{anchor(part.title)})" in text


def test_the_page_is_what_the_results_come_to() -> None:
    assert PAGE.read_text("utf-8") == page(PARTS, read_all(RESULTS))


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_every_number_of_a_section_stands_in_its_result(part: Part) -> None:
    path = RESULTS / f"{part.name}.json"
    measured = set(NUMBER.findall(path.read_text("utf-8")))
    text = section(part, read_all(RESULTS)[part.name], "figures")
    for own in (part.title, part.said):
        text = text.replace(own, "")
    assert set(NUMBER.findall(text)) <= measured


def test_every_section_shows_a_command_with_its_output_and_a_picture() -> None:
    found = {name: result.found for name, result in read_all(RESULTS).items()}
    assert [name for name, one in found.items() if not all(s.lines for s in one.shown)] == []
    assert [name for name, one in found.items() if not (one.shown and one.figures)] == []


def test_every_figure_of_a_result_is_there() -> None:
    drawn = [one.file for result in read_all(RESULTS).values() for one in result.found.figures]
    assert drawn
    assert not [file for file in drawn if not (ROOT / "docs" / "figures" / file).is_file()]


def test_results_of_the_repository_are_those_of_the_full_form() -> None:
    assert {result.form for result in read_all(RESULTS).values()} == {"full"}


def test_no_result_names_a_folder_of_a_machine() -> None:
    named = re.compile(r"(?<![\w.])/(home|root|work|tmp|usr|Users|mnt)/")
    assert not [path for path in RESULTS.glob("*.json") if named.search(path.read_text("utf-8"))]


def test_a_section_has_answer_output_figure_table_and_conditions_in_this_order() -> None:
    found = Found(
        verdicts=("Yes.", "And more."),
        shown=(Shown("lenswork net", ("a", "b")),),
        conditions=("A machine",),
        figures=(Drawn("one.png", "A drawing."),),
        tables=(Table("Seen:", ("name", "n", "word"), (("x", "1.5 (1 to 2)", "so"),)),),
    )
    part = Part("one", "One", "One?", (), "it was so.", lambda _: found)
    text = section(part, Result("one", "full", "2026-01-02", 0.1, found), "figures")
    assert text == (
        "## One\n\nIn the notes: it was so.\n\n**Yes.**\n\n- And more.\n\n"
        "```\n$ lenswork net\na\nb\n```\n\n![A drawing.](figures/one.png)\n\nA drawing.\n\n"
        "Seen:\n\n| name | n | word |\n| --- | --: | --- |\n| x | 1.5 (1 to 2) | so |\n\n"
        "- Measured 2026-01-02\n- A machine\n"
    )


def test_a_result_is_read_as_it_was_written(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("results")
    table = Table("Seen:", ("name",), (("x",),))
    shown = (Shown("lenswork", ("a",)),)
    found = Found(("Yes.",), shown, ("A machine",), tables=(table,), facts={"n": [1, 2.5, None]})
    result = Result("one", "short", "2026-01-02", 0.1, found)
    write(result, folder)
    assert read_all(folder) == {"one": result}


def test_headings_are_addressed_as_renderers_do() -> None:
    assert anchor("300 pixels or 150?") == "300-pixels-or-150"


def test_the_nets_have_the_parameters_of_the_notes() -> None:
    assert {name: described(name).parameters for name in NETS} == NETS
    rows = described("horses-300").rows
    assert tuple((row.output_shape, row.parameters) for row in rows) == SUMMARY


@pytest.mark.parametrize("rows", KERNELS.values(), ids=list(KERNELS))
def test_filters_made_by_hand_give_the_pixels_of_scipy(rows: str) -> None:
    assert parse_kernel(rows).size == 3
    assert largest_difference(rows) == 0
