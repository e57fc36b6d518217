"""Everything a run needs in place before its first step."""

import functools
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from lenswork import __version__
from lenswork.data.batches import batch_ends, batch_stream
from lenswork.data.dataset import Dataset, Part
from lenswork.data.subset import take_training
from lenswork.errors import DataError, NetError, UsageError
from lenswork.kinds import Picture, SplitName
from lenswork.model.classifier import Classifier, probabilities_from
from lenswork.model.contract import Contract, Output, golden_pictures, output_count
from lenswork.model.network import Network
from lenswork.model.preprocess import Preprocess
from lenswork.model.spec import parse_net
from lenswork.seeds import generator, stream_seed
from lenswork.training.choose import Choice, choose
from lenswork.training.evaluate import Prepared, logits_of, metrics_of
from lenswork.training.events import Answers, Started
from lenswork.training.fast_cpu import keep_freed_memory
from lenswork.training.optimizers import Mover, make_optimizer
from lenswork.training.recipe import Recipe
from lenswork.training.schedule import learning_rate_at
from lenswork.training.stops import StopRule, Stops

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
        progress = (self.step - 1) / (self.epochs * self.steps_per_epoch)
        peak = self.recipe.learning_rate or 0.0
        return learning_rate_at(self.recipe.schedule or "constant", peak, progress)

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

    def evaluate(self) -> dict[str, float]:
        """Metrics of the held-out parts, named val_ and test_."""
        metrics: dict[str, float] = {}
        for name, part in self.held_out.items():
            steps = self.recipe.validation_steps if name == "validation" else None
            seen = part if steps is None else self._limited(part, steps)
            metrics |= self._metrics(name, seen, self._logits(seen))
        return metrics

    def final_answers(self) -> tuple[dict[SplitName, Answers], dict[str, float]]:
        """The network's answers for every picture of the held-out parts, and their metrics."""
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
        )
        return Classifier(self.network, contract, self.golden)

    def _logits(self, part: Prepared) -> Tensor:
        return logits_of(self.network, part, self.recipe.validation_batch or 1)

    def _metrics(self, name: SplitName, part: Prepared, logits: Tensor) -> dict[str, float]:
        return metrics_of(logits, part.labels, self.output, PREFIX[name])

    def _limited(self, part: Prepared, steps: int) -> Prepared:
        """The same pictures each epoch, drawn once for all."""
        order = generator(self.recipe.seed, "validation steps").permutation(len(part))
        chosen = torch.from_numpy(order[: steps * (self.recipe.validation_batch or 1)])
        return part.subset(chosen.to(part.labels.device))

    def _net_text(self) -> str | None:
        return self.recipe.net if isinstance(self.network, Network) else None


def prepare(recipe: Recipe, data: Dataset, network: nn.Module | None, device: str) -> Session:
    """Check the recipe against the data, read the pictures, build the network."""
    began = time.perf_counter()
    chosen_device = choose_device(device)
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
    if chosen_device.type == "cpu":
        keep_freed_memory()
    read = {name: _read(part, choice.preprocess) for name, part in data.parts.items()}
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
    )


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


def _read(part: Part, preprocess: Preprocess) -> Prepared:
    pictures = torch.from_numpy(preprocess.read_all(part.source))
    return Prepared(pictures, torch.from_numpy(part.labels), preprocess.scale)


def _batches(count: int, batch: int, seed: int, device: torch.device) -> Iterator[Tensor]:
    for indices in batch_stream(count, batch, seed):
        yield torch.from_numpy(indices).to(device)
