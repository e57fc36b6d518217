"""Suspected wrong labels."""

from dataclasses import replace

import numpy as np
import pytest
from tiny_data import striped_data

from lenswork.data.dataset import ArraySource, Cut, Dataset, Part
from lenswork.errors import DataError, LensworkError, UsageError
from lenswork.look.contact_sheet import numbers_of
from lenswork.look.labels import (
    find_suspects,
    gather,
    make_folds,
    out_of_fold,
    plant_wrong_labels,
    train_folds,
)
from lenswork.look.labels_figure import suspects_blocks, suspects_sheet
from lenswork.training.recipe import Recipe

RECIPE = Recipe(net="flatten, dense classes", epochs=8, seed=1, views="one", label_smoothing=0.0)


def test_a_hand_worked_case_of_confident_learning() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1])
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7], [0.4, 0.6], [0.75, 0.25]])
    found = find_suspects(labels, p.astype(np.float32))
    # t = mean self-confidence: (0.9 + 0.8 + 0.1) / 3 = 0.6 and (0.7 + 0.6 + 0.25) / 3 = 0.5167
    np.testing.assert_allclose(found.thresholds, [0.6, 1.55 / 3], atol=1e-6)
    assert found.joint.tolist() == [[2, 1], [1, 2]]
    assert found.numbers.tolist() == [2, 5]
    assert (found.given.tolist(), found.seen.tolist()) == ([0, 1], [1, 0])
    np.testing.assert_allclose(found.margin, [-0.8, -0.5], atol=1e-6)
    np.testing.assert_allclose(found.self_confidence, [0.1, 0.25], atol=1e-6)


def test_a_picture_that_reaches_no_threshold_is_not_counted() -> None:
    labels = np.array([0, 0, 1, 1])
    p = np.array([[0.9, 0.1], [0.5, 0.5], [0.1, 0.9], [0.3, 0.7]], np.float32)
    found = find_suspects(labels, p)  # thresholds 0.7 and 0.8
    assert found.joint.sum() == 2
    assert len(found) == 0


def test_the_joint_agrees_with_the_paper_s_definition_in_loops() -> None:
    chance = np.random.default_rng(0)
    labels = chance.integers(0, 5, 400)
    p = chance.dirichlet(np.full(5, 0.4), 400).astype(np.float32)
    found = find_suspects(labels, p, "margin")
    joint = np.zeros((5, 5), int)
    off: list[tuple[float, int]] = []
    for number, (label, row) in enumerate(zip(labels, p.astype(float), strict=True)):
        able = [j for j in range(5) if row[j] >= np.mean(p.astype(float)[labels == j, j])]
        if able:
            seen = max(able, key=lambda j, row=row: row[j])  # type: ignore[misc]
            joint[label, seen] += 1
            if seen != label:
                off.append((row[label] - np.delete(row, label).max(), number))
    assert found.joint.tolist() == joint.tolist()
    assert found.numbers.tolist() == [number for _, number in sorted(off)]


def test_a_class_that_nobody_is_labelled_with_is_never_suspected() -> None:
    p = np.array([[0.1, 0.1, 0.8], [0.2, 0.7, 0.1]], np.float32)
    found = find_suspects(np.array([0, 1]), p)
    assert found.thresholds[2] == np.inf
    assert 2 not in found.seen


def test_probabilities_that_do_not_fit_the_labels_are_refused() -> None:
    p = np.full((3, 2), 0.5, np.float32)
    with pytest.raises(UsageError, match=r"each of 2 labels, got an array of shape \(3, 2\)"):
        find_suspects(np.array([0, 1]), p)
    with pytest.raises(UsageError, match=r"labels from 0 to 1, .* got 0 to 2"):
        find_suspects(np.array([0, 1, 2]), p)
    with pytest.raises(UsageError, match="training diverged"):
        find_suspects(np.array([0, 1, 1]), p * np.nan)


def test_folds_share_out_every_class_and_repeat_with_their_seed() -> None:
    data = striped_data(90, classes=3)
    folds = make_folds(data, 3, seed=5)
    for label in range(3):
        assert np.bincount(folds[data.train.labels == label]).tolist() == [10, 10, 10]
    np.testing.assert_array_equal(folds, make_folds(data, 3, seed=5))
    assert (folds != make_folds(data, 3, seed=6)).any()


