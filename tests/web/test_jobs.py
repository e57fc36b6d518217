"""Work that a page begins outlives it, says how it ended, and is told apart from any other."""

import fcntl
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from live_runs import Held
from studio_server import until
from tiny_data import write_striped_folder

from lenswork.errors import DataError, PlanError, UsageError
from lenswork.record.run import Run
from lenswork.study.folder import open_study
from lenswork.study.plan import Plan
from lenswork.training.recipe import Recipe
from lenswork.web import jobs
from lenswork.web.jobs import resume_training, start_study, start_training
from lenswork.web.processes import ENDED, JOB, LOG, Job, job_of, start, starting
from lenswork.web.settings import Settings

STRIPES: dict[str, Any] = {"net": "flatten, dense classes", "epochs": 2, "batch": 8}


@pytest.fixture
def stripes(pictures: Path) -> str:
    """A folder that the studio may open, with two classes in it."""
    return str(write_striped_folder(pictures / "stripes"))


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, list[str]]]:
    """What would have been begun; no process is."""
    seen: list[tuple[Path, list[str]]] = []
    monkeypatch.setattr(jobs, "start", lambda folder, words: seen.append((folder, words)))
    return seen


@pytest.fixture
def long(tmp_path: Path) -> Iterator[Job]:
    """A process that goes on until it is ended: another studio."""
    folder = tmp_path / "long"
    folder.mkdir()
    words = ["studio", "--no-browser", "--port", "0", "--home", str(tmp_path / "other")]
    job = start(folder, words)
    yield job
    if job.alive:
        job.end()
    until(lambda: not job.alive)
    until((folder / ENDED).exists)


def test_a_process_lives_as_its_log_is_held_and_whoever_asks(long: Job) -> None:
    until(lambda: "http://127.0.0.1:" in long.said)
    again = Job(long.folder)  # as a studio that was begun since then reads it
    assert again.alive
    assert all(Job(long.folder).alive for _ in range(20))
    with pytest.raises(UsageError, match="long is being worked on already"):
        start(long.folder, ["--version"])
    assert long.alive
    long.end()
    until(lambda: not again.alive)
    with pytest.raises(UsageError, match="long has ended already"):
        again.end()


def test_a_number_that_another_process_has_been_given_misleads_nobody(tmp_path: Path) -> None:
    job = start(tmp_path, ["--version"])
    until((tmp_path / ENDED).exists)
    said = json.loads((tmp_path / JOB).read_text())
    (tmp_path / JOB).write_text(json.dumps({**said, "process": os.getpid()}))
    assert not job.alive
    with pytest.raises(UsageError, match="has ended already"):
        job.end()
    assert job.code == 0
    assert "lenswork, version" in job.said


def test_those_that_a_process_has_begun_end_with_it(tmp_path: Path) -> None:
    child = "import time; print('there', flush=True); time.sleep(600)"
    parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {child!r}])"
    with (tmp_path / LOG).open("wb") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        command = [sys.executable, "-c", parent]
        first = subprocess.Popen(command, stdout=log, start_new_session=True)
    first.wait()  # as one that was killed: what it has begun goes on and has its log
    (tmp_path / JOB).write_text(json.dumps({"process": first.pid}))
    job = Job(tmp_path)
    until(lambda: "there" in job.said)
    assert job.alive
    job.end()
    until(lambda: not job.alive)


@pytest.mark.parametrize("process", [0, 1, -1, None, "1", 2.5])
def test_a_number_that_is_no_process_ends_nothing(
    tmp_path: Path, process: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[object] = []
    monkeypatch.setattr(os, "killpg", lambda *said: ended.append(said))
    (tmp_path / JOB).write_text(json.dumps({"process": process}))
    with (tmp_path / LOG).open("wb") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match="has ended already"):
            Job(tmp_path).end()
    assert ended == []


