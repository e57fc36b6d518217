"""Studies whose truth is known, to test what verdicts say of them.

A network answers a picture right when `level + easiness + seed + chance > 0`: the picture's
easiness is the same for all seeds and nearly the same for both settings, the seed's effect the
same for all pictures, the chance new for each answer; all are normal, so that both truths have a
closed form (a probit model with crossed random effects).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from lenswork.study.crossed import Correct

Levels = NDArray[np.float32]


@dataclass(frozen=True)
class World:
    """Settings with known accuracies on all pictures there could be, one entry a setting.

    `pictures` are drawn for a test part; `difficulty` is the standard deviation of easiness in
    units of chance (2 makes two seeds' errors overlap as those of small networks on MNIST do);
    `likeness` is the correlation of two settings' easiness; `seed_effect` is the standard
    deviation of a seed's effect.
    """

    pictures: int
    accuracies: tuple[float, ...]
    seed_effect: float = 0.0
    difficulty: float = 2.0
    likeness: float = 0.95


@dataclass(frozen=True)
class Drawn:
    """Test pictures drawn from a world: each setting's levels, (pictures,), and seeds' effect."""

    levels: tuple[Levels, ...]
    seed_effect: float

    @property
    def truths(self) -> tuple[float, ...]:
        """Each setting's accuracy on these pictures, the mean over all seeds there could be."""
        return tuple(float(share.mean(dtype=np.float64)) for share in self.shares)

    @property
    def shares(self) -> tuple[Levels, ...]:
        """Each setting's share of all seeds that are right, (pictures,)."""
        scale = math.hypot(1, self.seed_effect)
        return tuple(ndtr(level / scale) for level in self.levels)

    def train(self, seeds: int, chance: np.random.Generator) -> tuple[Correct, ...]:
        """Each setting's answers by `seeds` networks, (seeds, pictures)."""
        return tuple(_answers(level, self.seed_effect, seeds, chance) for level in self.levels)

    def variance_of_a_seed(self, setting: int) -> float:
        """The variance of one seed's accuracy on these pictures, by quadrature."""
        places, weights = np.polynomial.hermite_e.hermegauss(7)
        weights = weights / weights.sum()
        levels = self.levels[setting]
        right = ndtr(
            levels + np.float32(self.seed_effect) * places[:, np.newaxis].astype(np.float32)
        )  # (places, pictures)
        accuracies = right.mean(axis=1, dtype=np.float64)
        flips = (right * (1 - right)).mean(axis=1, dtype=np.float64) / len(levels)
        between = weights @ accuracies**2 - (weights @ accuracies) ** 2
        return float(between + weights @ flips)


def draw(world: World, chance: np.random.Generator) -> Drawn:
    """Draw the pictures of a test part."""
    common = chance.standard_normal(world.pictures, dtype=np.float32)
    spread = math.sqrt(1 + world.difficulty**2 + world.seed_effect**2)
    levels = []
    for accuracy in world.accuracies:
        easiness = common
        if world.likeness < 1:
            own = chance.standard_normal(world.pictures, dtype=np.float32)
            shared = math.sqrt(world.likeness)
            easiness = shared * common + math.sqrt(1 - world.likeness) * own
        level = float(ndtri(accuracy)) * spread + world.difficulty * easiness
        levels.append(level.astype(np.float32))
    return Drawn(tuple(levels), world.seed_effect)


def _answers(levels: Levels, effect: float, seeds: int, chance: np.random.Generator) -> Correct:
    sums = chance.standard_normal((seeds, len(levels)), dtype=np.float32)
    sums += levels
    if effect:
        sums += np.float32(effect) * chance.standard_normal((seeds, 1), dtype=np.float32)
    correct: Correct = sums > 0
    return correct
