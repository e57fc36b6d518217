"""Cutting a validation part from the training pictures, by class and never through a group."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lenswork.data.dataset import Cut, Dataset, Part
from lenswork.errors import DataError
from lenswork.kinds import SplitName
from lenswork.seeds import generator


def cut_validation(data: Dataset, cut: Cut) -> Dataset:
    """Set aside a validation part from the training pictures.

    A validation part that the data brings becomes the test part. Raises `DataError` when the
    data has all three parts already, or a class has too few pictures or groups to be cut.
    """
    parts: dict[SplitName, Part] = {}
    if data.validation is not None:
        if data.test is not None:
            raise DataError(
                f"{data.name} already has a validation and a test part: "
                "leave the validation fraction and the group pattern out"
            )
        parts["test"] = data.validation
    elif data.test is not None:
        parts["test"] = data.test
    if cut.group is None and len(set(data.train.ids)) == len(data.train):
        held_out = _choose_pictures(data, cut)
    else:
        groups = group_names(data.train.ids, cut.group) if cut.group else list(data.train.ids)
        held_out = _choose_held_out(data, groups, cut)
    parts["train"] = data.train.subset(np.flatnonzero(~held_out).tolist())
    parts["validation"] = data.train.subset(np.flatnonzero(held_out).tolist())
    return replace(data, parts=parts, cut=cut)


def group_names(ids: Sequence[str], pattern: str) -> list[str]:
    """The group of each picture; raises `DataError` naming a file that matches nothing."""
    matches = [re.search(pattern, name.rsplit("/", 1)[-1]) for name in ids]
    found = [match[1 if match.re.groups else 0] if match else None for match in matches]
    unmatched = [name for name, group in zip(ids, found, strict=True) if group is None]
    if unmatched:
        raise DataError(
            f"group pattern {pattern!r} must match every file's name: {len(unmatched):,} of "
            f"{len(ids):,} do not match, {unmatched[0]} for one"
        )
    return [group for group in found if group is not None]


def _choose_pictures(data: Dataset, cut: Cut) -> np.ndarray:
    """What `_choose_held_out` comes to where each picture is a group of its own, in one go.

    It takes the first of each class, in an order by chance, until the fraction is reached.
    """
    train = data.train
    sizes = np.bincount(train.labels, minlength=len(data.classes))
    wanted = np.maximum(np.round(sizes * cut.fraction), 1)
    most = np.maximum(np.minimum(wanted, sizes - 1), 0).astype(np.int64)
    by_name = np.array(sorted(range(len(train)), key=train.ids.__getitem__))
    order = by_name[generator(cut.seed, "validation").permutation(len(train))]
    held_out = np.zeros(len(train), dtype=np.bool_)
    for label, count in enumerate(most):
        held_out[order[train.labels[order] == label][:count]] = True
    _refuse_unsplit(data, train.ids, most)
    return held_out


def _choose_held_out(data: Dataset, groups: Sequence[str], cut: Cut) -> np.ndarray:
    """A mask over the training pictures: whole groups, near the fraction in every class."""
    counts = _class_counts(groups, data.train.labels, len(data.classes))
    sizes = np.bincount(data.train.labels, minlength=len(data.classes))
    wanted = np.maximum(np.round(sizes * cut.fraction), 1)
    taken = np.zeros(len(data.classes))
    chosen: set[str] = set()
    names = sorted(counts)
    order = [names[at] for at in generator(cut.seed, "validation").permutation(len(names))]
    for name in order:
        after = taken + counts[name]
        closer = np.abs(after - wanted).sum() < np.abs(taken - wanted).sum()
        if closer and _leaves_some(after, counts[name], sizes):
            chosen.add(name)
            taken = after
    for label in np.flatnonzero(taken == 0):  # each of its groups is far larger than was wanted
        fits = [n for n in order if _leaves_some(taken + counts[n], counts[n], sizes)]
        having = [name for name in fits if counts[name][label]]
        for name in sorted(having, key=lambda name: float(counts[name].sum()))[:1]:
            chosen.add(name)
            taken = taken + counts[name]
    _refuse_unsplit(data, groups, taken)
    return np.array([name in chosen for name in groups])


def _leaves_some(after: np.ndarray, group: np.ndarray, sizes: np.ndarray) -> bool:
    """Whether each class of a group keeps training pictures once the group is taken."""
    return bool(np.all((after < sizes) | (group == 0)))


def _class_counts(
    groups: Sequence[str], labels: np.ndarray, class_count: int
) -> Mapping[str, np.ndarray]:
    counts: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(class_count))
    for name, label in zip(groups, labels, strict=True):
        counts[name][label] += 1
    return counts


def _refuse_unsplit(data: Dataset, groups: Sequence[str], taken: np.ndarray) -> None:
    for label, name in enumerate(data.classes):
        if taken[label] == 0:
            members = [g for g, one in zip(groups, data.train.labels, strict=True) if one == label]
            raise DataError(
                f"cannot cut a validation part: class {name!r} has {len(members):,} training "
                f"pictures in {len(set(members)):,} groups, and at least one group must stay "
                "on each side; bring a validation/ folder, or more pictures"
            )
