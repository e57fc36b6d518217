"""The same program in plain PyTorch, as a good tutorial writes it.

`--batches dataloader` takes its batches from a DataLoader, `--batches memory` from the tensors.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from arrays import read_part
from measuring import answer_epochs, equal_arguments, peak_rss_mb
from nets import NETS, Net
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

Batches = Callable[[], Iterable[tuple[torch.Tensor, torch.Tensor]]]


def load(folder: Path, part: str, net: Net, pictures: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Scaled pictures (count, channels, height, width), float32, and labels (count,).

    Labels are int64, and float32 where the net ends in a sigmoid.
    """
    images, labels = read_part(folder, part, pictures)
    x = torch.from_numpy(images.copy()).permute(0, 3, 1, 2).contiguous().float().div_(255)
    y = torch.from_numpy(labels.copy())
    return x, y.float() if net.outputs == 1 else y.long()


def from_dataloader(x: torch.Tensor, y: torch.Tensor, batch: int) -> Batches:
    """Batches as the tutorials make them."""
    loader = DataLoader(TensorDataset(x, y), batch_size=batch, shuffle=True)
    return lambda: loader


def from_memory(x: torch.Tensor, y: torch.Tensor, batch: int) -> Batches:
    """Batches taken from the tensors by a random permutation."""

    def batches() -> Iterable[tuple[torch.Tensor, torch.Tensor]]:
        for chosen in torch.randperm(len(x)).split(batch):
            yield x[chosen], y[chosen]

    return batches


def make_model(net: Net) -> nn.Sequential:
    """The net, started as Keras starts it (Glorot-uniform, zero biases)."""
    height, width, channels = net.shape
    layers: list[nn.Module] = []
    for filters in net.filters:
        layers += [nn.Conv2d(channels, filters, 3), nn.ReLU(), nn.MaxPool2d(2)]
        height, width, channels = (height - 2) // 2, (width - 2) // 2, filters
    layers += [nn.Flatten(), nn.Linear(height * width * channels, net.dense), nn.ReLU()]
    layers.append(nn.Linear(net.dense, net.outputs))
    model = nn.Sequential(*layers)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            nn.init.xavier_uniform_(parameter)
        else:
            nn.init.zeros_(parameter)
    return model


def make_optimizer(net: Net, model: nn.Module) -> torch.optim.Optimizer:
    """Adam, or RMSprop with the root of Keras's epsilon, which Keras adds inside the root."""
    if net.outputs == 1:
        return torch.optim.RMSprop(model.parameters(), lr=0.001, alpha=0.9, eps=1e-7**0.5)
    return torch.optim.Adam(model.parameters(), lr=0.001, eps=1e-7)


def loss_of(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of a batch."""
    if y.is_floating_point():
        return nn.functional.binary_cross_entropy_with_logits(logits[:, 0], y)
    return nn.functional.cross_entropy(logits, y)


def correct_in(logits: torch.Tensor, y: torch.Tensor) -> int:
    """How many of a batch are right."""
    answers = logits[:, 0] > 0 if y.is_floating_point() else logits.argmax(1)
    return int((answers == y).sum())


def train_epoch(
    model: nn.Module, batches: Batches, optimizer: torch.optim.Optimizer
) -> tuple[float, float]:
    """One pass over the training pictures; mean loss and accuracy."""
    model.train()
    total, correct, seen = 0.0, 0, 0
    for x, y in batches():
        logits = model(x)
        loss = loss_of(logits, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(y)
        correct += correct_in(logits, y)
        seen += len(y)
    return total / seen, correct / seen


@torch.no_grad()
def accuracy(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """The share of test pictures that is called right."""
    model.eval()
    right = sum(
        correct_in(model(pictures), labels)
        for pictures, labels in zip(x.split(100), y.split(100), strict=True)
    )
    return right / len(y)


def main() -> None:
    """Train, then answer."""
    parser = equal_arguments()
    parser.add_argument("--batches", choices=["dataloader", "memory"], required=True)
    asked = parser.parse_args()
    net = NETS[asked.net]
    torch.manual_seed(asked.seed)
    x, y = load(asked.arrays, "train", net, asked.pictures)
    make_batches = from_dataloader if asked.batches == "dataloader" else from_memory
    batches = make_batches(x, y, asked.batch)
    model = make_model(net)
    optimizer = make_optimizer(net, model)

    seconds = []
    for _ in range(asked.epochs):
        began = time.perf_counter()
        train_epoch(model, batches, optimizer)
        seconds.append(time.perf_counter() - began)
    peak = peak_rss_mb()

    reached = accuracy(model, *load(asked.arrays, "test", net))
    libraries, threads = ["torch", "numpy"], torch.get_num_threads()
    answer_epochs(seconds, peak, reached, libraries, threads, pictures=len(y))


if __name__ == "__main__":
    main()
