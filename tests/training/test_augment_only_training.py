"""Training pictures alone are changed: validation, test and every later answer see them whole."""

from collections.abc import Iterator

import numpy as np
import pytest
from tiny_data import striped_data
from torch import Tensor

from lenswork.training.augment import Augmentation
from lenswork.training.events import EpochDone, Finished
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe

RECIPE = Recipe(
    net="conv 4, pool, flatten, dense classes", epochs=2, batch=16, views="one", augment="erase 1"
)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Tensor]]:
    """Every batch that is given to be changed."""
    batches: list[Tensor] = []
    change = Augmentation.__call__

    def noted(self: Augmentation, pictures: Tensor, seed: int, step: int) -> Tensor:
        batches.append(pictures.clone())
        return change(self, pictures, seed, step)

    monkeypatch.setattr(Augmentation, "__call__", noted)
    yield batches
    assert batches


def test_only_training_pictures_are_ever_given_to_be_changed(seen: list[Tensor]) -> None:
    data = striped_data(train=40, validation=12, test=9)
    for _ in fit(RECIPE, data):
        pass
    train = {data.train.source.read(place).tobytes() for place in range(len(data.train))}
    given = [one.numpy().tobytes() for batch in seen for one in batch]
    assert set(given) == train
    assert len(given) == 2 * len(train)  # each once an epoch


def test_held_out_pictures_are_judged_as_they_are(seen: list[Tensor]) -> None:
    """The classifier, asked by itself without any change, gives the run's answers and losses."""
    data = striped_data(train=40, validation=12, test=9)
    events = list(fit(RECIPE, data))
    finished = events[-1]
    assert isinstance(finished, Finished)
    for name, answers in finished.answers.items():
        part = data.parts[name]
        pictures = [part.source.read(place) for place in range(len(part))]
        alone = finished.classifier.probabilities_of(pictures)
        assert np.allclose(answers.probabilities, alone, atol=1e-6)
        chosen = alone[np.arange(len(part)), part.labels]
        prefix = "val" if name == "validation" else name
        assert finished.metrics[f"{prefix}_loss"] == pytest.approx(-np.log(chosen).mean(), rel=1e-4)
    last = [event for event in events if isinstance(event, EpochDone)][-1]
    assert last.metrics["val_loss"] == pytest.approx(finished.metrics["val_loss"], rel=1e-5)


def test_pictures_in_memory_are_never_written_to() -> None:
    data = striped_data(train=40, channels=3)
    before = [data.train.source.read(place).copy() for place in range(len(data.train))]
    words = (
        "shift 1, flip, turn 9, zoom 0.1, background 1, light 1, colour 1, contrast 1, erase 0.5"
    )
    for _ in fit(RECIPE.changed(augment=words), data):
        pass
    for place, picture in enumerate(before):
        assert np.array_equal(data.train.source.read(place), picture)
