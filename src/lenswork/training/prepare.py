"""Everything a run needs in place before its first step."""

import functools
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import nn

from lenswork.data.batches import batch_ends
from lenswork.data.cache.rows import open_rows
from lenswork.data.dataset import Dataset, EncodedPictures, Part, PictureSource
from lenswork.data.shards.fetch import fetched
from lenswork.data.shards.source import ShardSource
from lenswork.data.subset import take_training
from lenswork.errors import NetError, UsageError
from lenswork.kinds import Pictures, SplitName
from lenswork.model.contract import output_count
from lenswork.model.memory import available_bytes
from lenswork.model.network import Network
from lenswork.model.preprocess import Preprocess
from lenswork.model.spec import parse_net
from lenswork.model.threads import use_given_cores
from lenswork.seeds import stream_seed
from lenswork.training.augment import Augmentation
from lenswork.training.average import Average
from lenswork.training.check import best_of, check_classes, stops_of
from lenswork.training.choose import Choice, choose
from lenswork.training.evaluate import Prepared
from lenswork.training.fast_cpu import begin_threads, keep_freed_memory
from lenswork.training.feed import Feed, MemoryFeed, StreamFeed, first_places
from lenswork.training.golden import keep_golden
from lenswork.training.loss import Loss, balanced_weights
from lenswork.training.needs import free_bytes
from lenswork.training.optimizers import make_optimizer
from lenswork.training.precision import Precision, choose_precision
from lenswork.training.reading import Reading, Wanted
from lenswork.training.recipe import NO_CHANGE, Recipe
from lenswork.training.session import Session, by_hand

OVERLAP_FROM = 64  # pictures still to be read; fewer take a moment, and a bad one begins no run


def prepare(
    recipe: Recipe,
    data: Dataset,
    network: nn.Module | None,
    device: str,
    *,
    overlap: bool = False,
) -> Session:
    """Check the recipe against the data, read the pictures, build the network.

    With `overlap` many pictures are read while the first epoch runs, on a CPU.
    """
    began = time.perf_counter()
    chosen_device = choose_device(device)
    use_given_cores()
    begin_threads()
    check_classes(data)
    data = take_training(data, recipe.train_pictures, recipe.seed)
    choice = choose(recipe, data, own_network=network is not None)
    recipe = choice.recipe
    stops = stops_of(recipe, data)
    torch.manual_seed(stream_seed(recipe.seed, "torch"))  # for dropout in modules of one's own
    network = network or _build(choice, len(data.classes))
    network.to(chosen_device)
    _check_outputs(network, choice, len(data.classes), chosen_device)
    choice, precision = _with_precision(choice, network, len(data.train), chosen_device)
    if chosen_device.type == "cpu":
        keep_freed_memory()
    best, loss = best_of(recipe, data), _loss(choice, data, chosen_device)  # which may refuse
    read, reading = _read(data, choice, overlap=overlap and chosen_device.type == "cpu")
    with _stopped_if_it_fails(reading):
        parts = {name: part.to(chosen_device) for name, part in read.items()}
        feed = _feed(choice, data, parts.pop("train", None), reading, chosen_device)
        return Session(
            choice=choice,
            data=data,
            network=network,
            optimizer=make_optimizer(recipe, network, chosen_device),
            device=chosen_device,
            feed=feed,
            reading=reading,
            held_out=parts,
            stops=stops,
            steps_per_epoch=recipe.steps_per_epoch or _steps_of_a_pass(feed, recipe),
            prepare_seconds=time.perf_counter() - began,
            find_digests=functools.partial(_digests, data, read),
            best=best,
            loss=loss,
            augmentation=_augmentation(recipe),
            average=Average(network, recipe.average) if recipe.average else None,
            backprop=by_hand(network, precision, chosen_device),
            free_bytes=free_bytes(chosen_device),
            precision=precision,
        )


def _steps_of_a_pass(feed: Feed, recipe: Recipe) -> int:
    return len(batch_ends(len(feed), recipe.batch or 1)) + 1


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
    return _prepared(preprocess.read_all(part.source, part.ids), part, preprocess)


def _prepared(pictures: Pictures, part: Part, preprocess: Preprocess) -> Prepared:
    return Prepared(torch.from_numpy(pictures), torch.from_numpy(part.labels), preprocess.scale)


def _read(
    data: Dataset, choice: Choice, *, overlap: bool
) -> tuple[dict[SplitName, Prepared], Reading]:
    """The parts in memory, or on their way into it where many of their pictures are to be read.

    Training pictures that are streamed are in none.
    """
    recipe, preprocess = choice.recipe, choice.preprocess
    keep_golden(data)
    kept = {n: part for n, part in data.parts.items() if not (n == "train" and recipe.stream)}
    rows = {name: open_rows(_here(part), preprocess, part.ids) for name, part in kept.items()}
    first = first_places(len(data.train), recipe.batch or 1, recipe.seed)
    missing = sum(len(room.missing) for room in rows.values())
    in_files = all(isinstance(part.source, EncodedPictures) for part in kept.values())
    reading = Reading(
        {name: Wanted(room, first if name == "train" else None) for name, room in rows.items()},
        while_training=overlap and in_files and missing >= OVERLAP_FROM,
    )
    with _stopped_if_it_fails(reading):
        if not reading.while_training:
            reading.wait_for_all()
        return {
            name: _prepared(room.pictures, data.parts[name], preprocess)
            for name, room in rows.items()
        }, reading


@contextmanager
def _stopped_if_it_fails(reading: Reading) -> Iterator[None]:
    """Where the block fails, leave no thread behind, and keep what was read before it is told."""
    try:
        yield
    except BaseException:  # also when interrupted: a thread would end with the process
        reading.stop()
        raise


def _here(part: Part) -> PictureSource:
    """The pictures of a part; those that come over HTTP are asked for at once, not one by one."""
    source = part.source
    if isinstance(source, ShardSource) and source.remote:
        return fetched(source, available_bytes())
    return source


def _feed(
    choice: Choice, data: Dataset, train: Prepared | None, reading: Reading, device: torch.device
) -> Feed:
    recipe = choice.recipe
    batch = recipe.batch or 1
    if train is None:
        return StreamFeed(data.train, choice.preprocess, batch, recipe.seed, device)
    return MemoryFeed(train, batch, recipe.seed, reading)


def _digests(data: Dataset, read: Mapping[SplitName, Prepared]) -> dict[SplitName, str]:
    """What tells the pictures and labels from others; of a stream, those of its files."""
    found = {name: part.digest() for name, part in read.items()}
    if "train" not in found and isinstance(data.train.source, ShardSource):
        found["train"] = data.train.source.digest(data.train.labels)
    return found
