"""Flips in words and as plain data."""

from collections.abc import Sequence

from lenswork.look.flips import Answered, Flip, Flips


def head_lines(flips: Flips, a: str | None = None, b: str | None = None) -> list[str]:
    """How many flips there are, and how many of them chance makes; `a`, `b` for shorter names."""
    a, b = a or flips.a, b or flips.b
    total = flips.a_only + flips.b_only
    on = f"{flips.pictures:,} {flips.part} pictures"
    split = f"{count(flips.a_only)} only {a} right, {count(flips.b_only)} only {b} right"
    if flips.seeds == (1, 1):
        return [
            f"{count(total)} of {on} flip: {split}.",
            "How many of these chance alone makes, one run of each cannot tell.",
        ]
    return [
        f"On average a run of {a} and a run of {b} disagree on {count(total)} of {on}: {split}.",
        _by_chance(flips, a, b),
        _every_seed(flips, a, b),
    ]


def share_words(answered: Answered) -> str:
    """Such as "5 of 5 right"; empty for a lone run."""
    return "" if answered.seeds == 1 else f"{answered.right} of {answered.seeds} right"


def flips_dict(flips: Flips, shown: Sequence[Flip]) -> dict[str, object]:
    """The counts, and the flips in `shown`, for JSON."""
    always = flips.in_every_seed
    return {
        "a": flips.a,
        "b": flips.b,
        "part": flips.part,
        "pictures": flips.pictures,
        "runs": {"a": flips.seeds[0], "b": flips.seeds[1]},
        "a_only": flips.a_only,
        "b_only": flips.b_only,
        "churn": {"a": flips.churn[0], "b": flips.churn[1]},
        "beyond_chance": flips.beyond_chance,
        "in_every_seed": {
            "a_only": always[0],
            "b_only": always[1],
            "by_chance": flips.in_every_seed_by_chance,
        },
        "classes": [vars(row) for row in flips.classes],
        "flips": [
            {
                "id": flip.id,
                "truth": flip.truth,
                "a": vars(flip.a),
                "b": vars(flip.b),
                "stability": flip.stability,
            }
            for flip in shown
        ],
    }


def count(number: float) -> str:
    """A count, or a mean of counts with one decimal: "12", "1,204.5"."""
    return f"{number:,.1f}".removesuffix(".0")


def percent(probability: float) -> str:
    """A probability that is not 1 is never written as 100%."""
    text = f"{probability:.1%}"
    return ">99.9%" if text == "100.0%" else text


def _by_chance(flips: Flips, a: str, b: str) -> str:
    within = [
        f"two seeds of {name} disagree on {count(churn)}"
        for name, churn in zip((a, b), flips.churn, strict=True)
        if churn is not None
    ]
    said = f"By chance alone {' and '.join(within)}"
    beyond = flips.beyond_chance
    if beyond is None:
        return f"{said}; {a if flips.seeds[0] == 1 else b} has one run, which cannot tell."
    if beyond < 0.5:
        return f"{said}: the flips between {a} and {b} are no more than that."
    return f"{said}: about {beyond:,.0f} of the flips are more than chance."


def _every_seed(flips: Flips, a: str, b: str) -> str:
    of_a, of_b = flips.in_every_seed
    m, n = flips.seeds
    by_chance = flips.in_every_seed_by_chance or 0.0
    return (
        f"{of_a:,} are right in {_runs(m)} of {a} and wrong in {_runs(n)} of {b}, {of_b:,} the "
        f"other way round; if the runs were shuffled between the two, {count(by_chance)} would be "
        "on average, both ways together."
    )


def _runs(runs: int) -> str:
    return {1: "the one run", 2: "both runs"}.get(runs, f"all {runs} runs")
