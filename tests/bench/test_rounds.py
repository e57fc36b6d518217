"""Rounds run every contender in turn, each in its own process, and say why one failed."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

import rounds
from part import PROJECT, Contender, Measure, Part
from rounds import MeasurementError, Settings, measure, run_rounds, takes_part

SETTINGS = Settings(epochs=3, pictures=0, data=Path("pictures"))
PYTHON = Path(sys.executable)
SPEAKER = """\
import json, os, sys
print("chatter")
print(json.dumps({"measures": {"seed": int(sys.argv[1])}, "set": sorted(os.environ)}))
"""


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands in for bench/peers/."""
    (tmp_path / "speaks.py").write_text(SPEAKER)
    (tmp_path / "fails.py").write_text("raise SystemExit('no data today')")
    (tmp_path / "mumbles.py").write_text("print('done')")
    monkeypatch.setattr(rounds, "LISTS", tmp_path)
    return tmp_path


def speaker(name: str) -> Contender:
    return Contender(name, "speaks", PROJECT, "speaks.py", ("{seed}",))


def test_every_round_runs_all_contenders_under_one_seed(
    scripts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "python_of", lambda _: PYTHON)
    part = Part("p", "", "", (), (speaker("a"), speaker("b")), (Measure("seed", "seed"),), ())
    done = list(run_rounds(part, SETTINGS, 2))
    assert [list(one.answers) for one in done] == [["a", "b"], ["a", "b"]]
    assert [one.answers["b"]["measures"]["seed"] for one in done] == [0, 1]


@pytest.mark.parametrize("own", [1, 2, 3, 7, 10])
def test_a_contender_with_fewer_rounds_has_exactly_those_and_the_first(own: int) -> None:
    contender = replace(speaker("a"), rounds=own)
    taken = [seed for seed in range(10) if takes_part(contender, seed, 10)]
    assert len(taken) == own
    assert taken[0] == 0
    gaps = [after - before for before, after in zip(taken, [*taken[1:], 10], strict=True)]
    assert max(gaps) - min(gaps) <= 1


def test_one_round_runs_every_contender() -> None:
    assert takes_part(replace(speaker("a"), rounds=3), seed=0, rounds=1)
    assert [takes_part(replace(speaker("a"), rounds=3), seed, 2) for seed in range(2)] == [True] * 2


def test_a_contender_that_sits_a_round_out_has_no_answer_in_it(
    scripts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "python_of", lambda _: PYTHON)
    seldom = replace(speaker("seldom"), rounds=1)
    part = Part("p", "", "", (), (speaker("a"), seldom), (Measure("seed", "seed"),), ())
    done = list(run_rounds(part, SETTINGS, 2))
    assert [list(one.answers) for one in done] == [["a", "seldom"], ["a"]]


def test_a_disturbed_round_is_thrown_away_and_run_again_under_its_seed(
    scripts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = iter([30.0, 6.0, 5.0, 0.0])
    monkeypatch.setattr(rounds, "other_work_percent", lambda *_: next(shares))
    monkeypatch.setattr(rounds, "python_of", lambda _: PYTHON)
    part = Part("p", "", "", (), (speaker("a"),), (Measure("seed", "seed"),), ())
    done = list(run_rounds(part, replace(SETTINGS, most_other_percent=5.0), 2))
    assert [(one.seed, one.other_work_percent, one.thrown_away) for one in done] == [
        (0, 5.0, 2),
        (1, 0.0, 0),
    ]


def test_rounds_that_are_always_disturbed_end_the_part(
    scripts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "other_work_percent", lambda *_: 50.0)
    monkeypatch.setattr(rounds, "python_of", lambda _: PYTHON)
    part = Part("p", "", "", (), (speaker("a"),), (Measure("seed", "seed"),), ())
    with pytest.raises(MeasurementError, match="other work disturbed round 0 5 times"):
        list(run_rounds(part, replace(SETTINGS, most_other_percent=5.0), 1))


def test_settings_of_the_users_shell_do_not_reach_the_contenders(
    scripts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("LENSWORK_DATA", "pictures")
    given = measure(speaker("a"), PYTHON, SETTINGS, seed=0)["set"]
    assert "OMP_NUM_THREADS" not in given
    assert "LENSWORK_DATA" in given


def test_a_contender_that_fails_is_named_with_its_last_words(scripts: Path) -> None:
    failing = Contender("failing", "", PROJECT, "fails.py")
    with pytest.raises(MeasurementError, match="failing ended with 1: no data today"):
        measure(failing, PYTHON, SETTINGS, seed=0)


def test_a_contender_without_an_answer_is_named(scripts: Path) -> None:
    mumbling = Contender("mumbling", "", PROJECT, "mumbles.py")
    with pytest.raises(MeasurementError, match="mumbling printed no answer: done"):
        measure(mumbling, PYTHON, SETTINGS, seed=0)
