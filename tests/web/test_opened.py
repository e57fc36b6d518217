"""What is opened once is kept a while, and nobody waits for what another opens."""

import threading

import pytest

from lenswork.web.opened import Shelf


def test_the_last_few_things_are_kept_and_what_is_used_longest() -> None:
    shelf: Shelf[int] = Shelf(2)
    for number in (1, 2):
        shelf.put((number,), number)
    assert shelf.peek((1,)) == 1
    shelf.put((3,), 3)
    assert [shelf.peek((number,)) for number in (1, 2, 3)] == [1, None, 3]


def test_what_is_kept_is_there_at_once_while_another_thing_is_made() -> None:
    shelf: Shelf[str] = Shelf(2)
    shelf.put(("quick",), "there")
    begun, done = threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        done.wait(30)
        return "made"

    other = threading.Thread(target=lambda: shelf.get(("slow",), slow))
    other.start()
    begun.wait(30)
    found: list[str] = []
    reader = threading.Thread(target=lambda: found.append(shelf.get(("quick",), lambda: "anew")))
    reader.start()
    reader.join(10)
    waited = reader.is_alive()
    done.set()
    other.join()
    reader.join()
    assert (waited, found, shelf.peek(("slow",))) == (False, ["there"], "made")


def test_a_thing_that_several_ask_for_at_once_is_made_once() -> None:
    shelf: Shelf[object] = Shelf(2)
    together = threading.Barrier(4)
    made: list[object] = []
    had: list[object] = []

    def make() -> object:
        made.append(object())
        return made[-1]

    def ask() -> None:
        together.wait(30)
        had.append(shelf.get(("one",), make))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert had == 4 * made


def test_what_could_not_be_made_is_tried_again() -> None:
    shelf: Shelf[int] = Shelf(1)

    def fail() -> int:
        raise OSError("no")

    for _ in range(2):
        with pytest.raises(OSError, match="no"):
            shelf.get(("one",), fail)
    assert shelf.get(("one",), lambda: 1) == 1
