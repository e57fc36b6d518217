"""Lenswork's own loop, read to its end through the public API.

It is given the training part alone, so that nothing is evaluated within the epochs.
"""

import time

import torch
from lenswork_data import asked_for, training_only
from measuring import answer_epochs, peak_rss_mb

import lenswork
from lenswork import Classifier, Dataset, Recipe
from lenswork.training.events import EpochDone, Finished, Started


def train(recipe: Recipe, data: Dataset) -> tuple[list[float], float, Classifier]:
    """Seconds of each epoch by the reader's clock, peak memory at the last, and what was made."""
    seconds = []
    peak = 0.0
    began = 0.0
    for event in lenswork.fit(recipe, data):
        if isinstance(event, Started):
            began = time.perf_counter()
        elif isinstance(event, EpochDone):
            now = time.perf_counter()
            seconds.append(now - began)
            began, peak = now, peak_rss_mb()
        elif isinstance(event, Finished):
            return seconds, peak, event.classifier
    raise SystemExit("fit ended without Finished")


def accuracy(classifier: Classifier, data: Dataset) -> float:
    """The share of test pictures that is called right."""
    pictures = [data.test.source.read(index) for index in range(len(data.test))]
    names = [prediction.class_name for prediction in classifier.predict(pictures)]
    truth = [data.classes[label] for label in data.test.labels]
    return sum(map(str.__eq__, names, truth)) / len(truth)


def main() -> None:
    """Train, then answer."""
    asked, recipe, data = asked_for()
    seconds, peak, classifier = train(recipe, training_only(data, asked.pictures))
    reached = accuracy(classifier, data)
    libraries = ["lenswork", "torch", "numpy"]
    answer_epochs(seconds, peak, reached, libraries, torch.get_num_threads())


if __name__ == "__main__":
    main()
