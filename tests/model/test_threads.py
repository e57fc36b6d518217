"""torch computes with the cores that the process was given."""

from collections.abc import Iterator

import pytest
import torch

from lenswork.model import threads
from lenswork.model.threads import use_given_cores


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in threads.SAID:
        monkeypatch.delenv(name, raising=False)
    use_given_cores.cache_clear()
    yield
    use_given_cores.cache_clear()


def threads_after(before: int, cores: int, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(threads, "available_cores", lambda: cores)
    torch.set_num_threads(before)
    use_given_cores()
    return torch.get_num_threads()


def test_more_threads_than_cores_become_as_many(monkeypatch: pytest.MonkeyPatch) -> None:
    assert threads_after(8, 3, monkeypatch) == 3


def test_fewer_threads_that_were_set_before_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    assert threads_after(1, 3, monkeypatch) == 1


def test_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    assert threads_after(8, 3, monkeypatch) == 8


def test_what_is_set_later_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    threads_after(8, 3, monkeypatch)
    torch.set_num_threads(5)
    use_given_cores()
    assert torch.get_num_threads() == 5
