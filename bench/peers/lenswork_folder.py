"""Lenswork from a folder of files: open_data and fit, recipe `notes`, on the net that is asked for.

It is given the training part alone, so that nothing is evaluated within the epochs.
"""

from argparse import Namespace
from dataclasses import replace

import torch
from folder_program import Clock, folder_arguments, net_of
from measuring import peak_rss_mb

from lenswork import Dataset, Recipe, fit, open_data
from lenswork.training.events import EpochDone, StepDone

LEAST_WORK = "flatten, dense classes"  # for decoding all pictures once and no more


def opened(asked: Namespace) -> Dataset:
    """The training part of the folder."""
    data = open_data(asked.folder)
    return replace(data, parts={"train": data.train})


def make_recipe(asked: Namespace, data: Dataset) -> Recipe:
    """The notes' recipe, with the optimizer and the size of the others' nets."""
    height, width, _ = net_of(asked).shape
    return Recipe(
        data=data.name,
        recipe="notes",
        net=LEAST_WORK if asked.fill else asked.net,
        size=f"{height}x{width}",
        colours="rgb",
        optimizer="rmsprop",
        learning_rate=0.001,
        output="sigmoid",
        batch=asked.batch,
        epochs=1 if asked.fill else asked.epochs,
        steps_per_epoch=-(-len(data.train) // asked.batch),
        reduced=asked.reduced,
        seed=asked.seed,
    )


def main() -> None:
    """Open, train, answer."""
    parser = folder_arguments()
    parser.add_argument("--reduced", action="store_true", help="decode JPEGs at reduced size")
    asked = parser.parse_args()
    clock = Clock(asked)
    data = opened(asked)
    for event in fit(make_recipe(asked, data), data):
        if isinstance(event, StepDone):
            clock.step_done()
        elif isinstance(event, EpochDone):
            clock.epoch_done()
            if len(clock.epochs) == asked.epochs or asked.fill:
                peak = peak_rss_mb()
    if not asked.fill:
        clock.answer(peak, ["lenswork", "torch", "pillow", "numpy"], torch.get_num_threads())


if __name__ == "__main__":
    main()
