"""Processes answer questions; one that dies takes one question with it."""

import json
import sys
from collections.abc import Sequence

import pytest

from lenswork.study.processes import answers

PROGRAM = """
import json, os, signal, sys, time
for line in sys.stdin:
    question = json.loads(line)
    if question["do"] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if question["do"] == "leave":
        sys.exit(3)
    if question["do"] == "sleep":
        time.sleep(60)
    print(json.dumps({"reason": None, "pid": os.getpid(), **question,
                      "threads": os.environ["OMP_NUM_THREADS"]}), flush=True)
"""
COMMAND = (sys.executable, "-c", PROGRAM)


def ask(words: Sequence[str], count: int = 2) -> dict[int, dict[str, object]]:
    return dict(answers([{"do": word} for word in words], count, 1, COMMAND))


def test_every_question_is_answered_once() -> None:
    found = ask(["a", "b", "c", "d", "e"])
    assert [found[index]["do"] for index in range(5)] == ["a", "b", "c", "d", "e"]


def test_a_process_answers_more_than_one_question() -> None:
    assert len({answer["pid"] for answer in ask(["a"] * 5, count=1).values()}) == 1


def test_no_more_processes_run_than_there_are_questions() -> None:
    assert len(ask(["a"], count=8)) == 1


def test_a_process_that_dies_takes_one_question_with_it_and_is_replaced() -> None:
    found = ask(["a", "die", "b", "leave", "c"], count=1)
    assert "SIGKILL, most likely for want of memory" in str(found[1]["reason"])
    assert "ended with code 3" in str(found[3]["reason"])
    assert [found[index]["reason"] for index in (0, 2, 4)] == [None] * 3


def test_threads_are_what_was_asked() -> None:
    [(_, answer)] = answers([{"do": "a"}], 1, 3, COMMAND)
    assert answer["threads"] == "3"


def test_to_leave_the_loop_ends_the_processes(capfd: pytest.CaptureFixture[str]) -> None:
    asked = answers([{"do": "a"}, {"do": "sleep"}], 2, 1, COMMAND)
    assert json.dumps(next(asked)[1]["do"]) == '"a"'
    asked.close()  # returns at once, or the test lasts a minute
    assert not capfd.readouterr().err
