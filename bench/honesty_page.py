"""docs/honesty.md from bench/honesty.json: no figure in it is typed by hand."""

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]

_HEAD = """\
# How honest the verdicts are

Made by `python bench/honesty.py` from `bench/honesty.json`, which it wrote; change neither by
hand. Studies were simulated whose truth is known: easy and difficult pictures, the same for all
seeds (standard deviation 2 beside a chance of 1 for each answer), settings that find nearly the
same pictures easy (correlation 0.95), and a seed's own effect. Where that is 0, seeds differ only
in which single pictures they get right, as was found for well trained networks (Jordan 2024, *On
the variance of neural network training with respect to test sets and distributions*, ICLR); 0.1
makes one seed of 95% vary by 0.5 points more. Each simulated study draws its own pictures, trains
its own networks, and is judged by the functions that judge real ones; docs/statistics.md says what
they compute.
"""

_COVERAGE = """\
## Do 95% intervals hold the truth 95 times of 100?

In percent of {simulations:,} studies of two settings of equal accuracy; the simulation itself is
uncertain by 1.0 (two standard deviations). *over seeds*: one setting on these pictures; *new
pictures*: one setting with new seeds and pictures; *difference here* and *anew*: two settings on
these and on new pictures. {within} of the {cells} figures with 3 seeds or more lie from 94 to 96,
{near} from 93 to 97; the lowest is {lowest}, the highest {highest}. What lies above comes from two
places: 256 pictures at 99% have 2 or 3 errors, in whole numbers, and Welch's test with 3 seeds
covers 96 to 97. With 2 seeds nothing better is known than wide intervals; one seed is one network,
and its intervals speak of it alone.
"""

_FALSE = """\
## How often are equal settings told apart?

In percent of {simulations:,} studies of three equal settings, uncertain by 1.0: at most 5 was
promised, the highest of all is {highest}. *one*: a single pair without correction; *any*: any of
the three pairs after Holm's correction.
"""

_ADVICE = """\
## Is "about so many more seeds" right?

Of {simulations:,} studies those that could not tell on these pictures: the seeds advised for a
difference of the size found, over those that the true variances need (the median), the same for
the seeds still missing, and the factor by which half of the single pieces of advice are off at
most, up or down. Within a factor of 1.5 was promised of the median; it lies from {low} to {high}.
"""

_ANEW = """\
For new pictures it may be that no number of seeds would do. In percent of the undecided studies:
for how many that was so, and in how many advice and truth agreed on whether it is; then the
median ratio of seeds where both have a number.
"""

_POWER = """\
## Does a difference show with the seeds that should show it 4 times of 5?

The seeds that the closed form names for a true difference, and how often the whole procedure then
tells the settings apart, in percent of {simulations:,} studies, uncertain by 3.6. Seeds are whole,
so it can be more than 80; with few seeds it is less, because Welch's test then pays for not
knowing whether both settings vary alike.
"""

_FOLLOWING = """\
## What does it cost to follow the advice?

Equal settings that cannot be told apart are given the advised seeds (20 at most) and asked again:
false verdicts in percent, in the first or the second look. Deciding on more seeds because the
first came out undecided is looking twice, and costs what looking twice does; for a claim that must
hold at 5%, plan the seeds beforehand.
"""


def page(result: Row) -> str:
    """The whole page."""
    simulations, coverage = result["simulations"], result["coverage"]
    figures = [
        row[name]
        for row in coverage
        if row["seeds"] >= 3
        for name in ("over_seeds", "on_new_pictures", "pair_here", "pair_anew")
    ]
    false = [row[name] for row in result["false_verdicts"] for name in _FALSE_NAMES if name in row]
    ratios = [row["ratio"] for row in result["advice"]]
    parts = [
        _HEAD,
        _COVERAGE.format(
            simulations=simulations,
            cells=len(figures),
            within=sum(94 <= figure <= 96 for figure in figures),
            near=sum(93 <= figure <= 97 for figure in figures),
            lowest=min(figures),
            highest=max(figures),
        ),
        _table(coverage, _COVERAGE_NAMES),
        _FALSE.format(simulations=simulations, highest=max(false)),
        _table(result["false_verdicts"], _FALSE_NAMES),
        _ADVICE.format(simulations=simulations // 4, low=min(ratios), high=max(ratios)),
        _table(result["advice"], _ADVICE_NAMES),
        _ANEW,
        _table(result["advice_anew"], _ANEW_NAMES),
        _POWER.format(simulations=simulations // 4),
        _table(result["power"], _POWER_NAMES),
        _FOLLOWING,
        _table(result["following"], {"false": "told apart"}),
        f"numpy {result['numpy']}; each row has its own stream of random numbers.\n",
    ]
    return "\n".join(parts)


_WORLD = {
    "pictures": "pictures",
    "accuracy": "accuracy",
    "seeds": "seeds",
    "effect": "seeds' effect",
}
_COVERAGE_NAMES = {
    "over_seeds": "over seeds",
    "over_pictures": "over pictures",
    "on_new_pictures": "new pictures",
    "pair_here": "difference here",
    "pair_anew": "difference anew",
}
_FALSE_NAMES = {
    "one_here": "one, here",
    "any_here": "any, here",
    "one_anew": "one, anew",
    "any_anew": "any, anew",
}
_ADVICE_NAMES = {
    "undecided": "undecided studies",
    "ratio": "advised / needed",
    "ratio_more": "the same for those missing",
    "typical_factor": "half are within a factor of",
}
_ANEW_NAMES = {
    "undecided": "undecided studies",
    "unreachable": "no number would do",
    "agreed": "agreed",
    "ratio": "advised / needed",
}
_POWER_NAMES = {"advised": "seeds named", "power": "told apart"}


def _table(rows: Sequence[Row], names: dict[str, str]) -> str:
    columns = {**_WORLD, **names}
    head = [list(columns.values()), ["---:"] * len(columns)]
    body = [[_cell(row.get(name)) for name in columns] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in [*head, *body]) + "\n"


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,}"
