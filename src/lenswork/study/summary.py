"""A study in one piece: what was measured, what it cost, what failed, and the verdicts."""

import importlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lenswork.amounts import counted
from lenswork.study.folder import Study, TrialRecord
from lenswork.study.intervals import Estimate, geometric_mean_of
from lenswork.study.plan import Plan
from lenswork.study.results import Measured, Results, results_of
from lenswork.study.verdict import PairVerdict, StudyVerdict, verdicts
from lenswork.study.words import sentences, time_sentences


@dataclass(frozen=True)
class Cost:
    """What one setting costs: geometric means over its seeds, with their 95% intervals.

    `pictures_a_second` is the rate of evaluation and `multiply_adds` the work of one picture.
    Times hold for the machine and the number of workers that they were measured with.
    """

    train_seconds: Estimate
    pictures_a_second: Estimate
    parameters: int
    multiply_adds: int | None


@dataclass(frozen=True)
class Failure:
    """A trial that failed, and why."""

    setting: str
    seed: int
    reason: str


@dataclass(frozen=True)
class Summary:
    """Everything that a study has to say so far.

    `missing` is the number of trials still to be done, `unfinished` what has become of settings
    without a finished trial, and `without_verdict` a sentence for each pair that they belong to.
    `front` are the settings of which no other has a higher mean accuracy in a shorter mean time.
    """

    name: str
    plan: Plan
    results: Results
    verdict: StudyVerdict
    costs: Mapping[str, Cost]
    failures: tuple[Failure, ...]
    missing: int
    unfinished: Mapping[str, str]
    without_verdict: tuple[str, ...]
    front: tuple[str, ...]

    @property
    def front_sentence(self) -> str | None:
        """What `front` says, and of which settings it cannot; None where nothing is compared."""
        unknown = [name for name, one in self.costs.items() if math.isnan(one.train_seconds.mean)]
        timed = len(self.costs) - len(unknown)
        if timed < 2:
            return None
        said = "By the means, "
        if unknown:
            said += "of the settings that were timed here "
        if len(self.front) == timed:
            said += "none is both better and sooner trained than another."
        else:
            said += f"no other is both better and sooner trained than: {', '.join(self.front)}."
        return f"{said} Not measured here: {', '.join(unknown)}." if unknown else said

    @property
    def missing_words(self) -> str:
        """How many trials are still to be done."""
        trials = "1 trial is" if self.missing == 1 else f"{self.missing:,} trials are"
        return f"{trials} not done yet"

    def sentences(self) -> list[str]:
        """What is said of each pair, times included, and the sentence on the front."""
        of_pairs = [s for pair in self.verdict.pairs for s in pair_sentences(pair, self.results)]
        return of_pairs if self.front_sentence is None else [*of_pairs, self.front_sentence]

    def as_dict(self) -> dict[str, Any]:
        """Everything for JSON, with each trial's accuracy; fractions, not points."""
        return {
            "study": self.name,
            "plan": self.plan.model_dump(),
            "part": self.results.part,
            "pictures": len(self.results.ids),
            **self.verdict.as_dict(),
            "accuracies": {
                name: dict(zip(map(str, one.seeds), one.accuracies, strict=True))
                for name, one in self.results.settings.items()
            },
            "sentences": self.sentences(),
            "costs": {name: asdict(cost) for name, cost in self.costs.items()},
            "front": self.front,
            "failures": [asdict(failure) for failure in self.failures],
            "missing": self.missing,
            "unfinished": dict(self.unfinished),
            "without_verdict": self.without_verdict,
        }

    def __repr__(self) -> str:
        settings = counted(len(self.verdict.settings), "setting")
        return f"Summary({self.name}: {settings}, {counted(self.missing, 'trial')} missing)"

    def _repr_html_(self) -> str:
        drawing = importlib.import_module("lenswork.study.summary_html")  # it draws: matplotlib
        return str(drawing.summary_html(self))


def summarise(study: Study) -> Summary:
    """Gather the finished trials and judge them; raises `RunError` when none is finished."""
    records = study.records()
    results = results_of(study)
    means = {name: float(one.correct.mean()) for name, one in results.settings.items()}
    costs = {name: _cost(one) for name, one in results.settings.items()}
    unfinished = _unfinished(records)
    pairs = [pair for pair in study.plan.compared() if not unfinished.keys() & set(pair)]
    if study.plan.pairs is None and study.plan.baseline is None:
        pairs = [pair if means[pair[0]] >= means[pair[1]] else pair[::-1] for pair in pairs]
    return Summary(
        name=study.name,
        plan=study.plan,
        results=results,
        verdict=verdicts({n: one.correct for n, one in results.settings.items()}, pairs=pairs),
        costs=costs,
        failures=tuple(
            Failure(record.trial.setting, record.trial.seed, record.reason)
            for record in records
            if record.state == "failed"
        ),
        missing=sum(record.state in ("missing", "running") for record in records),
        unfinished=unfinished,
        without_verdict=tuple(_without_verdict(study.plan, unfinished)),
        front=front_of(
            {
                name: (cost.train_seconds.mean, means[name])
                for name, cost in costs.items()
                if not math.isnan(cost.train_seconds.mean)
            }
        ),
    )


def pair_sentences(pair: PairVerdict, results: Results) -> list[str]:
    """The answers for a pair, and how its training times compare."""
    seconds = {name: one.train_seconds for name, one in results.settings.items()}
    return [*sentences(pair), *time_sentences(pair, seconds)]


def front_of(settings: Mapping[str, tuple[float, float]]) -> tuple[str, ...]:
    """Of (cost, gain) by name, those that no other matches in both and beats in one."""
    return tuple(
        name
        for name, (cost, gain) in sorted(settings.items(), key=lambda item: item[1])
        if not any(
            other_cost <= cost and other_gain >= gain and (other_cost, other_gain) != (cost, gain)
            for other_cost, other_gain in settings.values()
        )
    )


def _unfinished(records: Sequence[TrialRecord]) -> dict[str, str]:
    """What has become of each setting that has no finished trial."""
    states: dict[str, list[str]] = {}
    for record in records:
        states.setdefault(record.trial.setting, []).append(record.state)
    return {
        name: _all_failed(len(found)) if set(found) == {"failed"} else "none done yet"
        for name, found in states.items()
        if "done" not in found
    }


def _all_failed(trials: int) -> str:
    return "the only trial failed" if trials == 1 else f"all {trials} trials failed"


def _without_verdict(plan: Plan, unfinished: Mapping[str, str]) -> Iterator[str]:
    for pair in plan.compared():
        reasons = [f"of {name} {unfinished[name]}" for name in pair if name in unfinished]
        if reasons:
            yield f"No verdict on {pair[0]} against {pair[1]}: {', '.join(reasons)}."


def _mean_of_known(values: Sequence[float]) -> Estimate:
    """The geometric mean of the values that were measured in this study; nan where none was."""
    known = [value for value in values if not math.isnan(value)]
    return geometric_mean_of(known) if known else Estimate(math.nan, None, None)


def _cost(measured: Measured) -> Cost:
    return Cost(
        train_seconds=_mean_of_known(measured.train_seconds),
        pictures_a_second=_mean_of_known(measured.pictures_a_second),
        parameters=measured.parameters[0],
        multiply_adds=measured.multiply_adds,
    )
