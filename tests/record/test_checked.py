"""A record that says what cannot be is refused in words, whoever wrote it."""

import json
from pathlib import Path
from typing import Any

import pytest
from recorded_runs import ENVIRONMENT, write_run

from lenswork.errors import RunError
from lenswork.record.index import list_runs
from lenswork.record.run import Run

EPOCH: dict[str, Any] = {
    "event": "epoch", "epoch": 2, "metrics": {}, "train_seconds": 1, "evaluate_seconds": 1,
}  # fmt: skip
WRONG: list[tuple[Any, str]] = [
    ([], "a line is no event"),
    ({"event": 5}, "a line is no event"),
    ({"event": "epoch"}, "event epoch lacks epoch, evaluate_seconds, metrics, train_seconds"),
    (EPOCH | {"metrics": []}, r"metrics of event epoch cannot be \[\]"),
    (EPOCH | {"metrics": {"loss": "low"}}, "metrics of event epoch cannot be"),
    (EPOCH | {"metrics": {"loss": 10**400}}, "metrics of event epoch cannot be"),
    (EPOCH | {"train_seconds": "long"}, "train_seconds of event epoch cannot be long"),
    (EPOCH | {"epoch": -1}, "epoch of event epoch cannot be -1"),
    ({"event": "finished", "metrics": {}, "stopped": []}, "stopped of event finished cannot be"),
    ({"event": "failed", "reason": None}, "reason of event failed cannot be None"),
    ({"event": "started", "classes": "cat"}, "classes of event started cannot be cat"),
    ({"event": "started", "pictures": {"train": "all"}}, "pictures of event started cannot be"),
    ({"event": "started", "parameters": {}}, "parameters of event started cannot be"),
    ({"event": "read", "unread": "some"}, "unread of event read cannot be some"),
]


@pytest.mark.parametrize(("line", "sentence"), WRONG)
def test_a_line_that_cannot_be_is_refused(tmp_path: Path, line: Any, sentence: str) -> None:
    run = write_run(tmp_path / "odd", [0, 1, 2], [0, 1, 1])
    with (run.path / "history.jsonl").open("a") as history:
        history.write(json.dumps(line) + "\n")
    with pytest.raises(RunError, match=rf"history\.jsonl is damaged: {sentence}"):
        Run(run.path).summary()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"started": 2026}, "started of the conditions cannot be 2026"),
        ({"packages": ["torch"]}, "packages of the conditions cannot be"),
        ({"cores": "two"}, "cores of the conditions cannot be two"),
    ],
)
def test_conditions_that_cannot_be_are_refused(
    tmp_path: Path, changed: dict[str, Any], sentence: str
) -> None:
    run = write_run(tmp_path / "odd", [0, 1, 2], [0, 1, 1])
    (run.path / "environment.json").write_text(json.dumps(ENVIRONMENT | changed))
    with pytest.raises(RunError, match=sentence):
        Run(run.path).summary()


def test_an_unknown_event_of_a_later_version_is_read(tmp_path: Path) -> None:
    run = write_run(tmp_path / "new", [0, 1, 2], [0, 1, 1])
    with (run.path / "history.jsonl").open("a") as history:
        history.write('{"event": "paused", "for": 3}\n')
    assert Run(run.path).status == "finished"


def test_a_run_that_cannot_be_hides_no_other(tmp_path: Path) -> None:
    for place, (line, _) in enumerate(WRONG):
        path = write_run(tmp_path / f"odd-{place}", [0, 1, 2], [0, 1, 1]).path
        with (path / "history.jsonl").open("a") as history:
            history.write(json.dumps(line) + "\n")
    write_run(tmp_path / "good", [0, 1, 2], [0, 1, 1])
    runs, problems = list_runs(tmp_path)
    assert [run.name for run in runs] == ["good"]
    assert len(problems) == len(WRONG)
