"""Wrong labels planted in Fashion-MNIST, and how many of them Lenswork suspects, and how soon."""

import time
from dataclasses import replace

import numpy as np
import torch
from lenswork_data import asked_for, training_only
from measuring import answer, peak_rss_mb

from lenswork import Dataset, Recipe
from lenswork.data.dataset import Part
from lenswork.look.labels import Suspects, find_suspects, out_of_fold, plant_wrong_labels

FRACTION = 0.02


def counted(suspects: Suspects, planted: np.ndarray) -> dict[str, float]:
    """How many of the first suspects, and of all, are planted ones."""
    hit = np.isin(suspects.numbers, planted)
    return {
        "in_first_100": float(hit[:100].sum()),
        "in_first_500": float(hit[:500].sum()),
        "found_percent": 100 * float(hit.sum()) / len(planted),
        "suspects": float(len(suspects)),
    }


def planted_in(data: Dataset, seed: int) -> tuple[Dataset, np.ndarray]:
    """The data with wrong labels, and the numbers of the pictures that have them."""
    train = data.train
    labels, planted = plant_wrong_labels(train.labels, len(data.classes), FRACTION, seed)
    return replace(data, parts={"train": Part(train.source, labels, train.ids)}), planted


def main() -> None:
    """Plant, search, answer."""
    asked, _, data = asked_for()
    data, planted = planted_in(training_only(data, asked.pictures), asked.seed)
    recipe = Recipe(data="fashion-mnist", seed=asked.seed)  # what `mistakes --labels` trains
    began = time.perf_counter()
    probabilities = out_of_fold(data, recipe, seed=asked.seed)
    suspects = find_suspects(data.train.labels, probabilities)
    seconds = time.perf_counter() - began
    measures = counted(suspects, planted) | {
        "wall_seconds": seconds,
        "peak_rss_mb": peak_rss_mb(),
    }
    answer(measures, ["lenswork", "torch", "numpy"], torch.get_num_threads())


if __name__ == "__main__":
    main()
