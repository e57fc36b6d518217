"""How long a look takes: all feature maps of one picture, and the mistakes of 10,000."""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from measuring import answer

from lenswork import Classifier
from lenswork.look.activations import activations
from lenswork.model.contract import Contract
from lenswork.model.network import Network
from lenswork.model.preprocess import Preprocess
from lenswork.model.presets import PRESETS
from lenswork.model.spec import parse_net

TIMES = 40
COMMANDS = 5
STEPS = "20"  # of training: what is measured does not depend on how good the answers are


def activations_ms(seed: int) -> float:
    """The median time for all layers of `horses-300-deep` on one 300x300 picture."""
    preset = PRESETS["horses-300-deep"]
    network = Network(parse_net(preset.net).with_outputs(1), preset.input_shape)
    network.initialise("glorot-uniform", seed)
    preprocess = Preprocess(height=300, width=300, colours="rgb")
    contract = Contract(
        classes=("horse", "human"), preprocess=preprocess, output="sigmoid", net=preset.net
    )
    classifier = Classifier(network, contract, [])
    picture = np.random.default_rng(seed).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        activations(classifier, [picture])
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


def mistakes_seconds(home: Path, data: Path, seed: int) -> list[float]:
    """Times of `lenswork mistakes` on a run with 10,000 recorded answers, each a new process."""
    lenswork = [sys.executable, "-m", "lenswork"]
    run = ["train", "fashion-mnist", "--steps-per-epoch", STEPS, "--epochs", "1", "--seed"]
    where = ["--home", str(home), "--data-home", str(data.parent)]
    subprocess.run([*lenswork, *run, str(seed), *where], check=True, capture_output=True)
    times = []
    for _ in range(COMMANDS + 1):  # the first one finds nothing cached
        began = time.perf_counter()
        subprocess.run([*lenswork, "mistakes", *where], check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return times[1:]


def main() -> None:
    """Measure both and answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    asked = parser.parse_args()
    times = mistakes_seconds(asked.home, asked.data, asked.seed)
    measures = {
        "activations_ms": activations_ms(asked.seed),
        "mistakes_seconds": statistics.median(times),
        "slowest_mistakes_seconds": max(times),
    }
    answer(measures, ["lenswork", "torch", "numpy"], torch.get_num_threads())


if __name__ == "__main__":
    main()