def test_a_link_in_the_place_of_a_log_is_neither_read_nor_emptied(
    settings: Settings, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("a letter")
    folder = settings.home / ".studio" / "runs" / "new"
    folder.mkdir(parents=True)
    (folder / JOB).write_text("{}")
    (folder / LOG).symlink_to(mine)
    job = job_of(settings, "runs", "new")
    assert job is not None
    assert (job.said, job.alive) == ("", False)
    with pytest.raises(OSError, match="symbolic links"):
        start(folder, ["--version"])
    assert mine.read_text() == "a letter"
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert job_of(settings, "runs", "new") is None


def test_pipes_in_the_place_of_what_is_known_of_a_job_are_waited_for_by_nobody(
    settings: Settings,
) -> None:
    folder = settings.home / ".studio" / "runs" / "new"
    folder.mkdir(parents=True)
    (folder / JOB).write_text("{}")
    for name in (LOG, ENDED):
        os.mkfifo(folder / name)
    job = job_of(settings, "runs", "new")
    assert job is not None
    assert (job.said, job.alive, job.code) == ("", False, None)
    with pytest.raises(OSError, match="No such device"):
        start(folder, ["--version"])


def test_a_process_that_is_refused_says_so_in_its_own_words(tmp_path: Path) -> None:
    job = start(tmp_path, ["paint"])
    until((tmp_path / ENDED).exists)
    assert job.code == 2
    assert job.problem == "No such command 'paint'."


@pytest.mark.parametrize(
    ("log", "code", "problem"),
    [
        ("epoch 1\nerror: there is no\nsuch folder\n", 2, "there is no\nsuch folder"),
        ("error: one\nerror: two", None, "two"),
        ("", -9, "its process was ended by SIGKILL, most likely for want of memory"),
        ("epoch 1", -15, "its process was ended by SIGTERM"),
        ("epoch 1", 3, "its process has ended with code 3 and has not said why"),
        ("epoch 1", None, "its process has ended and has not said why"),
        ("error: \x1b[31mred", 1, r"\x1b[31mred"),
        ("error: \n", 1, "its process has ended with code 1 and has not said why"),
        ("", -63, "its process was ended by signal 63"),
    ],
)
def test_how_it_ended_is_told_as_well_as_it_is_known(
    tmp_path: Path, log: str, code: int | None, problem: str
) -> None:
    (tmp_path / LOG).write_text(log)
    if code is not None:
        (tmp_path / ENDED).write_text(json.dumps({"code": code}))
    job = Job(tmp_path)
    assert job.problem == problem
    assert job.code == code
    assert not job.alive


def test_of_a_long_log_the_end_is_told(tmp_path: Path) -> None:
    (tmp_path / LOG).write_text("".join(f"epoch {number}\n" for number in range(100_000)))
    said = Job(tmp_path).said
    assert said.endswith("epoch 99999")
    assert len(said) <= 8192


def test_a_training_is_the_command_that_a_person_would_have_typed(
    settings: Settings, stripes: str, begun: list[tuple[Path, list[str]]]
) -> None:
    name = start_training(replace(settings, data_home=Path("/data")), Recipe(data=stripes))
    ((folder, words),) = begun
    assert name == folder.name == "stripes-1"
    assert words == [
        "train", "--recipe-file", str(folder / "recipe.toml"), "--name", "stripes-1", "--fresh",
        "--home", str(settings.home), "--data-home", "/data",
    ]  # fmt: skip
    assert Recipe.read(folder / "recipe.toml") == Recipe(data=stripes)


@pytest.mark.usefixtures("begun")
def test_trainings_that_begin_at_the_same_moment_have_names_of_their_own(
    settings: Settings, stripes: str
) -> None:
    (settings.home / "stripes-3").mkdir()
    names: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: names.append(start_training(settings, Recipe(data=stripes)))
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names) == sorted(f"stripes-{number}" for number in range(4, 12))


@pytest.mark.usefixtures("begun")
def test_a_name_of_ones_own_is_kept_and_given_once(settings: Settings, stripes: str) -> None:
    recipe = Recipe(data=stripes)
    assert start_training(settings, recipe, "mine") == "mine"
    with pytest.raises(UsageError, match="there is a run first in"):
        start_training(settings, recipe, "first")
    with pytest.raises(UsageError, match="a run's name has letters"):
        start_training(settings, recipe, "../mine")
    assert [path.name for path in (settings.home / ".studio" / "runs").iterdir()] == ["mine"]


def test_the_name_of_a_run_that_is_gone_is_free_again(settings: Settings, stripes: str) -> None:
    folder = settings.home / ".studio" / "runs" / "mine"
    folder.mkdir(parents=True)
    start(folder, ["--version"])
    until((folder / ENDED).exists)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "start", lambda *_: None)
        assert start_training(settings, Recipe(data=stripes), "mine") == "mine"
    assert not (folder / LOG).exists()
    assert [path.name for path in folder.parent.iterdir()] == ["mine"]


