"""What the final network answered, in a file that opens without torch.

predictions.npz has for each held-out part NAME: NAME_ids, texts (count,); NAME_truth, integers
(count,), index into the classes; NAME_probabilities, float32 (count, classes).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from zipfile import is_zipfile

import numpy as np
from numpy.lib.npyio import NpzFile

from lenswork.errors import RunError
from lenswork.files import written_whole
from lenswork.kinds import Labels, Probabilities, SplitName

HELD_OUT: tuple[SplitName, ...] = ("validation", "test")
ROUNDING = 1e-3  # how far from 1 a row of single-precision probabilities may sum


class AnswersLike(Protocol):
    """Anything with ids, truth (count,) and probabilities (count, classes)."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The pictures' ids."""
        ...

    @property
    def truth(self) -> Labels:
        """Their true classes, (count,)."""
        ...

    @property
    def probabilities(self) -> Probabilities:
        """Their classes' probabilities, (count, classes)."""
        ...


@dataclass(frozen=True)
class RecordedAnswers:
    """What the finished network said of one part: ids, truth (count,), probabilities."""

    ids: tuple[str, ...]
    truth: Labels
    probabilities: Probabilities


def read_predictions(path: Path, classes: int) -> dict[SplitName, RecordedAnswers]:
    """The answers in a predictions file, by part.

    A network that diverged has answered with rows of NaN, and they are read as they are. Raises
    `RunError` saying what is wrong with a file that is damaged; no code in it is ever run.
    """
    try:
        with path.open("rb") as raw:  # np.load would leave a damaged file open
            if not is_zipfile(raw):  # numpy would speak of pickle
                raise ValueError("it is no archive of arrays")
            raw.seek(0)
            file: NpzFile = np.load(raw, allow_pickle=False)
            return {
                name: _part(file, name, classes)
                for name in HELD_OUT
                if any(key.startswith(f"{name}_") for key in file.files)
            }
    except Exception as error:  # for damaged bytes zipfile and numpy raise a dozen kinds
        why = error.args[0] if error.args else type(error).__name__
        raise RunError(f"{path} is damaged ({why})") from error


def write_predictions(path: Path, answers: Mapping[SplitName, AnswersLike]) -> None:
    """Write the answers whole or not at all."""
    arrays: dict[str, Any] = {}
    for name, of_part in answers.items():
        arrays[f"{name}_ids"] = np.array(of_part.ids)
        arrays[f"{name}_truth"] = of_part.truth
        arrays[f"{name}_probabilities"] = of_part.probabilities
    with written_whole(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def _part(file: NpzFile, name: SplitName, classes: int) -> RecordedAnswers:
    ids, truth, p = (file[f"{name}_{kind}"] for kind in ("ids", "truth", "probabilities"))
    count = len(ids) if ids.ndim == 1 else 0
    if not count or ids.dtype.kind != "U":
        raise ValueError(f"{name}_ids: expected a list of texts, got {ids.dtype} {ids.shape}")
    if truth.shape != (count,) or truth.dtype.kind not in "iu":
        raise ValueError(
            f"{name}_truth: expected {count} whole numbers, got {truth.dtype} {truth.shape}"
        )
    if truth.min() < 0 or truth.max() >= classes:
        raise ValueError(
            f"{name}_truth: expected 0 to {classes - 1}, got {truth.min()} to {truth.max()}"
        )
    if p.shape != (count, classes) or p.dtype.kind != "f":
        raise ValueError(
            f"{name}_probabilities: expected decimal numbers of shape ({count}, {classes}), got "
            f"{p.dtype} {p.shape}"
        )
    _check_sums(name, p)
    return RecordedAnswers(
        tuple(str(one) for one in ids), truth.astype(np.int64), p.astype(np.float32)
    )


def _check_sums(name: SplitName, p: Probabilities) -> None:
    """Refuse rows that are no probabilities; one of NaN alone is what an overflow answers."""
    with np.errstate(invalid="ignore"):
        sums = p.sum(axis=1, dtype=np.float64)
        fine = (p >= 0).all(axis=1) & (np.abs(sums - 1) <= ROUNDING)
    wrong = ~(fine | np.isnan(p).all(axis=1))
    if wrong.any():
        raise ValueError(
            f"{name}_probabilities: {int(wrong.sum()):,} of {len(p):,} rows are no probabilities "
            "(each at least 0, together 1)"
        )
