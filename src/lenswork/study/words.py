"""Verdicts in plain words; differences in percentage points."""

import math
from collections.abc import Iterator, Mapping, Sequence

from lenswork.study.advice import MOST_SEEDS, Advice
from lenswork.study.amounts import times_text
from lenswork.study.crossed import SettingResult
from lenswork.study.intervals import Interval, ratio_of
from lenswork.study.pairs import McNemar
from lenswork.study.verdict import Judged, PairVerdict, StudyVerdict

HERE, ANEW = "On these very pictures", "On new pictures like these"
LITTLE = "less than 0.01 points"
MOST_TIMES = 1000  # as many pictures more as one would still speak of


def lines(verdict: StudyVerdict) -> list[str]:
    """A line for each setting, the sentences of each pair, then the notes."""
    return [
        *(setting_line(setting) for setting in verdict.settings),
        *(sentence for pair in verdict.pairs for sentence in sentences(pair)),
        *notes(verdict),
    ]


def notes(verdict: StudyVerdict) -> list[str]:
    """What holds for all that was said, once: how little one seed says, then the cautions."""
    return [*_of_one_seed(verdict), *(f"Take care: {caution}." for caution in verdict.cautions)]


def setting_line(setting: SettingResult) -> str:
    """Mean, spread and intervals of one setting."""
    if setting.over_seeds is None or setting.deviation is None:
        return (
            f"{setting.name}: {setting.mean:.2%} with one seed; on other pictures this network "
            f"would get {_percents(setting.over_pictures)}."
        )
    anew = setting.on_new_pictures or setting.over_pictures
    return (
        f"{setting.name}: {setting.mean:.2%}, standard deviation "
        f"{_points(setting.deviation)} points over {setting.seeds} seeds; "
        f"{_percents(setting.over_seeds)} with other seeds on these pictures, "
        f"{_percents(setting.over_pictures)} with these networks on other pictures, "
        f"{_percents(anew)} with both new."
    )


def sentences(pair: PairVerdict) -> list[str]:
    """The answers to both questions for one pair; what holds for all pairs is in `notes`."""
    if pair.mcnemar is not None:
        return [_of_two_networks(pair, pair.mcnemar)]
    said = [_sentence(pair, pair.anew, ANEW)]
    if pair.here is not None:
        said.insert(0, _sentence(pair, pair.here, HERE))
    if pair.borrowed:
        single, many = (
            (pair.first, pair.second) if pair.seeds[0] == 1 else (pair.second, pair.first)
        )
        said.append(
            f"{single} has one seed; how much its seeds vary is taken from {many}. "
            "Train it with more seeds to be surer."
        )
    return said


def time_sentences(pair: PairVerdict, seconds: Mapping[str, Sequence[float]]) -> list[str]:
    """How many times as long one setting took to train as the other, the longer first.

    `seconds` has each setting's training times, one a seed, nan where it is unknown. Nothing is
    said of unknown times or of a time of 0; where the ratio's interval holds 1, it says so.
    """
    first, second = pair.first, pair.second
    known = {name: [s for s in seconds[name] if not math.isnan(s)] for name in (first, second)}
    if not all(known.values()) or not min(*known[first], *known[second]) > 0:
        return []
    ratio = ratio_of(known[first], known[second])
    if ratio.ratio < 1:
        first, second = second, first
        ratio = ratio_of(known[first], known[second])
    times, between = times_text(ratio)
    said = f"{first} took {times} times as long to train as {second} {between}".rstrip()
    if ratio.interval is None:
        once = [name for name in (first, second) if len(known[name]) == 1]
        of = once[0] if len(once) == 1 else "each"
        return [f"{said}; with one timed trial of {of} no interval is known."]
    if ratio.interval.low <= 1:
        return [f"Training times cannot be told apart: {said}."]
    return [f"{said}."]


def _sentence(pair: PairVerdict, judged: Judged, where: str) -> str:
    if judged.word != "cannot tell":
        return f"{where}: {_better(pair, judged)}."
    parts = [f"{where}: cannot tell {pair.first} from {pair.second}: {_ahead(pair, judged)}"]
    if judged.alone:
        parts.append(_alone(judged))
    if judged.advice is not None:
        if not _is_nothing(pair):
            parts.append(_would_help(pair, judged.advice, new=where == ANEW))
        parts.append(
            f"a difference of {_points(judged.advice.detectable)} points would have shown 4 times "
            "of 5"
        )
    return "; ".join(parts) + "."


