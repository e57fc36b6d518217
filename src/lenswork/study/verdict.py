"""Verdicts: which settings of a study are better, which cannot be told apart, and what would help.

Two questions are kept apart. *Here*: on these test pictures, would other seeds say the same?
*Anew*: on new pictures like these, with other seeds, too? See docs/statistics.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Literal

from lenswork.errors import UsageError
from lenswork.study.advice import Advice, advise
from lenswork.study.crossed import Correct, SettingResult, checked, setting_result
from lenswork.study.intervals import LEVEL, Interval
from lenswork.study.pairs import Answer, Comparison, McNemar, compare

Word = Literal["better", "worse", "cannot tell"]
Pair = tuple[str, str]
FEW = 5  # telling pictures below which coverage on new pictures was not held in simulations


@dataclass(frozen=True)
class Judged:
    """One question's answer for a pair; fractions, not points.

    `interval` and `p` stand alone; `adjusted_p` is Holm's over the `family` pairs that were asked
    the same question, and `word` follows it. `alone` says that the pair would have counted had it
    been the only one. `advice` is None where a word is given and for two single networks.
    """

    word: Word
    interval: Interval
    p: float
    adjusted_p: float
    family: int
    alone: bool
    advice: Advice | None


@dataclass(frozen=True)
class PairVerdict:
    """What is known of `first` against `second`; `difference` is first less second, a fraction.

    `here` is None with one seed on both sides: then `anew` speaks of the two trained networks
    only, and `mcnemar` holds the counts. With `borrowed` one side has a single seed, whose spread
    is taken to be the other's.
    """

    first: str
    second: str
    seeds: tuple[int, int]
    pictures: int
    difference: float
    here: Judged | None
    anew: Judged
    mcnemar: McNemar | None
    borrowed: bool


@dataclass(frozen=True)
class StudyVerdict:
    """All settings, all pairs, and what to be careful about."""

    settings: tuple[SettingResult, ...]
    pairs: tuple[PairVerdict, ...]
    cautions: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Everything for JSON: fractions, not points."""
        return asdict(self)


def verdicts(
    results: Mapping[str, Correct],
    *,
    pairs: Sequence[Pair] | None = None,
    baseline: str | None = None,
) -> StudyVerdict:
    """Weigh settings against each other by their (seeds, pictures) tables of right answers.

    Columns are the same pictures in the same order throughout. Without `pairs`, every setting
    is compared with `baseline`, or all with all, the higher mean first. Raises `UsageError` for
    tables that do not fit together or names that are not there.
    """
    tables = {name: checked(name, correct) for name, correct in results.items()}
    _check_same_pictures(tables)
    settings = tuple(setting_result(name, correct) for name, correct in tables.items())
    asked = _asked(settings, pairs, baseline)
    compared = [compare(tables[first], tables[second]) for first, second in asked]
    here = iter(_judged([(one, one.here) for one in compared if one.here], anew=False))
    anew = _judged([(one, one.anew) for one in compared], anew=True)
    judged = [
        PairVerdict(
            first=first,
            second=second,
            seeds=(len(tables[first]), len(tables[second])),
            pictures=tables[first].shape[1],
            difference=compared[place].difference,
            here=None if compared[place].here is None else next(here),
            anew=anew[place],
            mcnemar=compared[place].mcnemar,
            borrowed=compared[place].borrowed,
        )
        for place, (first, second) in enumerate(asked)
    ]
    return StudyVerdict(settings, tuple(judged), tuple(_cautions(settings, tables)))


def holm(probabilities: Sequence[float]) -> list[float]:
    """Adjusted p values: Holm 1979, "A simple sequentially rejective multiple test procedure".

    Scandinavian Journal of Statistics 6. Under them the chance of any false verdict in the family
    is at most what it would be for one pair alone.
    """
    order = sorted(range(len(probabilities)), key=lambda place: probabilities[place])
    adjusted = [0.0] * len(probabilities)
    largest = 0.0
    for rank, place in enumerate(order):
        largest = max(largest, (len(order) - rank) * probabilities[place])
        adjusted[place] = min(1.0, largest)
    return adjusted


def _judged(cases: Sequence[tuple[Comparison, Answer]], *, anew: bool) -> list[Judged]:
    """Every pair's answer to one question, corrected over the pairs that have one."""
    adjusted = holm([answer.p for _, answer in cases])
    # The next pair to fall must pass 5% divided by the number of those still open.
    level = LEVEL / max(1, sum(p > LEVEL for p in adjusted))
    return [
        _judge(one, answer, p, len(cases), _advice(one, level, anew=anew))
        for (one, answer), p in zip(cases, adjusted, strict=True)
    ]


def _judge(
    one: Comparison, answer: Answer, adjusted: float, family: int, advice: Advice | None
) -> Judged:
    if adjusted <= LEVEL:
        word: Word = "better" if one.difference > 0 else "worse"
        return Judged(word, answer.interval, answer.p, adjusted, family, False, None)
    alone = answer.p <= LEVEL
    return Judged("cannot tell", answer.interval, answer.p, adjusted, family, alone, advice)


def _advice(one: Comparison, level: float, *, anew: bool) -> Advice | None:
    if one.variances is None:
        return None
    return advise(one.difference, one.variances, level, anew=anew)


def _check_same_pictures(tables: Mapping[str, Correct]) -> None:
    counts = {name: table.shape[1] for name, table in tables.items()}
    if not counts:
        raise UsageError("a verdict needs at least one setting with a finished trial, got none")
    if len(set(counts.values())) > 1:
        found = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        raise UsageError(
            f"settings can be compared only on the same pictures, but their numbers differ: {found}"
        )


def _asked(
    settings: Sequence[SettingResult], pairs: Sequence[Pair] | None, baseline: str | None
) -> list[Pair]:
    names = [setting.name for setting in settings]
    wanted = [name for pair in pairs or [] for name in pair] + ([baseline] if baseline else [])
    for name in wanted:
        if name not in names:
            raise UsageError(f"no setting is called {name!r}; there are {', '.join(names)}")
    if pairs is not None:
        for first, second in pairs:
            if first == second:
                raise UsageError(f"a setting cannot be compared with itself, got {first!r} twice")
        return list(pairs)
    if baseline:
        return [(name, baseline) for name in names if name != baseline]
    means = {setting.name: setting.mean for setting in settings}
    return [
        (first, second) if means[first] >= means[second] else (second, first)
        for first, second in combinations(names, 2)
    ]


def _cautions(settings: Sequence[SettingResult], tables: Mapping[str, Correct]) -> Iterator[str]:
    pairs_of_seeds = [setting.name for setting in settings if setting.seeds == 2]
    if pairs_of_seeds:
        yield (
            f"2 seeds ({', '.join(pairs_of_seeds)}) say little of how much seeds vary; on new "
            "pictures their intervals may be too narrow: 3 or more are better"
        )
    for setting in settings:
        table = tables[setting.name]
        wrong, right = int((~table).any(axis=0).sum()), int(table.any(axis=0).sum())
        few = min(wrong, right)
        if setting.seeds > 1 and few < FEW:
            rare = "wrong" if wrong <= right else "right"
            yield (
                f"{few or 'none'} of {setting.pictures:,} pictures {'was' if few < 2 else 'were'} "
                f"ever answered {rare} by {setting.name}, too few for exact intervals on new "
                "pictures"
            )
