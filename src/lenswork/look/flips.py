"""Flips: pictures that one setting gets right and the other wrong, and how many are chance.

Two seeds of one setting disagree on many pictures too. With p and q the shares of A's and B's
seeds that get a picture right, a run of A and one of B disagree on it with chance p(1-q) + q(1-p),
two runs of A with 2p(1-p), two of B with 2q(1-q). The first is more than the mean of the other two
by (p-q)^2, which is 0 where the settings are alike: that many of the flips are not chance.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lenswork.errors import UsageError
from lenswork.kinds import SplitName
from lenswork.look.sides import Side

Way = Literal["a", "b"]  # which side is right, or right more often


@dataclass(frozen=True)
class Answered:
    """What a side's runs say of one picture: their most frequent answer, and how many are right.

    `probability` is the mean over all of them of that answer's probability.
    """

    answer: str
    probability: float
    right: int
    seeds: int

    @property
    def share(self) -> float:
        """The part of the runs that are right, 0 to 1."""
        return self.right / self.seeds


@dataclass(frozen=True)
class Flip:
    """One picture that is right more often on one side than on the other."""

    number: int
    id: str
    truth: str
    a: Answered
    b: Answered

    @property
    def way(self) -> Way:
        """The side that is right, or right more often."""
        return "a" if self.a.share > self.b.share else "b"

    @property
    def stability(self) -> float:
        """How far the sides' shares of right runs are apart; 1 for a flip in every seed."""
        return abs(self.a.share - self.b.share)


@dataclass(frozen=True)
class ClassFlips:
    """A class's `pictures`, and on how many of them a run of A and one of B disagree on average."""

    name: str
    pictures: int
    a_only: float
    b_only: float


@dataclass(frozen=True)
class Flips:
    """All flips between two sides on the same pictures.

    `right_a` and `right_b` are (pictures,): how many of each side's runs are right.
    """

    sides: tuple[Side, Side]
    right_a: NDArray[np.int64]
    right_b: NDArray[np.int64]

    @property
    def a(self) -> str:
        """The first side's name."""
        return self.sides[0].name

    @property
    def b(self) -> str:
        """The second side's name."""
        return self.sides[1].name

    @property
    def part(self) -> SplitName:
        """The part that the pictures are from."""
        return self.sides[0].judged[0].part

    @property
    def pictures(self) -> int:
        """How many pictures both were judged on."""
        return len(self.right_a)

    @property
    def seeds(self) -> tuple[int, int]:
        """How many runs each side has."""
        return len(self.sides[0].judged), len(self.sides[1].judged)

    @property
    def a_only(self) -> float:
        """Pictures that A gets right and B wrong: the mean over all pairs of a run of each."""
        return float(self._a_only.sum())

    @property
    def b_only(self) -> float:
        """Pictures that B gets right and A wrong: the mean over all pairs of a run of each."""
        return float(self._b_only.sum())

    @property
    def churn(self) -> tuple[float | None, float | None]:
        """On how many pictures two runs of the same side disagree: A's, B's; None for one run."""
        m, n = self.seeds
        return _churn(self.right_a, m), _churn(self.right_b, n)

    @property
    def beyond_chance(self) -> float | None:
        """How many flips of a pair of runs are not chance; None where a side has one run.

        An unbiased estimate, which can come out below 0.
        """
        within = self.churn
        if within[0] is None or within[1] is None:
            return None
        return self.a_only + self.b_only - (within[0] + within[1]) / 2

    @property
    def in_every_seed(self) -> tuple[int, int]:
        """Pictures right in all runs of A and in none of B; and the other way round."""
        m, n = self.seeds
        return (
            int(((self.right_a == m) & (self.right_b == 0)).sum()),
            int(((self.right_a == 0) & (self.right_b == n)).sum()),
        )

    @property
    def in_every_seed_by_chance(self) -> float | None:
        """How many of those, both ways, there are on average when runs are dealt out anew.

        Exact, over all ways to deal the runs to two sides of these sizes; None for one run each,
        where dealing anew changes nothing.
        """
        m, n = self.seeds
        if m == n == 1:
            return None
        right = self.right_a + self.right_b
        return float((right == m).sum() + (right == n).sum()) / math.comb(m + n, m)

    @cached_property
    def flips(self) -> tuple[Flip, ...]:
        """Every picture that is not right equally often, the most stable first.

        Of equally stable ones, that whose true class has the most different probabilities.
        """
        share = self.right_a / self.seeds[0] - self.right_b / self.seeds[1]
        numbers = np.flatnonzero(share)
        gap = np.abs(_of_truth(self.sides[0], numbers) - _of_truth(self.sides[1], numbers))
        order = np.lexsort((numbers, -gap, -np.abs(share[numbers]).round(9)))
        numbers = numbers[order]
        first = self.sides[0].judged[0]
        answers = [_answered(side, numbers) for side in self.sides]
        return tuple(
            Flip(int(number), first.ids[number], first.classes[first.truth[number]], a, b)
            for number, a, b in zip(numbers, *answers, strict=True)
        )

    @property
    def classes(self) -> tuple[ClassFlips, ...]:
        """Class by class, the most flips first; a class without pictures is left out."""
        first = self.sides[0].judged[0]
        counts = len(first.classes)
        totals = np.bincount(first.truth, minlength=counts)
        a_only = np.bincount(first.truth, self._a_only, minlength=counts)
        b_only = np.bincount(first.truth, self._b_only, minlength=counts)
        rows = [
            ClassFlips(name, int(totals[label]), float(a_only[label]), float(b_only[label]))
            for label, name in enumerate(first.classes)
            if totals[label]
        ]
        return tuple(sorted(rows, key=lambda row: -(row.a_only + row.b_only)))

    @property
    def _a_only(self) -> NDArray[np.float64]:
        m, n = self.seeds
        chances: NDArray[np.float64] = self.right_a * (n - self.right_b) / (m * n)
        return chances

    @property
    def _b_only(self) -> NDArray[np.float64]:
        m, n = self.seeds
        chances: NDArray[np.float64] = self.right_b * (m - self.right_a) / (m * n)
        return chances


