"""Whose network a demonstration is of: a run, its classifier, its pictures, and one picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lenswork.data.dataset import ArraySource, Dataset, Part
from lenswork.data.known import KNOWN
from lenswork.data.sources import locate
from lenswork.errors import LensworkError, UsageError
from lenswork.look.activations import LayerOutput, activations, prepared
from lenswork.look.pictures import Shown, picture_file
from lenswork.look.quiz.shown import Control
from lenswork.model.classifier import Classifier
from lenswork.model.layers import Conv, Layer, Pool
from lenswork.model.spec import NetSpec, parse_net
from lenswork.record.run import Run
from lenswork.record.train import open_for

Wanted = Mapping[str, str]  # what the reader has changed, by the controls' names


@dataclass(frozen=True)
class Subject:
    """The reader's own network and pictures.

    `data` is None where the run's data cannot be opened: then its classifier's golden pictures,
    one a class, stand in. `own` is a picture that the reader has brought; `home` is where the
    reader's other runs are.
    """

    run: Run
    classifier: Classifier
    data: Dataset | None
    home: Path
    own: Shown | None = None

    @property
    def held_out(self) -> Part:
        """The part that the run reports on, or the classifier's golden pictures."""
        if self.data is None:
            golden = prepared(self.classifier, self.classifier.golden)
            names = tuple(f"golden picture of {name}" for name in self.classifier.classes)
            count = len(names)
            return Part(ArraySource(golden[:count]), np.arange(count, dtype=np.int64), names)
        return self.data.test or self.data.validation or self.data.train

    def some(self, count: int) -> Part:
        """Up to `count` held-out pictures at even distances, so that all classes are among them."""
        part = self.held_out
        if len(part) <= count:
            return part
        return part.subset(np.linspace(0, len(part) - 1, count).round().astype(int).tolist())

    def shown(self, wanted: Wanted) -> Shown:
        """The picture to look at: the reader's own, or the held-out one that is asked for."""
        if self.own is not None:
            return self.own
        part = self.held_out
        place = whole(wanted, "picture", 0, 0, len(part) - 1)
        truth = self.classifier.classes[part.labels[place]]
        return Shown(part.ids[place], part.source.read(place), truth)

    def picture_control(self, wanted: Wanted) -> tuple[Control, ...]:
        """What chooses one of the held-out pictures; nothing for a picture of the reader's own."""
        if self.own is not None:
            return ()
        last = len(self.held_out) - 1
        value = whole(wanted, "picture", 0, 0, last)
        return (Control("picture", "Picture", str(value), 0, last),)

    @property
    def net(self) -> NetSpec:
        """The net with `classes` in it; raises `UsageError` for a torch module of one's own."""
        text = self.classifier.contract.net
        if text is None:
            module = type(self.classifier.network).__name__
            raise UsageError(
                f"run {self.run.name} has a torch module of your own, {module}: this needs a net "
                "that is a line of text, so choose another run"
            )
        return parse_net(text)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) that the network is given."""
        return self.classifier.contract.preprocess.input_shape

    def first(self, kind: type[Conv] | type[Pool]) -> int:
        """The place of the net's first convolution or moving pooling; raises `UsageError`."""
        return self._moving(kind)[0]

    def last(self, kind: type[Conv] | type[Pool]) -> int:
        """The place of the last one."""
        return self._moving(kind)[-1]

    def outputs(self, shown: Shown) -> list[LayerOutput]:
        """What every layer makes of a picture."""
        return activations(self.classifier, [shown.picture])

    def _moving(self, kind: type[Conv] | type[Pool]) -> list[int]:
        layers = self.net.layers
        found = [place for place, layer in enumerate(layers) if _moves(layer, kind)]
        if not found:
            what = "convolution" if kind is Conv else "pooling"
            raise UsageError(
                f"the net of run {self.run.name}, {self.net}, has no {what}: choose a run that has "
                "one, or train one"
            )
        return found


def subject_of(
    run: Run, home: Path, data_home: Path | None = None, image: Path | None = None
) -> Subject:
    """A run's classifier with the run's data, where these are at hand and have its classes.

    Nothing is fetched. `image` is a picture of the reader's own. Raises `RunError` for a run
    without a classifier and `PictureError` for what is no picture.
    """
    classifier = run.classifier
    data = _data_of(run, data_home)
    if data is not None and data.classes != classifier.classes:
        data = None
    own = None if image is None else picture_file(image, classifier.contract.preprocess)
    return Subject(run, classifier, data, home, own)


def _data_of(run: Run, data_home: Path | None) -> Dataset | None:
    name = run.recipe.data
    try:
        if name in KNOWN and locate(name, data_home) is None:
            return None
        return open_for(run.recipe, data_home)[1]
    except LensworkError:  # the golden pictures stand in, and whoever shows them says so
        return None


def whole(wanted: Wanted, name: str, default: int, low: int, high: int) -> int:
    """A whole number that the reader has asked for; raises `UsageError` that says the limits."""
    said = wanted.get(name, "").strip()
    if not said:
        return min(max(default, low), high)
    digits = said.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 7):
        raise UsageError(f"{name} must be a whole number from {low:,} to {high:,}, got {said!r}")
    if not low <= int(said) <= high:
        raise UsageError(f"{name} must be from {low:,} to {high:,}, got {int(said):,}")
    return int(said)


def strongest(output: LayerOutput) -> int:
    """The channel of a layer with the largest number for the first picture."""
    axes = tuple(range(output.values.ndim - 2))
    return int(np.argmax(output.values[0].max(axis=axes)))


def _moves(layer: Layer, kind: type[Conv] | type[Pool]) -> bool:
    return isinstance(layer, kind) and layer.window is not None
