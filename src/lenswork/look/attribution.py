"""Which pixels speak for an answer, by Grad-CAM, occlusion or integrated gradients.

Each map comes with a sanity check: the same map of the same network with re-drawn weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr
from torch import nn

from lenswork.errors import UsageError
from lenswork.kinds import Picture
from lenswork.look.activations import network_input, prepared
from lenswork.look.attribution_methods import (
    METHODS,
    Baseline,
    Map,
    Method,
    Numbers,
    Scorer,
    Settings,
    map_of,
    redraw,
)
from lenswork.look.pictures import Shown
from lenswork.model.classifier import Classifier, Prediction

STEPS = 50  # of integrated gradients
# Networks with re-drawn weights: fewer where each map takes hundreds of passes
REDRAWN: dict[str, int] = {"grad-cam": 5, "occlusion": 2, "integrated-gradients": 3}


@dataclass(frozen=True)
class Sanity:
    """The same map of networks with re-drawn weights (Adebayo et al. 2018, "Sanity checks").

    `values` is the first re-drawn network's map, (height, width). `correlations` has Spearman's
    rank correlation over the map's own `places` for each re-drawn network, and `absolute` the
    same of the sizes without their signs, as the paper has both; NaN where a map is the same
    everywhere. Near 0: the map shows what was learned. Near 1: it would look like this whatever
    was learned.
    """

    values: Numbers
    correlations: tuple[float, ...]
    absolute: tuple[float, ...]
    places: int

    def lines(self) -> list[str]:
        """The correlations in words: mean and range over the re-drawn networks."""
        said = [f"rank correlation {_spread(self.correlations)}"]
        if not np.array_equal(self.absolute, self.correlations, equal_nan=True):
            said.append(f"without signs {_spread(self.absolute)}")
        flat = int(np.isnan(self.correlations).sum())
        left_out = f" ({flat} flat)" if 0 < flat < len(self.correlations) else ""
        return [*said, f"{len(self.correlations)} re-drawn{left_out}, {self.places:,} places"]


@dataclass(frozen=True)
class Attribution:
    """How much each pixel of one picture speaks for a class.

    `values` is (height, width) at the size of `picture`, the network's own uint8 input; above 0
    speaks for `class_name`, below 0 against it. `own` is the same map before it was brought to
    that size. `how` says method, layer and settings. `unexplained` is what integrated gradients
    leave of the score's rise from the baseline (0 is perfect; None for other methods).
    """

    id: str
    truth: str | None
    picture: Picture
    prediction: Prediction
    class_name: str
    method: Method
    how: str
    values: Numbers
    own: Numbers
    sanity: Sanity | None
    unexplained: float | None = None

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        sanity = self.sanity
        return {
            "id": self.id,
            "truth": self.truth,
            "answer": self.prediction.class_name,
            "probabilities": self.prediction.probabilities,
            "class": self.class_name,
            "method": self.method,
            "how": self.how,
            "map": self.own.tolist(),
            "unexplained": self.unexplained,
            "rank_correlation_with_redrawn": _known(sanity.correlations) if sanity else None,
            "rank_correlation_without_signs": _known(sanity.absolute) if sanity else None,
        }


def attribute(
    classifier: Classifier,
    shown: Sequence[Shown],
    method: Method = "grad-cam",
    *,
    class_name: str | None = None,
    layer: str | None = None,
    baseline: Baseline | None = None,
    window: int | None = None,
    steps: int = STEPS,
    redrawn: int | None = None,
    seed: int = 0,
) -> list[Attribution]:
    """Say which pixels speak for the predicted class, or for `class_name`.

    The score that is explained is the class's logit, before softmax; of a sigmoid's one output,
    the logit for the second class and its negative for the first. `layer` is for grad-cam, the
    last convolution if left out. `baseline` is what a pixel counts against: black for
    integrated gradients, the picture's mean colour for occlusion. `window` is the side in
    pixels of what occlusion covers, an eighth of the picture if left out. `redrawn` networks
    check each map (5 for grad-cam, 3 for integrated gradients, 2 for occlusion); 0 leaves the
    check out. Raises `UsageError` for a method, class, layer or
    number that does not exist.
    """
    if method not in METHODS:
        raise UsageError(f"attribution is one of {', '.join(METHODS)}; got {method!r}")
    if layer is not None and method != "grad-cam":
        raise UsageError(f"only grad-cam looks at a layer; {method} looks at the picture itself")
    default: Baseline = "mean" if method == "occlusion" else "black"
    settings = Settings(method, layer, baseline or default, window, steps)
    _check(classifier, settings, class_name)
    pictures = prepared(classifier, [one.picture for one in shown])
    predictions = classifier.predictions(classifier.probabilities(pictures))
    inputs = network_input(classifier, pictures)
    explained = [class_name or prediction.class_name for prediction in predictions]

    def maps_of(network: nn.Module) -> list[Map]:
        scores = [
            Scorer(classifier, network, name, watched=method == "grad-cam") for name in explained
        ]
        return [
            map_of(score, inputs[index : index + 1], settings) for index, score in enumerate(scores)
        ]

    made = maps_of(classifier.network)
    count = REDRAWN[method] if redrawn is None else redrawn
    others = [maps_of(redraw(classifier.network, seed + number)) for number in range(count)]
    return [
        Attribution(
            id=one.id,
            truth=one.truth,
            picture=pictures[index],
            prediction=predictions[index],
            class_name=explained[index],
            method=method,
            how=made[index].how,
            values=made[index].values,
            own=made[index].own,
            sanity=_sanity(made[index], [maps[index] for maps in others]),
            unexplained=made[index].unexplained,
        )
        for index, one in enumerate(shown)
    ]


def _sanity(made: Map, others: Sequence[Map]) -> Sanity | None:
    if not others:
        return None
    correlations = tuple(rank_correlation(made.own, other.own) for other in others)
    absolute = tuple(rank_correlation(np.abs(made.own), np.abs(other.own)) for other in others)
    return Sanity(others[0].values, correlations, absolute, made.own.size)


def rank_correlation(first: Numbers, second: Numbers) -> float:
    """Spearman's rank correlation of two maps, NaN when one is the same everywhere."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(spearmanr(first.ravel(), second.ravel()).statistic)


def _known(values: Sequence[float]) -> list[float | None]:
    """JSON knows no NaN."""
    return [None if np.isnan(value) else value for value in values]


def _spread(values: Sequence[float]) -> str:
    """Mean and range of the numbers among `values`."""
    known = [value for value in values if not np.isnan(value)]
    if not known:
        return "unknown: flat map"
    spread = f" ({min(known):+.2f} to {max(known):+.2f})" if len(known) > 1 else ""
    return f"{np.mean(known):+.2f}{spread}"


def _check(classifier: Classifier, settings: Settings, class_name: str | None) -> None:
    if class_name is not None and class_name not in classifier.classes:
        raise UsageError(
            f"there is no class {class_name!r}; the classes are: {', '.join(classifier.classes)}"
        )
    if settings.baseline not in ("black", "white", "mean"):
        raise UsageError(f"baseline is black, white or mean; got {settings.baseline!r}")
    if settings.steps < 1:
        raise UsageError(f"steps must be at least 1, got {settings.steps}")
    height, width, _ = classifier.contract.preprocess.input_shape
    if settings.window is not None and not 1 <= settings.window <= min(height, width):
        raise UsageError(
            f"window must be from 1 to {min(height, width)} pixels for pictures of "
            f"{height}x{width}, got {settings.window}"
        )
