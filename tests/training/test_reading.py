"""Pictures arrive in threads: the right ones, in the order wanted, each once; errors reach all."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from lenswork.cores import available_cores
from lenswork.errors import LensworkError, PictureError
from lenswork.kinds import Picture, Pictures
from lenswork.training.reading import CHUNK, Reading, Wanted

SHAPE = (2, 2, 1)


@dataclass
class Room:
    """Rows in memory of which `missing` are to be read."""

    count: int
    missing: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    read: Callable[[int], Picture] = lambda place: picture(place)
    note: str = ""
    finished: int = 0

    def __post_init__(self) -> None:
        self.pictures: Pictures = np.zeros((self.count, *SHAPE), np.uint8)

    def fill(self, index: int) -> None:
        self.pictures[index] = self.read(index)

    def finish(self) -> None:
        self.finished += 1


def picture(place: int) -> Picture:
    return np.full(SHAPE, place % 251 + 1, np.uint8)


def unreadable(places: set[int]) -> Callable[[int], Picture]:
    def read(place: int) -> Picture:
        if place in places:
            raise PictureError(f"cannot read {place}.png: it is damaged")
        return picture(place)

    return read


def test_every_missing_picture_is_read_and_no_other() -> None:
    read: list[int] = []

    def note(place: int) -> Picture:
        read.append(place)
        return picture(place)

    room = Room(100, np.arange(1, 100, 2), note)
    reading = Reading({"train": Wanted(room)})
    reading.wait_for_all()
    reading.stop()
    assert sorted(read) == list(range(1, 100, 2))
    assert all((room.pictures[place] == picture(place)).all() for place in range(1, 100, 2))
    assert not room.pictures[::2].any()
    assert (room.finished, reading.over) == (1, True)


def test_where_nothing_is_missing_no_thread_is_begun() -> None:
    before = threading.active_count()
    room = Room(5)
    reading = Reading({"train": Wanted(room)})
    reading.wait("train", np.array([3]))
    reading.wait_for_all()
    assert threading.active_count() == before
    reading.stop()
    assert room.finished == 0


def test_a_batch_need_not_wait_for_the_pictures_after_it() -> None:
    count = 50 * CHUNK
    order = np.random.default_rng(0).permutation(count)
    held = threading.Event()

    def read(place: int) -> Picture:
        if place == order[-1]:
            assert held.wait(60)
        return picture(place)

    room = Room(count, np.arange(count), read)
    reading = Reading({"train": Wanted(room, order)})
    reading.wait("train", order[: 40 * CHUNK])
    assert all((room.pictures[place] == picture(place)).all() for place in order[: 40 * CHUNK])
    assert not reading.over
    held.set()
    reading.wait_for_all()
    reading.stop()
    assert reading.over


def test_a_part_that_is_waited_for_comes_before_the_others() -> None:
    held = threading.Event()

    def slow(place: int) -> Picture:
        if place >= 20 * CHUNK:
            assert held.wait(60)
        return picture(place)

    train = Room(40 * CHUNK, np.arange(40 * CHUNK), slow)
    validation = Room(CHUNK, np.arange(CHUNK))
    reading = Reading({"train": Wanted(train), "validation": Wanted(validation)})
    threading.Timer(0.05, held.set).start()  # where both threads are held before they are asked
    reading.wait("validation")
    assert (validation.pictures[-1] == picture(CHUNK - 1)).all()
    held.set()
    reading.stop()


def test_all_unreadable_pictures_are_named_in_one_error_whoever_waits() -> None:
    bad = {3, 70, 71}
    room = Room(90, np.arange(90), unreadable(bad))
    reading = Reading({"train": Wanted(room)})
    for _ in range(2):
        with pytest.raises(PictureError, match="3 of 90 pictures cannot be read") as caught:
            reading.wait_for_all()
        assert all(f"{place}.png" in str(caught.value) for place in bad)
    with pytest.raises(PictureError):
        reading.wait("train", np.array([0]))
    reading.stop()
    assert room.finished == 1


def test_what_goes_wrong_in_a_thread_is_raised_where_it_is_waited_for() -> None:
    def read(place: int) -> Picture:
        raise ZeroDivisionError("in a thread")

    room = Room(30, np.arange(30), read)
    reading = Reading({"train": Wanted(room)})
    with pytest.raises(ZeroDivisionError, match="in a thread"):
        reading.wait("train", np.array([29]))
    reading.stop()
    assert room.finished == 1


def test_of_several_failures_the_first_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lenswork.training.reading.available_cores", lambda: 2)
    both = threading.Barrier(2)
    first = threading.Event()

    def read(place: int) -> Picture:
        both.wait(60)
        if place:
            assert first.wait(60)
            raise KeyError("the second")
        raise ZeroDivisionError("the first")

    room = Room(2 * CHUNK, np.arange(2 * CHUNK), read)
    reading = Reading({"train": Wanted(room)})
    with pytest.raises(ZeroDivisionError):
        reading.wait_for_all()
    first.set()
    reading.stop()
    with pytest.raises(ZeroDivisionError, match="the first"):
        reading.wait_for_all()


def test_stopping_early_keeps_what_has_been_read_and_ends_all_threads() -> None:
    before = threading.active_count()
    room = Room(5_000, np.arange(5_000))
    reading = Reading({"train": Wanted(room)})
    reading.wait("train", np.arange(3))
    reading.stop()
    assert threading.active_count() == before
    assert room.finished == 1


def test_what_the_rooms_have_to_say_is_told_once() -> None:
    rooms = (Room(1, note="the disk is full"), Room(1, note="the disk is full"), Room(1))
    reading = Reading(
        {"train": Wanted(rooms[0]), "validation": Wanted(rooms[1]), "test": Wanted(rooms[2])}
    )
    assert reading.notes == ("the disk is full",)


def test_memory_that_runs_out_is_told_as_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(place: int) -> Picture:
        raise MemoryError

    reading = Reading({"train": Wanted(Room(30, np.arange(30), read))})
    with pytest.raises(LensworkError, match="use a smaller size"):
        reading.wait_for_all()
    reading.stop()


def test_nothing_is_read_while_a_step_has_the_pictures_it_waited_for() -> None:
    count, batch = 10_000, 2 * CHUNK
    read: list[int] = []

    def slowly(place: int) -> Picture:
        time.sleep(0.001)
        read.append(place)
        return picture(place)

    room = Room(count, np.arange(count), slowly)
    reading = Reading({"train": Wanted(room)}, while_training=True)
    reading.wait("train", np.arange(batch))
    for _ in range(5):
        asked = len(read) + batch
        reading.wait("train", np.arange(asked))
        time.sleep(0.05)  # a step
        assert asked <= len(read) <= asked + available_cores() * CHUNK  # chunks that had been begun
    reading.stop()


def test_a_step_with_an_unreadable_picture_hears_of_all_of_them() -> None:
    room = Room(99, np.arange(99), unreadable({1, 98}))
    reading = Reading({"train": Wanted(room)}, while_training=True)
    with pytest.raises(PictureError, match="2 of 99"):
        reading.wait("train", np.array([1]))
    reading.stop()


def test_what_no_training_waits_for_step_by_step_is_read_without_a_rest() -> None:
    room = Room(100 * CHUNK, np.arange(100 * CHUNK))
    reading = Reading({"train": Wanted(room)})
    reading.wait("train", np.arange(CHUNK))
    end = time.monotonic() + 60
    while not reading.over and time.monotonic() < end:
        time.sleep(0.01)
    assert reading.over
    reading.stop()


def test_threads_that_rest_end_when_they_are_stopped() -> None:
    before = threading.active_count()
    reading = Reading({"train": Wanted(Room(99, np.arange(99)))}, while_training=True)
    reading.wait("train", np.array([0]))
    reading.stop()
    assert threading.active_count() == before


def test_what_goes_wrong_in_keeping_pictures_is_raised_and_not_lost_in_a_thread(
    capfd: pytest.CaptureFixture[str],
) -> None:
    class Unkept(Room):
        def finish(self) -> None:
            raise ZeroDivisionError("in keeping")

    reading = Reading({"train": Wanted(Unkept(30, np.arange(30)))})
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="in keeping"):
            reading.wait_for_all()
    reading.stop()
    assert capfd.readouterr().err == ""
