"""A study in one piece: what was measured, what it cost, what failed, and the verdicts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lenswork.study.folder import Study
from lenswork.study.intervals import Estimate, mean_of
from lenswork.study.plan import Plan
from lenswork.study.results import Measured, Results, results_of
from lenswork.study.verdict import StudyVerdict, verdicts


@dataclass(frozen=True)
class Cost:
    """What one setting costs: means over its seeds, with their 95% intervals.

    `pictures_a_second` is the rate of evaluation and `multiply_adds` the work of one picture.
    Times hold for the machine and the number of workers that they were measured with.
    """

    train_seconds: Estimate
    pictures_a_second: Estimate
    parameters: int
    multiply_adds: int | None


@dataclass(frozen=True)
class Summary:
    """Everything that a study has to say so far.

    `failures` are reasons by the trial's name, `missing` the number of trials still to be done,
    and `front` the settings of which no other is both more accurate and sooner trained.
    """

    name: str
    plan: Plan
    results: Results
    verdict: StudyVerdict
    costs: Mapping[str, Cost]
    failures: Mapping[str, str]
    missing: int
    front: tuple[str, ...]

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
            "costs": {name: asdict(cost) for name, cost in self.costs.items()},
            "front": self.front,
            "failures": dict(self.failures),
            "missing": self.missing,
        }


def summarise(study: Study) -> Summary:
    """Gather the finished trials and judge them; raises `RunError` when none is finished."""
    results = results_of(study)
    means = {name: float(one.correct.mean()) for name, one in results.settings.items()}
    costs = {name: _cost(one) for name, one in results.settings.items()}
    pairs = [pair for pair in study.plan.compared() if set(pair) <= means.keys()]
    if study.plan.pairs is None and study.plan.baseline is None:
        pairs = [pair if means[pair[0]] >= means[pair[1]] else pair[::-1] for pair in pairs]
    return Summary(
        name=study.name,
        plan=study.plan,
        results=results,
        verdict=verdicts({n: one.correct for n, one in results.settings.items()}, pairs=pairs),
        costs=costs,
        failures=study.failures(),
        missing=sum(record.state in ("missing", "running") for record in study.records()),
        front=front_of({n: (costs[n].train_seconds.mean, means[n]) for n in means}),
    )


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


def _cost(measured: Measured) -> Cost:
    return Cost(
        train_seconds=mean_of(measured.train_seconds),
        pictures_a_second=mean_of(measured.pictures_a_second),
        parameters=measured.parameters[0],
        multiply_adds=measured.multiply_adds,
    )
