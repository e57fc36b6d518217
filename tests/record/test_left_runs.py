"""A run that was left says what has changed around it and what of it is lost."""

import errno
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from tiny_data import striped_data

import lenswork
from lenswork import files
from lenswork.errors import LensworkError, RunError
from lenswork.record import checkpoint, history, new_run, writer
from lenswork.record.checkpoint import (
    BEFORE,
    CHECKPOINT,
    CheckpointError,
    read_checkpoint,
    write_checkpoint,
)
from lenswork.record.resume import Training, recorded
from lenswork.record.run import Run
from lenswork.record.unfinished import locked
from lenswork.record.writer import Recorder
from lenswork.training.events import EpochDone
from lenswork.training.recipe import Recipe
from lenswork.training.state import State, StateError

QUICK: dict[str, Any] = {"net": "flatten, dense classes", "recipe": "notes", "epochs": 3}


def go(home: Path, name: str | None = None) -> list[str]:
    """Train to the end, going on where a run was left; what was told."""
    said: list[str] = []
    recorder = Recorder(home, name, resume=True, checkpoint_seconds=0.0)
    training = Training(Recipe(data="stripes", **QUICK), striped_data(), device="cpu")
    for _ in recorded(training, recorder, tell=said.append):
        pass
    return said


def left_run(home: Path, name: str = "one") -> Path:
    """A run that was left after its first epoch, as a kill leaves it."""
    recorder = Recorder(home, name, checkpoint_seconds=0.0)
    training = Training(Recipe(data="stripes", **QUICK), striped_data(), device="cpu")
    events = recorder.record(training.events())
    while not isinstance(next(events), EpochDone):
        pass
    recorder._fail = lambda *_: None  # type: ignore[method-assign]
    events.close()  # type: ignore[attr-defined]
    return home / name


def with_facts(path: Path, without: Sequence[str] = (), **changes: Any) -> None:
    """Have the run's checkpoint say other facts, and it be the only one."""
    state = read_checkpoint(path, pytest.fail)
    assert state is not None
    facts = {name: fact for name, fact in state.facts.items() if name not in without}
    write_checkpoint(path, State(facts | changes, state.tensors))
    (path / BEFORE).unlink()


def resumed_lines(path: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (path / "history.jsonl").read_text().splitlines()]
    return [line for line in lines if line["event"] == "resumed"]


def test_a_checkpoint_says_with_what_it_was_computed(tmp_path: Path) -> None:
    state = read_checkpoint(left_run(tmp_path), pytest.fail)
    assert state is not None
    assert state.facts["threads"] == torch.get_num_threads()
    assert state.facts["torch"] == torch.__version__
    assert state.facts["lenswork"] == lenswork.__version__


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"threads": 97}, "with 97 threads and goes on with {threads}"),
        ({"torch": "1.0"}, "with torch 1.0 and goes on with {torch}"),
        ({"lenswork": "0.0.1"}, "with lenswork 0.0.1 and goes on with {lenswork}"),
        (
            {"threads": 97, "torch": "1.0"},
            "with 97 threads and goes on with {threads}; with torch 1.0 and goes on with {torch}",
        ),
    ],
)
def test_other_threads_and_versions_are_told_and_recorded(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    path = left_run(tmp_path)
    now = read_checkpoint(path, pytest.fail)
    assert now is not None
    with_facts(path, **changes)
    expected = f"run one was trained {sentence.format(**now.facts)}: the last digits may differ"
    assert go(tmp_path, "one")[1:] == [expected]
    line = resumed_lines(path)[0]
    assert {name: line[name] for name in ("threads", "torch", "lenswork")} == {
        name: now.facts[name] for name in ("threads", "torch", "lenswork")
    }


def test_one_thread_is_one_thread(tmp_path: Path) -> None:
    path = left_run(tmp_path)
    with_facts(path, threads=1)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        said = go(tmp_path, "one")
    finally:
        torch.set_num_threads(before)
    assert "with 1 thread and goes on with 2: the last digits may differ" in said[1]


def test_a_checkpoint_of_a_version_that_did_not_say_is_gone_on_with(tmp_path: Path) -> None:
    path = left_run(tmp_path)
    with_facts(path, without=("threads", "torch", "lenswork"))
    assert len(go(tmp_path, "one")) == 1
    assert Run(path).status == "finished"


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("recipe.toml", "", r"recipe\.toml is empty or damaged \(it says nothing\)"),
        ("recipe.toml", "batch = [", r"recipe\.toml is empty or damaged \(cannot read the recipe"),
        ("history.jsonl", None, r"history\.jsonl is missing"),
        ("history.jsonl", "", r"history\.jsonl is empty or damaged \(it does not say how"),
        ("history.jsonl", "}\n", r"history\.jsonl is empty or damaged \(.* is damaged"),
    ],
)
def test_a_run_whose_files_are_lost_says_which_and_what_to_do(
    tmp_path: Path, file: str, content: str | None, problem: str
) -> None:
    path = left_run(tmp_path)
    if content is None:
        (path / file).unlink()
    else:
        (path / file).write_text(content)
    cure = r"one cannot go on; begin anew with another name, or with --fresh and no name"
    with pytest.raises(RunError, match=rf"the run's {problem}.*{cure}"):
        go(tmp_path, "one")
    go(tmp_path)
    assert Run(tmp_path / "stripes-1").status == "finished"


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_before_the_first_checkpoint_promises_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "save", full)
    message = r"free some space, then run the same command again; .*no checkpoint yet.* epoch 1$"
    with pytest.raises(LensworkError, match=message):
        go(tmp_path, "one")
    assert not (tmp_path / "one" / CHECKPOINT).exists()
    monkeypatch.undo()
    assert go(tmp_path, "one")[0].startswith("continues one from epoch 1, step 0")


