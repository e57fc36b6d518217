"""A study's numbers as tables of the page, and its verdicts as sentences."""

import math
from collections.abc import Iterator, Sequence

from lenswork.amounts import counted
from lenswork.record.run import Run
from lenswork.study.advice import MOST_SEEDS, Advice
from lenswork.study.amounts import rate_text, seconds_text, times_text
from lenswork.study.folder import Study
from lenswork.study.intervals import Interval, ratio_of
from lenswork.study.report import conditions_of
from lenswork.study.summary import Summary, pair_sentences
from lenswork.study.verdict import Judged, PairVerdict
from lenswork.study.words import sentences
from notes.part import Table


def accuracy_table(summary: Summary) -> Table:
    """A row a setting: its accuracy with the intervals for other seeds, and for new pictures."""
    rows = (
        (
            one.name,
            str(one.seeds),
            f"{one.mean:.2%}",
            "" if one.deviation is None else f"{100 * one.deviation:.2f}",
            _range(one.over_seeds),
            _range(one.on_new_pictures),
        )
        for one in summary.verdict.settings
    )
    head = ("setting", "seeds", "mean", "std. dev.", "other seeds", "other seeds, new pictures")
    pictures = len(summary.results.ids)
    what = f"Accuracy on the {pictures:,} pictures of the {summary.results.part} part:"
    return Table(what, head, tuple(rows))


def pairs_table(summary: Summary) -> Table:
    """A row a pair: the difference, the verdicts on these pictures and on new ones, the seeds."""
    rows = (
        (
            f"{pair.first} against {pair.second}",
            f"{100 * pair.difference:+.2f}",
            "" if pair.here is None else _judged(pair.here),
            _judged(pair.anew),
            _seeds(pair.anew.advice),
            _times(pair, summary),
        )
        for pair in summary.verdict.pairs
    )
    head = (
        "pair", "points ahead", "on these very pictures", "on new pictures", "seeds to tell",
        "times the training",
    )  # fmt: skip
    return Table("Pair by pair, with what holds for other seeds:", head, tuple(rows))


def cost_table(summary: Summary) -> Table:
    """A row a setting: training time, rate of evaluation, parameters, work."""
    rows = (
        (
            name,
            seconds_text(cost.train_seconds),
            rate_text(cost.pictures_a_second),
            f"{cost.parameters:,}",
            "" if cost.multiply_adds is None else f"{cost.multiply_adds:,}",
        )
        for name, cost in summary.costs.items()
    )
    head = ("setting", "training", "pictures a second", "parameters", "multiply-adds a picture")
    return Table("What each costs (geometric means):", head, tuple(rows))


def difference_text(pair: PairVerdict) -> str:
    """The difference in points with its interval for new pictures."""
    low, high = (100 * end for end in (pair.anew.interval.low, pair.anew.interval.high))
    return f"{100 * pair.difference:+.2f} ({low:+.2f} to {high:+.2f})"


def best_sentence(summary: Summary) -> str:
    """Which setting is the best on new pictures, or between which nothing can be told."""
    top = max(summary.verdict.settings, key=lambda one: one.mean)
    others = list(_against(summary, top.name))
    beaten = [(name, ahead) for name, word, ahead in others if word != "cannot tell"]
    level = [name for name, word, _ in others if word == "cannot tell"]
    seeds = f"{top.seeds} seeds each"
    if not beaten:
        most = _largest_pair(summary)
        alone = (
            f"; alone this would count, among {most.anew.family} pairs it does not"
            if most.anew.alone
            else ""
        )
        return (
            f"Cannot tell: with {seeds} no setting is told from {top.name}, the first by the mean; "
            f"{most.first} and {most.second} are farthest apart, {difference_text(most)} "
            f"points{alone}."
        )
    won = ", ".join(f"than {name} by {text} points" for name, text in beaten)
    said = f"{top.name}: better on new pictures {won}, with {seeds}."
    if level:
        said += f" It cannot be told from {', '.join(level)}."
    return said


