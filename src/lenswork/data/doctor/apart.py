"""Telling two sides apart by numbers: rules, regressions, and how sure their accuracy is."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

FOLDS = 5

Values = NDArray[np.float64]
Sides = NDArray[np.bool_]  # (count,), False for the first side, True for the second
Folds = NDArray[np.int64]  # (count,)


def area_under_curve(values: Values, sides: Sides, weights: Values) -> float:
    """The weighted chance that a value of the second side exceeds one of the first; ties half."""
    order = np.argsort(values, kind="stable")
    _, starts = np.unique(values[order], return_index=True)
    second = np.add.reduceat(np.where(sides, weights, 0)[order], starts)
    first = np.add.reduceat(np.where(sides, 0, weights)[order], starts)
    below = np.cumsum(first) - first
    return float((second * (below + first / 2)).sum() / (second.sum() * first.sum()))


def told_apart(values: Values, sides: Sides, weights: Values, folds: Folds) -> float:
    """The mean accuracy on the two sides of logistic regressions on the other folds."""
    from sklearn.linear_model import LogisticRegression  # takes a second

    scaled = (values - values.mean(axis=0)) / (values.std(axis=0) + 1e-9)
    inputs = np.hstack([scaled, scaled**2])  # a part in the middle of the other is told, too
    right = np.empty(len(sides), np.bool_)
    for fold in range(FOLDS):
        inside = folds == fold
        model = LogisticRegression(solver="newton-cholesky", tol=1e-3)  # the fastest for few inputs
        model.fit(inputs[~inside], sides[~inside], weights[~inside] * len(sides) / 2)
        right[inside] = model.predict(inputs[inside]) == sides[inside]
    return mean_accuracy(right, sides, weights)


def best_rule(values: Values, sides: Sides, weights: Values) -> tuple[float, bool]:
    """The threshold that tells the sides apart best, and whether the second is above it."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    signed = np.where(sides, weights, -weights)[order]
    gain = np.cumsum(signed)  # second minus first at or below each value
    gain = np.where(np.append(ordered[1:] > ordered[:-1], True), gain, 0)
    at = int(np.abs(gain).argmax())
    above = gain[at] < 0
    threshold = (ordered[at] + ordered[min(at + 1, len(ordered) - 1)]) / 2
    return float(threshold), bool(above)


def mean_accuracy(right: Sides, sides: Sides, weights: Values) -> float:
    """The mean of the two sides' shares of right answers."""
    shares = [
        (weights * right)[sides == side].sum() / weights[sides == side].sum()
        for side in (False, True)
    ]
    return float(np.mean(shares))


def accuracy_bounds(accuracy: float, sides: Sides, weights: Values) -> tuple[float, float]:
    """Wilson's interval for a mean of two accuracies, as if of so many pictures in one."""
    count = 4 / sum(1 / worth(weights[sides == side]) for side in (False, True))
    square = 1.96**2 / count
    middle = (accuracy + square / 2) / (1 + square)
    half = np.sqrt(square * (accuracy * (1 - accuracy) + square / 4)) / (1 + square)
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


def area_error(area: float, positives: float, negatives: float) -> float:
    """The standard error of an area under the curve (Hanley and McNeil 1982, equation 1)."""
    two_positive = area / (2 - area)
    two_negative = 2 * area**2 / (1 + area)
    variance = (
        area * (1 - area)
        + (positives - 1) * (two_positive - area**2)
        + (negatives - 1) * (two_negative - area**2)
    ) / (positives * negatives)
    return float(np.sqrt(max(variance, 0.0)))


def worth(weights: Values) -> float:
    """How many equal weights these are worth (Kish 1965)."""
    return float(weights.sum() ** 2 / np.square(weights).sum())


def class_weights(labels: NDArray[np.str_], sides: Sides) -> Values:
    """Weights under which each side sums to 1 and each class has the same share of both.

    The share is the mean of a class's two shares; classes of one side alone keep out.
    """
    counts = [Counter(labels[sides == side].tolist()) for side in (False, True)]
    totals = [sum(count.values()) for count in counts]
    shares = {
        name: (counts[0][name] / totals[0] + counts[1][name] / totals[1]) / 2
        for name in counts[0]
        if name in counts[1]
    }
    if not shares:  # no class in common, which says something by itself
        return np.where(sides, 1 / totals[1], 1 / totals[0])
    whole = sum(shares.values())
    return np.array(
        [
            shares.get(label, 0.0) / whole / counts[int(side)][label]
            for label, side in zip(labels.tolist(), sides.tolist(), strict=True)
        ]
    )


def deal_folds(sides: Sides, chance: np.random.Generator) -> Folds:
    """A fold for each picture, the same share of each side in all."""
    folds = np.empty(len(sides), np.int64)
    for side in (False, True):
        mine = np.flatnonzero(sides == side)
        folds[chance.permutation(mine)] = np.arange(len(mine)) % FOLDS
    return folds


def shuffled_within(sides: Sides, labels: NDArray[np.str_], chance: np.random.Generator) -> Sides:
    """The sides dealt anew within each class."""
    mixed = sides.copy()
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        mixed[mine] = sides[chance.permutation(mine)]
    return mixed
