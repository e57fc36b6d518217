"""What the command line says of runs that were left before their end, and that it helps."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny_data import striped_data, write_striped_folder
from torch import nn

from lenswork.errors import LensworkError, RunError
from lenswork.record.run import Run
from lenswork.record.writer import Recorder
from lenswork.training import prepare
from lenswork.training.events import EpochDone, Event
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe

NET = "flatten, dense classes"


def broken(events: Iterator[Event], kind: type[Event], error: BaseException) -> Iterator[Event]:
    for event in events:
        yield event
        if isinstance(event, kind):
            raise error


def left(
    home: Path,
    error: BaseException,
    *,
    after: Any = object,
    network: nn.Module | None = None,
    name: str | None = None,
) -> Run:
    """A run that an error has ended: after its first event, or the first of a kind."""
    recorder = Recorder(home, name, checkpoint_seconds=0.0)
    recipe = Recipe(data="stripes", epochs=2, **({} if network else {"net": NET}))
    events = fit(recipe, striped_data(), network=network, device="cpu")
    with pytest.raises(type(error)):
        list(recorder.record(broken(events, after, error)))
    return recorder.run


def commands(text: str) -> list[list[str]]:
    """The commands that a text says to type."""
    return [shlex.split(found) for found in re.findall(r"lenswork (train --[^;\n]+)", text)]


def test_a_run_that_failed_at_its_first_pictures_is_not_offered_but_what_helps_is_said(
    lenswork: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "OVERLAP_FROM", 1)
    monkeypatch.setenv("LENSWORK_CACHE", "off")
    folder = write_striped_folder(tmp_path / "stripes")
    bad = folder / "train" / "low" / "001.png"
    whole = bad.read_bytes()
    bad.write_bytes(whole[:60])
    said = lenswork("train", folder, "--net", NET, "--epochs", "2")
    assert (said.code, Run(tmp_path / "runs" / "stripes-1").status) == (2, "failed")
    for listed in (lenswork("runs").out, lenswork("show", "stripes-1").out):
        assert "--resume" not in listed
        assert "001.png" in listed
        assert "it failed before its first checkpoint, so there is nothing to go on" in listed
        assert "mend what it failed of, then train again: lenswork train --recipe-file" in listed
    [words] = commands(lenswork("runs").out)
    assert lenswork(*words).code == 2  # nothing was mended
    bad.write_bytes(whole)
    assert lenswork(*words).code == 0
    assert Run(tmp_path / "runs" / "stripes-1").status == "finished"
    assert "checkpoint" not in lenswork("runs").out


def test_a_run_that_failed_later_is_offered_after_what_it_failed_of(
    lenswork: Any, tmp_path: Path
) -> None:
    run = left(tmp_path / "runs", LensworkError("the lights went out"), after=EpochDone)
    helps = "mend what it failed of, then go on with it: lenswork train --resume stripes-1"
    assert f"stripes-1 failed (the lights went out): {helps}" in lenswork("runs").out
    assert helps in lenswork("show", "stripes-1").out
    with pytest.raises(RunError, match=rf"when a run ends\. M{helps[1:]}$"):
        _ = run.answers


def test_a_run_that_was_broken_off_at_once_begins_again(lenswork: Any, tmp_path: Path) -> None:
    left(tmp_path / "runs", KeyboardInterrupt())
    offer = "lenswork train --resume stripes-1"
    assert f"left unfinished: stripes-1; {offer} goes on" in lenswork("runs").out
    helps = f"it was left before its first checkpoint, so {offer} begins it again"
    assert helps in lenswork("show", "stripes-1").out


def test_a_run_of_a_module_of_ones_own_is_offered_to_python(lenswork: Any, tmp_path: Path) -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(144, 3))
    left(tmp_path / "runs", KeyboardInterrupt(), after=EpochDone, network=module)
    helps = "go on with it from Python: lenswork.train(net=Sequential(...), resume='stripes-1')"
    assert helps in lenswork("runs").out
    assert helps in lenswork("show", "stripes-1").out
    assert "--resume" not in lenswork("runs").out


def test_a_run_elsewhere_is_offered_by_its_path(lenswork: Any, tmp_path: Path) -> None:
    run = left(tmp_path / "my runs", KeyboardInterrupt(), after=EpochDone)
    words = ["train", "--resume", str(run.path)]
    listed = lenswork("runs", "--home", tmp_path / "my runs").out
    assert commands(listed.replace(" goes on", "")) == [words]
    assert commands(lenswork("show", run.path).out) == [words]


def test_of_many_runs_that_failed_a_few_are_told(lenswork: Any, tmp_path: Path) -> None:
    for number in range(5):
        left(tmp_path / "runs", LensworkError(f"reason {number} " + "x" * 900), name=f"r{number}")
    listed = lenswork("runs").out
    assert listed.count("nothing to go on from") == 3
    assert "and 2 more: lenswork show RUN says of each what helps" in listed
    assert max(map(len, listed.splitlines())) < 700


def test_what_a_stranger_s_record_says_is_shown_as_it_is(lenswork: Any, tmp_path: Path) -> None:
    run = left(tmp_path / "runs", KeyboardInterrupt(), after=EpochDone)
    history, facts = run.path / "history.jsonl", run.path / "environment.json"
    lines = [json.loads(line) for line in history.read_text().splitlines()]
    lines[0]["net"] = "[/x] \x1b[2J"
    lines[0]["pictures"] = {"train [/y]": 60}
    lines.append({**lines[2], "epoch": 2, "metrics": {"new [/z]": 0.5}})
    history.write_text("".join(json.dumps(line) + "\n" for line in lines))
    said = json.loads(facts.read_text())
    facts.write_text(json.dumps(said | {"processor": "[/p]", "packages": {}}))
    listed, shown = lenswork("runs"), lenswork("show", "stripes-1")
    assert (listed.code, shown.code) == (0, 0), shown.err
    assert r"[/x] \x1b[2J" in listed.out
    for text in (r"[/x] \x1b[2J", "60 train [/y]", "on [/p]", "torch unsaid", "new [/z]"):
        assert text in shown.out
    assert "\x1b" not in listed.out + shown.out
