"""The law of a learning curve, and how far it can be trusted beyond what was measured.

    error(n) = a (n + d)^-b + c,   a, b > 0, c, d >= 0

a power law with a floor c (Hestness et al. 2017, "Deep learning scaling is predictable,
empirically"; Rosenfeld et al. 2020, "A constructive prediction of the generalization error across
scales"). The offset d lets a curve begin flat, where few pictures teach next to nothing: it is
POW4 in Viering and Loog 2023, "The shape of learning curves: a review", which says where such laws
fail: a curve that stops falling at once, beyond the last size, is foreseen by none. They are laws
of large n, so that sizes count the less the smaller they are.

Everything unknown is weighed on a grid by Bayes' rule: the slope b; floor and offset, each 0 with
a probability of a half; the spread of seeds, and how far curves stray from the law.
"""

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lenswork.seeds import generator

Floats = NDArray[np.float64]

SLOPES = np.linspace(0.02, 1.5, 60)
FLOORS = np.linspace(0.0, 0.96, 17)  # parts of the error at the largest n
OFFSETS = np.concatenate([[0.0], np.geomspace(0.02, 0.64, 6)])  # parts of the largest n
SEED_SPREADS = np.geomspace(0.002, 0.6, 20)  # standard deviation in parts of the error
STRAYS = np.geomspace(0.003, 0.05, 5)  # the same, of a curve from its law, one doubling away
DRAWS = 4000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Points:
    """What was measured: `wrong[i]`, (seeds, test pictures), of trainings on `pictures[i]`.

    The tests are the same pictures for all; the seeds of a size may be fewer where some failed.
    """

    pictures: NDArray[np.int64]  # (sizes,), growing
    wrong: tuple[NDArray[np.bool_], ...]

    @property
    def errors(self) -> NDArray[np.float64]:
        """The mean error of each size, a fraction, (sizes,)."""
        return np.array([one.mean() for one in self.wrong])

    @property
    def seed_errors(self) -> tuple[NDArray[np.float64], ...]:
        """The error of each training, (seeds,) a size."""
        return tuple(one.mean(axis=1) for one in self.wrong)

    @property
    def tests(self) -> int:
        """The number of held-out pictures."""
        return int(self.wrong[0].shape[1])

    def up_to(self, pictures: int) -> "Points":
        """The sizes of at most so many pictures."""
        kept = np.flatnonzero(self.pictures <= pictures)
        return Points(self.pictures[kept], tuple(self.wrong[index] for index in kept))


class Estimate(NamedTuple):
    """A value and its 95% interval."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True)
class Law:
    """The law as draws from what is believed of it, (draws,) each, once it has met the points.

    `error` is the law's at `pictures`, the largest number that was measured; `floor` is a part of
    it, and `offset` a part of `pictures`. `stray` is how far the curve is from the law, at
    `pictures`. The spreads are standard deviations in parts of the error: `stray_spread` is the
    curve's from the law, at `pictures` (and more with each doubling from there), `seed_spread` one
    training's.
    """

    pictures: int
    slope: Floats
    floor: Floats
    offset: Floats
    error: Floats
    stray: Floats
    stray_spread: Floats
    seed_spread: Floats

    def errors_at(self, pictures: float) -> Floats:
        """Draws of the error with so many pictures, (draws,)."""
        ratio = pictures / self.pictures
        law = self.error * _shape(ratio, self.slope, self.floor, self.offset)
        if ratio == 1:
            return np.maximum(law + self.stray, 0)
        chance = generator(0, "strays beyond")
        strayed = self.stray_spread * _distance(ratio) * law * chance.normal(size=len(law))
        return np.maximum(law + strayed, 0)

    def error_at(self, pictures: float) -> Estimate:
        """The error with so many pictures, the mean of all seeds."""
        return estimate_of(self.errors_at(pictures))

    def gain(self, ratio: float = 2.0) -> Estimate:
        """By how much `ratio` times the pictures would lower the error, a fraction."""
        return estimate_of(self.errors_at(self.pictures) - self.errors_at(ratio * self.pictures))

    def measured_gain(self, ratio: float, seeds: int) -> Estimate:
        """The gain that means over so many `seeds` would show: it has their luck in it too."""
        before, after = (self.errors_at(times * self.pictures) for times in (1.0, ratio))
        luck = self.seed_spread * np.hypot(before, after) / np.sqrt(seeds)
        chance = generator(0, "luck of seeds")
        return estimate_of(before - after + luck * chance.normal(size=len(luck)))

    def numbers(self) -> dict[str, dict[str, float]]:
        """The slope b, the floor c (an error) and the offset d (in pictures)."""
        found = {
            "slope": self.slope,
            "floor": self.error * self.floor,
            "offset": self.offset * self.pictures,
        }
        return {name: estimate_of(draws)._asdict() for name, draws in found.items()}

    def formula(self) -> str:
        """The law in a line, with the intervals of its slope and floor."""
        found = self.numbers()
        slope, floor = found["slope"], found["floor"]
        return (
            f"error falls as pictures to the power of -{slope['middle']:.2f} "
            f"({slope['low']:.2f} to {slope['high']:.2f}), towards a floor of "
            f"{floor['middle']:.1%} ({floor['low']:.1%} to {floor['high']:.1%})"
        )

    def drawn_at(self, pictures: Floats) -> Floats:
        """The law's middle line without strays, (count,)."""
        ratios = np.asarray(pictures, dtype=np.float64)[:, None] / self.pictures
        lines = self.error * _shape(ratios, self.slope, self.floor, self.offset)
        middle: Floats = np.median(lines, axis=1)
        return middle