@pytest.mark.usefixtures("begun")
def test_data_that_the_studio_may_not_open_begins_nothing(settings: Settings) -> None:
    with pytest.raises(DataError, match="the studio opens pictures only in the folders it was"):
        start_training(settings, Recipe(data="/etc"))
    with pytest.raises(DataError, match="the studio opens pictures only in the folders it was"):
        start_study(settings, Plan(name="a", base={"data": "/etc"}, axes={"epochs": [1, 2]}))
    assert not (settings.home / ".studio").exists()


def test_a_process_that_cannot_begin_leaves_nothing(
    settings: Settings, stripes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no process to be had")

    monkeypatch.setattr(jobs, "start", full)
    with pytest.raises(OSError, match="no process to be had"):
        start_training(settings, Recipe(data=stripes))
    assert list((settings.home / ".studio" / "runs").iterdir()) == []


@pytest.mark.usefixtures("begun")
def test_only_a_run_that_was_left_can_be_gone_on_with(settings: Settings, pictures: Path) -> None:
    with pytest.raises(UsageError, match=r"first in .* already, and it is finished"):
        resume_training(settings, Run(settings.home / "first"))
    held = Held(settings.home, pictures / "stripes")
    with pytest.raises(UsageError, match="run held is being trained already"):
        resume_training(settings, held.run)
    held.epochs()
    resume_training(settings, held.kill())


def test_a_study_is_begun_once_and_only_with_its_own_plan(
    settings: Settings, stripes: str, begun: list[tuple[Path, list[str]]]
) -> None:
    plan = Plan(name="lengths", seeds=2, base={"data": stripes}, axes={"epochs": [1, 2]})
    assert start_study(settings, plan, "mine") == "mine"
    ((folder, words),) = begun
    assert words[:5] == ["study", "run", str(folder / "plan.toml"), "--name", "mine"]
    assert next(Plan.read(folder / "plan.toml").trials()).recipe.data == stripes
    place = settings.home / "studies" / "mine"
    place.mkdir(parents=True)
    other = plan.changed(name="mine", axes={"epochs": [1, 3]})
    (place / "plan.toml").write_text(other.to_toml())
    with pytest.raises(PlanError, match="settings that this plan has not: epochs 3"):
        start_study(settings, plan, "mine")


@pytest.mark.slow
def test_a_training_is_recorded_though_nobody_waits_for_it(
    settings: Settings, stripes: str
) -> None:
    name = start_training(settings, Recipe(data=stripes, **STRIPES))
    assert starting(settings) == [name]
    job = job_of(settings, "runs", name)
    assert job is not None
    until(lambda: not job.alive, 60)
    assert Run(settings.home / name).status == "finished", job.said
    assert starting(settings) == []


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_end(settings: Settings, pictures: Path) -> None:
    whole = Held(settings.home, pictures / "stripes", "whole").finish()
    left = Held(settings.home, pictures / "stripes", "left")
    left.epochs(2)
    run = left.kill()
    resume_training(settings, run)
    with pytest.raises(UsageError, match=r"left is being (worked on|trained) already"):
        resume_training(settings, run)
    job = job_of(settings, "runs", "left")
    assert job is not None
    until(lambda: not job.alive, 60)
    gone_on = Run(run.path)
    assert gone_on.status == "finished", job.said
    assert [row["metrics"] for row in gone_on.history] == [row["metrics"] for row in whole.history]


@pytest.mark.slow
def test_a_study_is_carried_out_though_nobody_waits_for_it(
    settings: Settings, stripes: str
) -> None:
    base = {"data": stripes, **STRIPES}
    del base["epochs"]
    name = start_study(settings, Plan(name="few", seeds=1, base=base, axes={"epochs": [1, 2]}))
    job = job_of(settings, "studies", name)
    assert job is not None
    with pytest.raises(UsageError, match="study few is being carried out already"):
        start_study(settings, Plan(name="few", seeds=1, base=base, axes={"epochs": [1, 2]}))
    until(lambda: not job.alive, 90)
    assert [one.state for one in open_study("few", settings.home).records()] == ["done", "done"]
