"""Trainings that are killed and asked for again, and how many come to what one unkilled does."""

import argparse
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measuring import answer
from safetensors.torch import load_file

from lenswork import Run

KILLS, QUICK_KILLS = 10, 3
PICTURES, QUICK_PICTURES = 6_000, 1_200
EPOCHS, QUICK_EPOCHS = 6, 3
NET = "conv 6, batchnorm, pool, dropout 0.3, flatten, dense 32, dropout 0.5, dense classes"
WORDS = (
    "train", "fashion-mnist", "--recipe", "notes", "--net", NET, "--validation", "0.02",
    "--batch", "64", "--schedule", "one-cycle", "--keep", "best", "--patience", "4",
    "--checkpoint-seconds", "0.3",
)  # fmt: skip


def main() -> None:
    """Train once without a kill, then kill, train on and compare."""
    asked = _arguments()
    quick = asked.pictures > 0
    kills = QUICK_KILLS if quick else KILLS
    amount = (QUICK_PICTURES, QUICK_EPOCHS) if quick else (PICTURES, EPOCHS)
    command = [asked.lenswork, *WORDS, "--seed", str(asked.seed)]
    command += ["--train-pictures", str(amount[0]), "--epochs", str(amount[1])]
    began = time.perf_counter()
    whole = ended(command, asked.home / "whole")
    wall_seconds = time.perf_counter() - began
    chance = random.Random(asked.seed)  # noqa: S311
    identical, continued, again_seconds = 0, 0, []
    for number in range(kills):
        home = asked.home / f"killed-{number}"
        while not killed(command, home, chance.uniform(0, wall_seconds)):
            home = home.with_name(f"{home.name}-again")
        began = time.perf_counter()
        run = ended(command, home)
        again_seconds.append(time.perf_counter() - began)
        identical += same(run, whole)
        continued += '"resumed"' in (run.path / "history.jsonl").read_text()
    measures = {
        "kills": kills,
        "identical": identical,
        "different": kills - identical,
        "continued": continued,
        "wall_seconds": wall_seconds,
        "again_seconds": statistics.mean(again_seconds),
    }
    answer(measures, ["lenswork", "torch", "numpy"], torch.get_num_threads())


def ended(command: list[str], home: Path) -> Run:
    """Run the command to its end; its only run."""
    done = subprocess.run(
        [*command, "--home", str(home)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"ended with {done.returncode}: {done.stderr[-2000:]}")
    folders = [path for path in home.iterdir() if path.is_dir() and not path.name.startswith(".")]
    if len(folders) != 1:
        sys.exit(f"expected one run, got {len(folders)}: the command did not go on with the first")
    return Run(folders[0])


def killed(command: list[str], home: Path, seconds: float) -> bool:
    """Kill the command after so many seconds; false if its run was over before."""
    with (home.parent / "said.txt").open("w") as said:
        process = subprocess.Popen([*command, "--home", str(home)], stdout=said, stderr=said)
        time.sleep(seconds)
        process.kill()
        process.wait()
    histories = [path.read_text() for path in home.glob("[!.]*/history.jsonl")]
    return not any('"event": "finished"' in history for history in histories)


def same(one: Run, other: Run) -> bool:
    """Whether two runs are alike to the last bit, but for their times."""
    if _history(one) != _history(other) or one.end != other.end:
        return False
    for part, answers in other.answers.items():
        if not np.array_equal(one.answers[part].probabilities, answers.probabilities):
            return False
    weights, others = load_file(one.classifier_path), load_file(other.classifier_path)
    return weights.keys() == others.keys() and all(
        torch.equal(weights[name], others[name]) for name in weights
    )


def _history(run: Run) -> list[dict[str, Any]]:
    seconds = ("train_seconds", "evaluate_seconds")
    return [{key: row[key] for key in row if key not in seconds} for row in run.history]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pictures", type=int, default=0, help="not 0: little work, 3 kills")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--lenswork", required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
