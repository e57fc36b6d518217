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
    groups = group_names(data.train.ids, cut.group) if cut.group else list(data.train.ids)
    held_out = _choose_held_out(data, groups, cut)
    parts["train"] = data.train.subset(np.flatnonzero(~held_out).tolist())
    parts["validation"] = data.train.subset(np.flatnonzero(held_out).tolist())
    return replace(data, parts=parts, cut=cut)


def group_names(ids: Sequence[str], pattern: str) -> list[str]:
    """The group of each picture; raises `DataError` naming a file that matches nothing."""
    matches = [re.search(pattern, name.rsplit("/", 1)[-1]) for name in ids]
    unmatched = [name for name, match in zip(ids, matches, strict=True) if match is None]
    if unmatched:
        raise DataError(
            f"group pattern {pattern!r} must match every file's name: {len(unmatched):,} of "
            f"{len(ids):,} do not match, {unmatched[0]} for one"
        )
    found = [match for match in matches if match is not None]
    return [match.group(1) if match.re.groups else match.group(0) for match in found]


def _choose_held_out(data: Dataset, groups: Sequence[str], cut: Cut) -> np.ndarray:
    """A mask over the training pictures: whole groups, near the fraction in every class."""
    counts = _class_counts(groups, data.train.labels, len(data.classes))
    class_sizes = np.bincount(data.train.labels, minlength=len(data.classes))
    wanted = np.maximum(np.round(class_sizes * cut.fraction), 1)
    taken = np.zeros(len(data.classes))
    chosen: set[str] = set()
    names = sorted(counts)
    for position in generator(cut.seed, "validation").permutation(len(names)):
        name = names[position]
        after = taken + counts[name]
        closer = np.abs(after - wanted).sum() < np.abs(taken - wanted).sum()
        leaves_some = bool(np.all((after < class_sizes) | (counts[name] == 0)))
        if closer and leaves_some:
            chosen.add(name)
            taken = after
    _refuse_unsplit(data, groups, taken)
    return np.array([name in chosen for name in groups])


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
