"""The program of one worker: `python -m lenswork.study.worker` answers questions in JSON.

    {"do": "train", "name", "recipe", "folder", "data_home"}   ->  {"reason"}
    {"do": "time", "recipe", "data_home", "seconds"}           ->  {"reason", "seconds"}
    {"do": "pace", "recipe", "data_home", "seconds"}           ->  {"reason", "pace"}

When its parent goes, so does it: a training that nobody waits for is ended.
"""

import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import torch

from lenswork.errors import LensworkError
from lenswork.record.train import open_for
from lenswork.record.writer import Recorder
from lenswork.study.pace import pace_of, pace_on_sample
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe

Question = Mapping[str, Any]


def train(question: Question) -> dict[str, Any]:
    """Train and record one trial."""
    recipe, data = open_for(Recipe.from_toml(question["recipe"]), _data_home(question))
    recorder = Recorder(Path(question["folder"]), question["name"])
    for _ in recorder.record(fit(recipe, data, device="cpu")):
        pass
    return {"reason": None}


def time(question: Question) -> dict[str, Any]:
    """Measure for some seconds how fast a recipe trains."""
    recipe, data = open_for(Recipe.from_toml(question["recipe"]), _data_home(question))
    return {"reason": None, "seconds": pace_of(recipe, data, question["seconds"])}


def pace(question: Question) -> dict[str, Any]:
    """Measure for some seconds, on a few of the pictures, how long a training will take."""
    recipe, data = open_for(Recipe.from_toml(question["recipe"]), _data_home(question))
    return {"reason": None, "pace": asdict(pace_on_sample(recipe, data, question["seconds"]))}


ANSWERS: dict[str, Callable[[Question], dict[str, Any]]] = {
    "train": train,
    "time": time,
    "pace": pace,
}


def answer(question: Question) -> dict[str, Any]:
    """Answer one question; what goes wrong in it is its answer, not the worker's end."""
    try:
        return ANSWERS[question["do"]](question)
    except LensworkError as error:
        return {"reason": str(error)}
    except MemoryError:
        return {"reason": "there was not enough memory"}
    except Exception as error:  # shown as the trial's reason: the study goes on
        return {"reason": f"{type(error).__name__}: {error}"}


def main() -> None:
    """Answer one question a line until there are no more."""
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    questions: queue.SimpleQueue[Question] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin, questions), daemon=True).start()
    while True:
        print(json.dumps(answer(questions.get())), file=out, flush=True)


def _listen(stdin: IO[str], questions: "queue.SimpleQueue[Question]") -> None:
    for line in stdin:
        questions.put(json.loads(line))
    os._exit(0)  # the parent is gone


def _data_home(question: Question) -> Path | None:
    return None if question["data_home"] is None else Path(question["data_home"])


if __name__ == "__main__":
    main()
