"""A map of pictures as a network sees them: its last hidden layer in two dimensions."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor, nn

from lenswork.errors import UsageError
from lenswork.kinds import Labels, Pictures, SplitName
from lenswork.look.held_out import read_shown
from lenswork.look.mistakes import Judged, judge
from lenswork.model.classifier import Classifier
from lenswork.model.network import Network, to_input
from lenswork.record.run import Run
from lenswork.seeds import generator, stream_seed

Numbers = NDArray[np.float32]
MOST_PICTURES = 2000
PERPLEXITY = 30.0
COMPONENTS = 50  # before t-SNE, which is slow and noisy in many dimensions
WIDEST = 8192  # numbers a picture that are kept as they are
SHORTENED = 1024
BATCH = 128
FEWEST = 4  # points that t-SNE can lay out


@dataclass(frozen=True)
class Features:
    """The numbers that go into a network's last layer of weights, (pictures, units).

    A map is averaged over its places. `dead` (units,) marks the units that are 0 for all these
    pictures; `source` says in words where the numbers were taken.
    """

    values: Numbers
    dead: NDArray[np.bool_]
    source: str


@dataclass(frozen=True)
class Embedding:
    """Pictures as points: `points` is (count, 2), pictures that the network finds alike are near.

    `pictures` are (count, height, width, channels) as the network sees them; `truth`, `answer`
    and `confidence` are (count,); `total` is the number of pictures they were drawn from. `how`
    says in words how the points were made.
    """

    run: str
    part: SplitName
    classes: tuple[str, ...]
    total: int
    points: Numbers
    pictures: Pictures
    ids: tuple[str, ...]
    truth: Labels
    answer: Labels
    confidence: Numbers
    how: str

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which pictures got a wrong answer, (count,)."""
        wrong: NDArray[np.bool_] = self.truth != self.answer
        return wrong

    @property
    def centres(self) -> dict[int, Numbers]:
        """The point in the thick of each class that has pictures: its most central picture."""
        found = {}
        for label in np.unique(self.truth):
            own = self.points[self.truth == label]
            middle = np.median(own, axis=0)
            found[int(label)] = own[np.linalg.norm(own - middle, axis=1).argmin()]
        return found


def embedding_of(
    run: Run,
    part: SplitName | None = None,
    *,
    most: int = MOST_PICTURES,
    seed: int = 0,
    data_home: Path | None = None,
) -> Embedding:
    """A map of a run's held-out pictures, or of `most` of them drawn at random.

    Unless `part` is given it is of the validation pictures where there are some, else of the test
    pictures: a map is for finding out what to change, and the test part is to judge that once.
    Answers are the recorded ones; the network is run for its last hidden layer only. Raises
    `RunError` for a run without predictions or whose data has changed, `UsageError` for fewer
    than four pictures or a layer that is dead.
    """
    judged = judge(run, part or ("validation" if "validation" in run.answers else None))
    numbers = _drawn(judged, most, seed)
    classifier = run.classifier
    preprocess = classifier.contract.preprocess
    shown = read_shown(run, judged, numbers.tolist(), data_home, preprocess)
    pictures = np.stack([preprocess.apply(picture) for picture in shown])
    features = last_hidden(classifier, pictures, seed)
    points, how = lay_out(features.values, seed)
    dead = int(features.dead.sum())
    if dead:
        how += f"; {dead:,} of {len(features.dead):,} units are dead (0 for all pictures)"
    return Embedding(
        run=run.name,
        part=judged.part,
        classes=judged.classes,
        total=len(judged),
        points=points,
        pictures=pictures,
        ids=tuple(judged.ids[number] for number in numbers),
        truth=judged.truth[numbers],
        answer=judged.answer[numbers],
        confidence=judged.confidence[numbers],
        how=f"{features.source}, {how}",
    )


def last_hidden(classifier: Classifier, pictures: Pictures, seed: int = 0) -> Features:
    """The input of the last convolution or dense layer that a network calls.

    `pictures` are at the contract's size. For a net that is its layer with `classes`; for a
    torch module of one's own the last `nn.Conv2d` or `nn.Linear` in the order of the calls.
    Vectors of more than 8,192 numbers are shortened by a sparse random projection that keeps
    distances (Li, Hastie and Church 2006). Raises `UsageError` for a network without weights.
    """
    network = classifier.network.eval()
    layer, words = _last_weights(classifier, pictures[:1])
    values: list[Numbers] = []
    dead: list[NDArray[np.bool_]] = []
    shorten: SparseProjection | None = None
    with _inputs_of(layer) as seen:
        for start in range(0, len(pictures), BATCH):
            _call(network, classifier, pictures[start : start + BATCH])
            vectors = _vectors(seen.pop())
            dead.append(np.all(vectors == 0, axis=0))
            if shorten is None and vectors.shape[1] > WIDEST:
                shorten = SparseProjection(vectors.shape[1], SHORTENED, seed)
            values.append(vectors if shorten is None else shorten(vectors))
    silent: NDArray[np.bool_] = np.all(dead, axis=0)
    source = f"{len(silent):,} numbers that go into {words}"
    return Features(np.concatenate(values), silent, source)