def flips_of(a: Side, b: Side) -> Flips:
    """The flips between two sides; raises `UsageError` where their pictures are not the same."""
    if a.judged[0].ids != b.judged[0].ids:
        raise UsageError(
            f"{a.name} and {b.name} were not judged on the same pictures in the same order"
        )
    return Flips((a, b), a.correct.sum(axis=0), b.correct.sum(axis=0))


def shown_of(flips: Flips, most: int) -> list[Flip]:
    """At most `most` flips, A's before B's: half of each where there are as many, best first."""
    of_a, of_b = ([flip for flip in flips.flips if flip.way == way] for way in ("a", "b"))
    from_a = min(len(of_a), max((most + 1) // 2, most - len(of_b)))
    return [*of_a[:from_a], *of_b[: most - from_a]]


def flips_like(
    flips: Flips, way: Way | None = None, truth: str | None = None, *, every: bool = False
) -> list[Flip]:
    """The flips one way, of one true class, or those in every seed only; the most stable first."""
    return [
        flip
        for flip in flips.flips
        if way in (None, flip.way)
        and truth in (None, flip.truth)
        and (flip.stability == 1 or not every)
    ]


def _churn(right: NDArray[np.int64], runs: int) -> float | None:
    """The mean over all pairs of different runs."""
    if runs < 2:
        return None
    return float((2 * right * (runs - right)).sum()) / (runs * (runs - 1))


def _of_truth(side: Side, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """The true class's probability at some pictures, the mean over a side's runs."""
    truth = side.judged[0].truth[numbers]
    rows = [one.probabilities[numbers, truth].astype(np.float64) for one in side.judged]
    mean: NDArray[np.float64] = np.mean(rows, axis=0)
    return mean


def _answered(side: Side, numbers: NDArray[np.int64]) -> list[Answered]:
    """Of equally frequent answers, that with the higher mean probability."""
    first = side.judged[0]
    means = np.mean([one.probabilities[numbers] for one in side.judged], axis=0)  # (flips, classes)
    votes = np.zeros(means.shape)
    for one in side.judged:
        votes[np.arange(len(numbers)), one.answer[numbers]] += 1
    chosen = (votes + means / 2).argmax(axis=1)  # a mean is at most 1, so half of one breaks ties
    right = side.correct[:, numbers].sum(axis=0)
    return [
        Answered(first.classes[label], float(row[label]), int(count), len(side.judged))
        for label, row, count in zip(chosen, means, right, strict=True)
    ]
