"""Labels that are likely wrong, found by networks that have not seen them.

Confident learning: Northcutt, Jiang and Chuang 2021, "Confident learning: estimating uncertainty
in dataset labels", JAIR 70. Every picture is judged by a network trained on the other folds.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lenswork.data.dataset import ArraySource, Dataset, Part
from lenswork.data.split import group_names
from lenswork.errors import DataError, LensworkError, UsageError
from lenswork.kinds import Labels, Probabilities
from lenswork.seeds import generator, stream_seed
from lenswork.training.choose import choose
from lenswork.training.events import Finished
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe

Order = Literal["margin", "self-confidence"]
FOLDS = 3


@dataclass(frozen=True)
class FoldDone:
    """One fold's answers: `numbers` (count,) of its pictures, `probabilities` (count, classes)."""

    fold: int
    folds: int
    numbers: NDArray[np.int64]
    probabilities: Probabilities
    accuracy: float
    seconds: float


@dataclass(frozen=True)
class Suspects:
    """Pictures whose label is likely wrong, most suspect first.

    All but the last two are (suspects,): the picture's number, its label, the label that it seems
    to have, p(given) - p(likeliest other), from -1 to 1, and p(given). `thresholds` is (classes,);
    `joint` (classes, classes) counts the pictures that are confidently of a class, row the label,
    column the class.
    """

    pictures: int
    numbers: NDArray[np.int64]
    given: Labels
    seen: Labels
    margin: NDArray[np.float64]
    self_confidence: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    joint: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.numbers)


def find_suspects(
    labels: Labels, probabilities: Probabilities, order: Order = "self-confidence"
) -> Suspects:
    """Suspect labels by (count, classes) out-of-sample probabilities of (count,) labels.

    A picture is confidently of class j when p(j) is at least t_j, the mean p(j) of the pictures
    labelled j (section 3.1, equation 2); of several such classes the likeliest counts. It is
    suspect when that is not its label (the off-diagonal of the confident joint). The first are
    those with the lowest probability of their label: of 2% wrong labels planted in
    fashion-mnist it found as many in the first 100 as p(label) - p(likeliest other) did, and
    more in the first 500. Raises `UsageError` for probabilities that do not fit the labels.
    """
    _check_shapes(labels, probabilities)
    p = probabilities.astype(np.float64)
    count, classes = p.shape
    rows = np.arange(count)
    own = p[rows, labels]
    thresholds = np.array(
        [own[labels == j].mean() if np.any(labels == j) else np.inf for j in range(classes)]
    )
    confident = p >= thresholds  # (count, classes)
    seen = np.where(confident, p, -1.0).argmax(axis=1)
    sure = confident.any(axis=1)
    joint = np.zeros((classes, classes), np.int64)
    np.add.at(joint, (labels[sure], seen[sure]), 1)
    others = p.copy()
    others[rows, labels] = -1.0
    margin = own - others.max(axis=1)
    numbers = np.flatnonzero(sure & (seen != labels))
    key = margin if order == "margin" else own
    numbers = numbers[np.argsort(key[numbers], kind="stable")]
    return Suspects(
        pictures=count,
        numbers=numbers,
        given=labels[numbers],
        seen=seen[numbers].astype(np.int64),
        margin=margin[numbers],
        self_confidence=own[numbers],
        thresholds=thresholds,
        joint=joint,
    )


def out_of_fold(
    data: Dataset,
    recipe: Recipe | None = None,
    *,
    folds: int = FOLDS,
    seed: int = 0,
    device: str = "auto",
) -> Probabilities:
    """What networks that never saw a training picture say of it, (count, classes).

    Raises what `train_folds` raises.
    """
    steps = train_folds(data, recipe, folds=folds, seed=seed, device=device)
    return gather(steps, len(data.train), len(data.classes))


