"""The thirteen questions of the notes are all there, each with its answer and demonstration."""

import shlex
from pathlib import Path

import click
import pytest

from lenswork.cli.app import lenswork
from lenswork.errors import UsageError
from lenswork.look.quiz.demonstrate import DEMONSTRATIONS, demonstrate
from lenswork.look.quiz.questions import (
    CHAPTERS,
    OF_A_PICTURE,
    QUESTIONS,
    Question,
    chapter_of,
    question,
)
from lenswork.model.describe import describe
from lenswork.model.presets import PRESETS

ROOT = Path(__file__).parent.parent.parent
NOTES = {
    1: "isolate features",
    2: "reduces the information while it keeps the features",
    3: "isolate features",
    4: "26x26",
    5: "13x13",
    6: "It depends",
    7: "By the directory",
    8: "Rescale",
    9: "target size",
    10: "red, green and blue",
    11: "Overfitting",
    12: "features anywhere in the frame",
    13: "Convolutions were removed",
}
each_question = pytest.mark.parametrize("one", QUESTIONS, ids=lambda one: str(one.number))


def test_every_question_has_the_answer_that_the_notes_give() -> None:
    assert [one.number for one in QUESTIONS] == list(range(1, 14))
    for number, words in NOTES.items():
        assert words in question(number).answer


def test_every_question_is_in_one_chapter_and_has_a_demonstration() -> None:
    assert [number for chapter in CHAPTERS for number in chapter.numbers] == list(range(1, 14))
    assert [chapter_of(number).numbers[0] for number in (1, 5, 10, 13)] == [1, 4, 7, 11]
    assert sorted(DEMONSTRATIONS) == list(range(1, 14))
    assert set(DEMONSTRATIONS) >= OF_A_PICTURE


def test_the_choices_of_a_question_differ_and_do_not_always_begin_with_the_right_one() -> None:
    for one in QUESTIONS:
        assert len(set(one.choices)) == len(one.choices) == 4
    assert len({one.right for one in QUESTIONS}) == 4


@each_question
def test_every_choice_is_explained_in_words_of_its_own(one: Question) -> None:
    assert len(set(one.whys)) == len(one.choices)
    for why in one.whys:
        assert why[0].isupper() or why[0].isdigit()
        assert why.endswith((".", ".)"))


@each_question
def test_what_to_read_is_there_and_what_to_try_is_a_command(one: Question) -> None:
    assert (ROOT / one.page).is_file()
    program, name, *words = shlex.split(one.command)
    command = lenswork.get_command(click.Context(lenswork), name)
    assert program == "lenswork"
    assert command is not None
    command.make_context(name, words)  # raises for what the command does not take


def test_what_is_said_of_the_notes_nets_is_what_they_are() -> None:
    nets = [PRESETS[f"conv-32x{count}"] for count in (1, 2, 3)]
    told = [describe(one.net, one.input_shape, one.outputs) for one in nets]
    said = " ".join((*question(3).whys, *question(6).whys))
    for number in (told[0].parameters, told[1].parameters, *(one.multiply_adds for one in told)):
        assert f"{number:,}" in said
    large, small = (PRESETS[name] for name in ("horses-300-deep", "horses-150"))
    for one in (large, small):
        parameters = describe(one.net, one.input_shape, one.outputs).parameters
        assert f"{parameters:,}" in question(13).whys[2]


@pytest.mark.parametrize("number", [0, 14, -1])
def test_there_are_no_other_questions(number: int) -> None:
    with pytest.raises(UsageError, match=f"numbered 1 to 13, got {number}"):
        question(number)
    with pytest.raises(UsageError, match="numbered 1 to 13"):
        demonstrate(number, None, {})  # type: ignore[arg-type]  # refused before it is looked at


@each_question
def test_a_choice_is_made_by_letter_number_or_words(one: Question) -> None:
    for place, (letter, choice) in enumerate(zip("abcd", one.choices, strict=True)):
        typed = (letter, f" {letter.upper()}) ", str(place + 1), choice, choice.upper())
        assert [one.chosen(said) for said in typed] == [place] * len(typed)


@pytest.mark.parametrize("said", ["26", "26x26", "26 x 26", "26×26", "b", "2"])
def test_a_size_is_chosen_by_its_number(said: str) -> None:
    assert question(4).chosen(said) == 1


def test_words_that_begin_one_choice_only_are_enough() -> None:
    assert question(11).chosen("overfit") == 1
    assert question(8).chosen("rescale") == 0
    with pytest.raises(UsageError, match=r"'a way' is none of the four: type a to d, 1 to 4$"):
        question(1).chosen("a way")


@pytest.mark.parametrize("said", ["", "e", "5", "0", "27", "26x28", "-1", "²"])
def test_what_is_no_choice_is_refused_with_what_can_be_typed(said: str) -> None:
    with pytest.raises(UsageError, match="type a to d, 1 to 4, or a size such as 28x28"):
        question(4).chosen(said)