@dataclass(frozen=True)
class _Weighed:
    """How likely each shape of the law is, and its error, with one seed spread and one stray."""

    log_likelihood: Floats  # (shapes,)
    error: Floats  # (shapes,), its mean
    error_spread: Floats  # (shapes,)
    inverse: Floats  # (sizes, sizes), of the covariance
    stray_variance: Floats  # (sizes,)


def fit_law(points: Points) -> Law:
    """What the points say about the law, with the noise of seeds and of test pictures."""
    ratios = points.pictures / points.pictures[-1]
    slopes, floors, offsets, prior = _grid()
    shapes = _shape(ratios[:, None], slopes, floors, offsets)  # (sizes, shapes)
    usual = usual_errors(points)
    luck = np.sqrt(usual / np.maximum(points.errors, 1 / points.tests))
    pictures = picture_covariance(points) * np.outer(luck, luck)
    cells = [
        _weigh(points, usual, shapes, pictures, spread, stray)
        for spread in SEED_SPREADS
        for stray in STRAYS
    ]
    log_weights = np.stack([cell.log_likelihood + prior for cell in cells])
    weights = np.exp(log_weights - log_weights.max())
    chosen = _choose(weights.ravel() / weights.sum())
    which, shape = chosen // shapes.shape[1], chosen % shapes.shape[1]
    chance = generator(0, "law")
    error, stray = np.empty(DRAWS), np.empty(DRAWS)
    for number in np.unique(which):
        mine = np.flatnonzero(which == number)
        cell, own = cells[number], shape[mine]
        drawn = cell.error[own] + cell.error_spread[own] * chance.normal(size=len(mine))
        error[mine] = np.maximum(drawn, 0)
        residuals = points.errors[:, None] - error[mine] * shapes[:, own]
        stray[mine] = _last_stray(cell, residuals, chance)
    return Law(
        pictures=int(points.pictures[-1]),
        slope=slopes[shape],
        floor=floors[shape],
        offset=offsets[shape],
        error=error,
        stray=stray,
        stray_spread=STRAYS[which % len(STRAYS)],
        seed_spread=SEED_SPREADS[which // len(STRAYS)],
    )


def picture_covariance(points: Points) -> Floats:
    """The covariance of the sizes' errors over test pictures drawn anew, (sizes, sizes).

    All sizes answer the same pictures, so that their errors rise and fall together. What seeds add
    to each picture is taken off: it is in the spread of the seeds already.
    """
    means = np.stack([one.mean(axis=0) for one in points.wrong])  # (sizes, pictures)
    covariance = np.atleast_2d(np.cov(means)) / points.tests
    for index, one in enumerate(points.wrong):
        seeds = len(one)
        if seeds > 1:
            both = one.var(axis=0, ddof=1).mean() - one.mean(axis=1).var(ddof=1)
            covariance[index, index] -= max(0.0, float(both)) / (seeds * points.tests)
    values, vectors = np.linalg.eigh(covariance)
    whole: Floats = (vectors * np.maximum(values, 0)) @ vectors.T
    return whole + np.eye(len(means)) / points.tests**2  # no error is known to less than a picture


def usual_errors(points: Points) -> Floats:
    """The error that each size has on a straight line through all, on scales of ratios, (sizes,).

    All noise is measured by it: by a size's own error, the lucky ones would seem the surest.
    """
    ratios = np.log(points.pictures / points.pictures[-1])
    logs = np.log(np.maximum(points.errors, 1 / points.tests))
    slope, end = np.polyfit(ratios, logs, 1)
    line: Floats = np.exp(np.minimum(slope * ratios + end, 0))
    return line


def estimate_of(draws: Floats) -> Estimate:
    """The median and the middle 95% of draws."""
    tail = (1 - CONFIDENCE) / 2
    low, middle, high = np.quantile(draws, [tail, 0.5, 1 - tail])
    return Estimate(float(middle), float(low), float(high))


def _shape(ratio: Floats | float, slope: Floats, floor: Floats, offset: Floats) -> Floats:
    """The law at `ratio` times the largest size, in parts of its error there."""
    reduced: Floats = ((ratio + offset) / (1 + offset)) ** -slope
    return floor + (1 - floor) * reduced


def _grid() -> tuple[Floats, Floats, Floats, Floats]:
    """Slope, floor, offset and log prior of every shape, (shapes,)."""
    shapes = np.array(list(itertools.product(SLOPES, FLOORS, OFFSETS)))
    slopes, floors, offsets = shapes.T
    return slopes, floors, offsets, _even_odds(floors, FLOORS) + _even_odds(offsets, OFFSETS)


def _even_odds(values: Floats, grid: Floats) -> Floats:
    """The log prior that is a half for 0, and spread over the rest."""
    prior = np.full(len(values), np.log(0.5 / (len(grid) - 1)))
    prior[values == 0] = np.log(0.5)
    return prior


def _weigh(
    points: Points,
    usual: Floats,
    shapes: Floats,
    pictures: Floats,
    spread: float,
    stray: float,
) -> _Weighed:
    """The likelihood of each shape, with the error (in which the law is linear) integrated out."""
    seeds = np.array([len(one) for one in points.wrong])
    stray_variance = (stray * _distance(points.pictures / points.pictures[-1]) * usual) ** 2
    covariance = pictures + np.diag((spread * usual) ** 2 / seeds + stray_variance)
    inverse: Floats = np.linalg.inv(covariance).astype(np.float64)
    weighted = inverse @ shapes
    precision = (shapes * weighted).sum(axis=0)
    middle = points.errors @ weighted / precision
    misfit = points.errors @ inverse @ points.errors - middle**2 * precision
    determinant = np.linalg.slogdet(covariance)[1]
    likelihood = -0.5 * (determinant + np.log(precision) + misfit)
    return _Weighed(
        log_likelihood=likelihood + _of_seeds(points, usual, spread),
        error=middle,
        error_spread=precision**-0.5,
        inverse=inverse,
        stray_variance=stray_variance,
    )


def _of_seeds(points: Points, usual: Floats, spread: float) -> float:
    """The log likelihood of a spread of seeds, from those of each size around their mean."""
    total = 0.0
    for error, seeds in zip(usual, points.seed_errors, strict=True):
        squares = float(((seeds - seeds.mean()) ** 2).sum())
        total -= (len(seeds) - 1) * np.log(spread) + squares / (2 * (spread * error) ** 2)
    return total


def _last_stray(cell: _Weighed, residuals: Floats, chance: np.random.Generator) -> Floats:
    """Draws of the curve's distance from the law at the largest size, given all residuals."""
    own = cell.stray_variance[-1]
    middle: Floats = own * cell.inverse[-1] @ residuals
    left = max(0.0, own - own**2 * float(cell.inverse[-1, -1]))
    drawn: Floats = middle + np.sqrt(left) * chance.normal(size=residuals.shape[1])
    return drawn


def _choose(weights: Floats) -> NDArray[np.int64]:
    """`DRAWS` cells by their weights, systematically: the least chance in it."""
    places = (np.arange(DRAWS) + 0.5) / DRAWS
    found = np.minimum(np.searchsorted(np.cumsum(weights), places), len(weights) - 1)
    return generator(0, "order of draws").permutation(found).astype(np.int64)


def _distance(ratio: Floats | float) -> Floats:
    """Doublings from the largest size, and one."""
    return np.asarray(1 + np.abs(np.log2(ratio)))
