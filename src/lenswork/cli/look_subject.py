"""What `lenswork look` looks at: a classifier, some pictures, and the run they are from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lenswork.data.dataset import Part
from lenswork.errors import UsageError
from lenswork.kinds import SplitName
from lenswork.look.pictures import FIRST_PICTURES as FIRST_PICTURES
from lenswork.look.pictures import Shown, part_of, picture_file, some_pictures
from lenswork.model.classifier import Classifier, load
from lenswork.model.contract import Contract
from lenswork.model.preprocess import Preprocess
from lenswork.record.index import open_run
from lenswork.record.run import Run


@dataclass(frozen=True)
class Subject:
    """What is looked at: a classifier, some pictures, and the run they are from, if any."""

    name: str
    classifier: Classifier
    shown: list[Shown]
    run: Run | None
    data_home: Path | None

    @property
    def contract(self) -> Contract:
        """What the classifier promises."""
        return self.classifier.contract

    @property
    def preprocess(self) -> Preprocess:
        """What is done to every picture."""
        return self.contract.preprocess

    @property
    def net(self) -> str:
        """The net's line of text; raises `UsageError` for a torch module of one's own."""
        if self.contract.net is None:
            raise UsageError(
                "this needs a net of text; a torch module of one's own does not tell its"
            )
        return self.contract.net

    def part(self, name: SplitName | None) -> Part:
        """A part of the run's data; a classifier's file alone has none."""
        if self.run is None:
            raise UsageError(
                "this needs the data of a run: give a run's name, not a classifier's file"
            )
        return part_of(self.run, name, self.data_home)


def open_subject(
    run: str, home: Path | None, data_home: Path | None, asked: dict[str, Any], most: int | None
) -> Subject:
    """Open the run or classifier and the pictures that were asked for.

    `most` is how many pictures the view looks at: 0 opens none, None is any number. Of the
    pictures that nobody asked for the first `most` are taken.
    """
    path = Path(run)
    opened = None if path.is_file() else open_run(run, home)
    classifier = load(path) if opened is None else opened.classifier
    name = path.stem if opened is None else opened.name
    shown = [] if most == 0 else _pictures(opened, classifier, data_home, asked, most)
    return Subject(name, classifier, shown, opened, data_home)


def _pictures(
    run: Run | None,
    classifier: Classifier,
    data_home: Path | None,
    asked: dict[str, Any],
    most: int | None,
) -> list[Shown]:
    preprocess = classifier.contract.preprocess
    if asked["image"] is not None:
        return [picture_file(asked["image"], preprocess)]
    if run is None:
        raise UsageError("a classifier's file has no pictures of its own: give --image FILE")
    part = part_of(run, asked["part"], data_home)
    if asked["pictures"] is None:
        chosen = [number for number in FIRST_PICTURES if number < len(part)][:most]
        return some_pictures(part, chosen, classifier.classes, preprocess)
    numbers = whole_numbers_once(asked["pictures"], "--pictures", most)
    return some_pictures(part, numbers, classifier.classes, preprocess)


def words(text: str | None) -> list[str] | None:
    """Words with commas between them; None stays None."""
    return None if text is None else [word.strip() for word in text.split(",") if word.strip()]


def one_word(text: str | None, option: str) -> str | None:
    """The one layer of --layers for views that look at one; raises `UsageError` for more."""
    given = words(text)
    if given is not None and len(given) != 1:
        raise UsageError(f"{option}: this view looks at one layer, got {text!r}")
    return given[0] if given else None


def whole_numbers(text: str, option: str) -> list[int]:
    """Numbers from 0 with commas between them; raises `UsageError` for anything else."""
    given = [word.strip() for word in text.split(",")]
    below = [word for word in given if word.startswith("-") and _is_number(word[1:])]
    if below:
        raise UsageError(f"{option}: numbers count from 0, got {below[0]} in {text!r}")
    if not all(map(_is_number, given)):
        raise UsageError(f"{option}: expected whole numbers such as 0,7,26, got {text!r}")
    return [int(word) for word in given]


def whole_numbers_once(text: str, option: str, most: int | None = None) -> list[int]:
    """Numbers from 0, none of them twice; raises `UsageError` for more than `most`."""
    numbers = whole_numbers(text, option)
    if most is not None and len(numbers) > most:
        raise UsageError(
            f"{option}: this view looks at {most} picture, so give one number, got {text!r}"
        )
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    if twice:
        raise UsageError(
            f"{option}: {', '.join(map(str, twice))} is asked for more than once in {text!r}: "
            "name each picture once"
        )
    return numbers


def address(text: str, form: str) -> tuple[str, Sequence[int]]:
    """A layer and the numbers after its colon; raises `UsageError` that shows the form."""
    layer, colon, numbers = text.rpartition(":")
    if not colon or not layer.strip():
        raise UsageError(f"expected {form}, such as {EXAMPLES[form.split()[0]]}, got {text!r}")
    return layer.strip(), whole_numbers(numbers, form)


EXAMPLES = {"--value": "1:0,5,5", "--sees": "1:5,5"}


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 10
