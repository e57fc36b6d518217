"""Would more pictures help? Trainings on growing parts of the pictures, and what they foretell."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from lenswork.data.dataset import Dataset
from lenswork.errors import PlanError, RunError
from lenswork.record.writer import slug
from lenswork.study.law import Estimate, Law, Points, fit_law, picture_covariance
from lenswork.study.plan import LONGEST_NAME, Plan
from lenswork.study.results import Results

FRACTIONS = tuple(Fraction(1, 2**halvings) for halvings in (4, 3, 2, 1, 0))
SEEDS = 3
FEWEST_SIZES = 3  # the law has three numbers
FEWEST_A_CLASS = 4  # pictures, on average; with fewer a net learns next to nothing
NOTHING = 0.002  # of the accuracy: a gain that is surely smaller is none

Verdict = Literal["yes", "no", "cannot tell"]


@dataclass(frozen=True)
class Answer:
    """Whether twice the pictures would help: by how much, and what it rests on.

    `error` is the one with all pictures and `gain` what twice as many take from it, fractions.
    "no" is a gain below 0.2 points with all of its interval, "yes" one above 0 with all of it, and
    "cannot tell" is the rest. `check` is None where there are too few sizes for it.
    """

    verdict: Verdict
    law: Law
    points: Points
    gain: Estimate
    error: Estimate
    check: "Check | None"
    wanted: Literal["seeds", "test pictures"]  # more of which would narrow the interval first

    def sentence(self) -> str:
        """The answer in words and numbers."""
        middle, low, high = (100 * value for value in self.gain)
        between = f"({low:.1f} to {high:.1f})"
        if self.verdict == "yes":
            return f"Yes: twice the pictures would bring about {middle:+.1f} points {between}."
        if self.verdict == "no":
            return (
                f"No: twice the pictures would bring about {middle:+.1f} points {between}, which "
                f"is less than {100 * NOTHING} for certain."
            )
        return (
            f"Cannot tell: twice the pictures would bring from {low:+.1f} to {high:+.1f} points. "
            f"{self._what_blurs_it()}".rstrip()
        )

    def notes(self) -> list[str]:
        """The caution that belongs to sizes of which only one training is there."""
        once = [
            f"{pictures:,}"
            for pictures, one in zip(self.points.pictures, self.points.wrong, strict=True)
            if len(one) == 1
        ]
        if not once:
            return []
        of_all = len(once) == len(self.points.pictures)
        which = "" if of_all else f" with {', '.join(once)} pictures"
        said = f"One seed each{which} shows what these networks do, not how much of it is chance"
        return [f"{said}: train each size with {SEEDS} seeds or more."]

    def _what_blurs_it(self) -> str:
        """What to do first for a narrower interval, and why; of one seed `notes` says it."""
        seeds = max(len(one) for one in self.points.wrong)
        if self.wanted == "test pictures":
            return (
                f"Most of the doubt about one size comes from having only {self.points.tests:,} "
                "pictures to judge by: hold out more of them first."
            )
        if seeds == 1:
            return ""
        return (
            "Trainings of one size differ much by chance: first train each more often, with "
            f"--seeds {2 * seeds}."
        )


@dataclass(frozen=True)
class Check:
    """What the law, fitted without the largest size, foretold of it, and what came of it."""

    before: int  # pictures
    after: int
    foretold: Estimate  # of the gain with the luck of as many seeds, a fraction
    measured: float

    @property
    def holds(self) -> bool:
        """Whether the measured gain lies in the interval."""
        return self.foretold.low <= self.measured <= self.foretold.high

    def sentence(self) -> str:
        """The check in words."""
        middle, low, high = (100 * value for value in self.foretold)
        verb = "and it was" if self.holds else "but it was"
        return (
            f"Checked on itself: from {self.before:,} to {self.after:,} pictures the smaller sizes "
            f"foretell {middle:+.1f} points ({low:.1f} to {high:.1f}), {verb} "
            f"{100 * self.measured:+.1f}."
        )


def answer(points: Points) -> Answer:
    """Fit the law and say whether twice the pictures would help."""
    law = fit_law(points)
    gain = law.gain(2)
    verdict: Verdict = "cannot tell"
    if gain.high < NOTHING:
        verdict = "no"
    elif gain.low > 0:
        verdict = "yes"
    return Answer(
        verdict=verdict,
        law=law,
        points=points,
        gain=gain,
        error=law.error_at(law.pictures),
        check=check(points),
        wanted=_wanted(points),
    )


def check(points: Points) -> Check | None:
    """Foretell the largest size from the others; None with fewer than four sizes."""
    if len(points.pictures) <= FEWEST_SIZES:
        return None
    before, after = map(int, points.pictures[-2:])
    return Check(
        before=before,
        after=after,
        foretold=fit_law(points.up_to(before)).measured_gain(
            after / before, min(len(one) for one in points.wrong[-2:])
        ),
        measured=float(points.errors[-2] - points.errors[-1]),
    )


def curve_plan(
    data: Dataset,
    *,
    fractions: Sequence[Fraction | float] | None = None,
    seeds: int = SEEDS,
    name: str | None = None,
    **fields: Any,
) -> Plan:
    """The study that trains on these fractions of the training pictures, 1/16 to all.

    The smaller are parts of the larger; `fields` are the recipe's, and what they leave open is
    chosen for each number of pictures as it would be if there were no more. Raises `PlanError`
    for fewer than three sizes, and for one with next to no pictures of a class.
    """
    there = len(data.train)
    fewest = FEWEST_A_CLASS * len(data.classes)
    if fractions is None:
        counts = [count for count in _counts(FRACTIONS, there) if count >= fewest]
    else:
        counts = _counts(fractions, there)
    if counts and counts[0] < fewest:
        raise PlanError(
            f"fractions: {counts[0]} of {data.name}'s {there:,} training pictures are too few for "
            f"{len(data.classes)} classes: use at least {fewest / there:.3g}"
        )
    if len(counts) < FEWEST_SIZES:
        raise PlanError(
            f"a curve needs at least {FEWEST_SIZES} numbers of pictures, and {data.name} has "
            f"{there:,} training pictures for {', '.join(map(str, counts)) or 'none'}: "
            "name more fractions, or gather more pictures"
        )
    plan = Plan(
        name=name or f"curve-{slug(data.source or data.name)}"[:LONGEST_NAME],
        question="Would more pictures help?",
        seeds=seeds,
        base={"data": data.source or data.name},
        axes={"train_pictures": {setting_name(count): count for count in counts}},
    )
    return plan.with_base(**fields)


def setting_name(count: int) -> str:
    """What the trainings on so many pictures are called."""
    return f"{count:,} pictures"


def points_of(plan: Plan, results: Results) -> Points:
    """The measurements of a curve's study; raises `RunError` for too few finished sizes."""
    counts = sorted(plan.axes["train_pictures"].values())
    there = [count for count in counts if setting_name(count) in results.settings]
    if len(there) < FEWEST_SIZES:
        raise RunError(
            f"study {plan.name} has finished trainings for {len(there)} numbers of pictures, and "
            f"a curve needs {FEWEST_SIZES}: give the same command again"
        )
    wrong = tuple(~results.settings[setting_name(count)].correct for count in there)
    return Points(np.array(there, dtype=np.int64), wrong)


def _wanted(points: Points) -> Literal["seeds", "test pictures"]:
    """What brings more noise into the change from size to size."""
    covariance = picture_covariance(points)
    pairs = range(len(points.pictures) - 1)
    of_pictures = sum(
        covariance[i, i] + covariance[i + 1, i + 1] - 2 * covariance[i, i + 1] for i in pairs
    )
    variances = [one.var(ddof=1) / len(one) for one in points.seed_errors if len(one) > 1]
    of_seeds = 2 * len(pairs) * float(np.mean(variances)) if variances else np.inf
    return "seeds" if of_seeds > of_pictures else "test pictures"


def _counts(fractions: Sequence[Fraction | float], there: int) -> list[int]:
    for fraction in fractions:
        if not 0 < fraction <= 1:
            raise PlanError(f"fractions: expected more than 0 and at most 1, got {fraction}")
    return sorted({round(float(fraction) * there) for fraction in fractions})