def test_a_disk_that_is_full_from_the_start_leaves_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_run, "append", full)
    message = r"cannot write the record of a new run to .*No space left.*again; nothing is trained"
    with pytest.raises(LensworkError, match=message):
        go(tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_a_failure_is_told_even_when_the_history_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(folder: Path, line: object) -> None:
        (folder / "history.jsonl").write_text("}\n")
        full()

    real = history.append
    monkeypatch.setattr(
        writer, "append", lambda at, line: real(at, line) if "net" in line else lost(at, line)
    )
    with pytest.raises(LensworkError, match="No space left on device"):
        go(tmp_path)


def test_what_a_kill_left_of_a_finished_run_goes_with_the_next_training(tmp_path: Path) -> None:
    other, path = left_run(tmp_path, "other"), left_run(tmp_path)
    left = {file.name: file.read_bytes() for file in path.iterdir()}
    go(tmp_path, "one")
    whole = {file.name: file.read_bytes() for file in path.iterdir()}
    remains = ("checkpoint.safetensors", "checkpoint-before.safetensors", ".running")
    for name in (*remains, ".live.json", ".mistakes.json", ".history.jsonl.0.part"):
        (path / name).write_bytes(left.get(name, b"{}"))
    before = sorted(file.name for file in other.iterdir())
    assert set(remains[::2]) <= set(before)
    train_anew(tmp_path)
    assert {file.name: file.read_bytes() for file in path.iterdir()} == whole
    assert sorted(file.name for file in other.iterdir()) == before  # it can be gone on with


def train_anew(home: Path) -> None:
    recorder = Recorder(home, "new")
    training = Training(Recipe(data="stripes", **QUICK), striped_data(), device="cpu")
    for _ in recorder.record(training.events()):
        pass


def test_a_run_whose_process_is_about_to_tidy_up_is_left_to_it(tmp_path: Path) -> None:
    path = left_run(tmp_path)
    state = (path / CHECKPOINT).read_bytes()
    go(tmp_path, "one")
    (path / CHECKPOINT).write_bytes(state)
    lock = locked(path)
    train_anew(tmp_path)
    lock.release()
    assert (path / CHECKPOINT).is_file()


def test_a_disk_that_lets_no_checkpoint_go_spoils_no_finished_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "remove_checkpoints", full)
    train_anew(tmp_path)
    assert Run(tmp_path / "new").status == "finished"


def kept(step: int) -> State:
    return State({"epochs": 0, "step": step}, {"weights": torch.full((9,), float(step))})


def test_a_damaged_checkpoint_never_takes_the_place_of_the_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in (1, 2):
        write_checkpoint(tmp_path, kept(step))
    newest = tmp_path / CHECKPOINT
    newest.write_bytes(newest.read_bytes()[:-9])
    said: list[str] = []
    state = read_checkpoint(tmp_path, said.append)
    assert state is not None
    assert (state.step, len(said)) == (1, 1)
    monkeypatch.setattr(files, "sync", full)  # the power goes before the third has its name
    with pytest.raises(OSError, match="No space"):
        write_checkpoint(tmp_path, kept(3))
    monkeypatch.undo()
    state = read_checkpoint(tmp_path, pytest.fail)
    assert state is not None
    assert state.step == 1


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ("[" * 100_000, "its facts are no JSON"),
        ("", "its facts are no JSON"),
        ("[1, 2]", "it does not say how far"),
        ('{"epochs": 3}', "it does not say how far"),
        ('{"epochs": 3, "step": "9"}', "it does not say how far"),
        ('{"epochs": 3, "step": -1}', "it does not say how far"),
    ],
    ids=["deep", "empty", "list", "no step", "text", "negative"],
)
def test_a_checkpoint_that_does_not_say_how_far_it_is_is_damaged(
    tmp_path: Path, facts: str, why: str
) -> None:
    tensors = kept(1).tensors
    metadata = {"facts": facts, "checksum": checkpoint._checksum(facts, tensors)}
    save_file(dict(tensors), tmp_path / CHECKPOINT, metadata)
    said: list[str] = []
    with pytest.raises(CheckpointError, match="got 1 damaged"):
        read_checkpoint(tmp_path, said.append)
    assert why in said[0]


def test_a_run_that_was_begun_elsewhere_says_how_to_go_on(tmp_path: Path) -> None:
    path = left_run(tmp_path)
    lines = path / "history.jsonl"
    lines.write_text(lines.read_text().replace('"device": "cpu"', '"device": "cuda"'))
    with pytest.raises(StateError, match=r"was begun on cuda, and .* on cpu: .* --device cuda, or"):
        go(tmp_path, "one")
