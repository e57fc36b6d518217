"""The thirteen questions of the notes are all there, each with its answer and demonstration."""

import pytest

from lenswork.errors import UsageError
from lenswork.look.quiz.demonstrate import DEMONSTRATIONS, demonstrate
from lenswork.look.quiz.questions import CHAPTERS, OF_A_PICTURE, QUESTIONS, question

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


def test_every_question_has_the_answer_that_the_notes_give() -> None:
    assert [one.number for one in QUESTIONS] == list(range(1, 14))
    for number, words in NOTES.items():
        assert words in question(number).answer


def test_every_question_is_in_one_chapter_and_has_a_demonstration() -> None:
    assert [number for chapter in CHAPTERS for number in chapter.numbers] == list(range(1, 14))
    assert sorted(DEMONSTRATIONS) == list(range(1, 14))
    assert set(DEMONSTRATIONS) >= OF_A_PICTURE


def test_the_choices_of_a_question_differ_and_do_not_always_begin_with_the_right_one() -> None:
    for one in QUESTIONS:
        assert len(set(one.choices)) == len(one.choices) == 4
    assert len({one.right for one in QUESTIONS}) == 4


@pytest.mark.parametrize("number", [0, 14, -1])
def test_there_are_no_other_questions(number: int) -> None:
    with pytest.raises(UsageError, match=f"numbered 1 to 13, got {number}"):
        question(number)
    with pytest.raises(UsageError, match="numbered 1 to 13"):
        demonstrate(number, None, {})  # type: ignore[arg-type]  # refused before it is looked at
