"""A run that is ready to step, and what it can say of itself."""

import functools
import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from lenswork import __version__
from lenswork.data.dataset import Dataset
from lenswork.kinds import Picture, SplitName
from lenswork.model.backprop import Backprop, backprop_of
from lenswork.model.classifier import Classifier, probabilities_from
from lenswork.model.contract import Contract, Output
from lenswork.model.network import Network, to_input
from lenswork.model.views import ONE, Views
from lenswork.seeds import generator
from lenswork.training.augment import Augmentation
from lenswork.training.average import Average
from lenswork.training.best import Best
from lenswork.training.choose import Choice
from lenswork.training.evaluate import Prepared, logits_of, metrics_of
from lenswork.training.events import Answers, Read, Started
from lenswork.training.feed import Batch, Batches, Feed
from lenswork.training.golden import brought_golden
from lenswork.training.loss import Loss
from lenswork.training.optimizers import Mover
from lenswork.training.precision import Precision
from lenswork.training.reading import Reading
from lenswork.training.recipe import Recipe
from lenswork.training.schedule import learning_rate_at
from lenswork.training.stops import Stops, divergence
from lenswork.training.surest import Evaluated

PREFIX: Mapping[SplitName, str] = {"validation": "val_", "test": "test_"}


@dataclass
class Session:
    """A run that is ready to step."""

    choice: Choice
    data: Dataset
    network: nn.Module
    optimizer: Mover
    device: torch.device
    feed: Feed
    reading: Reading
    held_out: Mapping[SplitName, Prepared]  # evaluated after each epoch
    stops: Stops
    steps_per_epoch: int
    prepare_seconds: float
    find_digests: Callable[[], Mapping[SplitName, str]]  # of all pictures and labels
    best: Best | None  # the weights to end with, where those are not the last
    loss: Loss
    augmentation: Augmentation | None
    average: Average | None  # the weights to answer with, where those are not the step's own
    backprop: Backprop | None  # in place of autograd
    free_bytes: int  # on the device, before the first step
    precision: Precision  # what the recipe's "auto" stands for
    step: int = field(default=0, init=False)
    golden: list[Picture] = field(default_factory=list, init=False)  # a picture of each class
    batches: Batches = field(init=False)

    def __post_init__(self) -> None:
        self.batches = self.feed.batches()

    @property
    def recipe(self) -> Recipe:
        """The recipe with every field filled in."""
        return self.choice.recipe

    @property
    def output(self) -> Output:
        """What the network ends in."""
        return self.choice.output

    @property
    def epochs(self) -> int:
        """The last epoch's number."""
        return self.recipe.epochs or 0

    @property
    def learning_rate(self) -> float:
        """That of the step that was counted last."""
        return self._rate_after(self.step - 1)

    @property
    def next_rate(self) -> float:
        """The learning rate of the step that comes next."""
        return self._rate_after(self.step)

    @functools.cached_property
    def digests(self) -> Mapping[SplitName, str]:
        """What tells the pictures and labels from others; waits until all have been read."""
        self.reading.wait_for_all()
        return self.find_digests()

    @functools.cached_property
    def parameters(self) -> list[nn.Parameter]:
        """The network's trained tensors."""
        return list(self.network.parameters())

    def started(self) -> Started:
        """The run's first event."""
        return Started(
            recipe=self.recipe,
            classes=self.data.classes,
            pictures={name: len(part) for name, part in self.data.parts.items()},
            net=self._net_text() or type(self.network).__name__,
            parameters=sum(p.numel() for p in self.network.parameters()),
            steps_per_epoch=self.steps_per_epoch,
            device=str(self.device),
            prepare_seconds=self.prepare_seconds,
            reasons=self.choice.reasons,
        )

    def read(self) -> Read:
        """What has been read, once it all is; golden pictures are kept: files may be gone later."""
        digests = self.digests
        self.golden = brought_golden(self.data)
        return Read(digests, self.reading.seconds, self.reading.notes)

    def read_so_far(self) -> Read:
        """What has been read where training ends; waits for the held-out parts only."""
        for name in self.held_out:
            self.reading.wait(name)
        unread = self.reading.left("train")
        if not unread:
            return self.read()
        digests = {name: part.digest() for name, part in self.held_out.items()}
        return Read(digests, self.reading.elapsed_seconds, self.reading.notes, unread)

    def inputs(self, batch: Batch) -> Tensor:
        """What the network is given of a batch in the step that was counted last."""
        pictures = batch[0]
        if self.augmentation is not None:
            pictures = self.augmentation(pictures, seed=self.recipe.seed, step=self.step)
        return to_input(pictures, self.choice.preprocess.scale)

    def compute_in(self, precision: Precision) -> None:
        """Go on in the precision that the run began with."""
        self.precision = precision
        self.backprop = by_hand(self.network, precision, self.device)

    def go_to(self, step: int) -> None:
        """Have `step` steps count as done; the next batch is that of the step after them."""
        self.step = step
        self.batches = self.feed.batches(skip=step)

    def close(self) -> None:
        """Read no more, and leave no thread behind; what was read is kept for the next time."""
        self.batches.close()
        self.reading.stop()

    def reason_to_stop(self, epoch: int, metrics: Mapping[str, float]) -> str | None:
        """Note how good the weights are after an epoch; why to stop then, or None to go on."""
        if self.best:
            with self._averaged():
                self.best.note(epoch, metrics, self.network)
        for name in ("loss", "val_loss", "test_loss"):
            value = metrics.get(name, 0.0)
            if not math.isfinite(value):
                peak = self.recipe.learning_rate or 0.0
                return divergence(name, value, self.step, self.learning_rate, peak)
        return self.stops.reason(metrics)

    def evaluate(self) -> tuple[dict[str, float], Evaluated | None]:
        """Metrics of the held-out parts, named val_ and test_; the answers for validation, or test.

        There are no answers where nothing is held out.
        """
        metrics: dict[str, float] = {}
        answered: Evaluated | None = None
        with self._averaged():
            for name, part in self.held_out.items():
                self.reading.wait(name)
                steps = self.recipe.validation_steps if name == "validation" else None
                rows = None if steps is None else self._limited(part, steps)
                seen = part if rows is None else part.subset(rows)
                logits = self._logits(seen)
                metrics |= self._metrics(name, seen, logits)
                if answered is None or name == "validation":
                    ids = self.data.parts[name].ids
                    answered = Evaluated(name, ids, rows, logits, seen.labels, self.output)
        return metrics, answered

    def final_answers(self) -> tuple[dict[SplitName, Answers], dict[str, float]]:
        """The network's answers for every picture of the held-out parts, and their metrics."""
        if self.best and self.best.tensors:
            self.best.put_back(self.network)
        elif self.average:
            self.average.put()
        answers: dict[SplitName, Answers] = {}
        metrics: dict[str, float] = {}
        for name, part in self.held_out.items():
            self.reading.wait(name)
            logits = self._logits(part)
            metrics |= self._metrics(name, part, logits)
            source = self.data.parts[name]
            probabilities = probabilities_from(logits, self.output).cpu().numpy()
            answers[name] = Answers(source.ids, source.labels, probabilities)
        return answers, metrics

    def classifier(self) -> Classifier:
        """The network with its contract and golden pictures."""
        contract = Contract(
            classes=self.data.classes,
            preprocess=self.choice.preprocess,
            output=self.output,
            net=self._net_text(),
            data=self.data.name,
            recipe_hash=self.recipe.hash,
            made_by=f"lenswork {__version__}",
            views=self.recipe.views or ONE,
        )
        golden = self.golden or brought_golden(self.data)
        return Classifier(self.network, contract, golden)

    def _logits(self, part: Prepared) -> Tensor:
        views = Views.parse(self.recipe.views or ONE)
        return logits_of(self.network, part, self.recipe.validation_batch or 1, views)

    def _metrics(self, name: SplitName, part: Prepared, logits: Tensor) -> dict[str, float]:
        return metrics_of(logits, part.labels, self.output, PREFIX[name])

    def _limited(self, part: Prepared, steps: int) -> Tensor:
        """The rows of the same pictures each epoch, drawn once for all."""
        order = generator(self.recipe.seed, "validation steps").permutation(len(part))
        chosen = torch.from_numpy(order[: steps * (self.recipe.validation_batch or 1)])
        return chosen.to(part.labels.device)

    def _rate_after(self, steps: int) -> float:
        progress = steps / (self.epochs * self.steps_per_epoch)
        peak = self.recipe.learning_rate or 0.0
        schedule, warm_up = self.recipe.schedule or "constant", self.recipe.warm_up or 0.0
        return learning_rate_at(schedule, peak, progress, warm_up)

    def _averaged(self) -> AbstractContextManager[None]:
        """Within, the network has the weights that it would end with."""
        return self.average.in_place() if self.average else nullcontext()

    def _net_text(self) -> str | None:
        return self.recipe.net if isinstance(self.network, Network) else None


def by_hand(network: nn.Module, precision: Precision, device: torch.device) -> Backprop | None:
    """Gradients without autograd, where that is faster: cuDNN's own kernels are faster still."""
    fits = device.type == "cpu" and precision == "float32"
    return backprop_of(network) if fits else None
