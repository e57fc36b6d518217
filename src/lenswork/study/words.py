"""Verdicts in plain words; differences in percentage points."""

from collections.abc import Iterator

from lenswork.study.advice import MOST_SEEDS, Advice
from lenswork.study.crossed import SettingResult
from lenswork.study.intervals import Interval
from lenswork.study.verdict import Judged, PairVerdict, StudyVerdict

HERE, ANEW = "On these very pictures", "On new pictures like these"
MOST_TIMES = 1000  # as many pictures more as one would still speak of


def lines(verdict: StudyVerdict) -> list[str]:
    """A line for each setting, the sentences of each pair, then the cautions."""
    return [
        *(setting_line(setting) for setting in verdict.settings),
        *(sentence for pair in verdict.pairs for sentence in sentences(pair)),
        *(f"Take care: {caution}." for caution in verdict.cautions),
    ]


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
    """The answers to both questions, and what they do not say."""
    if pair.mcnemar is not None:
        return list(_of_two_networks(pair))
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


def _sentence(pair: PairVerdict, judged: Judged, where: str) -> str:
    if judged.word != "cannot tell":
        return f"{where}: {_better(pair, judged)}."
    parts = [f"{where}: cannot tell {pair.first} from {pair.second}: {_ahead(pair, judged)}"]
    if judged.alone:
        parts.append(f"alone this would count, among {judged.family} comparisons it does not")
    if judged.advice is not None:
        if pair.difference:
            parts.append(_would_help(pair, judged.advice, new=where == ANEW))
        parts.append(
            f"a difference of {_points(judged.advice.detectable)} points would have shown 4 times "
            "of 5"
        )
    return "; ".join(parts) + "."


def _of_two_networks(pair: PairVerdict) -> Iterator[str]:
    counts = pair.mcnemar
    if counts is None:
        return
    found = (
        f"(McNemar p = {pair.anew.p:.2g}: {counts.only_first:,} pictures only {pair.first} got "
        f"right, {counts.only_second:,} only {pair.second})"
    )
    if pair.anew.word == "cannot tell":
        alone = (
            f"; alone this would count, among {pair.anew.family} comparisons it does not"
            if pair.anew.alone
            else ""
        )
        yield (
            f"{ANEW}: cannot tell this network of {pair.first} from this one of {pair.second}: "
            f"{_ahead(pair, pair.anew)} {found}{alone}."
        )
    else:
        yield (
            f"{ANEW}: this network of {pair.first} did {pair.anew.word} than this one of "
            f"{pair.second} by {_size(pair, pair.anew)} {found}."
        )
    yield (
        "One seed each says nothing of the settings, only of these two networks: train both with "
        "3 seeds or more."
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
    return f"{_points(abs(pair.difference))} points ({_points(low)} to {_points(high)})"


def _ahead(pair: PairVerdict, judged: Judged) -> str:
    if not pair.difference:
        return f"they are equal ({_points(judged.interval.low)} to {_points(judged.interval.high)})"
    leader = pair.first if pair.difference > 0 else pair.second
    return f"{leader} is ahead by {_size(pair, judged)}"


def _points(fraction: float) -> str:
    text = f"{100 * fraction:.2f}"
    return "0.00" if text == "-0.00" else text


def _percents(interval: Interval) -> str:
    return f"{interval.low:.2%} to {interval.high:.2%}"


def _two_digits(number: int) -> int:
    step = int(10 ** max(0, len(str(number)) - 2))
    return -(-number // step) * step
