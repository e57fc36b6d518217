"""Accuracy and its interval."""

import numpy as np
import pytest

from lenswork.record.accuracy import accuracy_interval, accuracy_of, confusion_matrix
from lenswork.record.curves import curves_figure, sparkline

Z = 1.959963984540054  # the normal distribution's 97.5% point


@pytest.mark.parametrize(("correct", "n"), [(0, 10), (10, 10), (7, 10), (9886, 10_000), (1, 1)])
def test_the_interval_is_wilson_s(correct: int, n: int) -> None:
    share = correct / n
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    interval = accuracy_interval(correct, n)
    assert interval.low == pytest.approx(centre - half, abs=1e-12)
    assert interval.high == pytest.approx(centre + half, abs=1e-12)


def test_accuracy_counts_the_pictures_whose_likeliest_class_is_the_truth() -> None:
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3]], dtype=np.float32)
    accuracy = accuracy_of(np.array([0, 1, 1]), probabilities)
    assert (accuracy.correct, accuracy.n) == (2, 3)
    assert str(accuracy).startswith("66.67% (20.77% to 93.85%, 95% interval, n=3")


def test_the_confusion_matrix_has_the_truth_in_rows() -> None:
    chance = np.random.default_rng(0)
    truth = chance.integers(0, 4, 200)
    probabilities = chance.random((200, 4)).astype(np.float32)
    counted = np.zeros((4, 4), dtype=int)
    for label, row in zip(truth, probabilities, strict=True):
        counted[label, row.argmax()] += 1
    np.testing.assert_array_equal(confusion_matrix(truth, probabilities), counted)


def test_a_sparkline_runs_from_the_lowest_to_the_highest() -> None:
    assert sparkline([1, 2, 8]) == "▁▂█"
    assert sparkline([3, 3]) == "▁▁"


def test_the_curves_show_every_metric_there_is() -> None:
    history = [
        {"epoch": epoch, "metrics": {"loss": 1 / epoch, "accuracy": 0.5, "val_loss": 2 / epoch}}
        for epoch in (1, 2, 3)
    ]
    loss, accuracy = curves_figure(history).axes
    drawn = {str(line.get_label()): line for line in loss.lines}
    assert set(drawn) == {"training, as met", "validation"}
    assert np.asarray(drawn["validation"].get_ydata()).tolist() == [2, 1, 2 / 3]
    assert [line.get_label() for line in accuracy.lines] == ["training, as met"]
    assert loss.get_xlabel() == "epoch"
