"""What if you forgot? The same pictures with the wrong preprocessing, and the answers to both."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lenswork.amounts import counted
from lenswork.data.dataset import Part
from lenswork.errors import UsageError
from lenswork.kinds import Picture, Pictures, Probabilities
from lenswork.look.activations import prepared
from lenswork.look.pictures import Shown
from lenswork.model.classifier import Classifier, Prediction
from lenswork.record.accuracy import Accuracy, accuracy_of

What = Literal["rescale", "colours", "size", "class-order"]
WHATS: tuple[What, ...] = ("rescale", "colours", "size", "class-order")
Resized = Literal["crop", "nearest"]
BATCH = 256

Inputs = NDArray[np.float32]


@dataclass(frozen=True)
class Slip:
    """One thing that can be forgotten, for one classifier.

    `said` says what was forgotten, in words. `harmless` says why it can change nothing here, or
    is empty. `how` is the wrong way to the input's size: cut or padded around the middle, or
    resized by the nearest pixel.
    """

    what: What
    how: Resized
    said: str
    harmless: str


@dataclass(frozen=True)
class ForgottenPicture:
    """One picture, what the network was given, and its answers, the right way and the wrong.

    `right_input` and `wrong_input` are the network's own numbers, (height, width, channels)
    float, from 0 to `white` when all is right. `original_shape` is the given picture's (height,
    width, 1 for grey or 3 for RGB).
    """

    id: str
    truth: str | None
    original_shape: tuple[int, ...]
    white: float
    right_input: Inputs
    wrong_input: Inputs
    right: Prediction
    wrong: Prediction

    @property
    def changed(self) -> bool:
        """Whether the answer is another one."""
        return self.right.class_name != self.wrong.class_name

    def as_dict(self) -> dict[str, object]:
        """For JSON, without the pixels."""
        return {
            "id": self.id,
            "truth": self.truth,
            "original_shape": list(self.original_shape),
            "input_shape": list(self.right_input.shape),
            "input_changed": not np.array_equal(self.right_input, self.wrong_input),
            "right": self.right.probabilities,
            "wrong": self.wrong.probabilities,
            "changed": self.changed,
        }


@dataclass(frozen=True)
class ForgottenPart:
    """A whole part's accuracy the right way and the wrong; `changed` numbers other answers."""

    right: Accuracy
    wrong: Accuracy
    changed: tuple[int, ...]

    def describe(self) -> str:
        """One line with counts and 95% intervals."""
        return (
            f"{self.right.n:,} pictures: {_percent(self.right)} right as trained, "
            f"{_percent(self.wrong)} when forgotten; {counted(len(self.changed), 'answer')} changed"
        )

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            name: {"correct": a.correct, "n": a.n, "fraction": a.fraction, "95%": [a.low, a.high]}
            for name, a in (("right", self.right), ("wrong", self.wrong))
        } | {"changed": list(self.changed)}


def slip(classifier: Classifier, what: What, how: Resized = "crop") -> Slip:
    """What forgetting `what` means for a classifier; raises `UsageError` for anything else."""
    if what not in WHATS:
        raise UsageError(f"what can be forgotten is {', '.join(WHATS)}; got {what!r}")
    if how not in ("crop", "nearest"):
        raise UsageError(f"the wrong way to the size is crop or nearest; got {how!r}")
    preprocess = classifier.contract.preprocess
    size = f"{preprocess.height}x{preprocess.width}"
    harmless = ""
    match what:
        case "rescale":
            said = (
                "the pixels were not divided by 255"
                if preprocess.normalise
                else "the pixels were divided by 255, which training did not do"
            )
        case "colours":
            said = "red and blue changed places (BGR instead of RGB)"
            if preprocess.colours == "grey":
                harmless = "this network sees grey pictures, so the order of colours is nothing"
        case "size" if how == "crop":
            said = f"pictures were cut or padded to {size} around their middle, not resized"
        case "size":
            said = f"pictures were resized to {size} by the nearest pixel, not {preprocess.resize}"
            if preprocess.resize == "nearest":
                harmless = "this network was trained on pictures resized by the nearest pixel"
        case _:
            said = "the classes were listed in reverse order"
    return Slip(what, how, said, harmless)


def forget(
    classifier: Classifier, shown: Sequence[Shown], what: What, how: Resized = "crop"
) -> list[ForgottenPicture]:
    """The answers to some pictures, as trained and with `what` forgotten.

    Raises `UsageError` for something that cannot be forgotten.
    """
    forgotten = slip(classifier, what, how)
    given = [one.picture for one in shown]
    right_pictures = prepared(classifier, given)
    wrong_pictures = _spoil(classifier, right_pictures, given, forgotten)
    right = classifier.predictions(classifier.probabilities(right_pictures))
    wrong = classifier.predictions(_wrong_answers(classifier, wrong_pictures, forgotten))
    scale, wrong_scale = _scales(classifier, forgotten)
    return [
        ForgottenPicture(
            id=one.id,
            truth=one.truth,
            original_shape=one.picture.shape,
            white=255 * scale,
            right_input=np.float32(scale) * right_pictures[index],
            wrong_input=np.float32(wrong_scale) * wrong_pictures[index],
            right=right[index],
            wrong=wrong[index],
        )
        for index, one in enumerate(shown)
    ]


