"""The same program in plain PyTorch, as a good tutorial writes it.

`--batches dataloader` takes its batches from a DataLoader, `--batches memory` from the tensors.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from idx import read_split
from measuring import answer_epochs, arguments, peak_rss_mb
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

BATCH = 32
Batches = Callable[[], Iterable[tuple[torch.Tensor, torch.Tensor]]]


def load(folder: Path, split: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Scaled pictures (count, 1, 28, 28), float32, and labels (count,), int64."""
    pictures, labels = read_split(folder, split)
    x = torch.from_numpy(pictures.copy()).unsqueeze(1).float() / 255
    return x, torch.from_numpy(labels.copy()).long()


def from_dataloader(x: torch.Tensor, y: torch.Tensor) -> Batches:
    """Batches as the tutorials make them."""
    loader = DataLoader(TensorDataset(x, y), batch_size=BATCH, shuffle=True)
    return lambda: loader


def from_memory(x: torch.Tensor, y: torch.Tensor) -> Batches:
    """Batches taken from the tensors by a random permutation."""

    def batches() -> Iterable[tuple[torch.Tensor, torch.Tensor]]:
        for chosen in torch.randperm(len(x)).split(BATCH):
            yield x[chosen], y[chosen]

    return batches


def make_model() -> nn.Sequential:
    """The notes' network, started as Keras starts it (Glorot-uniform, zero biases)."""
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(800, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )
    for parameter in model.parameters():
        if parameter.ndim > 1:
            nn.init.xavier_uniform_(parameter)
        else:
            nn.init.zeros_(parameter)
    return model


def train_epoch(
    model: nn.Module, batches: Batches, loss_fn: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[float, float]:
    """One pass over the training pictures; mean loss and accuracy."""
    model.train()
    total, correct, seen = 0.0, 0, 0
    for x, y in batches():
        logits = model(x)
        loss = loss_fn(logits, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(y)
        correct += (logits.argmax(1) == y).sum().item()
        seen += len(y)
    return total / seen, correct / seen


@torch.no_grad()
def accuracy(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """The share of test pictures that is called right."""
    model.eval()
    right = sum(
        int((model(pictures).argmax(1) == labels).sum())
        for pictures, labels in zip(x.split(1000), y.split(1000), strict=True)
    )
    return right / len(y)


def main() -> None:
    """Train, then answer."""
    parser = arguments()
    parser.add_argument("--batches", choices=["dataloader", "memory"], required=True)
    asked = parser.parse_args()
    torch.manual_seed(asked.seed)
    x, y = load(asked.data, "train")
    if asked.pictures:
        x, y = x[: asked.pictures], y[: asked.pictures]
    batches = from_dataloader(x, y) if asked.batches == "dataloader" else from_memory(x, y)
    model = make_model()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, eps=1e-7)
    loss_fn = nn.CrossEntropyLoss()

    seconds = []
    for _ in range(asked.epochs):
        began = time.perf_counter()
        train_epoch(model, batches, loss_fn, optimizer)
        seconds.append(time.perf_counter() - began)
    peak = peak_rss_mb()

    reached = accuracy(model, *load(asked.data, "test"))
    answer_epochs(seconds, peak, reached, ["torch", "numpy"], torch.get_num_threads())


if __name__ == "__main__":
    main()
