"""Which pixels speak for an answer, by Grad-CAM, occlusion or integrated gradients.

Each map comes with a sanity check: the same map of the same network with re-drawn weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack

from torch import Tensor, nn

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
REDRAWN = 5  # networks with re-drawn weights: one odd one among two or three decides too much


class How(TypedDict, total=False):
    """How `attribute` makes its maps; what is left out or None is chosen for the method.

    `layer` is for grad-cam, the last convolution if left out. `baseline` is what a pixel counts
    against: black for integrated gradients, the picture's mean colour for occlusion. `window` is
    the side in pixels of what occlusion covers, an eighth of the picture if left out. `steps`
    are the points on integrated gradients' way.
    """

    layer: str | None
    baseline: Baseline | None
    window: int | None
    steps: int


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
    redrawn: int | None = None,
    seed: int = 0,
    **how: Unpack[How],
) -> list[Attribution]:
    """Say which pixels speak for the predicted class, or for `class_name`.

    The score that is explained is the class's logit, before softmax; of a sigmoid's one output,
    the logit for the second class and its negative for the first. `redrawn` networks check each
    map, 5 if left out; 0 leaves the check out. `how` has a method's own settings, see `How`.
    Raises `UsageError` for a method, class, layer or number that does not exist.
    """
    settings = _settings(method, how)
    _check(classifier, settings, class_name)
    pictures = prepared(classifier, [one.picture for one in shown])
    predictions = classifier.predictions(classifier.probabilities(pictures))
    inputs = network_input(classifier, pictures)
    explained = [class_name or prediction.class_name for prediction in predictions]
    count = REDRAWN if redrawn is None else redrawn
    made = _maps_of(classifier.network, classifier, explained, inputs, settings)
    others = [
        _maps_of(redraw(classifier.network, seed + at), classifier, explained, inputs, settings)
        for at in range(count)
    ]
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


def _maps_of(
    network: nn.Module,
    classifier: Classifier,
    explained: Sequence[str],
    inputs: Tensor,
    settings: Settings,
) -> list[Map]:
    """A network's map of each of the inputs, (count, channels, height, width), and its class."""
    watched = settings.method == "grad-cam"
    return [
        map_of(Scorer(classifier, network, name, watched=watched), inputs[at : at + 1], settings)
        for at, name in enumerate(explained)
    ]


def _settings(method: Method, how: How) -> Settings:
    if method not in METHODS:
        raise UsageError(f"attribution is one of {', '.join(METHODS)}; got {method!r}")
    layer = how.get("layer")
    if layer is not None and method != "grad-cam":
        raise UsageError(f"only grad-cam looks at a layer; {method} looks at the picture itself")
    default: Baseline = "mean" if method == "occlusion" else "black"
    baseline = how.get("baseline") or default
    return Settings(method, layer, baseline, how.get("window"), how.get("steps", STEPS))


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
