"""Run folders written by hand: their answers are whatever a test needs, nothing is trained."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tomli_w
from numpy.typing import NDArray

from lenswork.record.run import Run

ENVIRONMENT = {
    "started": "2026-01-01T00:00:00+00:00",
    "processor": "abacus",
    "cores": 2,
    "packages": {"torch": "2.0"},
    "lenswork": "0.1.0",
}


def write_run(
    path: Path,
    answers: Sequence[int],
    truth: Sequence[int],
    *,
    classes: Sequence[str] = ("cat", "dog", "owl"),
    ids: Sequence[str] | None = None,
    part: str = "test",
    sure: float = 0.9,
    **fields: object,
) -> Run:
    """A finished run that answered pictures so, `sure` of each; `fields` are of its recipe."""
    path.mkdir(parents=True)
    recipe = {"data": "zoo", "net": "flatten, dense classes", "seed": 0, **fields}
    (path / "recipe.toml").write_text(tomli_w.dumps(recipe), "utf-8")
    (path / "environment.json").write_text(json.dumps(ENVIRONMENT), "utf-8")
    lines: list[dict[str, object]] = [
        {"event": "started", "classes": list(classes), "pictures": {"train": 9, part: len(truth)},
         "net": recipe["net"], "parameters": 1234},
        {"event": "epoch", "epoch": 1, "metrics": {"loss": 0.5}, "train_seconds": 2.5,
         "evaluate_seconds": 0.5},
        {"event": "finished", "stopped": None, "metrics": {}},
    ]  # fmt: skip
    (path / "history.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines), "utf-8")
    names = ids or [f"{part}/{number}" for number in range(len(truth))]
    arrays = {
        f"{part}_ids": np.array(names),
        f"{part}_truth": np.array(truth),
        f"{part}_probabilities": surely(answers, len(classes), sure),
    }
    np.savez(path / "predictions.npz", **arrays)  # type: ignore[arg-type]
    return Run(path)


def surely(answers: Sequence[int], classes: int, sure: float = 0.9) -> NDArray[np.float32]:
    """Probabilities (count, classes): `sure` for each answer, the rest shared by the others."""
    table = np.full((len(answers), classes), (1 - sure) / (classes - 1), np.float32)
    table[np.arange(len(answers)), np.array(answers)] = sure
    return table
