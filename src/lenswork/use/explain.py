"""One picture's answer, with what the contract did to the picture before the network saw it."""

from collections.abc import Iterator
from dataclasses import dataclass

from lenswork.data.decode import PIXEL_LIMIT
from lenswork.data.file_facts import FileFacts, facts_in_bytes
from lenswork.kinds import Picture
from lenswork.model.answering import Answering, Prediction
from lenswork.model.contract import Contract
from lenswork.model.views import ONE
from lenswork.use.predict import Upload

SAME_SHAPE = 0.02  # of the sides' ratio: less cannot be seen


@dataclass(frozen=True)
class Explained:
    """An answer, what the file was, the picture as the network saw it, and how it came to be.

    `picture` is (height, width, channels) uint8 at the contract's size; `steps` are phrases in
    the order in which things were done.
    """

    prediction: Prediction
    facts: FileFacts
    picture: Picture
    steps: tuple[str, ...]


def explain(classifier: Answering, upload: Upload, *, pixel_limit: int = PIXEL_LIMIT) -> Explained:
    """Answer one picture as `answer_files` does, and say what was done to it.

    Raises `PictureError` that names the file and what is wrong with it.
    """
    facts = facts_in_bytes(upload.content, upload.name, pixel_limit=pixel_limit)
    picture = classifier.contract.preprocess.apply_bytes(
        upload.content, upload.name, pixel_limit=pixel_limit
    )
    (prediction,) = classifier.predictions(classifier.probabilities_of([picture]))
    return Explained(prediction, facts, picture, tuple(_steps(facts, classifier.contract)))


def _steps(facts: FileFacts, contract: Contract) -> Iterator[str]:
    preprocess = contract.preprocess
    if facts.turned:
        yield "turned upright, as its camera noted"
    if facts.wide:
        yield "16-bit samples brought to 8 bits"
    if facts.transparent:
        yield "transparent pixels laid on white"
    if preprocess.reduced and facts.kind == "JPEG":
        yield "decoded at a reduced size where it is much larger than the input"
    if preprocess.colours == "grey" and not facts.grey:
        yield "made grey"
    if preprocess.colours == "rgb" and facts.grey:
        yield "its grey used for red, green and blue"
    yield _size(facts, contract)
    yield "values divided by 255" if preprocess.normalise else "values left from 0 to 255"
    if contract.views != ONE:
        yield f"answered as the mean over views of it ({contract.views})"
    if contract.temperature is not None:
        yield f"logits divided by {contract.temperature:.4g} (temperature)"


def _size(facts: FileFacts, contract: Contract) -> str:
    """Width by height, as people say the size of a picture."""
    preprocess = contract.preprocess
    target = f"{preprocess.width} × {preprocess.height} pixels"
    if (facts.height, facts.width) == (preprocess.height, preprocess.width):
        return f"kept at its size, {target}"
    change = (preprocess.width / preprocess.height) / (facts.width / facts.height)
    squeezed = "" if abs(change - 1) <= SAME_SHAPE else ", which changes its proportions"
    before = f"{facts.width:,} × {facts.height:,}"
    return f"resized from {before} to {target} ({preprocess.resize}){squeezed}"
