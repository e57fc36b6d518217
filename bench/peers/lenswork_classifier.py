"""A classifier's file of one of the bench's nets, with random weights."""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from lenswork import Classifier
from lenswork.model.contract import Contract
from lenswork.model.network import Network
from lenswork.model.preprocess import Preprocess
from lenswork.model.presets import PRESETS
from lenswork.model.spec import parse_net

SIDE = 300  # pixels of a picture to be answered


def write_classifier(folder: Path, net: str, seed: int) -> Path:
    """The path of a file in `folder`; its golden pictures are noise."""
    preset = PRESETS[net]
    height, width, channels = preset.input_shape
    network = Network(parse_net(preset.net).with_outputs(preset.outputs), preset.input_shape)
    network.initialise("glorot-uniform", seed)
    classes = tuple(f"class {label}" for label in range(max(2, preset.outputs)))
    contract = Contract(
        classes=classes,
        preprocess=Preprocess(
            height=height, width=width, colours="grey" if channels == 1 else "rgb"
        ),
        output="sigmoid" if preset.outputs == 1 else "softmax",
        net=preset.net,
    )
    chance = np.random.default_rng(seed)
    golden = [chance.integers(0, 256, (28, 28, channels), dtype=np.uint8) for _ in classes]
    path = folder / "classifier.safetensors"
    Classifier(network, contract, golden).save(path)
    return path


def main() -> None:
    """Write a classifier and a picture: FOLDER NET SEED."""
    folder, net, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    write_classifier(folder, net, seed)
    noise = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "picture.png")


if __name__ == "__main__":
    main()
