"""Learning curves whose truth is known, with the noise of seeds and of test pictures."""

from collections.abc import Callable

import numpy as np
from scipy.stats import norm

from lenswork.study.law import Points

ALIKE = 0.7  # how far a picture that is hard for one network is hard for all


def drawn_points(
    truth: Callable[[float], float],
    *,
    largest: int = 32_000,
    sizes: int = 5,
    seeds: int = 3,
    tests: int = 4000,
    spread: float = 0.02,
    chance: np.random.Generator,
) -> Points:
    """Trainings of each size, halved from `largest`, that err as `truth(n)` times a seed's luck."""
    pictures = largest // 2 ** np.arange(sizes)[::-1]
    hardness = np.sqrt(ALIKE) * chance.normal(size=tests)
    wrong = []
    for count in pictures:
        errors = truth(float(count)) * (1 + spread * chance.normal(size=(seeds, 1)))
        own = np.sqrt(1 - ALIKE) * chance.normal(size=(seeds, tests))
        wrong.append(hardness + own < norm.ppf(np.clip(errors, 1e-9, 1 - 1e-9)))
    return Points(pictures.astype(np.int64), tuple(wrong))
