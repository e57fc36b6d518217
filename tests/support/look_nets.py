"""Classifiers with random weights, and what the tests of figures need."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from torch import nn

from lenswork.kinds import Picture
from lenswork.model.classifier import Classifier
from lenswork.model.contract import Contract
from lenswork.model.network import Network
from lenswork.model.preprocess import Preprocess
from lenswork.model.spec import parse_net


def classifier_of(
    net: str,
    shape: tuple[int, int, int] = (12, 12, 1),
    *,
    classes: int = 3,
    seed: int = 0,
    normalise: bool = True,
) -> Classifier:
    """A classifier of a line of text, its weights and batch statistics drawn from `seed`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Network(parse_net(net).with_outputs(classes), shape)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                assert module.running_mean is not None
                assert module.running_var is not None
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2)
    return wrapped(network, shape, net, classes=classes, normalise=normalise)


def first_conv(classifier: Classifier) -> nn.Conv2d:
    """The first layer, a convolution, to set its weights."""
    assert isinstance(classifier.network, Network)
    conv = classifier.network.layers[0]
    assert isinstance(conv, nn.Conv2d)
    return conv


def wrapped(
    network: nn.Module,
    shape: tuple[int, int, int],
    net: str | None = None,
    *,
    classes: int = 3,
    normalise: bool = True,
) -> Classifier:
    """A network with a contract: classes "stripe 0" and so on."""
    height, width, channels = shape
    contract = Contract(
        classes=tuple(f"stripe {label}" for label in range(classes)),
        preprocess=Preprocess(
            height=height,
            width=width,
            colours="grey" if channels == 1 else "rgb",
            normalise=normalise,
        ),
        output="softmax",
        net=net,
    )
    return Classifier(network, contract, [])


def noise(shape: Sequence[int], seed: int = 0) -> Picture:
    """A picture of random pixels."""
    return np.random.default_rng(seed).integers(0, 256, tuple(shape), dtype=np.uint8)


def texts(figure: Figure) -> list[str]:
    """Every word that the figure shows."""
    return [text.get_text() for text in _shown(figure)]


def cut_off(figure: Figure) -> list[str]:
    """The texts of which a part lies outside the figure, once it is laid out."""
    canvas = FigureCanvasAgg(figure)
    figure.draw_without_rendering()  # as when it is saved
    canvas.draw()  # type: ignore[no-untyped-call]
    page = figure.bbox.padded(1)
    return [
        text.get_text()
        for text in _shown(figure)
        if not all(page.contains(*corner) for corner in text.get_window_extent().corners())
    ]


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    """The pairs of texts that lie on one another, once the figure is laid out."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    boxes = [(text.get_text(), text.get_window_extent().padded(-1)) for text in _shown(figure)]
    return [
        (one, other) for (one, box), (other, its) in combinations(boxes, 2) if box.overlaps(its)
    ]


def smallest_printed(figure: Figure) -> float:
    """The smallest text's points where the figure is printed 6.3 inches (16 cm) wide."""
    points = min(float(text.get_fontsize()) for text in _shown(figure))
    return points * min(1.0, 6.3 / float(figure.get_figwidth()))


def _shown(figure: Figure) -> list[Text]:
    found = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    unseen = {id(label) for axes in figure.axes for label in _labels_beyond(axes)}
    return [text for text in found if id(text) not in unseen and _is_shown(text)]


def _labels_beyond(axes: Axes) -> list[Text]:
    """Labels of ticks beyond the ends of an axis, which are never drawn."""
    return [
        label
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
        for label in (tick.label1, tick.label2)
    ]


def _is_shown(text: Text) -> bool:
    axes = text.axes
    on_page = axes is None or axes.axison
    return on_page and text.get_visible() and bool(text.get_text().strip())
