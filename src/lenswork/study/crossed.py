"""Where the spread of an accuracy comes from when every seed answers the same pictures.

A setting's answers are a table with a row a seed and a column a picture. Seen as a draw from all
seeds and all pictures, answer = mean + seed + picture + the rest (what this seed makes of this
picture), and the two-way analysis of variance without replication takes the table apart:

    variance of the mean = seeds/m + pictures/N + rest/(m N)

Cornfield and Tukey 1956, "Average values of mean squares in factorials", Annals of Mathematical
Statistics 27; the same frame is used for readers and cases in medical imaging (Gallas 2006,
Academic Radiology 13) and for crossed random effects by Owen 2007, Annals of Applied Statistics 1.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenswork.errors import UsageError
from lenswork.study.intervals import Interval, mean_of, t_quantile, wilson
from lenswork.study.joint import joint_t

Correct = NDArray[np.bool_]  # (seeds, pictures), true where the answer was right
Shares = NDArray[np.float64]  # (pictures,), the share of seeds that were right


@dataclass(frozen=True)
class Spread:
    """A setting's mean and its mean squares; fractions, not points.

    `of_seeds` is the variance of one seed's accuracy on these pictures, `rest` the part of it
    that comes from the pictures' own chance (residual mean square / N). Both are None with one
    seed.
    """

    seeds: int
    shares: Shares
    mean: float
    of_seeds: float | None
    rest: float | None

    @property
    def pictures(self) -> int:
        """How many pictures were answered."""
        return len(self.shares)


@dataclass(frozen=True)
class SettingResult:
    """What is known of one setting; fractions, not points.

    `over_seeds` speaks of other seeds on these pictures, `over_pictures` of other pictures for
    these trained networks, `on_new_pictures` of both at once: the recipe on new pictures like
    these. With one seed only `over_pictures` is known.
    """

    name: str
    seeds: int
    pictures: int
    mean: float
    deviation: float | None
    over_seeds: Interval | None
    over_pictures: Interval
    on_new_pictures: Interval | None


def checked(name: str, correct: Correct) -> Correct:
    """`correct`, or `UsageError` where it is no (seeds, pictures) table of booleans."""
    if correct.dtype != np.bool_ or correct.ndim != 2:
        raise UsageError(
            f"setting {name}: expected a (seeds, pictures) table of booleans, got "
            f"{correct.dtype} with shape {correct.shape}"
        )
    if correct.shape[0] < 1 or correct.shape[1] < 2:
        raise UsageError(
            f"setting {name}: a verdict needs at least 1 seed and 2 pictures, got "
            f"{correct.shape[0]} and {correct.shape[1]}"
        )
    return correct


def spread_of(correct: Correct) -> Spread:
    """Take a (seeds, pictures) table apart.

    An accuracy moves in steps of 1/N, so equal accuracies do not mean no spread: `of_seeds` is
    never less than the variance of rounding to such steps, 1/(12 N²) (Sheppard 1898).
    """
    seeds, pictures = correct.shape
    right = correct.sum(axis=0, dtype=np.int64)  # (pictures,)
    shares = right / seeds
    # From whole numbers: a mean of shares is off in its last bit, and equal settings would differ.
    mean = int(right.sum()) / (seeds * pictures)
    if seeds == 1:
        return Spread(1, shares, mean, None, None)
    rows = float(correct.mean(axis=1).var(ddof=1))
    within = float((shares * (1 - shares)).sum()) * seeds  # squares about each picture's mean
    rest = max(0.0, within - (seeds - 1) * pictures * rows) / ((seeds - 1) * (pictures - 1))
    return Spread(seeds, shares, mean, max(rows, 1 / (12 * pictures**2)), rest / pictures)


def setting_result(name: str, correct: Correct) -> SettingResult:
    """All that one setting's answers say; see `SettingResult`."""
    spread = spread_of(correct)
    return SettingResult(
        name=name,
        seeds=spread.seeds,
        pictures=spread.pictures,
        mean=spread.mean,
        deviation=mean_of(correct.mean(axis=1).tolist()).deviation,
        over_seeds=_over_seeds(spread),
        over_pictures=_over_pictures(spread),
        on_new_pictures=_on_new_pictures(spread),
    )


def _over_seeds(spread: Spread) -> Interval | None:
    if spread.of_seeds is None:
        return None
    half = t_quantile(spread.seeds - 1) * math.sqrt(spread.of_seeds / spread.seeds)
    return Interval(max(0.0, spread.mean - half), min(1.0, spread.mean + half))


def _over_pictures(spread: Spread) -> Interval:
    """Wilson's interval for the variance of pictures, the networks being these."""
    _, of_pictures = _steadied(spread, 0.0, float(spread.shares.var(ddof=1)) / spread.pictures)
    return wilson(spread.mean, _effective_pictures(spread, of_pictures))


def _on_new_pictures(spread: Spread) -> Interval | None:
    """Wilson's interval for the variance of seeds and pictures together."""
    if spread.of_seeds is None or spread.rest is None:
        return None
    # Both variances hold the rest once; what is taken off can be no more than there is.
    lasting = float(spread.shares.var(ddof=1)) / spread.pictures - spread.rest / spread.seeds
    of_seeds, of_pictures = _steadied(spread, spread.of_seeds / spread.seeds, max(0.0, lasting))
    reference = joint_t(of_seeds, of_pictures, spread.seeds - 1, spread.pictures - 1)
    pictures = _effective_pictures(spread, of_seeds + of_pictures)
    return wilson(spread.mean, pictures, reference.quantile())


def _steadied(spread: Spread, of_seeds: float, of_pictures: float) -> tuple[float, float]:
    """Both variances with one more telling picture, which counts as all seeds agreeing on it.

    They rest on the few pictures that were answered wrongly (or rightly) by any seed; without
    this, 10 seeds on 256 pictures of which 1% is missed covered 91% instead of 95%.
    """
    once = spread.mean * (1 - spread.mean) / (spread.pictures - 1)
    telling = min(int((spread.shares < 1).sum()), int((spread.shares > 0).sum()))
    added = (telling * of_pictures + once) / (telling + 1)
    return telling * of_seeds / (telling + 1), added


def _effective_pictures(spread: Spread, variance: float) -> float:
    """How many pictures answered once would leave the mean with this `variance`.

    Pictures over the design effect (Kish 1965, "Survey sampling"): the variance over that of a
    simple sample, both unbiased.
    """
    once = spread.mean * (1 - spread.mean) / (spread.pictures - 1)
    if not once:
        return float(spread.pictures)
    return spread.pictures * min(once / variance, float(spread.seeds))
