"""Commands of the notes: what they print, what is trained once only, what goes wrong."""

from pathlib import Path

import pytest
from commands_here import Here
from tiny_data import write_striped_folder
from tiny_studies import plan_on

from lenswork.study.folder import start_study
from notes.desk import CommandError, Desk
from notes.printed import Shown

WORDS = "--epochs 1 --recipe notes --net 'flatten, dense classes' --batch 8"


def test_a_command_prints_names_that_a_reader_knows_and_no_folder_of_this_machine(
    desk: Desk, here: Here, tmp_path: Path
) -> None:
    write_striped_folder(desk.folder("own") / "stripes")
    shown = desk.trained("tiny", f"stripes {WORDS}", folder=desk.folder("own"))
    assert shown.command == f"lenswork train stripes {WORDS} --name tiny"
    assert shown.lines[-3].endswith(": runs/tiny")
    assert not any(str(tmp_path) in line for line in shown.lines)


def test_what_was_trained_is_not_trained_again_and_says_what_it_said(
    desk: Desk, here: Here
) -> None:
    write_striped_folder(desk.folder("own") / "stripes")
    first = desk.trained("tiny", f"stripes {WORDS}", folder=desk.folder("own"))
    again = desk.trained("tiny", f"stripes {WORDS}", folder=desk.folder("own"))
    assert here.asked == ["train"]
    assert first == again


def test_a_run_that_others_recorded_is_shown(desk: Desk, here: Here) -> None:
    write_striped_folder(desk.folder("own") / "stripes")
    desk.lenswork(f"train stripes {WORDS} --name tiny", folder=desk.folder("own"))
    shown = desk.trained("tiny", f"stripes {WORDS}", folder=desk.folder("own"))
    assert shown.command == "lenswork show tiny"
    assert here.asked == ["train", "show"]


def test_a_command_that_ends_otherwise_than_it_should_is_named_with_what_it_said(
    desk: Desk,
) -> None:
    with pytest.raises(CommandError, match="net nonsense: expected it to end with 0, got 2"):
        desk.lenswork("net nonsense")
    assert any("nonsense" in line for line in desk.lenswork("net nonsense", code=2).lines)


def test_outputs_are_cut_at_marks() -> None:
    shown = Shown("lenswork", ("plan", "tiny a", "tiny b", "- one", "", "- two", "end"))
    assert shown.since("tiny").lines == ("tiny b", "- one", "", "- two", "end")
    assert shown.until("- ").lines == ("plan", "tiny a", "tiny b")
    assert shown.paragraph().lines == ("plan", "tiny a", "tiny b", "- one")
    assert shown.beginning("- ").lines == ("- one", "...", "- two", "...")
    assert shown.ends(1, 1).lines == ("plan", "...", "end")
    assert shown.ends(4, 3) == shown
    assert shown.first(1).lines == ("plan", "...")


def test_a_study_is_there_once_it_was_begun(desk: Desk) -> None:
    assert not desk.has_study("try")
    start_study(plan_on(write_striped_folder(desk.folder("own") / "stripes")), desk.home)
    assert desk.has_study("try")
