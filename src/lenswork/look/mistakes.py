"""What a run got wrong, from its recorded predictions: the network is not run, torch not loaded."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenswork.errors import RunError
from lenswork.kinds import Labels, Probabilities, SplitName
from lenswork.record.accuracy import Accuracy, accuracy_interval, confusion_matrix
from lenswork.record.run import Run


@dataclass(frozen=True)
class Mistake:
    """One picture with a wrong answer: its number in the part, its id, and how sure it was.

    `confidence` is the probability of the answer, `truth_probability` that of the true class.
    """

    number: int
    id: str
    truth: str
    answer: str
    confidence: float
    truth_probability: float


@dataclass(frozen=True)
class ClassPair:
    """The pictures of class `truth` that were called `answer`, surest first.

    `share` is their part of all pictures of `truth`, with its 95% interval.
    """

    truth: str
    answer: str
    share: Accuracy
    mistakes: tuple[Mistake, ...]

    @property
    def count(self) -> int:
        """How many pictures were confused so."""
        return len(self.mistakes)


@dataclass(frozen=True)
class Confusion:
    """Counts (classes, classes), row the truth, column the answer; and each row's accuracy.

    The accuracy of a class without pictures is None.
    """

    classes: tuple[str, ...]
    counts: NDArray[np.int64]
    accuracies: tuple[Accuracy | None, ...]

    @property
    def shares(self) -> NDArray[np.float64]:
        """Each count as a fraction of its row, (classes, classes); 0 in an empty row."""
        totals = self.counts.sum(axis=1, keepdims=True)
        shares: NDArray[np.float64] = self.counts / np.maximum(totals, 1)
        return shares


@dataclass(frozen=True)
class Judged:
    """The recorded answers for one part.

    `truth`, `answer` and `confidence` are (count,), `probabilities` (count, classes).
    """

    run: str
    part: SplitName
    classes: tuple[str, ...]
    ids: tuple[str, ...]
    truth: Labels
    answer: Labels
    confidence: NDArray[np.float32]
    probabilities: Probabilities

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def accuracy(self) -> Accuracy:
        """The part's accuracy with its 95% interval."""
        return accuracy_interval(int((self.truth == self.answer).sum()), len(self))

    @property
    def wrong(self) -> NDArray[np.int64]:
        """The numbers of the wrongly answered pictures, surest mistake first.

        Of equally sure ones, that with the lower probability of the truth comes first.
        """
        numbers = np.flatnonzero(self.truth != self.answer)
        of_truth = self.probabilities[numbers, self.truth[numbers]]
        return numbers[np.lexsort((numbers, of_truth, -self.confidence[numbers]))]

    def mistake(self, number: int) -> Mistake:
        """The mistake at a picture's number."""
        truth, answer = int(self.truth[number]), int(self.answer[number])
        return Mistake(
            number=int(number),
            id=self.ids[number],
            truth=self.classes[truth],
            answer=self.classes[answer],
            confidence=float(self.confidence[number]),
            truth_probability=float(self.probabilities[number, truth]),
        )


def judge(run: Run, part: SplitName | None = None) -> Judged:
    """A run's recorded answers for a part (the test part if there is one, else validation).

    Raises `RunError` for a run without stored predictions, saying how to make them.
    """
    if not run.answers:
        raise RunError(
            f"run {run.name} has no predictions: it was trained without validation or test "
            f"pictures. Train again with some set aside: lenswork train --recipe-file "
            f"{run.path / 'recipe.toml'} --validation 0.2"
        )
    wanted = part or run.held_out()
    if wanted not in run.answers:
        raise RunError(
            f"run {run.name} has no stored predictions for {wanted} pictures; it has them for "
            f"{', '.join(run.answers)}"
        )
    answers = run.answers[wanted]
    probabilities = answers.probabilities
    lost = int((~np.isfinite(probabilities).all(axis=1)).sum())
    if lost:
        raise RunError(
            f"run {run.name} answered {lost:,} of its {len(probabilities):,} {wanted} pictures "
            "with no numbers: its training diverged. Train again with a smaller learning rate"
        )
    return Judged(
        run=run.name,
        part=wanted,
        classes=run.classes,
        ids=answers.ids,
        truth=answers.truth,
        answer=probabilities.argmax(axis=1),
        confidence=probabilities.max(axis=1),
        probabilities=probabilities,
    )


def worst_mistakes(judged: Judged, most: int | None = None) -> list[Mistake]:
    """The mistakes of which the network was surest, surest first."""
    return [judged.mistake(number) for number in judged.wrong[:most]]


def answered_so(judged: Judged, truth: int, answer: int) -> list[Mistake]:
    """The pictures of one class that were called another, surest first; both by number.

    Those that were rightly called their class are no mistakes: of them the least sure come first.
    """
    numbers = np.flatnonzero((judged.truth == truth) & (judged.answer == answer))
    sure = judged.confidence[numbers]
    order = np.argsort(sure if truth == answer else -sure, kind="stable")
    return [judged.mistake(number) for number in numbers[order]]


def confused_pairs(judged: Judged, most: int | None = None) -> list[ClassPair]:
    """The class pairs that are confused most often, most frequent first."""
    wrong = judged.wrong
    classes = len(judged.classes)
    codes = judged.truth[wrong] * classes + judged.answer[wrong]
    kinds, counts = np.unique(codes, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:most]
    totals = np.bincount(judged.truth, minlength=classes)
    return [
        ClassPair(
            truth=judged.classes[code // classes],
            answer=judged.classes[code % classes],
            share=accuracy_interval(int(count), int(totals[code // classes])),
            mistakes=tuple(judged.mistake(number) for number in wrong[codes == code]),
        )
        for code, count in zip(kinds[order], counts[order], strict=True)
    ]


def confusion_of(judged: Judged) -> Confusion:
    """The confusion matrix, with the 95% interval of each class's accuracy (Wilson 1927)."""
    counts = confusion_matrix(judged.truth, judged.probabilities)
    accuracies = tuple(
        accuracy_interval(int(row[label]), int(row.sum())) if row.any() else None
        for label, row in enumerate(counts)
    )
    return Confusion(judged.classes, counts, accuracies)