def train_folds(
    data: Dataset,
    recipe: Recipe | None = None,
    *,
    folds: int = FOLDS,
    seed: int = 0,
    device: str = "auto",
) -> Iterator[FoldDone]:
    """Train once a fold on the training pictures outside it, and answer those inside it.

    `recipe` is the fast one unless given. Each fold has its share of every class, and pictures
    of one group (the data's cut says how they are grouped) stay in one fold. Pictures are read
    once. Raises `UsageError` or `DataError` for folds that cannot be made.
    """
    fold_of = make_folds(data, folds, seed)
    choice = choose(recipe or Recipe(), data)
    filled = choice.recipe.changed(
        validation_steps=1, stop_when=(), patience=None
    )  # a fold judges, it must not steer
    pictures = ArraySource(choice.preprocess.read_all(data.train.source, data.train.ids))
    part = Part(pictures, data.train.labels, data.train.ids)
    for fold in range(folds):
        began = time.perf_counter()
        inside = np.flatnonzero(fold_of == fold)
        outside = np.flatnonzero(fold_of != fold)
        cut = replace(
            data,
            parts={
                "train": part.subset(outside.tolist()),
                "validation": part.subset(inside.tolist()),
            },
        )
        probabilities, accuracy = _answers(filled, cut, device)
        seconds = time.perf_counter() - began
        yield FoldDone(fold + 1, folds, inside, probabilities, accuracy, seconds)


def gather(done: Iterable[FoldDone], count: int, classes: int) -> Probabilities:
    """The answers of all folds in the order of the pictures, (count, classes)."""
    probabilities = np.full((count, classes), np.nan, np.float32)
    for fold in done:
        probabilities[fold.numbers] = fold.probabilities
    if np.isnan(probabilities).any():
        raise LensworkError(
            "some pictures have no out-of-fold answer: a fold is missing, or its training "
            "diverged; give a recipe with a smaller learning rate"
        )
    return probabilities


def make_folds(data: Dataset, folds: int, seed: int = 0) -> NDArray[np.int64]:
    """The fold of each training picture, (count,), by class and never through a group."""
    labels = data.train.labels
    if folds < 2:
        raise UsageError(f"expected at least 2 folds, got {folds}")
    pattern = data.cut.group if data.cut else None
    groups = np.array(group_names(data.train.ids, pattern) if pattern else data.train.ids)
    for label, name in enumerate(data.classes):
        units = len(np.unique(groups[labels == label]))
        if units < folds:
            what = "groups of pictures" if pattern else "training pictures"
            raise DataError(
                f"{folds} folds need at least {folds} {what} of every class; class {name!r} has "
                f"{units}: use fewer folds or bring more pictures"
            )
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold  # takes a second

    kind = StratifiedGroupKFold if pattern else StratifiedKFold
    cutter = kind(folds, shuffle=True, random_state=stream_seed(seed, "folds") % 2**32)
    fold_of = np.empty(len(labels), np.int64)
    for fold, (_, inside) in enumerate(cutter.split(labels, labels, groups if pattern else None)):
        fold_of[inside] = fold
    return fold_of


def plant_wrong_labels(
    labels: Labels, classes: int, fraction: float, seed: int = 0
) -> tuple[Labels, NDArray[np.int64]]:
    """Labels of which a random `fraction` is wrong, and the numbers of those, sorted.

    The wrong class is any other with the same chance: a test of how many would be found.
    """
    chance = generator(seed, "wrong labels")
    planted = np.sort(chance.permutation(len(labels))[: round(fraction * len(labels))])
    wrong = labels.copy()
    wrong[planted] = (labels[planted] + chance.integers(1, classes, len(planted))) % classes
    return wrong, planted


def _answers(recipe: Recipe, data: Dataset, device: str) -> tuple[Probabilities, float]:
    for event in fit(recipe, data, device=device):
        if isinstance(event, Finished):
            return event.answers["validation"].probabilities, event.metrics["val_accuracy"]
    raise LensworkError("the training of a fold ended without an answer")


def _check_shapes(labels: Labels, probabilities: Probabilities) -> None:
    if probabilities.ndim != 2 or len(probabilities) != len(labels):
        raise UsageError(
            f"expected one row of probabilities for each of {len(labels):,} labels, got an array "
            f"of shape {probabilities.shape}"
        )
    if not np.isfinite(probabilities).all():
        raise UsageError("expected probabilities, got some that are no numbers: training diverged")
    classes = probabilities.shape[1]
    if len(labels) and (labels.min() < 0 or labels.max() >= classes):
        raise UsageError(
            f"expected labels from 0 to {classes - 1}, one a column of the probabilities, got "
            f"{labels.min()} to {labels.max()}"
        )
