"""What training makes small, and what is reported of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lenswork.kinds import Labels
from lenswork.model.contract import Output


@dataclass(frozen=True)
class Loss:
    """The mean over a batch's pictures of the cross-entropy, in nats.

    `smoothing` takes that part of each picture's truth and spreads it evenly over all classes
    (Szegedy et al. 2016, "Rethinking the Inception architecture", section 7). `weights`,
    (classes,), multiply the loss of each class's pictures.
    """

    output: Output
    smoothing: float = 0.0
    weights: Tensor | None = None

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of logits (batch, outputs) and labels (batch,)."""
        if self.weights is None:
            return self._entropy(logits, labels, "mean")
        return (self._entropy(logits, labels, "none") * self.weights[labels]).mean()

    def with_gradient(self, logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The loss, and its gradient by the logits (batch, outputs); neither has a graph."""
        logits = logits.detach()
        if self.output == "softmax" and self.weights is None:
            return self._of_softmax(logits, labels[:, None])
        logits.requires_grad_()
        loss = self(logits, labels)
        [gradient] = torch.autograd.grad(loss, logits)
        return loss.detach(), gradient

    @torch.no_grad()
    def _of_softmax(self, logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Cross-entropy of labels (batch, 1): the gradient is (probability - truth) / batch.

        Autograd takes twice as long for it. Bridle 1990, "Probabilistic interpretation of
        feedforward classification network outputs".
        """
        batch, classes = logits.shape
        spread = self.smoothing / classes
        logs = logits.log_softmax(1)
        of_truth = logs.gather(1, labels)
        loss = (of_truth.sum() * (self.smoothing - 1) - logs.sum() * spread) / batch
        gradient = logs.exp_().sub_(spread)
        gradient.scatter_add_(1, labels, of_truth.fill_(self.smoothing - 1))
        return loss, gradient.div_(batch)

    def _entropy(self, logits: Tensor, labels: Tensor, reduction: str) -> Tensor:
        if self.output == "softmax":
            return F.cross_entropy(
                logits, labels, label_smoothing=self.smoothing, reduction=reduction
            )
        truth = labels.to(logits.dtype)
        if self.smoothing:
            truth = truth * (1 - self.smoothing) + self.smoothing / 2
        return F.binary_cross_entropy_with_logits(logits[:, 0], truth, reduction=reduction)


def least_loss(smoothing: float, classes: int) -> float:
    """The loss, in nats, below which no answer comes: the entropy of the smoothed truth."""
    other = smoothing / classes
    truth = 1 - smoothing + other
    rest = (classes - 1) * other * math.log(other) if other else 0.0
    return -truth * math.log(truth) - rest


def balanced_weights(labels: Labels, classes: Sequence[str]) -> Tensor:
    """Weights, (classes,), that let each class count alike, however many pictures it has.

    Pictures / (classes x pictures of the class): King and Zeng 2001, "Logistic regression in rare
    events data", section 4.2. A class without pictures has weight 0.
    """
    counts = np.bincount(labels, minlength=len(classes))
    weights = np.divide(len(labels), len(classes) * counts, where=counts > 0, out=counts * 0.0)
    return torch.from_numpy(weights).to(torch.float32)