def test_pictures_of_one_group_stay_in_one_fold() -> None:
    data = striped_data(60, classes=3)
    ids = tuple(f"{'abc'[number % 3]}{number // 12}-{number}.png" for number in range(60))
    part = Part(data.train.source, data.train.labels, ids)
    grouped = replace(data, parts={"train": part}, cut=Cut(0.2, group="^[a-z][0-9]"))
    folds = make_folds(grouped, 3)
    for group in {name[:2] for name in ids}:
        inside = [fold for fold, name in zip(folds, ids, strict=True) if name[:2] == group]
        assert len(set(inside)) == 1
    with pytest.raises(DataError, match="at least 6 groups of pictures of every class"):
        make_folds(grouped, 6)


def test_too_few_pictures_or_folds_are_refused() -> None:
    with pytest.raises(DataError, match="'stripe 0' has 2: use fewer folds"):
        make_folds(striped_data(6), 3)
    with pytest.raises(UsageError, match="at least 2 folds, got 1"):
        make_folds(striped_data(), 1)


def test_no_picture_is_judged_by_a_network_that_has_seen_it() -> None:
    data = striped_data(30, classes=2)
    done = list(train_folds(data, RECIPE.changed(epochs=1), folds=3))
    inside = np.concatenate([fold.numbers for fold in done])
    assert sorted(inside) == list(range(30))
    first, *others = done[0].numbers.tolist()
    pictures = np.stack([data.train.source.read(number) for number in range(30)])
    pictures[others] = 255 - pictures[others]  # of its own fold: must not matter to the first
    part = Part(ArraySource(pictures), data.train.labels, data.train.ids)
    again = next(train_folds(replace(data, parts={"train": part}), RECIPE.changed(epochs=1)))
    assert again.numbers[0] == first
    np.testing.assert_allclose(again.probabilities[0], done[0].probabilities[0], atol=1e-6)
    assert np.abs(again.probabilities[1:] - done[0].probabilities[1:]).max() > 1e-3


def test_planted_wrong_labels_come_first() -> None:
    data = striped_data(240, classes=3)
    labels, planted = plant_wrong_labels(data.train.labels, 3, 0.05, seed=2)
    part = Part(data.train.source, labels, data.train.ids)
    p = out_of_fold(replace(data, parts={"train": part}), RECIPE)
    found = find_suspects(labels, p)
    assert len(planted) == 12
    assert len(found) >= 11  # one may lie under its class's threshold
    assert set(found.numbers.tolist()) <= set(planted.tolist())
    np.testing.assert_array_equal(found.seen, data.train.labels[found.numbers])


def test_planting_changes_the_share_asked_for_and_always_to_another_class() -> None:
    labels = np.arange(1000) % 7
    wrong, planted = plant_wrong_labels(labels, 7, 0.02, seed=0)
    np.testing.assert_array_equal(np.flatnonzero(wrong != labels), planted)
    assert len(planted) == 20
    assert wrong.min() >= 0
    assert wrong.max() <= 6


def test_a_fold_that_is_missing_is_told() -> None:
    data = striped_data(30, classes=2)
    first = next(train_folds(data, RECIPE.changed(epochs=1)))
    with pytest.raises(LensworkError, match="no out-of-fold answer"):
        gather([first], 30, 2)


def test_the_sheet_of_suspects_says_label_and_guess() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1])
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7], [0.4, 0.6], [0.75, 0.25]])
    found = find_suspects(labels, p.astype(np.float32))
    rows = suspects_blocks(found, tuple("uvwxyz"), ("cat", "dog"))
    assert numbers_of(rows) == [2, 5]
    pictures = [np.zeros((5, 5, 1), np.uint8)] * 2
    figure = suspects_sheet(found, rows, pictures, "tiny")
    assert [axes.get_title() for axes in figure.axes] == ["cat → dog?", "dog → cat?"]
    assert [axes.get_xlabel() for axes in figure.axes] == ["w", "z"]


def test_pictures_are_decoded_once_for_all_folds() -> None:
    reads: list[int] = []

    class Counting(ArraySource):
        def read(self, index: int) -> np.ndarray:
            reads.append(index)
            return super().read(index)

    data = striped_data(30, classes=2)
    part = Part(Counting(data.train.source.pictures), data.train.labels, data.train.ids)  # type: ignore[attr-defined]
    counted = Dataset("tiny", data.classes, {"train": part})
    list(train_folds(counted, RECIPE.changed(epochs=1, size="6x6"), folds=2))
    assert len(reads) <= 32  # each once, and a few to learn the size