def lay_out(values: Numbers, seed: int = 0) -> tuple[Numbers, str]:
    """(count, features) as points (count, 2), and in words how.

    Principal components, then t-SNE (van der Maaten and Hinton 2008) by scikit-learn, started
    from the first two components (Kobak and Berens 2019). Raises `UsageError` for fewer than
    four rows, and for rows that are all the same.
    """
    from sklearn.decomposition import PCA  # a second to load, which other looks need not wait for
    from sklearn.manifold import TSNE

    count, width = values.shape
    if count < FEWEST:
        raise UsageError(f"a map needs at least {FEWEST} pictures, got {count}")
    spread = values - values.mean(axis=0)
    largest = float(np.abs(spread).max())
    if not np.isfinite(largest) or largest == 0:
        raise UsageError(
            "no map can be drawn: the network's last hidden layer gives the same numbers for every "
            "picture (it is dead), or no numbers; train again with a smaller learning rate"
        )
    kept = min(COMPONENTS, count - 1, width)
    chance = stream_seed(seed, "embedding") % 2**32
    components = PCA(kept, random_state=chance).fit_transform(spread / largest)
    perplexity = min(PERPLEXITY, (count - 1) / 3)
    start = np.zeros((count, 2))
    start[:, : min(2, kept)] = components[:, :2]
    start *= 1e-4 / start[:, 0].std()
    layout = TSNE(perplexity=perplexity, init=start.astype(np.float32), random_state=chance)
    points: Numbers = layout.fit_transform(components).astype(np.float32)
    return points, f"by PCA to {kept}, then t-SNE (perplexity {perplexity:.0f}, seed {seed})"


class SparseProjection:
    """Rows of `width` numbers as `units` random sums of theirs, which keep distances.

    Each sum adds or subtracts one in sqrt(width) of the numbers, drawn by chance (Li, Hastie
    and Church 2006, "Very sparse random projections").
    """

    def __init__(self, width: int, units: int, seed: int) -> None:
        density = 1 / np.sqrt(width)
        chance = generator(seed, "projection")
        self.sums = sparse.random(
            width,
            units,
            density,
            format="csc",
            dtype=np.float32,
            rng=chance,
            data_rvs=lambda size: chance.choice((-1.0, 1.0), size) / np.sqrt(density * units),
        )

    def __call__(self, rows: Numbers) -> Numbers:
        """(count, width) as (count, units)."""
        short: Numbers = np.asarray(rows @ self.sums, np.float32)
        return short


def _drawn(judged: Judged, most: int, seed: int) -> NDArray[np.int64]:
    """The numbers of the pictures to show, in their order."""
    if most < FEWEST:
        raise UsageError(f"a map needs at least {FEWEST} pictures, asked were {most}")
    if len(judged) <= most:
        return np.arange(len(judged))
    return np.sort(generator(seed, "map").permutation(len(judged))[:most])


def _last_weights(classifier: Classifier, pictures: Pictures) -> tuple[nn.Module, str]:
    """The last layer of weights that is called, and its name in words."""
    network = classifier.network
    found: list[str] = []
    layers = {n: m for n, m in network.named_modules() if isinstance(m, nn.Linear | nn.Conv2d)}
    handles = [
        layer.register_forward_hook(lambda *_, name=name: found.append(name))
        for name, layer in layers.items()
    ]
    try:
        _call(network, classifier, pictures)
    finally:
        for handle in handles:
            handle.remove()
    if not found:
        raise UsageError(
            "a map needs a network with a dense layer or a convolution (nn.Linear, nn.Conv2d), "
            f"found none in {type(network).__name__}"
        )
    name = found[-1]
    if isinstance(network, Network):
        place = int(name.rsplit(".", 1)[-1])
        return layers[name], f"layer {place + 1} ({network.spec.layers[place].text()})"
    return layers[name], f"layer {name}" if name else type(network).__name__


def _call(network: nn.Module, classifier: Classifier, pictures: Pictures) -> None:
    device = next(iter(network.parameters()), torch.empty(0)).device
    batch = torch.from_numpy(np.ascontiguousarray(pictures)).to(device)
    with torch.inference_mode():
        network(to_input(batch, classifier.contract.preprocess.scale))


@contextmanager
def _inputs_of(layer: nn.Module) -> Iterator[list[Tensor]]:
    """Collect what goes into a layer."""
    seen: list[Tensor] = []

    def keep(_layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen.append(inputs[0].clone())  # a later layer may work in place

    handle = layer.register_forward_pre_hook(keep)
    try:
        yield seen
    finally:
        handle.remove()


def _vectors(inputs: Tensor) -> Numbers:
    """(batch, units) of vectors, or of maps averaged over their places."""
    flat = inputs.mean((2, 3)) if inputs.ndim == 4 else inputs.flatten(1)
    vectors: Numbers = flat.float().cpu().numpy()
    return vectors
