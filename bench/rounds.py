"""Rounds: every contender once, one after the other, each in a fresh process."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from environments import LISTS, python_of
from machine import Span, other_work_percent, usage_now
from part import Contender, Part
from rates import with_rates
from turns import turn

MOST_TRIES = 5
Answer = dict[str, Any]  # {"measures": {name: number}, "versions": {...}, "threads": ...}

# Whoever sets one of these in their shell would measure their setting, not the program.
_TUNING = (
    "KERAS_BACKEND", "KMP_AFFINITY", "KMP_BLOCKTIME", "LD_PRELOAD", "MALLOC_ARENA_MAX",
    "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MKL_NUM_THREADS", "OMP_NUM_THREADS",
    "OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "PYTHONDONTWRITEBYTECODE", "TF_ENABLE_ONEDNN_OPTS",
    "TF_NUM_INTEROP_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_XLA_FLAGS",
)  # fmt: skip


class MeasurementError(RuntimeError):
    """A contender failed or did not answer; the text ends with what it last wrote."""


@dataclass(frozen=True)
class Settings:
    """What a run of the bench was asked for; `pictures` 0 means all of them.

    `data` is the folder of Fashion-MNIST's files, `arrays` that of the part's decoded pictures,
    `folder` that of its picture files.
    A round during which other work took more than `most_other_percent` of the cores' time is
    thrown away and run again; None keeps every round. `lock` is held while a program is measured.
    """

    epochs: int
    pictures: int
    data: Path
    most_other_percent: float | None = None
    arrays: Path = Path()
    folder: Path = Path()
    lock: Path | None = None


@dataclass(frozen=True)
class Round:
    """The answers of the contenders under one seed, and what else the machine did meanwhile."""

    seed: int
    other_work_percent: float | None
    load_before: float
    answers: dict[str, Answer]
    thrown_away: int = 0  # tries before this one that other work disturbed


def run_rounds(part: Part, settings: Settings, rounds: int) -> Iterator[Round]:
    """Yield `rounds` rounds of `part`, each finished before the next is begun."""
    pythons = {contender.name: python_of(contender.environment) for contender in part.contenders}
    for _ in range(part.rehearsals):
        _run_round(part, settings, pythons, seed=0, rounds=1)
    for seed in range(rounds):
        yield _undisturbed(part, settings, pythons, seed, rounds)


def takes_part(contender: Contender, seed: int, rounds: int) -> bool:
    """Whether `contender` runs in round `seed` of `rounds`: its own rounds are spread evenly."""
    return contender.rounds is None or seed * contender.rounds % rounds < contender.rounds


def _undisturbed(
    part: Part, settings: Settings, pythons: dict[str, Path], seed: int, rounds: int
) -> Round:
    for tried in range(MOST_TRIES):
        one = _run_round(part, settings, pythons, seed, rounds)
        limit, other = settings.most_other_percent, one.other_work_percent
        if limit is None or other is None or other <= limit:
            return replace(one, thrown_away=tried)
        print(f"  thrown away: {other}% of other work, {limit:g}% allowed", file=sys.stderr)
    raise MeasurementError(f"other work disturbed round {seed} {MOST_TRIES} times")


def _run_round(
    part: Part, settings: Settings, pythons: dict[str, Path], seed: int, rounds: int
) -> Round:
    load = os.getloadavg()[0]
    answers: dict[str, Answer] = {}
    spans: list[Span] = []
    for contender in part.contenders:
        if takes_part(contender, seed, rounds):
            with turn(settings.lock):
                before = usage_now()
                answers[contender.name] = measure(
                    contender, pythons[contender.name], settings, seed
                )
                spans.append((before, usage_now()))
    share = other_work_percent(spans)
    return Round(seed, share, round(load, 2), with_rates(part.work, answers))


def measure(contender: Contender, python: Path, settings: Settings, seed: int) -> Answer:
    """One fresh process of `contender`, and the JSON line that it prints last."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        values = {
            "seed": str(seed),
            "epochs": str(settings.epochs),
            "pictures": str(settings.pictures),
            "data": str(settings.data),
            "arrays": str(settings.arrays),
            "folder": str(settings.folder),
            "home": home,
            "bin": str(python.parent),
        }
        arguments = [argument.format_map(values) for argument in contender.arguments]
        done = subprocess.run(
            [python, LISTS / contender.script, *arguments],
            env=_untuned(),
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise MeasurementError(f"{contender.name} ended with {done.returncode}: {_end(done)}")
    return _answer(contender, done)


def _untuned() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _TUNING}


def _answer(contender: Contender, done: subprocess.CompletedProcess[str]) -> Answer:
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"measures"')]
    if not lines:
        raise MeasurementError(f"{contender.name} printed no answer: {_end(done)}")
    answer: Answer = json.loads(lines[-1])
    print(f"  {contender.name}: {json.dumps(answer['measures'])}", file=sys.stderr, flush=True)
    return answer


def _end(done: subprocess.CompletedProcess[str]) -> str:
    return "\n".join((done.stdout + done.stderr).splitlines()[-20:])
