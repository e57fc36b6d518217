"""What would tell two settings apart: more seeds, more pictures, or nothing within reach."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy.special import nctdtr, ndtr, ndtri, stdtrit

from lenswork.study.joint import joint_t
from lenswork.study.pairs import Variances

POWER = 0.8  # Cohen 1988, "Statistical power analysis for the behavioral sciences", section 2.4
MOST_SEEDS = 1000
MANY = 1e6  # degrees of freedom from which a t is normal to six digits


@dataclass(frozen=True)
class Advice:
    """What it would take to show a difference of the size that was found, 4 times of 5.

    `seeds` of each setting in all; None when over `MOST_SEEDS` or when no number would do, which
    is when `pictures`, the least with which seeds could, is not None. `detectable` is the
    smallest difference that this study, as large as it is, would show 4 times of 5.
    """

    seeds: int | None
    pictures: int | None
    detectable: float


def advise(difference: float, variances: Variances, level: float, *, anew: bool) -> Advice:
    """Plan for a two-sided test at `level`, on new pictures (`anew`) or on these."""
    lasting = variances.lasting if anew else 0.0
    advised = seeds_needed(difference, variances, level, anew=anew)
    pictures = None
    reached = (difference / _normal(level)) ** 2  # the most variance that leaves this power
    if advised is None and difference and lasting >= reached:
        pictures = math.ceil(variances.pictures * lasting / reached)
    return Advice(advised, pictures, _detectable(variances, lasting, level))


def seeds_needed(
    difference: float, variances: Variances, level: float, *, anew: bool
) -> int | None:
    """The least seeds of each setting that show `difference` with power 0.8; None over 1,000.

    Power is that of the noncentral t (Cohen 1988, section 2.2), with the variance and degrees of
    freedom that `compare` would use.
    """
    lasting = variances.lasting if anew else 0.0

    def shown(seeds: int) -> bool:
        return power(difference, variances, seeds, lasting, level) >= POWER

    return _least(shown, 2, MOST_SEEDS)


def power(
    difference: float, variances: Variances, seeds: int, lasting: float, level: float
) -> float:
    """The chance that `seeds` of each setting show a true `difference` at `level`."""
    of_seeds = variances.of_one_seed / seeds
    freedom = variances.freedom_a_seed * (seeds - 1)
    reference = joint_t(of_seeds, lasting, freedom, variances.pictures - 1)
    centre = abs(difference) / math.sqrt(of_seeds + lasting)
    return 1 - _noncentral_t(reference.quantile(level), reference.freedom, centre)


def _noncentral_t(t: float, freedom: float, centre: float) -> float:
    """The chance of at most `t`; where scipy has no number, by a normal.

    Abramowitz and Stegun 1964, "Handbook of mathematical functions", 26.7.10.
    """
    chance = float(nctdtr(freedom, centre, t)) if freedom <= MANY else math.nan
    if math.isnan(chance):  # of a centre far out scipy knows nothing
        deviations = (t * (1 - 1 / (4 * freedom)) - centre) / math.sqrt(1 + t**2 / (2 * freedom))
        return float(ndtr(deviations))
    return chance


def _detectable(variances: Variances, lasting: float, level: float) -> float:
    """Bloom 1995, Evaluation Review 19: (quantile of the test + quantile of the power) x se."""
    of_seeds = variances.of_seeds
    reference = joint_t(of_seeds, lasting, variances.freedom, variances.pictures - 1)
    quantiles = reference.quantile(level) + float(stdtrit(reference.freedom, POWER))
    return min(1.0, quantiles * math.sqrt(of_seeds + lasting))


def _normal(level: float) -> float:
    return float(ndtri(1 - level / 2) + ndtri(POWER))


def _least(true_of: Callable[[int], bool], low: int, high: int) -> int | None:
    """The least number from `low` to `high` of which it is true, given that it stays true."""
    if not true_of(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if true_of(middle) else (middle + 1, high)
    return low
