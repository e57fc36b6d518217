"""Which pixels speak for an answer, by Grad-CAM, occlusion or integrated gradients.

Each map comes with a sanity check: the same map of the same network with re-drawn weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
from lenswork.look.attribution_sanity import Sanity, known, sanity_of
from lenswork.look.pictures import Shown
from lenswork.model.classifier import Classifier, Prediction

STEPS = 50  # of integrated gradients
# Networks with re-drawn weights: fewer where each map takes hundreds of passes
REDRAWN: dict[str, int] = {"grad-cam": 5, "occlusion": 2, "integrated-gradients": 3}


@dataclass(frozen=True)
class Attribution:
    """How much each pixel of one picture speaks for a class.

    `values` is (height, width) at the size of `picture`, the network's own uint8 input; above 0
    speaks for `class_name`, below 0 against it. `own` is the same map before it was brought to
    that size. `how` says method, layer and settings. `original_shape` is the given picture's
    (height, width, 1 for grey or 3 for RGB), before the contract changed it. `unexplained` is
    what integrated gradients leave of the score's rise from the baseline (0 is perfect; None for
    other methods).
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
    original_shape: tuple[int, ...]
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
            "original_shape": list(self.original_shape),
            "input_shape": list(self.picture.shape),
            "map": self.own.tolist(),
            "unexplained": self.unexplained,
            "rank_correlation_with_redrawn": known(sanity.correlations) if sanity else None,
            "rank_correlation_without_signs": known(sanity.absolute) if sanity else None,
            "sanity": sanity.as_dict() if sanity else None,
        }

    def lines(self) -> list[str]:
        """The answer, how much is unexplained, and the sanity check with its verdict."""
        answer = f"{self.prediction.class_name} {self.prediction.probability:.1%}"
        said = "" if self.truth is None else f", truth: {self.truth}"
        lines = [f"{self.id}: {answer}{said}; what speaks for {self.class_name}"]
        if self.unexplained is not None:
            lines.append(f"  the map leaves {self.unexplained:+.2g} of the logit unexplained")
        return lines + [f"  {line}" for line in (self.sanity.lines() if self.sanity else [])]


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
            original_shape=one.picture.shape,
            sanity=sanity_of(made[index], [maps[index] for maps in others]),
            unexplained=made[index].unexplained,
        )
        for index, one in enumerate(shown)
    ]


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
