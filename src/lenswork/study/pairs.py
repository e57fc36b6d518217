"""The difference between two settings, on these test pictures and on new ones like these."""

import math
from dataclasses import dataclass

from scipy.special import bdtr

from lenswork.study.crossed import Correct, Spread, spread_of
from lenswork.study.intervals import NORMAL, Interval, welch_freedom
from lenswork.study.joint import JointT, joint_t


@dataclass(frozen=True)
class Answer:
    """One question's answer: the difference's 95% interval and its p value."""

    interval: Interval
    p: float


@dataclass(frozen=True)
class Variances:
    """What the difference of two means varies by, from which more seeds or pictures are planned.

    `of_seeds` is what the seeds leave now, with `freedom` degrees; `of_one_seed` what one seed of
    each would, and `freedom_a_seed` Welch's degrees of freedom for each seed beyond the first.
    `lasting` is what the pictures leave however many the seeds.
    """

    of_seeds: float
    freedom: float
    of_one_seed: float
    freedom_a_seed: float
    lasting: float
    pictures: int


@dataclass(frozen=True)
class McNemar:
    """Two trained networks: pictures that only the first and that only the second got right.

    `p` is the mid-p value, `exact_p` that of the exact conditional test.
    """

    only_first: int
    only_second: int
    p: float
    exact_p: float


@dataclass(frozen=True)
class Comparison:
    """The difference `first - second` in mean accuracy, as a fraction, before any correction.

    `here` is the answer for these test pictures, `anew` the one for new pictures like these.
    With a single seed on both sides there is only `mcnemar` and its interval in `anew`, and both
    speak of these two networks; with a single seed on one side its spread over seeds is taken to
    be the other's (`borrowed`).
    """

    difference: float
    here: Answer | None
    anew: Answer
    variances: Variances | None
    mcnemar: McNemar | None
    borrowed: bool


def compare(first: Correct, second: Correct) -> Comparison:
    """Compare two settings by their (seeds, pictures) tables on the same pictures."""
    one, two = spread_of(first), spread_of(second)
    if one.seeds == two.seeds == 1:
        return _two_networks(first[0], second[0])
    variances = _variances(one, two)
    difference = one.mean - two.mean
    of_seeds, freedom, lasting = variances.of_seeds, variances.freedom, variances.lasting
    together = joint_t(of_seeds, lasting, freedom, one.pictures - 1)
    return Comparison(
        difference=difference,
        here=_answer(difference, of_seeds, joint_t(of_seeds, 0.0, freedom, math.inf)),
        anew=_answer(difference, of_seeds + lasting, together),
        variances=variances,
        mcnemar=None,
        borrowed=1 in (one.seeds, two.seeds),
    )


def mcnemar(first: Correct, second: Correct) -> McNemar:
    """Compare two trained networks by the (pictures,) that only one of them got right.

    McNemar 1947, Psychometrika 12: given their number n, those of one side are binomial(n, 1/2)
    when neither network is better. The mid-p value counts half of the chance of what was found;
    Fagerland, Lydersen and Laake 2013, BMC Medical Research Methodology 13:91, recommend it over
    the exact test, which says too little.
    """
    only_first = int((first & ~second).sum())
    only_second = int((second & ~first).sum())
    fewer, both = min(only_first, only_second), only_first + only_second
    if not both:
        return McNemar(0, 0, 1.0, 1.0)
    at_most = float(bdtr(fewer, both, 0.5))
    below = float(bdtr(fewer - 1, both, 0.5)) if fewer else 0.0
    return McNemar(only_first, only_second, min(1.0, at_most + below), min(1.0, 2 * at_most))


def _two_networks(first: Correct, second: Correct) -> Comparison:
    """McNemar's test, and the interval of Bonett and Price 2012.

    "Adjusted Wald confidence interval for a difference of binomial proportions based on paired
    data", Journal of Educational and Behavioral Statistics 37: Wald's with one picture added to
    each side.
    """
    test = mcnemar(first, second)
    pictures = len(first) + 2
    ours, theirs = (test.only_first + 1) / pictures, (test.only_second + 1) / pictures
    middle = ours - theirs
    half = NORMAL * math.sqrt((ours + theirs - middle**2) / pictures)
    interval = Interval(max(-1.0, middle - half), min(1.0, middle + half))
    return Comparison(
        difference=(test.only_first - test.only_second) / len(first),
        here=None,
        anew=Answer(interval, test.p),
        variances=None,
        mcnemar=test,
        borrowed=False,
    )


def _answer(difference: float, variance: float, reference: JointT) -> Answer:
    deviation = math.sqrt(variance)
    half = reference.quantile() * deviation
    interval = Interval(max(-1.0, difference - half), min(1.0, difference + half))
    return Answer(interval, reference.probability(difference / deviation))


def _variances(one: Spread, two: Spread) -> Variances:
    """Split the difference's variance into what seeds and what pictures leave.

    Seeds: Welch 1947, "The generalization of Student's problem", Biometrika 34; the settings need
    not vary alike, and seeds are independent, also where two settings share a seed's number.
    """
    first, second = (one, two) if one.of_seeds is not None else (two, one)
    first_seeds, first_rest = first.of_seeds or 0.0, first.rest or 0.0
    if second.of_seeds is None or second.rest is None:
        of_seeds = first_seeds * (1 / first.seeds + 1 / second.seeds)
        rest = first_rest * (1 / first.seeds + 1 / second.seeds)
        freedom, of_one_seed, freedom_a_seed = first.seeds - 1.0, 2 * first_seeds, 1.0
    else:
        shares = [first_seeds / first.seeds, second.of_seeds / second.seeds]
        of_seeds, of_one_seed = sum(shares), first_seeds + second.of_seeds
        rest = first_rest / first.seeds + second.rest / second.seeds
        freedom = welch_freedom(shares, [first.seeds - 1, second.seeds - 1])
        freedom_a_seed = welch_freedom([first_seeds, second.of_seeds], [1, 1])
    lasting = _lasting(one, two, rest)
    return Variances(of_seeds, freedom, of_one_seed, freedom_a_seed, lasting, one.pictures)


def _lasting(one: Spread, two: Spread, rest: float) -> float:
    """The variance that pictures leave in the difference however many the seeds.

    Each picture's difference varies by its lasting part and by chance of the seeds (the `rest`);
    the second is taken off, because the seeds' variance holds it already. With few pictures that
    tell the settings apart this is a poor guess, so one more is added that only one setting got
    right, after Bonett and Price.
    """
    differences = one.shares - two.shares
    found = max(0.0, float(differences.var(ddof=1)) / one.pictures - rest)
    telling = min(int((differences != usual).sum()) for usual in (-1, 0, 1))
    return (telling * found + 1 / one.pictures**2) / (telling + 1)