def soonest_sentence(summary: Summary) -> str:
    """Which setting is trained soonest, and how many times as long the others take."""
    seconds = {
        name: [value for value in one.train_seconds if not math.isnan(value)]
        for name, one in summary.results.settings.items()
    }
    timed = [name for name in seconds if seconds[name]]
    if len(timed) < 2:
        return "Their times were not measured beside each other."
    first = min(timed, key=lambda name: summary.costs[name].train_seconds.mean)
    others = []
    for name in timed:
        if name != first:
            times, between = times_text(ratio_of(seconds[name], seconds[first]))
            others.append(f"{name} {times} times as long {between}".rstrip())
    took = seconds_text(summary.costs[first].train_seconds)
    said = f"{first} is trained soonest, in {took}; {', '.join(others)}."
    unknown = [name for name in seconds if not seconds[name]]
    return f"{said} Not timed beside them: {', '.join(unknown)}." if unknown else said


def anew_sentences(summary: Summary) -> list[str]:
    """The verdict of each pair on new pictures, or on these where that is all there is."""
    return [sentences(pair)[-1] for pair in summary.verdict.pairs]


def times_sentences(summary: Summary) -> list[str]:
    """How the training times of each pair compare."""
    return [
        sentence
        for pair in summary.verdict.pairs
        for sentence in pair_sentences(pair, summary.results)[len(sentences(pair)) :]
    ]


def conditions(study: Study, summary: Summary) -> tuple[str, ...]:
    """Machine, versions, dates and seeds of a study."""
    runs = {name: study.runs(name) for name in summary.results.settings}
    return (*conditions_of(runs), f"{counted(summary.plan.seeds, 'seed')} each")


def conditions_of_runs(runs: Sequence[Run]) -> tuple[str, ...]:
    """Machine, versions and dates of single runs."""
    return (*conditions_of({"runs": tuple(runs)}), "One run each")


def _against(summary: Summary, name: str) -> Iterator[tuple[str, str, str]]:
    """Every setting compared with `name`: the verdict anew, and by how much `name` is ahead."""
    for pair in summary.verdict.pairs:
        if pair.first == name:
            yield pair.second, pair.anew.word, _ahead(pair, 1)
        elif pair.second == name:
            yield pair.first, pair.anew.word, _ahead(pair, -1)


def _ahead(pair: PairVerdict, sign: int) -> str:
    ends = sorted(sign * 100 * end for end in (pair.anew.interval.low, pair.anew.interval.high))
    return f"{sign * 100 * pair.difference:.2f} ({ends[0]:.2f} to {ends[1]:.2f})"


def _largest_pair(summary: Summary) -> PairVerdict:
    return max(summary.verdict.pairs, key=lambda pair: abs(pair.difference))


def _times(pair: PairVerdict, summary: Summary) -> str:
    first, second = (
        [value for value in summary.results.settings[name].train_seconds if not math.isnan(value)]
        for name in (pair.first, pair.second)
    )
    if not first or not second:
        return "not measured beside each other"
    return " ".join(times_text(ratio_of(first, second))).rstrip()


def _judged(judged: Judged) -> str:
    """The word, and the interval of the difference in points.

    An interval stands alone and a word counts all pairs: where these disagree, it is said.
    """
    low, high = (100 * end for end in (judged.interval.low, judged.interval.high))
    among = f" among {judged.family} pairs" if judged.alone else ""
    return f"{judged.word}{among} ({low:+.2f} to {high:+.2f})"


def _seeds(advice: Advice | None) -> str:
    """How many seeds of each would show a difference of this size 4 times of 5."""
    if advice is None:
        return ""
    if advice.seeds is not None:
        return f"{advice.seeds:,}"
    if advice.pictures is not None:
        return f"none would: {advice.pictures:,} pictures"
    return f"over {MOST_SEEDS:,}"


def _range(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.low:.2%} to {interval.high:.2%}"
