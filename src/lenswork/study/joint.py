"""The t of a variance that seeds and pictures leave together, the first known from few seeds."""

import math
from dataclasses import dataclass

from scipy.optimize import brentq

from lenswork.study.intervals import LEVEL, t_probability, t_quantile

POWER_OF_SHARE = 1.5
SMALLEST = 1e-30  # a smaller p is said to be this


@dataclass(frozen=True)
class JointT:
    """What (estimate - truth) / deviation follows when the variance is a sum of two estimates.

    `share` is that of seeds in the sum; `seeds` and `pictures` are the degrees of freedom of the
    two estimates.
    """

    share: float
    seeds: float
    pictures: float

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the sum (Satterthwaite 1946, Biometrics Bulletin 2)."""
        return 1 / (self.share**2 / self.seeds + (1 - self.share) ** 2 / self.pictures)

    def quantile(self, level: float = LEVEL) -> float:
        """What it stays below in size, all but `level` of the time.

        The two t quantiles weighted by the variances, after Cochran 1964, "Approximate
        significance levels of the Behrens-Fisher test", Biometrics 20; with the share to the
        power 1.5, because Cochran's weights cover up to 97% and Satterthwaite's degrees of
        freedom down to 92% with 3 seeds (docs/statistics.md).
        """
        weight = float(self.share**POWER_OF_SHARE)
        if weight == 1:
            return t_quantile(self.seeds, level)
        return weight * t_quantile(self.seeds, level) + (1 - weight) * t_quantile(
            self.pictures, level
        )

    def probability(self, t: float) -> float:
        """The level whose quantile is `t`, either sign: a two-sided p value."""
        size = abs(t)

        def beyond(logarithm: float) -> float:
            return self.quantile(math.exp(logarithm)) - size

        if self.share in (0.0, 1.0):
            return t_probability(t, self.seeds if self.share else self.pictures)
        if size == 0:
            return 1.0
        if beyond(math.log(SMALLEST)) <= 0:
            return SMALLEST
        return float(math.exp(brentq(beyond, math.log(SMALLEST), 0.0, xtol=1e-12)))


def joint_t(of_seeds: float, of_pictures: float, seeds: float, pictures: float) -> JointT:
    """For the sum of two variances, known with these degrees of freedom."""
    total = of_seeds + of_pictures
    return JointT(of_seeds / total if total else 0.0, seeds, pictures)
