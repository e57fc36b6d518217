"""Everything a run needs in place before its first step."""

import functools
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from lenswork import __version__
from lenswork.data.batches import batch_ends, batch_stream
from lenswork.data.dataset import Dataset, Part
from lenswork.data.subset import take_training
from lenswork.errors import DataError, NetError, RecipeError, UsageError
from lenswork.kinds import Picture, SplitName
from lenswork.model.backprop import Backprop, backprop_of
from lenswork.model.classifier import Classifier, probabilities_from
from lenswork.model.contract import Contract, Output, golden_pictures, output_count
from lenswork.model.network import Network
from lenswork.model.preprocess import Preprocess
from lenswork.model.spec import parse_net
from lenswork.model.threads import use_given_cores
from lenswork.model.views import ONE, Views
from lenswork.seeds import generator, stream_seed
from lenswork.training.augment import Augmentation
from lenswork.training.average import Average
from lenswork.training.best import Best
from lenswork.training.choose import Choice, choose
from lenswork.training.evaluate import Prepared, logits_of, metrics_of
from lenswork.training.events import Answers, Started
from lenswork.training.fast_cpu import keep_freed_memory
from lenswork.training.loss import Loss, balanced_weights
from lenswork.training.needs import free_bytes
from lenswork.training.optimizers import Mover, make_optimizer
from lenswork.training.precision import Precision, choose_precision
from lenswork.training.recipe import NO_CHANGE, Recipe
from lenswork.training.schedule import learning_rate_at
from lenswork.training.stops import StopRule, Stops, divergence

PREFIX: Mapping[SplitName, str] = {"validation": "val_", "test": "test_"}


@dataclass
class Session:
    """A run that is ready to step."""

    choice: Choice
    data: Dataset
    network: nn.Module
    optimizer: Mover
    device: torch.device
    train: Prepared
    held_out: Mapping[SplitName, Prepared]  # evaluated after each epoch
    stops: Stops
    batches: Iterator[Tensor]
    steps_per_epoch: int
    golden: list[Picture]  # taken at the start: at the end the files may be gone
    prepare_seconds: float
    digests: Mapping[SplitName, str]
    best: Best | None  # the weights to end with, where those are not the last
    loss: Loss
    augmentation: Augmentation | None
    average: Average | None  # the weights to answer with, where those are not the step's own
    backprop: Backprop | None  # in place of autograd
    free_bytes: int  # on the device, before the first step
    precision: Precision  # what the recipe's "auto" stands for
    step: int = field(default=0, init=False)

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
            digests=self.digests,
        )

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """The inputs and labels of the step that was counted last."""
        if self.augmentation is None:
            return self.train.batch(indices)
        seed, step = self.recipe.seed, self.step
        return self.train.batch(indices, functools.partial(self.augmentation, seed=seed, step=step))

    def compute_in(self, precision: Precision) -> None:
        """Go on in the precision that the run began with."""
        self.precision = precision
        self.backprop = _backprop(self.network, precision, self.device)

    def go_to(self, step: int) -> None:
        """Have `step` steps count as done; the next batch is that of the step after them."""
        self.step = step
        batch = self.recipe.batch or 1
        self.batches = _batches(len(self.train), batch, self.recipe.seed, self.device, step)

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

    def evaluate(self) -> dict[str, float]:
        """Metrics of the held-out parts, named val_ and test_."""
        metrics: dict[str, float] = {}
        with self._averaged():
            for name, part in self.held_out.items():
                steps = self.recipe.validation_steps if name == "validation" else None
                seen = part if steps is None else self._limited(part, steps)
                metrics |= self._metrics(name, seen, self._logits(seen))
        return metrics

    def final_answers(self) -> tuple[dict[SplitName, Answers], dict[str, float]]:
        """The network's answers for every picture of the held-out parts, and their metrics."""
        if self.best:
            self.best.put_back(self.network)
        elif self.average:
            self.average.put()
        answers: dict[SplitName, Answers] = {}
        metrics: dict[str, float] = {}
        for name, part in self.held_out.items():
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
        return Classifier(self.network, contract, self.golden)

    def _logits(self, part: Prepared) -> Tensor:
        views = Views.parse(self.recipe.views or ONE)
        return logits_of(self.network, part, self.recipe.validation_batch or 1, views)

    def _metrics(self, name: SplitName, part: Prepared, logits: Tensor) -> dict[str, float]:
        return metrics_of(logits, part.labels, self.output, PREFIX[name])

    def _limited(self, part: Prepared, steps: int) -> Prepared:
        """The same pictures each epoch, drawn once for all."""
        order = generator(self.recipe.seed, "validation steps").permutation(len(part))
        chosen = torch.from_numpy(order[: steps * (self.recipe.validation_batch or 1)])
        return part.subset(chosen.to(part.labels.device))

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


