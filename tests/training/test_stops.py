"""When a run ends before its last epoch."""

import math

import pytest

from lenswork.errors import RecipeError
from lenswork.training.loss import least_loss
from lenswork.training.stops import StopRule, Stops, divergence, refuse_out_of_reach


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("loss < 0.4", 0.39, True),
        ("loss < 0.4", 0.4, False),
        ("loss <= 0.4", 0.4, True),
        ("accuracy > 0.995", 0.995, False),
        ("accuracy >= 0.995", 0.995, True),
        ("  accuracy>.6 ", 0.61, True),
        ("loss < 1e-3", 0.0009, True),
    ],
)
def test_a_rule_holds_as_it_is_written(text: str, value: float, holds: bool) -> None:
    rule = StopRule.parse(text)
    assert rule.holds({rule.metric: value}) is holds


@pytest.mark.parametrize("text", ["", "loss", "loss == 3", "loss < much", "loss < 1e999", "< 3"])
def test_a_rule_that_cannot_be_read_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(RecipeError, match=r"expected a rule such as 'loss < 0\.4'"):
        StopRule.parse(text)


def test_an_accuracy_in_percent_is_refused() -> None:
    with pytest.raises(RecipeError, match="fraction from 0 to 1"):
        StopRule.parse("accuracy > 99.5")


@pytest.mark.parametrize(
    ("rule", "has_validation", "message"),
    [
        ("acc > 0.6", True, "no such metric. Metrics here are loss, accuracy, val_loss, val_accur"),
        ("val_accuracy > 0.6", False, "cut one with validation = 0.1. Metrics here are loss, accu"),
        ("test_accuracy > 0.6", True, "stopping by the test part would make its accuracy worth no"),
    ],
)
def test_a_metric_that_is_not_there_is_refused_before_training(
    rule: str, has_validation: bool, message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        Stops([StopRule.parse(rule)], None, has_validation)


def test_patience_counts_the_epochs_since_the_lowest_validation_loss() -> None:
    stops = Stops([], 2, has_validation=True)
    losses = [1.0, 0.8, 0.9, 0.7, 0.7, 0.75]
    reasons = [stops.reason({"loss": 9.0, "val_loss": loss}) for loss in losses]
    assert reasons[:-1] == [None] * 5
    assert reasons[-1] == "val_loss has not fallen below 0.7000 for 2 epochs"


def test_without_validation_patience_watches_the_training_loss() -> None:
    stops = Stops([], 1, has_validation=False)
    assert stops.reason({"loss": 1.0}) is None
    assert stops.reason({"loss": 1.0}) is not None


@pytest.mark.parametrize(
    "rule", ["accuracy > 1", "accuracy >= 0", "val_accuracy < 0", "loss < 0", "loss >= 0"]
)
def test_a_rule_that_can_never_or_always_hold_is_refused(rule: str) -> None:
    with pytest.raises(RecipeError, match="can never or always hold"):
        StopRule.parse(rule)


@pytest.mark.parametrize(
    ("rate", "peak", "tried"),
    [
        (0.5, 0.5, "learning rate of 0.5; try --learning-rate 0.05, or"),
        (0.01, 0.1, "learning rate of 0.1, 0.01 at that step; try --learning-rate 0.01, or"),
        (1e30, 1e30, "learning rate of 1e+30; have one suggested by"),
    ],
)
def test_a_divergence_is_told_with_a_smaller_rate_than_the_recipes(
    rate: float, peak: float, tried: str
) -> None:
    told = divergence("val_loss", math.nan, 7, rate, peak)
    assert "the val_loss is nan at step 7" in told
    assert tried in told


def test_a_loss_that_is_bad_before_any_move_is_not_blamed_on_the_rate() -> None:
    told = divergence("loss", math.inf, 1, 0.1, 0.1)
    assert "rate" not in told
    assert "--augment" in told


@pytest.mark.parametrize("rule", ["loss < 0.4", "loss <= 0.5", "loss > 0.3"])
def test_a_training_loss_that_smoothing_keeps_above_the_goal_is_refused(rule: str) -> None:
    least = least_loss(0.1, 10)
    with pytest.raises(
        RecipeError,
        match=rf"cannot stop when '{rule}': with label smoothing 0\.1 .* is 0\.500 at the least",
    ):
        refuse_out_of_reach([StopRule.parse(rule)], 0.1, least)


@pytest.mark.parametrize("rule", ["loss < 0.6", "val_loss < 0.4", "accuracy > 0.6"])
def test_a_goal_that_smoothing_leaves_in_reach_is_taken(rule: str) -> None:
    refuse_out_of_reach([StopRule.parse(rule)], 0.1, least_loss(0.1, 10))