def notes(forgotten: Slip, pictures: Sequence[ForgottenPicture]) -> list[str]:
    """What the slip did to these pictures, in sentences: nothing and why, or how many answers."""
    if forgotten.harmless:
        return [f"It changes nothing: {forgotten.harmless}."]
    same = all(np.array_equal(one.right_input, one.wrong_input) for one in pictures)
    if same and forgotten.what == "size":
        return ["It changes nothing here: these pictures have the network's size already."]
    changed = sum(one.changed for one in pictures)
    said = [f"{changed} of these {len(pictures)} answers changed."]
    if forgotten.what == "class-order":
        said.insert(0, "The network sees the same and answers the same; only the names are wrong.")
    return said


def describe(
    forgotten: Slip, pictures: Sequence[ForgottenPicture], part: ForgottenPart | None = None
) -> list[str]:
    """The slip, each picture's two answers, and the accuracies of a part, in lines."""
    lines = [f"forgotten: {forgotten.said}"]
    lines += [
        f"{one.id}: {one.right.class_name} {one.right.probability:.1%} as trained, "
        f"{one.wrong.class_name} {one.wrong.probability:.1%} when forgotten"
        for one in pictures
    ]
    return [*lines, *notes(forgotten, pictures), *([] if part is None else [part.describe()])]


def as_dict(
    forgotten: Slip, pictures: Sequence[ForgottenPicture], part: ForgottenPart | None = None
) -> dict[str, object]:
    """The same for JSON."""
    return {
        "what": forgotten.what,
        "said": forgotten.said,
        "notes": notes(forgotten, pictures),
        "pictures": [one.as_dict() for one in pictures],
        "part": None if part is None else part.as_dict(),
    }


def forget_part(
    classifier: Classifier, part: Part, what: What, how: Resized = "crop"
) -> ForgottenPart:
    """A part's accuracy as trained and with `what` forgotten, in the memory of one batch."""
    forgotten = slip(classifier, what, how)
    if not len(part):
        raise UsageError("expected pictures to answer for, got a part that has none")
    right, wrong = _both(_answers(classifier, part, forgotten))
    changed = np.flatnonzero(right.argmax(axis=1) != wrong.argmax(axis=1))
    return ForgottenPart(
        accuracy_of(part.labels, right),
        accuracy_of(part.labels, wrong),
        tuple(changed.tolist()),
    )


def _answers(
    classifier: Classifier, part: Part, forgotten: Slip
) -> Iterator[tuple[Probabilities, Probabilities]]:
    """Right and wrong probabilities, batch by batch."""
    preprocess = classifier.contract.preprocess
    for start in range(0, len(part), BATCH):
        source = part.source.subset(range(start, min(start + BATCH, len(part))))
        pictures = preprocess.read_all(source)
        own = [source.read(index) for index in range(len(source))] if _cuts(forgotten) else []
        spoilt = _spoil(classifier, pictures, own, forgotten)
        yield classifier.probabilities(pictures), _wrong_answers(classifier, spoilt, forgotten)


def _both(
    pairs: Iterator[tuple[Probabilities, Probabilities]],
) -> tuple[Probabilities, Probabilities]:
    right, wrong = zip(*pairs, strict=True)
    return np.concatenate(right), np.concatenate(wrong)


def _cuts(forgotten: Slip) -> bool:
    """Whether the slip begins with the pictures at their own size."""
    return forgotten.what == "size"


def _spoil(
    classifier: Classifier, right: Pictures, given: Sequence[Picture], forgotten: Slip
) -> Pictures:
    """The network's pictures, (count, height, width, channels) uint8, as the slip leaves them."""
    if forgotten.what == "colours":
        return right[..., ::-1].copy()  # one grey channel too: torch takes no negative stride
    if not _cuts(forgotten):
        return right
    preprocess = classifier.contract.preprocess
    if forgotten.how == "nearest":
        nearest = preprocess.model_copy(update={"resize": "nearest"})
        return np.stack([nearest.apply(picture) for picture in given])
    return np.stack(
        [
            preprocess.apply(cut_or_pad(picture, preprocess.height, preprocess.width))
            for picture in given
        ]
    )


def _wrong_answers(classifier: Classifier, pictures: Pictures, forgotten: Slip) -> Probabilities:
    if forgotten.what == "rescale":
        preprocess = classifier.contract.preprocess
        other = preprocess.model_copy(update={"normalise": not preprocess.normalise})
        contract = classifier.contract.model_copy(update={"preprocess": other})
        return Classifier(classifier.network, contract, []).probabilities(pictures)
    answers = classifier.probabilities(pictures)
    if forgotten.what == "class-order":
        return answers[:, ::-1].copy()
    return answers


def _scales(classifier: Classifier, forgotten: Slip) -> tuple[float, float]:
    """What pixels are multiplied by, the right way and the wrong."""
    scale = classifier.contract.preprocess.scale
    if forgotten.what != "rescale":
        return scale, scale
    return scale, 1 / 255 if scale == 1 else 1.0


def cut_or_pad(picture: Picture, height: int, width: int) -> Picture:
    """The middle `height` x `width` of a picture, with black around it where it is smaller."""
    image = Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture)
    left, top = (picture.shape[1] - width) // 2, (picture.shape[0] - height) // 2
    cut = image.crop((left, top, left + width, top + height))  # Pillow pads with black
    return np.asarray(cut).reshape(height, width, picture.shape[2])


def _percent(accuracy: Accuracy) -> str:
    return f"{accuracy.fraction:.1%} ({accuracy.low:.1%} to {accuracy.high:.1%})"
