"""The temperature that makes a classifier as sure as it is right.

Guo, Pleiss, Sun and Weinberger 2017, "On calibration of modern neural networks", ICML.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from lenswork.errors import RunError, UsageError
from lenswork.kinds import Labels, Probabilities
from lenswork.model.classifier import Classifier
from lenswork.record.run import Run

Numbers = NDArray[np.float64]
LOWEST, HIGHEST = 0.05, 20.0  # temperatures; a fit that ends at one of them has found none


@dataclass(frozen=True)
class Temperature:
    """What logits are divided by, fitted on `pictures`; losses are mean nats before and after."""

    value: float
    loss_before: float
    loss_after: float
    pictures: int


def fit_temperature(truth: Labels, probabilities: Probabilities) -> Temperature:
    """The temperature with the lowest mean negative log-likelihood (Guo et al. 2017, section 4.2).

    Recorded probabilities are enough: their logarithms are the logits up to a number that a row
    shares, which a softmax does not see. Raises `UsageError` where no temperature is best: all
    answers right, so that the surer the better, or no better than chance.
    """
    if not len(truth):
        raise UsageError("fitting a temperature needs at least one picture, got none")
    logits = _logits(probabilities)

    def loss(logarithm: float) -> float:
        return _loss(truth, logits / np.exp(logarithm))

    ends = (np.log(LOWEST), np.log(HIGHEST))
    found = minimize_scalar(loss, bounds=ends, method="bounded", options={"xatol": 1e-7})
    value = float(np.exp(found.x))
    if not LOWEST * 1.01 < value < HIGHEST / 1.01:
        right = int((probabilities.argmax(axis=1) == truth).sum())
        cure = (
            "set more pictures aside for validation, or harder ones"
            if value < 1
            else "the answers are no better than chance: train longer, or look at the data first"
        )
        raise UsageError(
            f"no temperature from {LOWEST:g} to {HIGHEST:g} is best for these {len(truth):,} "
            f"pictures, of which {right:,} are answered rightly: {cure}"
        )
    return Temperature(value, loss(0.0), float(found.fun), len(truth))


def temper(probabilities: Probabilities, temperature: float) -> Probabilities:
    """(count, classes) probabilities as they are with the logits divided by `temperature`."""
    logits = _logits(probabilities) / temperature
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    tempered: Probabilities = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
    return tempered


def temperature_of(run: Run) -> Temperature:
    """The temperature fitted on a run's recorded validation answers.

    Raises `RunError` for a run without a validation part: its test pictures must not be fitted
    on, or they could no longer say how good the fit is.
    """
    answers = run.answers.get("validation")
    if answers is None:
        raise RunError(
            f"a temperature is fitted on validation pictures, and run {run.name} has none. Train "
            f"again with some set aside: lenswork train --recipe-file {run.path / 'recipe.toml'} "
            "--validation 0.1"
        )
    return fit_temperature(answers.truth, answers.probabilities)


def with_temperature(classifier: Classifier, temperature: float | None) -> Classifier:
    """The same classifier with a temperature in its contract, or with none.

    When it is saved, its golden answers are computed anew.
    """
    said = classifier.contract.model_dump() | {"temperature": temperature}
    contract = type(classifier.contract).model_validate(said)
    return Classifier(classifier.network, contract, classifier.golden)


def _logits(probabilities: Probabilities) -> Numbers:
    """Logarithms, with a floor where single precision has rounded a probability to 0.

    A sigmoid's pair is (1 - p, p), whose first is exact to 2**-25 only.
    """
    floor = 2.0**-25 if probabilities.shape[1] == 2 else float(np.finfo(np.float32).tiny)
    return np.log(np.maximum(probabilities.astype(np.float64), floor))


def _loss(truth: Labels, logits: Numbers) -> float:
    """Mean cross-entropy in nats."""
    top = logits.max(axis=1)
    whole = top + np.log(np.exp(logits - top[:, np.newaxis]).sum(axis=1))
    return float((whole - logits[np.arange(len(truth)), truth]).mean())
