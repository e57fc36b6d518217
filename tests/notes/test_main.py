"""`make notes`: some parts or all, gone on with after a stop, and the short form apart."""

from pathlib import Path

import pytest
from commands_here import Here
from tiny_data import write_striped_folder

from notes.__main__ import main, places_of
from notes.desk import CommandError, Desk
from notes.part import Found, Part
from notes.printed import Shown
from notes.results import read_all

WORDS = "--epochs 1 --recipe notes --net 'flatten, dense classes' --batch 8"


def part(name: str, answer: str = "It is so.") -> Part:
    """A part that finds an answer without any work."""

    def measure(desk: Desk) -> Found:
        (desk.figures).mkdir(parents=True, exist_ok=True)
        (desk.figures / f"{name}.png").write_bytes(b"a figure")
        if answer == "fail":
            raise CommandError("lenswork fail: expected it to end with 0, got 1")
        return Found((answer,), (Shown("lenswork", ("said",)),), ("a machine",))

    return Part(name, name.title(), f"{name}?", (name,), "nothing.", measure)


def files_of(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_the_short_form_touches_nothing_of_the_full_one(tmp_path: Path) -> None:
    assert main(["--short"], root=tmp_path, parts=[part("a"), part("b")]) == 0
    assert files_of(tmp_path) == {
        f".notes/short/{name}"
        for name in ("notes.md", "results/a.json", "results/b.json", "figures/a.png",
                     "figures/b.png")
    }  # fmt: skip
    text = (tmp_path / ".notes" / "short" / "notes.md").read_text("utf-8")
    assert "The short form" in text


def test_no_place_of_the_short_form_lies_in_the_docs_or_the_results(tmp_path: Path) -> None:
    full, short = (places_of(tmp_path, None, short=one) for one in (False, True))
    apart = {full.home, full.results, full.figures, full.page}
    assert not apart & {short.home, short.results, short.figures, short.page}
    for place in (short.home, short.results, short.figures, short.page):
        assert tmp_path / ".notes" in place.parents


def test_parts_are_measured_one_by_one_and_the_page_has_all_that_were(tmp_path: Path) -> None:
    parts = [part("a", "First."), part("b", "Second.")]
    main(["b"], root=tmp_path, parts=parts)
    page = (tmp_path / "docs" / "notes.md").read_text("utf-8")
    assert "**Second.**" in page
    assert 'Not measured yet: `make notes PARTS="a"`.' in page
    main(["a"], root=tmp_path, parts=parts)
    page = (tmp_path / "docs" / "notes.md").read_text("utf-8")
    assert page.index("**First.**") < page.index("**Second.**")
    assert "Not measured yet" not in page


def test_a_part_that_fails_is_named_and_leaves_the_others_and_its_last_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([], root=tmp_path, parts=[part("a"), part("b")])
    ended = main([], root=tmp_path, parts=[part("a", "fail"), part("b", "Other.")])
    assert ended == 1
    assert "not measured: a" in capsys.readouterr().err
    found = read_all(tmp_path / "notes" / "results")
    assert found["a"].found.verdicts == ("It is so.",)
    assert found["b"].found.verdicts == ("Other.",)


def test_a_part_that_was_stopped_trains_only_what_is_missing(
    tmp_path: Path, desk: Desk, here: Here
) -> None:
    write_striped_folder(desk.folder("own") / "stripes")

    def measure(desk: Desk) -> Found:
        for name in ("one", "two"):
            desk.trained(name, f"stripes {WORDS}", folder=desk.folder("own"))
        return Found(("Both.",), (desk.lenswork("show one"),), ())

    here.failing = ["show"]
    with pytest.raises(CommandError, match="asked to fail"):
        measure(desk)
    here.failing = []
    assert measure(desk).verdicts == ("Both.",)
    assert here.asked == ["train", "train", "show", "show"]


def test_who_stops_it_is_told_that_it_goes_on_and_sees_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(desk: Desk) -> Found:
        raise KeyboardInterrupt

    stopped = Part("b", "B", "b?", ("b",), "nothing.", measure)
    assert main([], root=tmp_path, parts=[part("a"), stopped]) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert set(read_all(tmp_path / "notes" / "results")) == {"a"}


def test_a_part_that_there_is_not_is_refused_with_those_that_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["c"], root=tmp_path, parts=[part("a"), part("b")])
    assert end.value.code == 2
    assert "no part is called c; there are a, b" in capsys.readouterr().err


def test_the_list_names_each_part_and_what_of_the_notes_it_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--list"], root=tmp_path, parts=[part("a")]) == 0
    assert capsys.readouterr().out == "a          A: a\n"
    assert not files_of(tmp_path)
