"""Classifiers with random weights that are whole: golden pictures of odd sizes, any contract."""

import numpy as np
import torch
from torch import nn

from lenswork.kinds import Picture
from lenswork.model.classifier import Classifier
from lenswork.model.contract import Contract, Output
from lenswork.model.network import Network
from lenswork.model.preprocess import Preprocess, Resize
from lenswork.model.spec import parse_net

NET = "conv 4, pool, batchnorm, conv 6 same, pool avg, flatten, dense 8, dense classes"


def portable(
    net: str = NET,
    shape: tuple[int, int, int] = (12, 10, 3),
    *,
    output: Output = "softmax",
    classes: int = 3,
    temperature: float | None = None,
    views: str = "one",
    normalise: bool = True,
    resize: Resize = "bilinear",
    reduced: bool = False,
) -> Classifier:
    """A classifier of a line of text whose weights and batch statistics are drawn by chance."""
    height, width, channels = shape
    contract = Contract(
        classes=tuple(f"class {label}" for label in range(classes)),
        preprocess=Preprocess(
            height=height,
            width=width,
            colours="grey" if channels == 1 else "rgb",
            resize=resize,
            normalise=normalise,
            reduced=reduced,
        ),
        output=output,
        net=net,
        temperature=temperature,
        views=views,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = Network(parse_net(net).with_outputs(contract.outputs), shape)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                for tensor in (module.running_mean, module.weight, module.bias):
                    assert tensor is not None
                    nn.init.normal_(tensor)
                assert module.running_var is not None
                module.running_var.uniform_(0.5, 2)
    golden = [noise((7 + 9 * label, 20 - 2 * label, channels), label) for label in range(classes)]
    return Classifier(network, contract, golden)


def noise(shape: tuple[int, ...], seed: int = 0) -> Picture:
    """A picture, or several, of random pixels."""
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
