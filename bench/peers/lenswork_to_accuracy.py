"""One training by Lenswork with the fields of a recipe, then one evaluation.

`--fields` is TOML: the fields of the recipe that are stated; the seed comes from `--seed`.
"""

import argparse
import time
import tomllib
from pathlib import Path

import torch
from lenswork_arrays import open_arrays, test_accuracy
from measuring import answer, peak_rss_mb

from lenswork import Classifier, Dataset, Recipe, fit
from lenswork.training.events import Finished, Started


def train(recipe: Recipe, data: Dataset) -> tuple[dict[str, float], str, Classifier]:
    """Measures of the whole loop, the recipe as it was filled in, and what was made."""
    prepare_seconds = began = 0.0
    filled = ""
    called = time.perf_counter()
    for event in fit(recipe, data):
        if isinstance(event, Started):
            filled = event.recipe.to_toml()
            began = time.perf_counter()
            prepare_seconds = began - called
        elif isinstance(event, Finished):
            measures = {
                "train_seconds": time.perf_counter() - began,
                "epochs": event.epochs,
                "prepare_seconds": prepare_seconds,
                "peak_rss_mb": peak_rss_mb(),
            }
            return measures, filled, event.classifier
    raise SystemExit("fit ended without Finished")


def main() -> None:
    """Train, then answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pictures", type=int, default=0, help="0 for all")
    parser.add_argument("--arrays", type=Path, required=True)
    parser.add_argument("--fields", default="", help="fields of the recipe as TOML")
    asked = parser.parse_args()
    began = time.perf_counter()
    data = open_arrays(asked.arrays, asked.pictures)
    opening_seconds = time.perf_counter() - began
    recipe = Recipe(**{"data": data.name, **tomllib.loads(asked.fields), "seed": asked.seed})
    measures, filled, classifier = train(recipe, data)
    measures["prepare_seconds"] += opening_seconds
    measures["test_accuracy_percent"] = 100 * test_accuracy(classifier, asked.arrays)
    libraries, threads = ["lenswork", "torch", "numpy"], torch.get_num_threads()
    answer(measures, libraries, threads, recipe=filled)


if __name__ == "__main__":
    main()
