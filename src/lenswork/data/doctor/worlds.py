"""Whether training and validation pictures come from different worlds.

Two parts of one heap cannot be told apart by brightness, background or sharpness; where they can,
accuracy on the one says little about the other. The test is a classifier two-sample test
(Lopez-Paz and Oquab 2017, "Revisiting classifier two-sample tests", ICLR): how many pictures a
logistic regression on six measures puts in their part, on pictures that it was not fitted to.
With ten thousand pictures any difference is significant, so that a large one is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenswork.data.doctor.apart import (
    FOLDS,
    Folds,
    Sides,
    Values,
    accuracy_bounds,
    area_error,
    area_under_curve,
    best_rule,
    class_weights,
    deal_folds,
    mean_accuracy,
    shuffled_within,
    told_apart,
    worth,
)
from lenswork.data.doctor.content_codes import seen
from lenswork.data.doctor.facts import Facts
from lenswork.data.doctor.finding import Finding
from lenswork.data.doctor.measures import MEASURES
from lenswork.kinds import SPLIT_NAMES
from lenswork.seeds import generator

LEAST_TOLD_APART = 0.75  # halfway from chance to all
LEAST_PICTURES = 20  # in each part
MOST_PICTURES = 2000  # of each part, drawn at random
MOST_SHUFFLED = 500  # of each part: what fewer pictures reach by chance is more, not less
SHUFFLES = 49  # all must be worse: 1 false alarm in 50 where nothing else stood against it
NEARLY = 0.01
SEEN_FIRST = (
    "background brightness",
    "brightness",
    "saturation",
    "background unevenness",
    "sharpness",
    "contrast",
)
SHOWN = 6  # pictures of each part


@dataclass(frozen=True)
class Told:
    """How well one measure alone tells the parts apart.

    `area` is the area under its curve: the chance that a picture of the second part has more of
    it than one of the first, from `low` to `high` with 95% (Hanley and McNeil 1982). `accuracy`
    is that of the best threshold, on pictures that it was not chosen by; `first` and `second` are
    the medians.
    """

    name: str
    area: float
    low: float
    high: float
    accuracy: float
    first: float
    second: float


@dataclass(frozen=True)
class Comparison:
    """How well two parts are told apart: by all measures together, and by each, the best first.

    Accuracies are the mean of the two parts', 0.5 by chance. `low` and `high` bound the first
    with 95% (Wilson 1927); `shuffled` is the best of the same test on shuffled parts, NaN where it
    was not needed because the parts are hardly told apart.
    """

    accuracy: float
    low: float
    high: float
    shuffled: float
    measures: tuple[Told, ...]

    @property
    def different(self) -> bool:
        """Whether the parts come from different worlds."""
        return self.low >= LEAST_TOLD_APART and self.accuracy > self.shuffled


def world_findings(facts: Sequence[Facts], seed: int = 0) -> list[Finding]:
    """The parts that look unlike the training pictures."""
    train = [one for one in facts if one.split == "train"]
    findings = []
    for split in SPLIT_NAMES[1:]:
        others = [one for one in facts if one.split == split]
        comparison = compare(train, others, seed)
        if comparison is not None and comparison.different:
            findings.append(_finding(comparison, train, others))
    return findings


def compare(first: Sequence[Facts], second: Sequence[Facts], seed: int = 0) -> Comparison | None:
    """Tell two parts apart by their pictures' measures; None where there are too few pictures.

    Classes weigh the same in both parts, so that a part with more of a bright class is not taken
    for a brighter world; classes that only one of them has are left out.
    """
    both = {one.label for one in first} & {one.label for one in second}
    chance = generator(seed, "worlds")
    parts = [_drawn(ones, both, chance) for ones in (first, second)]
    if min(map(len, parts)) < LEAST_PICTURES:
        return None
    values = np.stack([one.measures for part in parts for one in part]).astype(np.float64)
    sides = np.repeat([False, True], [len(part) for part in parts])
    labels = np.array([one.label for part in parts for one in part])
    weights = class_weights(labels, sides)
    folds = deal_folds(sides, chance)
    accuracy = told_apart(values, sides, weights, folds)
    low, high = accuracy_bounds(accuracy, sides, weights)
    shuffled = float("nan")
    if low >= LEAST_TOLD_APART:
        shuffled = _best_shuffled(values, sides, labels, chance)
    told = [_told(name, values[:, at], sides, weights, folds) for at, name in enumerate(MEASURES)]
    told.sort(key=lambda one: one.accuracy, reverse=True)
    return Comparison(accuracy, low, high, shuffled, tuple(told))


def _finding(comparison: Comparison, train: Sequence[Facts], others: Sequence[Facts]) -> Finding:
    best = _plainest(comparison.measures)
    split = others[0].split
    at = MEASURES.index(best.name)
    return seen(
        "other-world",
        f"train and {split} come from different worlds: {best.name} is {best.first:.2f} in train "
        f"and {best.second:.2f} in {split} by the median, and a rule on it alone tells "
        f"{_percent(best.accuracy)} of the pictures apart",
        f"accuracy on {split} says how the classifier does in another world than the one it "
        f"learns from, which can be far worse or better; six measures together tell "
        f"{_percent(comparison.accuracy)} apart ({_percent(comparison.low)} to "
        f"{_percent(comparison.high)}), where parts of one heap reach {comparison.shuffled:.0%} "
        "at most",
        "to know how well it learns, cut validation from the training pictures: "
        "--validation 0.2, with --group PATTERN where pictures come in series; to do well in "
        f"{split}'s world, bring training pictures from it",
        groups=[_range(train, at), _range(others, at)],
    )


def _plainest(measures: Sequence[Told]) -> Told:
    """Of the measures that tell nearly as many apart as the best, the one that is seen first."""
    good = [one for one in measures if one.accuracy >= measures[0].accuracy - NEARLY]
    return min(good, key=lambda one: SEEN_FIRST.index(one.name))


def _range(facts: Sequence[Facts], at: int) -> list[str]:
    """Pictures from low to high in a measure, without the outermost tenths."""
    ordered = sorted((one for one in facts if one.readable), key=lambda one: one.measures[at])
    places = np.linspace(0.1, 0.9, SHOWN) * (len(ordered) - 1)
    return [ordered[place].id for place in sorted(set(np.rint(places).astype(int).tolist()))]


def _percent(share: float) -> str:
    """Rounded, but never to all."""
    return f"{share:.1%}" if 0.99 <= share < 1 else f"{share:.0%}"


def _drawn(facts: Sequence[Facts], labels: set[str], chance: np.random.Generator) -> list[Facts]:
    usable = [one for one in facts if one.readable and (one.label in labels or not labels)]
    if len(usable) <= MOST_PICTURES:
        return usable
    return [usable[at] for at in chance.permutation(len(usable))[:MOST_PICTURES]]


def _best_shuffled(
    values: Values, sides: Sides, labels: NDArray[np.str_], chance: np.random.Generator
) -> float:
    """How well parts are told apart that differ by chance alone, at best."""
    some = np.concatenate(
        [
            chance.permutation(np.flatnonzero(sides == side))[:MOST_SHUFFLED]
            for side in (False, True)
        ]
    )
    values, sides, labels = values[some], sides[some], labels[some]
    best = 0.0
    for _ in range(SHUFFLES):
        mixed = shuffled_within(sides, labels, chance)
        accuracy = told_apart(
            values, mixed, class_weights(labels, mixed), deal_folds(mixed, chance)
        )
        best = max(best, accuracy)
    return best


def _told(name: str, values: Values, sides: Sides, weights: Values, folds: Folds) -> Told:
    area = area_under_curve(values, sides, weights)
    margin = 1.96 * area_error(area, *(worth(weights[sides == side]) for side in (True, False)))
    right = np.empty(len(sides), np.bool_)
    for fold in range(FOLDS):
        inside = folds == fold
        threshold, above = best_rule(values[~inside], sides[~inside], weights[~inside])
        right[inside] = ((values[inside] > threshold) == above) == sides[inside]
    return Told(
        name,
        area,
        max(0.0, area - margin),
        min(1.0, area + margin),
        mean_accuracy(right, sides, weights),
        float(np.median(values[~sides])),
        float(np.median(values[sides])),
    )
