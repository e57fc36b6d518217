"""A large folder of small pictures: scanned, checked, trained on cold and warm, each in a process.

`--only` is what such a process does; without it all are started, one after the other.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from first_step import drop_pages
from measuring import answer
from watched import Watched, watched

NET = "conv 8, pool, flatten, dense classes"
SIDE = 32
SMALLER = 100  # folders with few pictures, for a quick run
RIGHT_CODES = (0, 2)  # of the doctor, who has found something with 2


def scan(folder: Path) -> dict[str, float]:
    """Open the folder."""
    from lenswork import open_data

    began = time.perf_counter()
    open_data(folder)
    return {"seconds": time.perf_counter() - began}


def train(folder: Path, seed: int) -> dict[str, float]:
    """Open the folder, train an epoch and evaluate; the time is that from `fit` to its end."""
    from lenswork import Recipe, fit, open_data
    from lenswork.training.events import EpochDone

    data = open_data(folder)
    recipe = Recipe(
        data=data.name, recipe="fast", net=NET, size=f"{SIDE}x{SIDE}", epochs=1, seed=seed
    )
    began = time.perf_counter()
    for event in fit(recipe, data):
        if isinstance(event, EpochDone):
            seconds = time.perf_counter() - began
            pictures = sum(len(part) for part in data.parts.values())
    return {"seconds": seconds, "rate": pictures / seconds}


def all_of_it(asked: argparse.Namespace, folder: Path) -> dict[str, float]:
    """Measures of each process, and the largest memory of any."""
    runs = {"scan": work(asked, folder, "scan")}
    drop_pages(folder)
    runs["check"] = doctor(asked, folder, "--quick")
    runs["doctor"] = doctor(asked, folder)
    drop_pages(folder)
    runs["cold"] = work(asked, folder, "train")
    runs["warm"] = work(asked, folder, "train")
    measures = {}
    for name, run in runs.items():
        inner = inside(run) if name in ("scan", "cold", "warm") else {}
        measures[f"{name}_seconds"] = inner.get("seconds", run.seconds)
        if "rate" in inner:
            measures[f"{name}_rate"] = inner["rate"]
        measures[f"{name}_rss_mb"] = run.rss_mb
    measures["peak_rss_mb"] = max(run.rss_mb for run in runs.values())
    measures["anonymous_mb"] = max(run.anonymous_mb for run in runs.values())
    return measures


def inside(run: Watched) -> dict[str, float]:
    """What the process said that it measured."""
    found: dict[str, float] = json.loads(run.said.splitlines()[-1])
    return found


def work(asked: argparse.Namespace, folder: Path, only: str) -> Watched:
    """One thing only, in a process of its own; what it keeps is kept for the next."""
    command = [
        sys.executable, __file__, "--only", only, "--folder", str(folder), "--seed",
        str(asked.seed),
    ]  # fmt: skip
    return watched(command, environment(asked, "kept"))


def doctor(asked: argparse.Namespace, folder: Path, *words: str) -> Watched:
    """The command, with nothing that another process kept."""
    name = "-".join(("doctor", *words))
    command = [asked.lenswork, "doctor", str(folder), *words]
    return watched(command, environment(asked, name), RIGHT_CODES)


def environment(asked: argparse.Namespace, cache: str) -> dict[str, str]:
    """An empty home, and a folder for what is decoded."""
    return {
        **os.environ,
        "LENSWORK_CACHE": str(asked.home / cache),
        "LENSWORK_HOME": str(asked.home / "runs"),
    }


def main() -> None:
    """Do the one thing, or all and answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=["scan", "train"])
    parser.add_argument("--home", type=Path)
    parser.add_argument("--count", type=int, help="the folder in --folder that has so many")
    parser.add_argument("--pictures", type=int, default=0, help="not 0: a hundredth of them")
    parser.add_argument("--lenswork", help="the command")
    asked = parser.parse_args()
    if asked.only == "scan":
        print(json.dumps(scan(asked.folder)))
    elif asked.only == "train":
        print(json.dumps(train(asked.folder, asked.seed)))
    else:
        count = asked.count // SMALLER if asked.pictures else asked.count
        measures = all_of_it(asked, asked.folder / str(count))
        answer(measures, ["lenswork", "torch", "pillow", "numpy"])


if __name__ == "__main__":
    main()
