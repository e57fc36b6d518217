"""Lenswork's own loop, recipe `notes`, read to its end through the public API.

It is given the training part alone, so that nothing is evaluated within the epochs.
"""

import math
import time
from argparse import Namespace

import torch
from lenswork_arrays import open_arrays, test_accuracy
from measuring import answer_epochs, equal_arguments, peak_rss_mb
from nets import NETS

from lenswork import Classifier, Dataset, Recipe, fit
from lenswork.training.events import EpochDone, Finished, Started


def make_recipe(asked: Namespace, data: Dataset) -> Recipe:
    """The notes' recipe on the net that is asked for, its epochs over all pictures."""
    one_output = NETS[asked.net].outputs == 1
    return Recipe(
        data=data.name,
        recipe="notes",
        net=asked.net,
        optimizer="rmsprop" if one_output else "adam",
        learning_rate=0.001,
        output="sigmoid" if one_output else "softmax",
        batch=asked.batch,
        epochs=asked.epochs,
        steps_per_epoch=math.ceil(len(data.train) / asked.batch),
        seed=asked.seed,
    )


def train(recipe: Recipe, data: Dataset) -> tuple[list[float], float, int, Classifier]:
    """Seconds of each epoch by the reader's clock, peak memory at the last, pictures, result."""
    seconds = []
    peak = began = 0.0
    pictures = 0
    for event in fit(recipe, data):
        if isinstance(event, Started):
            began = time.perf_counter()
        elif isinstance(event, EpochDone):
            now = time.perf_counter()
            seconds.append(now - began)
            began, peak, pictures = now, peak_rss_mb(), event.pictures
        elif isinstance(event, Finished):
            return seconds, peak, pictures, event.classifier
    raise SystemExit("fit ended without Finished")


def main() -> None:
    """Train, then answer."""
    asked = equal_arguments().parse_args()
    data = open_arrays(asked.arrays, asked.pictures)
    recipe = make_recipe(asked, data)
    seconds, peak, pictures, classifier = train(recipe, data)
    reached = test_accuracy(classifier, asked.arrays)
    libraries, threads = ["lenswork", "torch", "numpy"], torch.get_num_threads()
    answer_epochs(seconds, peak, reached, libraries, threads, pictures=pictures)


if __name__ == "__main__":
    main()
