"""The loss against the formula, written out."""

import numpy as np
import pytest
import torch

from lenswork.training.loss import Loss, balanced_weights, least_loss


def batch(outputs: int) -> tuple[torch.Tensor, torch.Tensor]:
    chance = np.random.default_rng(2)
    logits = torch.from_numpy(chance.normal(size=(9, outputs)))
    return logits, torch.from_numpy(chance.integers(0, max(2, outputs), 9))


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weighted", [False, True])
def test_softmax_is_the_mean_of_each_pictures_cross_entropy(
    smoothing: float, weighted: bool
) -> None:
    logits, labels = batch(4)
    weights = torch.tensor([1.0, 2.0, 0.5, 3.0]) if weighted else None
    exponents = np.exp(logits.numpy())
    log = np.log(exponents / exponents.sum(1, keepdims=True))
    truth = np.eye(4)[labels.numpy()] * (1 - smoothing) + smoothing / 4
    each = -(truth * log).sum(1) * (1 if weights is None else weights.numpy()[labels.numpy()])
    assert float(Loss("softmax", smoothing, weights)(logits, labels)) == pytest.approx(each.mean())


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_sigmoid_is_softmax_over_two(smoothing: float) -> None:
    logits, labels = batch(1)
    two = torch.cat([torch.zeros_like(logits), logits], 1)
    weights = torch.tensor([0.7, 1.6])
    one = Loss("sigmoid", smoothing, weights)(logits, labels)
    assert float(one) == pytest.approx(float(Loss("softmax", smoothing, weights)(two, labels)))


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("outputs", [1, 4])
def test_the_gradient_is_that_of_autograd(smoothing: float, weighted: bool, outputs: int) -> None:
    logits, labels = batch(outputs)
    weights = torch.tensor([1.0, 2.0, 0.5, 3.0])[: max(2, outputs)] if weighted else None
    loss = Loss("sigmoid" if outputs == 1 else "softmax", smoothing, weights)
    value = loss(logits.requires_grad_(), labels)
    [expected] = torch.autograd.grad(value, logits)
    found, gradient = loss.with_gradient(logits.detach(), labels)
    torch.testing.assert_close(found, value.detach())
    torch.testing.assert_close(gradient, expected)


def test_balanced_weights_let_every_class_count_alike() -> None:
    labels = np.array([0] * 6 + [2] * 3 + [3], np.int64)
    weights = balanced_weights(labels, ["a", "b", "c", "d"]).numpy()
    sums = [weights[labels[labels == label]].sum() for label in (0, 2, 3)]
    assert sums == pytest.approx([2.5, 2.5, 2.5])
    assert weights[1] == 0


@pytest.mark.parametrize("smoothing", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("classes", [2, 10])
def test_the_least_loss_is_that_of_answers_as_the_smoothed_truth_has_them(
    smoothing: float, classes: int
) -> None:
    labels = torch.arange(classes)
    truth = torch.eye(classes, dtype=torch.float64) * (1 - smoothing) + smoothing / classes
    least = least_loss(smoothing, classes)
    loss = Loss("softmax", smoothing)
    assert float(loss(truth.clamp(min=1e-12).log(), labels)) == pytest.approx(least, abs=1e-9)
    chance = torch.Generator().manual_seed(1)
    for spread in (0.1, 1.0, 9.0):
        logits = spread * torch.randn(classes, classes, generator=chance, dtype=torch.float64)
        assert float(loss(logits, labels)) > least
