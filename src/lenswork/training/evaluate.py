"""What a network says of a part, and how far that is from the truth."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lenswork.model.contract import Output
from lenswork.model.viewed import answer
from lenswork.model.views import Views


@dataclass(frozen=True)
class Prepared:
    """A part in memory, ready for steps: uint8 (count, height, width, channels) and (count,)."""

    pictures: Tensor
    labels: Tensor
    scale: float

    def __len__(self) -> int:
        return len(self.labels)

    def at(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """The pictures at `indices`, as they are, and their labels."""
        return self.pictures.index_select(0, indices), self.labels.index_select(0, indices)

    def digest(self) -> str:
        """Sixteen hex digits of the pictures and labels, which must be on the CPU."""
        content = hashlib.blake2b(digest_size=8)
        for tensor in (self.pictures, self.labels):
            content.update(repr(tuple(tensor.shape)).encode())
            content.update(tensor.contiguous().numpy().data)
        return content.hexdigest()

    def to(self, device: torch.device) -> "Prepared":
        """The same on a device."""
        return Prepared(self.pictures.to(device), self.labels.to(device), self.scale)

    def subset(self, indices: Tensor) -> "Prepared":
        """Only the pictures at `indices`."""
        return Prepared(*self.at(indices), self.scale)


def loss_of(logits: Tensor, labels: Tensor, output: Output) -> Tensor:
    """Mean cross-entropy of a batch, in nats."""
    if output == "sigmoid":
        return F.binary_cross_entropy_with_logits(logits[:, 0], labels.to(logits.dtype))
    return F.cross_entropy(logits, labels)


def correct_in(logits: Tensor, labels: Tensor, output: Output) -> Tensor:
    """How many of a batch are right, as a tensor of one number."""
    answers = (logits[:, 0] > 0).to(labels.dtype) if output == "sigmoid" else logits.argmax(1)
    return (answers == labels).sum()


def logits_of(network: nn.Module, part: Prepared, batch: int, views: Views) -> Tensor:
    """The mean logits over views of a whole part, (count, outputs), in evaluation mode."""
    network.eval()
    with torch.inference_mode():
        return torch.cat(
            [
                answer(network, part.pictures[start : start + batch], part.scale, views)
                for start in range(0, len(part), batch)
            ]
        )


def metrics_of(logits: Tensor, labels: Tensor, output: Output, prefix: str) -> dict[str, float]:
    """Loss and accuracy of a part's logits, named with `prefix`."""
    return {
        f"{prefix}loss": float(loss_of(logits, labels, output)),
        f"{prefix}accuracy": float(correct_in(logits, labels, output)) / len(labels),
    }


class Totals:
    """Sums over the training pictures of an epoch, as they are met.

    They stay on the device, so that a GPU need not wait; and no step's tensors are kept, since
    small ones left between large ones keep freed memory from being used again.
    """

    def __init__(self, output: Output, device: torch.device) -> None:
        self.output = output
        self.pictures = 0
        self._loss = torch.zeros((), device=device)
        self._correct = torch.zeros((), dtype=torch.int64, device=device)

    def add(self, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        """Add a step's mean loss, logits (batch, outputs) and labels (batch,)."""
        self.pictures += len(labels)
        self._loss.add_(loss, alpha=len(labels))
        self._correct.add_(correct_in(logits, labels, self.output))

    def state(self) -> dict[str, Tensor]:
        """What has been added, as tensors that `restore` takes."""
        pictures = torch.tensor(self.pictures)
        return {"loss": self._loss, "correct": self._correct, "pictures": pictures}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what another's `state` said."""
        self.pictures = int(state["pictures"])
        self._loss.copy_(state["loss"])
        self._correct.copy_(state["correct"])

    def metrics(self) -> dict[str, float]:
        """Mean loss and accuracy of all that was added."""
        return {
            "loss": float(self._loss) / self.pictures,
            "accuracy": float(self._correct) / self.pictures,
        }
