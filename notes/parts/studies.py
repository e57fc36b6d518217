"""The notes' tables as studies: filters, depth, epochs."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

from lenswork.study.amounts import seconds_text
from lenswork.study.folder import Study
from lenswork.study.report import CAPTIONS
from lenswork.study.summary import Summary, summarise
from notes.desk import Desk
from notes.part import Drawn, Found, Part
from notes.printed import Shown
from notes.tables import (
    anew_sentences,
    best_sentence,
    conditions,
    cost_table,
    pairs_table,
    soonest_sentence,
)

SHORT = "--train-pictures 1500 --seeds 2"
SHORT_EPOCHS = f"{SHORT} --epochs 2"


@dataclass(frozen=True)
class TimedIn:
    """A setting whose trainings were taken over from another study, where they were timed."""

    setting: str
    study: str
    there: str  # what the other study calls the setting

    def sentences(self, desk: Desk, summary: Summary) -> list[str]:
        """What the other study has measured, if `summary` lacks it and the other one has it."""
        measured = summary.results.settings[self.setting].train_seconds
        if not (all(map(math.isnan, measured)) and desk.has_study(self.study)):
            return []
        costs = summarise(desk.study(self.study)).costs
        times = {name: cost.train_seconds for name, cost in costs.items()}
        times = {name: time for name, time in times.items() if not math.isnan(time.mean)}
        if self.there not in times:
            return []
        first = min(times, key=lambda name: times[name].mean)
        return [
            (
                f"{self.setting} are the {self.there} of study {self.study}: "
                f"{seconds_text(times[self.there])} of training there, where {first} took "
                f"{seconds_text(times[first])}. No ratio is formed of times of two studies: the "
                "machine did other work, and not the same."
            )
        ]


def carried_out(desk: Desk, line: str, name: str) -> tuple[Study, Summary, Shown]:
    """Do what is missing of a study; it, what it found, and what its command printed at the end."""
    shown = desk.lenswork(line).since(name)
    study = desk.study(name)
    return study, summarise(study), shown


def found_in(desk: Desk, stem: str, study: Study, summary: Summary, shown: Shown) -> Found:
    """A study as a section: verdicts, figures, and tables."""
    figures = desk.draw_study(study, summary, stem)
    return Found(
        verdicts=(f"{best_sentence(summary)} {soonest_sentence(summary)}", *_advice(summary)),
        shown=(shown,),
        conditions=conditions(study, summary),
        figures=tuple(Drawn(file, CAPTIONS[what]) for what, file in figures.items()),
        tables=(pairs_table(summary), cost_table(summary)),
        facts=facts_of(summary),
    )


def facts_of(summary: Summary) -> dict[str, object]:
    """The numbers behind the sentences: each seed's accuracy, each pair's verdict, each cost."""
    return {
        "accuracies": {name: one.accuracies for name, one in summary.results.settings.items()},
        "pairs": [asdict(pair) for pair in summary.verdict.pairs],
        "costs": {name: asdict(cost) for name, cost in summary.costs.items()},
    }


def _advice(summary: Summary) -> list[str]:
    """What would tell apart those that are not: of three settings all pairs, of more none."""
    if len(summary.verdict.settings) > 3:
        return []
    return anew_sentences(summary)


def _of(
    plan: str, *, epochs_vary: bool = False, timed_in: Sequence[TimedIn] = ()
) -> Callable[[Desk], Found]:
    """The measuring of a built-in study; `timed_in` are settings that another study has timed."""

    def measure(desk: Desk) -> Found:
        name = f"{plan}-mnist"
        less = desk.only(SHORT if epochs_vary else SHORT_EPOCHS)
        study, summary, shown = carried_out(desk, f"study {plan}{less}", name)
        found = found_in(desk, plan, study, summary, shown.paragraph())
        said = [sentence for one in timed_in for sentence in one.sentences(desk, summary)]
        return replace(found, verdicts=(*found.verdicts, *said))

    return measure


FILTERS = Part(
    name="filters",
    title="How many filters?",
    question="Which number of filters, and which is fastest?",
    rows=("2 x 16", "2 x 32", "2 x 64", "which is fastest"),
    said="16, 32 and 64 filters were trained once each and read 98.99%, 99.22% and 99.16% on the "
    'test pictures; "32 are best". Of the time: "16 seems the fastest, but I did not measure it, '
    "so I don't know\".",
    measure=_of("filters"),
)
DEPTH = Part(
    name="depth",
    title="How many convolutions?",
    question="Which depth?",
    rows=("1 x 32", "3 x 32"),
    said="one, two and three convolutions of 32 filters read 98.76%, 99.22% and 98.51%.",
    measure=_of("depth", timed_in=(TimedIn("2 convolutions", "filters-mnist", "32 filters"),)),
)
EPOCHS = Part(
    name="epochs",
    title="How many epochs?",
    question="Would more epochs help?",
    rows=("5 or 10 epochs",),
    said="nets were trained for 5 or 10 epochs; what more would do is left open.",
    measure=_of("epochs", epochs_vary=True),
)