def prepare(recipe: Recipe, data: Dataset, network: nn.Module | None, device: str) -> Session:
    """Check the recipe against the data, read the pictures, build the network."""
    began = time.perf_counter()
    chosen_device = choose_device(device)
    use_given_cores()
    _check_classes(data)
    data = take_training(data, recipe.train_pictures, recipe.seed)
    choice = choose(recipe, data, own_network=network is not None)
    recipe = choice.recipe
    rules = [StopRule.parse(text) for text in recipe.stop_when]
    stops = Stops(rules, recipe.patience, data.validation is not None)
    torch.manual_seed(stream_seed(recipe.seed, "torch"))  # for dropout in modules of one's own
    network = network or _build(choice, len(data.classes))
    network.to(chosen_device)
    _check_outputs(network, choice, len(data.classes), chosen_device)
    choice, precision = _with_precision(choice, network, len(data.train), chosen_device)
    if chosen_device.type == "cpu":
        keep_freed_memory()
    read = {name: read_part(part, choice.preprocess) for name, part in data.parts.items()}
    digests = {name: part.digest() for name, part in read.items()}
    parts = {name: part.to(chosen_device) for name, part in read.items()}
    golden = golden_pictures(data.train, len(data.classes))
    train = parts.pop("train")
    batch = recipe.batch or 1
    return Session(
        choice=choice,
        data=data,
        network=network,
        optimizer=make_optimizer(recipe, network, chosen_device),
        device=chosen_device,
        train=train,
        held_out=parts,
        stops=stops,
        batches=_batches(len(train), batch, recipe.seed, chosen_device),
        steps_per_epoch=recipe.steps_per_epoch or len(batch_ends(len(train), batch)) + 1,
        golden=golden,
        prepare_seconds=time.perf_counter() - began,
        digests=digests,
        best=_best(recipe, data),
        loss=_loss(choice, data, chosen_device),
        augmentation=_augmentation(recipe),
        average=Average(network, recipe.average) if recipe.average else None,
        backprop=_backprop(network, precision, chosen_device),
        free_bytes=free_bytes(chosen_device),
        precision=precision,
    )


def _with_precision(
    choice: Choice, network: nn.Module, pictures: int, device: torch.device
) -> tuple[Choice, Precision]:
    """The precision that the recipe means here, and the choice with the reason for it."""
    recipe = choice.recipe
    height, width, channels = choice.preprocess.input_shape
    shape = (min(recipe.batch or 1, pictures), channels, height, width)
    chosen = choose_precision(recipe.precision, network, shape, device)
    reasons = choice.reasons if chosen.reason is None else (*choice.reasons, chosen.reason)
    return replace(choice, reasons=reasons), chosen.precision


def _loss(choice: Choice, data: Dataset, device: torch.device) -> Loss:
    recipe = choice.recipe
    weights = None
    if recipe.class_weights == "balanced":
        weights = balanced_weights(data.train.labels, data.classes).to(device)
    return Loss(choice.output, recipe.label_smoothing or 0.0, weights)


def _augmentation(recipe: Recipe) -> Augmentation | None:
    if recipe.augment in (None, NO_CHANGE):
        return None
    return Augmentation.parse(recipe.augment)


def _backprop(network: nn.Module, precision: Precision, device: torch.device) -> Backprop | None:
    """On a GPU, cuDNN's own kernels are faster than what is called by hand."""
    by_hand = device.type == "cpu" and precision == "float32"
    return backprop_of(network) if by_hand else None


def _best(recipe: Recipe, data: Dataset) -> Best | None:
    if recipe.keep == "last":
        return None
    if data.validation is None:
        raise RecipeError(
            "keep: best is the epoch with the lowest val_loss, and this data has no validation "
            "part; cut one with validation = 0.1, or keep the last epoch's weights"
        )
    return Best()


def choose_device(name: str) -> torch.device:
    """The device called `name`; "auto" is cuda, else mps, else cpu."""
    found = ["cpu"]
    if torch.backends.mps.is_available():
        found.insert(0, "mps")
    if torch.cuda.is_available():
        found.insert(0, "cuda")
    if name == "auto":
        return torch.device(found[0])
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in found:
        raise UsageError(f"device must be auto or one of {', '.join(found)} here, got {name!r}")
    return device


def _check_classes(data: Dataset) -> None:
    """Refuse names that would write on a terminal or page instead of being read there."""
    for name in data.classes:
        if not name.isprintable():
            raise DataError(f"class {name!r} has characters that cannot be printed: rename it")


def _build(choice: Choice, class_count: int) -> Network:
    recipe = choice.recipe
    spec = parse_net(recipe.net or "").with_outputs(output_count(choice.output, class_count))
    network = Network(spec, choice.preprocess.input_shape)
    network.initialise(recipe.weights or "glorot-uniform", stream_seed(recipe.seed, "weights"))
    network.seed_dropout(stream_seed(recipe.seed, "dropout"))
    return network


def _check_outputs(
    network: nn.Module, choice: Choice, class_count: int, device: torch.device
) -> None:
    """Refuse a module of one's own that does not give one logit an output."""
    if isinstance(network, Network):
        return
    height, width, channels = choice.preprocess.input_shape
    expected = (2, output_count(choice.output, class_count))
    network.eval()
    with torch.no_grad():
        shape = tuple(network(torch.zeros(2, channels, height, width, device=device)).shape)
    if shape != expected:
        raise NetError(
            f"the module must turn 2 pictures of {height}x{width}x{channels} into logits of shape "
            f"{expected}, got {shape}"
        )


def read_part(part: Part, preprocess: Preprocess) -> Prepared:
    """A part's pictures, brought to the network's size, and its labels, in memory."""
    pictures = torch.from_numpy(preprocess.read_all(part.source))
    return Prepared(pictures, torch.from_numpy(part.labels), preprocess.scale)


def _batches(
    count: int, batch: int, seed: int, device: torch.device, skip: int = 0
) -> Iterator[Tensor]:
    for indices in batch_stream(count, batch, seed, skip):
        yield torch.from_numpy(indices).to(device)
