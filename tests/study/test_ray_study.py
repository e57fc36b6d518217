"""A study on a real Ray cluster: addresses that lead nowhere, data carried once, a lost node."""

import os
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_data import striped_data
from work import NET, kill, processes, ray_worker, soon, task

from lenswork.data.carried import carried
from lenswork.data.encoded import EncodedSource
from lenswork.data.open import open_data
from lenswork.errors import UsageError
from lenswork.study.conduct import conduct
from lenswork.study.folder import start_study
from lenswork.study.plan import Plan
from lenswork.study.ray_workers import RayWorkers
from lenswork.training import cluster as cluster_module
from lenswork.training.cluster import ClusterError, connected, load_ray


@contextmanager
def server(answer: bytes) -> Iterator[int]:
    """A port at which something answers that is no Ray."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(100)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


@pytest.mark.parametrize("address", ["", "6379", "10.0.0.5", "10.0.0.5:", "a:b", "a:70000"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ClusterError, match=r"expected a Ray address such as 10.0.0.5:6379"):
        RayWorkers(address).describe()


def test_an_address_where_nothing_answers_is_refused_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    for address in (f"127.0.0.1:{port}", f"ray://127.0.0.1:{port}"):
        with pytest.raises(ClusterError, match=rf"no Ray cluster answers at 127.0.0.1:{port} \("):
            RayWorkers(address).describe()


def test_a_server_of_something_else_is_refused_at_once() -> None:
    with (
        server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port,
        pytest.raises(ClusterError, match=rf"what answers at 127.0.0.1:{port} is no Ray cluster"),
    ):
        RayWorkers(f"127.0.0.1:{port}").describe()


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "ANSWER_SECONDS", 0.1)
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        pytest.raises(ClusterError, match=r"no Ray cluster answers at .* \(timed out\)"),
    ):
        RayWorkers(f"127.0.0.1:{listening.getsockname()[1]}").describe()


def test_without_ray_the_way_to_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'lenswork\[ray\]'"):
        RayWorkers().describe()


def test_a_carried_data_set_reads_the_same_without_its_files(
    pictures: Path, tmp_path: Path
) -> None:
    here = open_data(pictures)
    there = carried(here)
    for name, part in here.parts.items():
        source = there.parts[name].source
        assert isinstance(source, EncodedSource)
        for index in range(len(part)):
            np.testing.assert_array_equal(source.read(index), part.source.read(index))
        picked = [5, 0, 5]
        for got, index in zip(range(3), picked, strict=True):
            np.testing.assert_array_equal(source.subset(picked).read(got), part.source.read(index))
    assert carried(striped_data()).train.source is not None


def test_pictures_in_memory_are_carried_as_they_are() -> None:
    data = striped_data()
    assert carried(data).train.source is data.train.source


@pytest.mark.slow
def test_a_study_loses_a_node_and_has_every_trial_once(
    cluster: Any, pictures: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    base = {"recipe": "notes", "net": NET, "batch": 8, "data": str(pictures), "epochs": 300}
    plan = Plan(name="lost", seeds=3, base=base, axes={"learning_rate": [0.001, 0.01]})
    study = start_study(plan, tmp_path)
    assert not load_ray().is_initialized(), "a connection of our own says nothing, others may"
    doomed = cluster.add_node(num_cpus=1)
    raylet = doomed.all_processes["raylet"][0].process.pid
    ended: Counter[str] = Counter()
    lost = ""
    for done in conduct(study, RayWorkers(cluster.address)):
        if not ended:
            worker = soon(lambda: ray_worker("learning-rate", raylet))
            lost = processes()[worker][1]
            cluster.remove_node(doomed, allow_graceful=False)
            kill_if_there(worker)
        assert done.reason is None
        ended[done.trial.name] += 1
    assert ended == dict.fromkeys((trial.name for trial in plan.trials()), 1)
    assert lost.removeprefix("ray::") in ended
    assert [record.state for record in study.records()] == ["done"] * 6
    assert len(list(study.trials_folder.iterdir())) == 6
    assert capfd.readouterr().out == "", "what Ray says of the loss would spoil --json"


def kill_if_there(pid: int) -> None:
    """A worker ends by itself when its raylet is gone, sooner or later."""
    if pid in processes():
        kill(pid)


@pytest.mark.slow
def test_auto_finds_the_cluster_of_this_machine(
    cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    assert RayWorkers("auto").describe() == "2 CPUs on 2 Ray nodes"
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


@pytest.mark.slow
def test_a_data_set_is_carried_once_however_many_trials_use_it(
    connection: Any, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    put = connection.put

    def noted(value: Any) -> Any:
        sent.append(value)
        return put(value)

    monkeypatch.setattr(connection, "put", noted)
    tasks = [task(tmp_path, pictures, f"trial-{seed}", seed) for seed in range(4)]
    tasks.append(task(tmp_path, pictures, "cut", validation=0.5))
    assert all(outcome.reason is None for outcome in RayWorkers().run(tasks))
    assert len(sent) == 2


@pytest.mark.slow
def test_a_program_has_its_own_connection_to_ray_left_as_it_is(connection: Any) -> None:
    with connected("nowhere:1") as ray:
        assert ray is connection
    assert connection.is_initialized()