def _of_two_networks(pair: PairVerdict, counts: McNemar) -> str:
    found = (
        f"(McNemar p = {pair.anew.p:.2g}: {counts.only_first:,} pictures only {pair.first} got "
        f"right, {counts.only_second:,} only {pair.second})"
    )
    if pair.anew.word != "cannot tell":
        return (
            f"{ANEW}: this network of {pair.first} did {pair.anew.word} than this one of "
            f"{pair.second} by {_size(pair, pair.anew)} {found}."
        )
    alone = f"; {_alone(pair.anew)}" if pair.anew.alone else ""
    return (
        f"{ANEW}: cannot tell this network of {pair.first} from this one of {pair.second}: "
        f"{_ahead(pair, pair.anew)} {found}{alone}."
    )


def _alone(judged: Judged) -> str:
    return f"alone this would count, among {judged.family} comparisons it does not"


def _of_one_seed(verdict: StudyVerdict) -> Iterator[str]:
    pairs = [pair for pair in verdict.pairs if pair.mcnemar is not None]
    if not pairs:
        return
    names = "; ".join(f"{pair.first} and {pair.second}" for pair in pairs)
    which = "" if len(pairs) == len(verdict.pairs) else f" ({names})"
    those, each = ("two networks", "both") if len(pairs) == 1 else ("networks", "each")
    yield (
        f"One seed each{which} says nothing of the settings, only of these {those}: train {each} "
        "with 3 seeds or more."
    )


def _would_help(pair: PairVerdict, advice: Advice, *, new: bool) -> str:
    size = f"a difference of this size ({_points(abs(pair.difference))} points)"
    if advice.seeds is not None:
        if pair.seeds[0] == pair.seeds[1]:
            more = max(1, advice.seeds - pair.seeds[0])
            return f"about {more} more seed{'s' * (more > 1)} of each would show {size}"
        return f"about {advice.seeds} seeds of each would show {size}"
    if not new or advice.pictures is None:
        return f"{size} would take over {MOST_SEEDS:,} seeds of each"
    few = f"no number of seeds would show {size}: {pair.pictures:,} pictures are too few"
    if advice.pictures > MOST_TIMES * pair.pictures:
        return f"{few}, and so would {MOST_TIMES:,} times as many be"
    return f"{few}, at least about {_two_digits(advice.pictures):,} would be needed"


def _better(pair: PairVerdict, judged: Judged) -> str:
    return f"{pair.first} did {judged.word} than {pair.second} by {_size(pair, judged)}"


def _size(pair: PairVerdict, judged: Judged) -> str:
    """The difference as a size, its interval turned the same way."""
    ends = judged.interval.low, judged.interval.high
    low, high = ends if pair.difference >= 0 else (-ends[1], -ends[0])
    size = LITTLE if _is_nothing(pair) else f"{_points(abs(pair.difference))} points"
    return f"{size} ({_points(low)} to {_points(high)})"


def _ahead(pair: PairVerdict, judged: Judged) -> str:
    if _is_nothing(pair):
        ends = f"({_points(judged.interval.low)} to {_points(judged.interval.high)})"
        return f"they are {LITTLE} apart {ends}" if pair.difference else f"they are equal {ends}"
    leader = pair.first if pair.difference > 0 else pair.second
    return f"{leader} is ahead by {_size(pair, judged)}"


def _is_nothing(pair: PairVerdict) -> bool:
    """A difference that would be written as 0.00 points."""
    return _points(pair.difference) == "0.00"


def _points(fraction: float) -> str:
    text = f"{100 * fraction:.2f}"
    return "0.00" if text == "-0.00" else text


def _percents(interval: Interval) -> str:
    return f"{interval.low:.2%} to {interval.high:.2%}"


def _two_digits(number: int) -> int:
    step = int(10 ** max(0, len(str(number)) - 2))
    return -(-number // step) * step
