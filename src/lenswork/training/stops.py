"""When to stop before the last epoch."""

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from lenswork.errors import RecipeError

TRAIN_METRICS = ("loss", "accuracy")
VALIDATION_METRICS = ("val_loss", "val_accuracy")
LARGEST_SENSIBLE = 10.0  # as a learning rate
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class StopRule:
    """A metric, a comparison and a bound, such as `accuracy > 0.995`."""

    metric: str
    comparison: str
    bound: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a rule; raises `RecipeError` saying how one is written."""
        match = re.fullmatch(r"\s*(\w+)\s*(<=|>=|<|>)\s*([0-9.eE+-]+)\s*", text)
        if match is None or not _is_number(match.group(3)):
            raise RecipeError(
                f"expected a rule such as 'loss < 0.4' or 'val_accuracy > 0.9', got {text!r}"
            )
        rule = cls(match.group(1), match.group(2), float(match.group(3)))
        if rule.metric.endswith("accuracy") and not _between(rule, 0, 1):
            raise RecipeError(
                f"{text!r} can never or always hold: accuracy is a fraction from 0 to 1, "
                "0.995 for 99.5%"
            )
        if rule.metric.endswith("loss") and not _between(rule, 0, math.inf):
            raise RecipeError(f"{text!r} can never or always hold: a loss is never below 0")
        return rule

    def __str__(self) -> str:
        return f"{self.metric} {self.comparison} {self.bound!r}"

    def holds(self, metrics: Mapping[str, float]) -> bool:
        """Whether the rule holds for an epoch's metrics."""
        return _COMPARE[self.comparison](metrics[self.metric], self.bound)


@dataclass
class Stops:
    """The stop rules of one run, asked after each epoch."""

    rules: Sequence[StopRule]
    patience: int | None
    has_validation: bool
    best: float = field(default=math.inf, init=False)
    epochs_since_best: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        for rule in self.rules:
            _refuse_unknown(rule, self.has_validation)

    def reason(self, metrics: Mapping[str, float]) -> str | None:
        """Why to stop after an epoch with these metrics, or None to go on."""
        for rule in self.rules:
            if rule.holds(metrics):
                return f"{rule} is reached: {rule.metric} is {metrics[rule.metric]:.4f}"
        return self._out_of_patience(metrics)

    def _out_of_patience(self, metrics: Mapping[str, float]) -> str | None:
        watched = "val_loss" if self.has_validation else "loss"
        if metrics[watched] < self.best:
            self.best = metrics[watched]
            self.epochs_since_best = 0
        else:
            self.epochs_since_best += 1
        if self.patience is not None and self.epochs_since_best >= self.patience:
            return f"{watched} has not fallen below {self.best:.4f} for {self.patience} epochs"
        return None


def divergence(name: str, value: float, step: int, rate: float, peak: float) -> str:
    """That a loss is no number at a step, and what to try.

    `rate` is the learning rate of that step, `peak` the recipe's, which a schedule may be below.
    """
    if step == 1 and name == "loss":  # seen before anything was moved
        return (
            f"the loss is {value} at step 1, before any weight was moved: look at the pictures' "
            "numbers (--normalise), the net and --augment"
        )
    now = "" if rate == peak else f", {rate:.2g} at that step"
    said = f"the {name} is {value} at step {step}: training has diverged with a learning rate of "
    finder = "have one suggested by lenswork train --find-rate"
    if peak > LARGEST_SENSIBLE:
        return f"{said}{peak:g}{now}; {finder}"
    return f"{said}{peak:g}{now}; try --learning-rate {peak / 10:.1g}, or {finder}"


def refuse_out_of_reach(rules: Sequence[StopRule], smoothing: float, least: float) -> None:
    """Raise `RecipeError` for a rule of which label smoothing, with its `least` loss, decides."""
    for rule in rules:
        if rule.metric == "loss" and not _between(rule, least, math.inf):
            raise RecipeError(
                f"cannot stop when '{rule}': with label smoothing {smoothing:g} the training loss "
                f"is {least:.3f} at the least, however much is learned. Stop by accuracy or "
                "val_loss, which know no smoothing, or have none: --label-smoothing 0"
            )


def _refuse_unknown(rule: StopRule, has_validation: bool) -> None:
    known = [*TRAIN_METRICS, *(VALIDATION_METRICS if has_validation else ())]
    if rule.metric in known:
        return
    if rule.metric.startswith("test_"):
        cause = (
            "stopping by the test part would make its accuracy worth nothing; "
            "use a val_ metric instead"
        )
    elif rule.metric in VALIDATION_METRICS:
        cause = "this data has no validation part; cut one with validation = 0.1"
    else:
        cause = "there is no such metric"
    raise RecipeError(f"cannot stop when '{rule}': {cause}. Metrics here are {', '.join(known)}")


def _between(rule: StopRule, low: float, high: float) -> bool:
    """Whether the rule holds for some values from `low` to `high` and not for others."""
    at_low, at_high = (
        _COMPARE[rule.comparison](value, rule.bound) for value in (low, min(high, 1e300))
    )
    return at_low != at_high


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
